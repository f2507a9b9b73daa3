package config

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// Waiver is an entry of waivers.
type Waiver struct {
	Rule         string   `yaml:"rule" help:"a rule, or a glob over rules"`
	Match        string   `yaml:"match" help:"substring (case does not count) or /regex/ of the finding's message or quoted text"`
	Fingerprint  string   `yaml:"fingerprint" help:"one finding, by the fingerprint in the report"`
	Fingerprints []string `yaml:"fingerprints" help:"several findings of one rule, by their fingerprints, as gate waive --all writes them"`
	Versions     string   `yaml:"versions" help:"the releases it holds for, like \">=1.13.1, <1.14\""`
	Reason       string   `yaml:"reason" required:"true" help:"why the finding may stay"`
	Owner        string   `yaml:"owner" help:"who is responsible for it"`
	Expires      Date     `yaml:"expires" required:"true" help:"the last day on which it holds, as 2027-01-31; at most a year ahead"`

	source *gate.Location
	within func(version string) bool
}

// Date is a day, in UTC.
type Date struct{ time.Time }

// UnmarshalText reads YYYY-MM-DD.
func (t *Date) UnmarshalText(b []byte) (err error) {
	if t.Time, err = time.Parse(time.DateOnly, string(b)); err != nil {
		return fmt.Errorf("date %q: want a day like 2027-01-31", b)
	}
	return nil
}

// Severities are overrides in the order of the file.
type Severities []gate.SeverityOverride

func (s *Severities) decodeNode(d *decoder, n *yaml.Node, at string) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.add(n, at, "%s, want a mapping of rules to severities", kindWord(n))
		return
	}
	for _, p := range d.pairs(n, at) {
		o := gate.SeverityOverride{Rule: p[0].Value}
		d.rule(p[0], join(at, o.Rule), o.Rule)
		d.value(p[1], reflect.ValueOf(&o.Severity).Elem(), join(at, o.Rule), `enum:"notice,warning,error"`)
		d.lowersAll(p[0], join(at, o.Rule), o)
		*s = append(*s, o)
	}
}

// rule reports a rule, or a glob over rules, that names none.
func (d *decoder) rule(n *yaml.Node, at, id string) {
	var ids []string
	for _, r := range kinds.Rules() {
		ok, err := path.Match(id, r.ID)
		if err != nil {
			d.add(n, at, "%q: not a pattern, want a rule or a glob like changelog/*", id)
			return
		}
		if ok {
			return
		}
		ids = append(ids, r.ID)
	}
	want := "want one of those that gate rules lists"
	if near := Nearest(id, ids); near != "" {
		want = fmt.Sprintf("did you mean %q? %s", near, want)
	}
	d.add(n, at, "unknown rule %q, %s", id, want)
}

// waivers checks what the types of a waiver's values cannot say.
func (d *decoder) waivers(root *yaml.Node, cfg *Config) {
	list := child(root, "waivers")
	for i := range cfg.Waivers {
		w := &cfg.Waivers[i]
		n, at := list, fmt.Sprintf("waivers[%d]", i)
		if list != nil && i < len(list.Content) {
			n = list.Content[i]
		}
		w.source = d.location(n)
		if w.Rule == "" && w.Fingerprint == "" && !d.wrong(at) {
			d.add(n, at, "rule or fingerprint is required")
		}
		d.prints(n, at, *w)
		if w.Rule != "" {
			d.rule(orSelf(child(n, "rule"), n), at+".rule", w.Rule)
		}
		d.tooWide(n, at, *w)
		if reason := child(n, "reason"); reason != nil && strings.TrimSpace(w.Reason) == "" && !d.wrong(at+".reason") {
			d.add(reason, at+".reason", "empty, want why the finding may stay")
		}
		if re, ok := pattern(w.Match); ok {
			if _, err := regexp.Compile(re); err != nil {
				d.add(orSelf(child(n, "match"), n), at+".match", "pattern %s: %s", w.Match, err)
			}
		}
		if v := child(n, "versions"); v != nil && !d.wrong(at+".versions") {
			bounds, err := parseRange(w.Versions)
			if err != nil {
				d.add(v, at+".versions", "%s", d.unexpanded(v, err.Error()))
			}
			w.within = func(version string) bool { return within(bounds, version) }
		}
		if last := cfg.opts.Now.UTC().AddDate(1, 0, 0); !cfg.opts.Now.IsZero() && w.Expires.After(last) {
			d.add(orSelf(child(n, "expires"), n), at+".expires", "%s is more than a year ahead, want %s at the latest",
				w.Expires.Format(time.DateOnly), last.Format(time.DateOnly))
		}
	}
}

// prints checks the list of fingerprints.
func (d *decoder) prints(n *yaml.Node, at string, w Waiver) {
	list := child(n, "fingerprints")
	if list == nil || d.wrong(at+".fingerprints") {
		return
	}
	switch {
	case w.Fingerprint != "":
		d.add(list, at+".fingerprints", "stands beside fingerprint, want one of them")
	case len(w.Fingerprints) == 0:
		d.add(list, at+".fingerprints", "empty, want the fingerprints of findings, or no such key")
	}
	for i, one := range w.Fingerprints {
		if !fingerprint().MatchString(strings.ToLower(one)) {
			d.add(list, fmt.Sprintf("%s.fingerprints[%d]", at, i), "fingerprint %q: want the 16 hex digits that a report shows with the finding", one)
		}
	}
}

// pattern returns what stands between slashes.
func pattern(s string) (string, bool) {
	if n := len(s); n > 1 && s[0] == '/' && s[n-1] == '/' {
		return s[1 : n-1], true
	}
	return "", false
}

func (w Waiver) gate() gate.Waiver {
	return gate.Waiver{
		Rule: w.Rule, Match: w.Match, Fingerprint: w.Fingerprint, Fingerprints: w.Fingerprints, Versions: w.within,
		Reason: w.Reason, Owner: w.Owner, Expires: w.Expires.Time, Source: w.source,
	}
}
