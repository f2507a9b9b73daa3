package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// finds is what gate init found.
type finds struct {
	env          *check.Env
	survey       *kinds.Survey // nil without --dir
	url          *url.URL      // nil without --url
	file         string        // the file to write, absolute
	to, toSource string
	notes        []string
}

// yamlText collects lines.
type yamlText struct{ b strings.Builder }

func (t *yamlText) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

// comment writes a comment; what was found is foreign text and must stay on
// its line.
func (t *yamlText) comment(indent, format string, args ...any) {
	t.line("%s# %s", indent, commentText(fmt.Sprintf(format, args...)))
}

func commentText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// quoted is a scalar that YAML and the expansion of ${…} leave as it is.
func quoted(text string) string {
	b, err := json.Marshal(strings.ReplaceAll(text, "$", "$$"))
	if err != nil {
		return `""`
	}
	return string(b)
}

func (f *finds) text() string {
	t := &yamlText{}
	t.comment("", "Written by gate init. Everything is optional.")
	t.comment("", "For completion in an editor: gate schema config > gate.schema.json, and as the first line")
	t.comment("", "yaml-language-server: $schema=gate.schema.json")
	t.line("version: 1\n")
	f.upgrade(t)
	f.dify(t)
	f.checks(t)
	t.line("policy:")
	t.line("  fail_on: error                 # error | warning | never\n")
	t.comment("", "A waiver needs a reason and an expiry date, at most a year ahead:")
	t.comment("", "waivers:")
	t.comment("", "  - {rule: env/public-secret, match: REDIS_PASSWORD, reason: \"not reachable from outside\", owner: ops, expires: %s}", f.env.Now.AddDate(0, 3, 0).Format("2006-01-02"))
	return t.b.String()
}

func (f *finds) upgrade(t *yamlText) {
	t.line("upgrade:")
	t.line("  from: auto                     # asks the deployment; or a version")
	if f.to != "" {
		t.comment("  ", "auto is %s now: %s", f.to, f.toSource)
	} else {
		t.comment("  ", "auto reads the image tags in dify.dir; none was found, so set --to")
	}
	t.line("  to: auto\n")
	t.line("changelog:")
	t.line("  source: github                 # github | github:OWNER/REPO | a file | a URL\n")
}

func (f *finds) dify(t *yamlText) {
	t.line("dify:")
	address := "http://localhost"
	if f.survey != nil {
		address = f.survey.Address
		f.files(t)
		t.line("  dir: %s", quoted(f.relative(f.env.Dir)))
	} else {
		t.comment("  ", "dir: docker                  the directory with docker-compose.yaml, .env and nginx/")
	}
	if f.url != nil {
		t.line("  url: %s", quoted(f.url.String()))
		f.otherURLs(t)
	} else {
		t.comment("  ", "url: %s         the public address; without it nothing live is checked", address)
	}
	t.comment("  ", "api_key: \"${DIFY_API_KEY}\"    an app's key, for an end-to-end run (section app)")
	t.line("  profile: auto                  # auto: the built-in checks below; none: only those under checks\n")
}

// files says what was read and where things are.
func (f *finds) files(t *yamlText) {
	t.comment("  ", "read: %s", strings.Join(f.survey.Files, ", "))
	for _, note := range append(f.survey.Notes, f.survey.Problems...) {
		t.comment("  ", "%s", note)
	}
	if len(f.survey.Profiles) > 0 {
		t.comment("  ", "COMPOSE_PROFILES: %s", strings.Join(f.survey.Profiles, ", "))
	}
	for _, s := range f.survey.Settings {
		t.comment("  ", "%s: %s (%s)", s.Name, s.Value, s.Place)
	}
}

// relative makes a path relative to the folder of the file written, as
// gate.yaml wants it.
func (f *finds) relative(path string) string {
	rel, err := filepath.Rel(filepath.Dir(f.file), path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

// otherURLs writes the addresses that differ from url.
func (f *finds) otherURLs(t *yamlText) {
	if f.survey == nil {
		return
	}
	for _, s := range f.survey.URLs {
		if u, err := url.Parse(s.Value); err != nil || strings.EqualFold(u.Host, f.url.Host) {
			continue
		}
		t.comment("  ", "%s in %s:", s.Name, s.Place)
		t.line("  %s: %s", s.Field, quoted(s.Value))
	}
}

func (f *finds) checks(t *yamlText) {
	t.comment("", "Built-in checks for this release, these files and this address. An entry of the same kind and")
	t.comment("", "name under checks replaces one; --skip NAME leaves one out.")
	specs := kinds.Profile(f.env)
	if len(specs) == 0 {
		t.comment("", "None yet: they need dify.dir or dify.url.")
	}
	for _, s := range specs {
		c := s.Check(f.env)
		probes := make([]string, len(c.Probes))
		for i, p := range c.Probes {
			probes[i] = gate.RedactURL(p)
		}
		t.comment("", "  %-10s %-32s %s", c.Kind, c.Name, strings.Join(probes, ", "))
	}
	t.line("checks: {}")
	t.comment("  ", "the API calls of your clients, compared with the target's routes:")
	t.comment("  ", "client: [{paths: [\"POST /v1/chat-messages\"]}, {access_log: access.log}]")
	if f.survey != nil && f.survey.Compose != "" {
		t.comment("  ", "on the host that runs the containers:")
		t.comment("  ", "runtime: [{tool: docker-compose, version: \">=%s\"}]", f.survey.Compose)
	}
	t.line("")
}
