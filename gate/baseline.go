package gate

import (
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
	findings map[string][]earlier
	// checks has the evidence by kind and name, of those that looked.
	checks map[string]gjson.Result
}

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
	schema := doc.Get("schema")
	switch {
	case !doc.IsObject() || doc.Get("tool.name").String() != "gate" || !doc.Get("findings").IsArray() || !doc.Get("checks").IsArray():
		return nil, errors.New("no report of the gate, want one of gate run --report json=FILE")
	case schema.Type != gjson.Number || schema.Int() != ReportSchema:
		return nil, fmt.Errorf("schema %s, want %d: make the baseline with this version of the gate", schema.Raw, ReportSchema)
	}
	started, err := time.Parse(time.RFC3339, doc.Get("started").String())
	if err != nil {
		return nil, errors.New("started is no time in RFC 3339")
	}
	if started.After(now.Add(time.Minute)) {
		return nil, fmt.Errorf("it began at %s, which is in the future", started.UTC().Format(time.RFC3339))
	}
	if theirs := doc.Get("url").String(); address != "" && theirs != "" && !sameDeployment(address, theirs) {
		return nil, fmt.Errorf("it is of %s, and this run is of %s: want a report of the same deployment", RedactURL(theirs), RedactURL(address))
	}
	b := &Baseline{Source: source, Started: started, findings: map[string][]earlier{}, checks: map[string]gjson.Result{}}
	doc.Get("checks").ForEach(func(_, c gjson.Result) bool {
		if outcome := Outcome(c.Get("outcome").String()); outcome != OutcomeSkip && outcome != OutcomeError {
			b.checks[c.Get("kind").String()+"\x00"+c.Get("name").String()] = c.Get("evidence")
		}
		return true
	})
	return b, b.readFindings(doc.Get("findings"))
}

// maxBaselineDepth bounds how deep a baseline is nested. The JSON reader calls itself
// at each level, and a stack that runs over ends the process.
const maxBaselineDepth = 500

// tooDeep counts brackets outside of strings.
func tooDeep(data []byte) bool {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > maxBaselineDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
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
			switch key.String() {
			case "rule":
				e.rule = v.String()
			case "check":
				e.check = v.String()
			case "message":
				e.message = v.String()
			case "fingerprint":
				e.fingerprint = v.String()
			case "severity":
				err = e.severity.UnmarshalText([]byte(v.String()))
			case "related":
				e.places += int(v.Get("#").Int())
			}
			return err == nil
		})
		if err != nil {
			err = fmt.Errorf("finding %d: %w", n, err)
			return false
		}
		key := e.rule + "\x00" + e.fingerprint
		b.findings[key] = append(b.findings[key], e)
		return true
	})
	return err
}

// apply marks the findings that the baseline has as well, and returns what is
// gone of it. A finding that is graver now, or that names more places, is new.
func (b *Baseline) apply(findings []Finding, checks []Ran) []Fixed {
	left := map[string][]earlier{}
	for key, list := range b.findings {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(x, y earlier) int { return int(y.severity) - int(x.severity) })
		left[key] = list
	}
	for i, f := range findings {
		key := f.Rule + "\x00" + f.Fingerprint
		if len(left[key]) == 0 {
			continue
		}
		e := left[key][0]
		left[key] = left[key][1:]
		findings[i].Known = f.Severity <= e.severity && 1+len(f.Related) <= e.places
	}
	looked := map[string]bool{}
	for _, r := range checks {
		looked[r.Check.Name] = looked[r.Check.Name] || r.Result.Skip == "" && r.Result.Err == nil
	}
	fixed := []Fixed{}
	for _, list := range left {
		for _, e := range list {
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
