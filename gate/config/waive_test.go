package config

import (
	"strings"
	"testing"
	"time"
)

func waiverFor(print string) Waiver {
	return Waiver{Fingerprint: print, Rule: "http/status", Reason: `they call it "done", for $5 # soon`, Owner: "ops", Expires: Date{time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}}
}

// TestAddWaiver: whatever the layout, the waiver is there afterwards, reads as
// it was given, and every line that was there still is.
func TestAddWaiver(t *testing.T) {
	t.Parallel()
	const print = "0123456789012345" // digits alone: unquoted it would be a number
	for name, in := range map[string]string{
		"no waivers":                   "version: 1 # the format\n\n# what we check\nchecks:\n  http: [{name: a, url: \"http://h/\"}]\n",
		"no line end":                  "version: 1",
		"blank end":                    "version: 1\n\n\n",
		"block":                        "version: 1\nwaivers:\n  # an old one\n  - rule: http/json\n    reason: x\n    expires: 2027-01-01\npolicy: {fail_on: error}\n",
		"block at column 1":            "version: 1\nwaivers:\n- {rule: http/json, reason: x, expires: 2027-01-01}\n# the end\n",
		"deep block":                   "version: 1\nwaivers:\n      -   rule: http/json\n          reason: x\n          expires: 2027-01-01\n",
		"empty value":                  "version: 1\nwaivers: # none yet\npolicy: {fail_on: error}\n",
		"empty list":                   "version: 1\nwaivers: [] # none yet\npolicy: {fail_on: error}\n",
		"flow":                         "version: 1\nwaivers: [{rule: http/json, reason: x, expires: 2027-01-01}]\n",
		"flow below":                   "version: 1\nwaivers:\n  [\n    {rule: http/json, reason: x, expires: 2027-01-01},\n  ]\n",
		"CRLF":                         "version: 1\r\nwaivers:\r\n  - {rule: http/json, reason: x, expires: 2027-01-01}\r\n",
		"a key of that name elsewhere": "version: 1\nchecks:\n  http: [{name: waivers, url: \"http://h/\"}]\n",
	} {
		out, err := AddWaivers("gate.yaml", []byte(in), []NewWaiver{{waiverFor(print), []string{"http/status: status 500\nsecond line"}}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		cfg, err := Parse("gate.yaml", out, Options{Now: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Errorf("%s: the result does not validate: %v\n%s", name, err, out)
			continue
		}
		before, err := Parse("gate.yaml", []byte(in), Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(cfg.Waivers) != len(before.Waivers)+1 {
			t.Errorf("%s: %d waivers, want one more than %d", name, len(cfg.Waivers), len(before.Waivers))
		}
		w := cfg.Waivers[0]
		if w.Fingerprint != print || w.Reason != `they call it "done", for $5 # soon` || w.Owner != "ops" || w.Rule != "http/status" || w.Expires.Format(time.DateOnly) != "2027-01-31" {
			t.Errorf("%s: the waiver reads %+v", name, w)
		}
		for _, line := range strings.Split(strings.TrimSpace(in), "\n") {
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\r"), "[] # none yet")
			line = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(line, "waivers: [")), "[")
			if !strings.Contains(string(out), line) {
				t.Errorf("%s: the line %q is gone:\n%s", name, line, out)
			}
		}
		if strings.Contains(in, "\r\n") != strings.Contains(string(out), "\r\n") || strings.Count(string(out), "\r\n") > 0 && strings.Count(string(out), "\r") != strings.Count(string(out), "\n") {
			t.Errorf("%s: the line ends are mixed: %q", name, out)
		}
		if _, err := AddWaivers("gate.yaml", out, []NewWaiver{{Waiver: waiverFor(print)}}); err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("%s: added twice: %v", name, err)
		}
	}
}

// TestAddWaivers: several at once stand in their order, in front of those that were
// there, and read as they were given.
func TestAddWaivers(t *testing.T) {
	t.Parallel()
	day := Date{time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}
	list := []NewWaiver{
		{Waiver{Rule: "http/status", Fingerprints: []string{"0123456789abcdef", "1123456789abcdef"}, Reason: "a", Expires: day}, []string{"one: # x", "two"}},
		{Waiver{Rule: "http/json", Match: `/^a\s+$b$/`, Reason: "b", Expires: day}, nil},
	}
	for _, in := range []string{
		"version: 1\n", "version: 1\nwaivers: []\n", "version: 1\nwaivers:\n  # old\n  - {rule: http/body, reason: x, expires: 2027-01-01}\n",
		"version: 1\nwaivers: [{rule: http/body, reason: x, expires: 2027-01-01}]\n",
	} {
		out, err := AddWaivers("gate.yaml", []byte(in), list)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		cfg, err := Parse("gate.yaml", out, Options{Now: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Errorf("%q: %v\n%s", in, err, out)
			continue
		}
		if w := cfg.Waivers; len(w) < 2 || len(w[0].Fingerprints) != 2 || w[0].Rule != "http/status" || w[1].Match != `/^a\s+$b$/` {
			t.Errorf("%q: %+v\n%s", in, w, out)
		}
	}
	for _, wrong := range []string{
		"{fingerprints: [], rule: http/status, reason: x, expires: 2027-01-01}", "{fingerprints: [zz], rule: http/status, reason: x, expires: 2027-01-01}",
		"{fingerprints: [0123456789abcdef], reason: x, expires: 2027-01-01}", `{fingerprint: "0123456789abcdef", fingerprints: ["0123456789abcdef"], reason: x, expires: 2027-01-01}`,
		`{fingerprints: ["0123456789abcdef"], rule: "*", reason: x, expires: 2027-01-01}`,
	} {
		if _, err := Parse("gate.yaml", []byte("version: 1\nwaivers: ["+wrong+"]\n"), Options{}); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

// TestAddWaiverRefuses what it cannot edit without harm.
func TestAddWaiverRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"not YAML":      "version: [",
		"a list":        "- version: 1\n",
		"empty":         "",
		"all in flow":   "{version: 1, waivers: []}\n",
		"two documents": "version: 1\n---\nversion: 1\n",
		"a scalar list": "version: 1\nwaivers: none\n",
		"an alias":      "version: 1\nx: &w []\nwaivers: *w\n",
	} {
		if out, err := AddWaivers("gate.yaml", []byte(in), []NewWaiver{{Waiver: waiverFor("0123456789abcdef")}}); err == nil {
			t.Errorf("%s: became\n%s", name, out)
		}
	}
}

func TestWaiverCheck(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC)
	day := func(s string) Date {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return Date{d}
	}
	for _, c := range []struct {
		w    Waiver
		want string
	}{
		{Waiver{Fingerprint: "0123456789abcdef", Reason: "x", Expires: day("2026-11-25")}, ""},
		{Waiver{Fingerprint: "0123456789abcdef", Reason: "x", Expires: day("2027-11-25")}, ""},
		{Waiver{Fingerprint: "0123456789abcdef", Reason: "x", Expires: day("2027-11-26")}, "more than a year"},
		{Waiver{Fingerprint: "0123456789abcdef", Reason: "x", Expires: day("2026-11-24")}, "in the past"},
		{Waiver{Fingerprint: "0123456789abcdef", Reason: " \n", Expires: day("2027-01-01")}, "reason: empty"},
		{Waiver{Fingerprint: "xyz", Reason: "x", Expires: day("2027-01-01")}, "16 hex digits"},
	} {
		err := c.w.Check(now)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.w, err, c.want)
		}
	}
}
