package gate

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Baseline is an earlier JSON report of the same deployment: what stands in it
// is known. Only what the comparison needs of it is kept.
type Baseline struct {
	Source  string // the file or URL, without credentials
	Started time.Time
	// findings are those of the report by rule and fingerprint.
	findings map[printKey][]earlier
	// checks has the evidence by kind and name, of those that looked.
	checks map[string]gjson.Result
}

// printKey tells findings apart.
type printKey struct{ rule, fingerprint string }

// earlier is a finding of the baseline.
type earlier struct {
	rule, check, message, fingerprint string
	severity                          Severity
	places                            int
}

// Fixed is a finding of the baseline that is gone, though its check looked.
type Fixed struct {
	Rule        string `json:"rule"`
	Check       string `json:"check"`
	Message     string `json:"message"`
	Fingerprint string `json:"fingerprint"`
}

// maxBaselineFindings bounds what is kept of a baseline.
const maxBaselineFindings = 1_000_000

// ParseBaseline reads a JSON report of gate run. address is dify.url of this run,
// "" for none. It refuses a report of another schema or of another deployment, and
// one that began after now.
func ParseBaseline(data []byte, source, address string, now time.Time) (*Baseline, error) {
	if tooDeep(data) {
		return nil, fmt.Errorf("nested deeper than %d levels, which no report of the gate is", maxBaselineDepth)
	}
	if !gjson.ValidBytes(data) {
		return nil, errors.New("not JSON, want a report of gate run --report json=FILE")
	}
	doc := gjson.ParseBytes(data)
	var schema, tool, began, theirURL, checks, findings gjson.Result
	doc.ForEach(func(key, v gjson.Result) bool { // once: each search of its own would read all of it
		switch key.Str {
		case "schema":
			schema = v
		case "tool":
			tool = v
		case "started":
			began = v
		case "url":
			theirURL = v
		case "checks":
			checks = v
		case "findings":
			findings = v
		}
		return true
	})
	switch {
	case !doc.IsObject() || tool.Get("name").String() != "gate" || !findings.IsArray() || !checks.IsArray():
		return nil, errors.New("no report of the gate, want one of gate run --report json=FILE")
	case schema.Type != gjson.Number || schema.Int() != ReportSchema:
		return nil, fmt.Errorf("schema %s, want %d: make the baseline with this version of the gate", schema.Raw, ReportSchema)
	}
	started, err := time.Parse(time.RFC3339, began.String())
	if err != nil {
		return nil, errors.New("started is no time in RFC 3339")
	}
	if started.After(now.Add(time.Minute)) {
		return nil, fmt.Errorf("it began at %s, which is in the future", started.UTC().Format(time.RFC3339))
	}
	if theirs := theirURL.String(); address != "" && theirs != "" && !sameDeployment(address, theirs) {
		return nil, fmt.Errorf("it is of %s, and this run is of %s: want a report of the same deployment", RedactURL(theirs), RedactURL(address))
	}
	b := &Baseline{Source: source, Started: started, findings: make(map[printKey][]earlier, min(len(findings.Raw)/320, maxBaselineFindings)), checks: map[string]gjson.Result{}}
	checks.ForEach(func(_, c gjson.Result) bool {
		if outcome := Outcome(c.Get("outcome").String()); outcome != OutcomeSkip && outcome != OutcomeError {
			b.checks[c.Get("kind").String()+"\x00"+c.Get("name").String()] = c.Get("evidence")
		}
		return true
	})
	return b, b.readFindings(findings)
}

// maxBaselineDepth bounds how deep a baseline is nested. The JSON reader calls itself
// at each level, and a stack that runs over ends the process.
const maxBaselineDepth = 500

// tooDeep counts brackets outside of strings.
func tooDeep(data []byte) bool {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i += textLength(data[i+1:]) + 1
		case '{', '[':
			if depth++; depth > maxBaselineDepth {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// textLength is where a string ends, at a quote that no backslash takes back.
func textLength(data []byte) int {
	for at := 0; ; {
		end := bytes.IndexByte(data[at:], '"')
		if end < 0 {
			return len(data)
		}
		end += at
		slashes := 0
		for end-slashes > at && data[end-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
		at = end + 1
	}
}

// sameDeployment compares scheme, host and path; credentials do not count.
func sameDeployment(a, b string) bool {
	x, err1 := url.Parse(a)
	y, err2 := url.Parse(b)
	return err1 == nil && err2 == nil && strings.EqualFold(x.Host, y.Host) && strings.TrimSuffix(x.Path, "/") == strings.TrimSuffix(y.Path, "/")
}

func (b *Baseline) readFindings(list gjson.Result) (err error) {
	n := 0
	list.ForEach(func(_, f gjson.Result) bool {
		if n++; n > maxBaselineFindings {
			err = fmt.Errorf("more than %d findings, want fewer", maxBaselineFindings)
			return false
		}
		e := earlier{places: 1}
		f.ForEach(func(key, v gjson.Result) bool {
			switch key.Str {
			case "rule":
				e.rule = v.Str
			case "check":
				e.check = v.Str
			case "message":
				e.message = v.Str
			case "fingerprint":
				e.fingerprint = v.Str
			case "severity":
				err = e.severity.UnmarshalText([]byte(v.Str))
			case "related":
				e.places += int(v.Get("#").Int())
			}
			return err == nil
		})
		if err != nil {
			err = fmt.Errorf("finding %d: %w", n, err)
			return false
		}
		key := printKey{e.rule, e.fingerprint}
		b.findings[key] = append(b.findings[key], e)
		return true
	})
	for _, list := range b.findings {
		if len(list) > 1 {
			slices.SortStableFunc(list, func(x, y earlier) int { return int(y.severity) - int(x.severity) })
		}
	}
	return err
}

// apply marks the findings that the baseline has as well, and returns what is
// gone of it. A finding that is graver now, or that names more places, is new.
func (b *Baseline) apply(findings []Finding, checks []Ran) []Fixed {
	used := make(map[printKey]int, min(len(findings), len(b.findings))) // how many of a key's were met
	for i, f := range findings {
		key := printKey{f.Rule, f.Fingerprint}
		list, n := b.findings[key], used[key]
		if n >= len(list) {
			continue
		}
		used[key] = n + 1
		findings[i].Known = f.Severity <= list[n].severity && 1+len(f.Related) <= list[n].places
	}
	looked := map[string]bool{}
	for _, r := range checks {
		looked[r.Check.Name] = looked[r.Check.Name] || r.Result.Skip == "" && r.Result.Err == nil
	}
	fixed := []Fixed{}
	for key, list := range b.findings {
		for _, e := range list[used[key]:] {
			if looked[e.check] {
				fixed = append(fixed, Fixed{Rule: e.rule, Check: e.check, Message: e.message, Fingerprint: e.fingerprint})
			}
		}
	}
	slices.SortFunc(fixed, func(x, y Fixed) int {
		return strings.Compare(x.Rule+"\x00"+x.Fingerprint+x.Message, y.Rule+"\x00"+y.Fingerprint+y.Message)
	})
	return fixed
}

// Evidence is what a check of the baseline saw, by a path of gjson. It is not
// there when the check did not look, or when b is nil.
func (b *Baseline) Evidence(kind, name, path string) gjson.Result {
	if b == nil {
		return gjson.Result{}
	}
	return b.checks[kind+"\x00"+name].Get(path)
}

// age is how long ago the baseline's run began, in words.
func (b *Baseline) age(now time.Time) string {
	switch d := now.Sub(b.Started); {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour")
	default:
		return plural(int(d/(24*time.Hour)), "day")
	}
}
