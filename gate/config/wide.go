package config

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// tooWide refuses a waiver that excuses what nobody has looked at: several rules
// without a match, or a match that hits whatever it meets.
func (d *decoder) tooWide(n *yaml.Node, at string, w Waiver) {
	if w.Fingerprint != "" || len(w.Fingerprints) > 0 && len(rulesOf(w.Rule)) <= 1 {
		return
	}
	switch covered := rulesOf(w.Rule); {
	case w.Match != "" && matchesAll(w.Match):
		d.add(orSelf(child(n, "match"), n), at+".match", "%q matches whatever a finding says, want words of the findings that may stay; or one rule without match", w.Match)
	case w.Match == "" && len(covered) > 1:
		d.add(orSelf(child(n, "rule"), n), at+".rule", "%q covers several rules without a match, want one rule (%s …), or match with words of the findings that may stay", w.Rule, covered[0])
	}
}

// rulesOf are the rules that a glob covers.
func rulesOf(glob string) []string {
	var out []string
	for _, r := range kinds.Rules() {
		if ok, err := path.Match(glob, r.ID); err == nil && ok {
			out = append(out, r.ID)
		}
	}
	return out
}

// matchesAll reports whether a match hits nearly all of the messages that the rules
// have as their examples: it tells none from another then.
func matchesAll(match string) bool {
	hit := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(match)) }
	if re, ok := pattern(match); ok {
		compiled, err := regexp.Compile(re)
		if err != nil {
			return false // reported as what it is
		}
		hit = compiled.MatchString
	}
	met, all := 0, 0
	for _, r := range kinds.Rules() {
		if r.Example == "" {
			continue
		}
		all++
		if hit(r.Example) {
			met++
		}
	}
	return met*10 >= all*9
}

// lowersAll refuses a severity that takes the errors of most kinds away at once.
func (d *decoder) lowersAll(n *yaml.Node, at string, o gate.SeverityOverride) {
	if o.Severity == gate.Error || o.Severity == 0 {
		return
	}
	of := map[string]bool{}
	for _, id := range rulesOf(o.Rule) {
		kind, _, _ := strings.Cut(id, "/")
		of[kind] = true
	}
	if len(of)*2 >= len(allKinds()) {
		d.add(n, at, "%q makes a %s of rules of most kinds, so that hardly anything could block; want rules by name, or the rules of one kind, like changelog/*", o.Rule, o.Severity)
	}
}

// allKinds are the kinds that rules have.
func allKinds() map[string]bool {
	out := map[string]bool{}
	for _, r := range kinds.Rules() {
		kind, _, _ := strings.Cut(r.ID, "/")
		out[kind] = true
	}
	return out
}
