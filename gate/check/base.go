package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// Spec is an entry of a section of gate.yaml.
type Spec interface {
	// Kind is the section's name.
	Kind() string
	// Rules are those of the kind; what a check may report stands in its Rules.
	Rules() []gate.Rule
	// Common returns the part that every entry has.
	Common() *Base
	// Validate returns what is wrong with the entry, all at once.
	Validate() []Mistake
	// Check makes the check. It is called after Validate found nothing.
	Check(env *Env) gate.Check
}

// Mistake is something wrong with an entry. Path leads to the value below the
// entry, as in "expect.status"; empty means the entry itself.
type Mistake struct {
	Path    string
	Message string
}

func Mistakef(path, format string, args ...any) Mistake {
	return Mistake{Path: path, Message: fmt.Sprintf(format, args...)}
}

// The defaults of every entry (design: settled questions).
const (
	DefaultTimeout  = 10 * time.Second
	DefaultRetries  = 2
	DefaultInterval = time.Second
)

// Base is what every entry of every kind may have.
type Base struct {
	Name         string        `yaml:"name" help:"the check's name, unique over all kinds; made from the entry when left out"`
	Phase        gate.Phase    `yaml:"phase" help:"pre or post; by default the kind's own" enum:"pre,post"`
	Severity     gate.Severity `yaml:"severity" help:"replaces the severity of all the entry's error rules" enum:"notice,warning,error"`
	Timeout      Duration      `yaml:"timeout" help:"bounds one try, by default 10s"`
	Retries      *int          `yaml:"retries" min:"0" max:"100" help:"retries after a temporary failure, by default 2; timeouts are retried only when this is set"`
	Interval     *Duration     `yaml:"interval" help:"pause between tries, by default 1s"`
	Needs        []string      `yaml:"needs" help:"names of checks that have to pass first, else this one is skipped"`
	Tags         []string      `yaml:"tags" help:"free labels, shown in reports"`
	AllowFailure bool          `yaml:"allow_failure" help:"errors count as warnings, and a check that could not be decided is not inconclusive"`

	// Source is where the entry stands in gate.yaml; nil for built-in entries.
	Source *gate.Location `yaml:"-"`
	// Skip is a reason, found by the profile, not to run the check.
	Skip string `yaml:"-"`
}

// Common returns the entry's common part.
func (b *Base) Common() *Base { return b }

// Mistakes finds mistakes in the common part.
func (b *Base) Mistakes() []Mistake {
	var ms []Mistake
	if b.Retries != nil && (*b.Retries < 0 || *b.Retries > 100) {
		ms = append(ms, Mistakef("retries", "retries %d: want 0 to 100", *b.Retries))
	}
	if b.Timeout.Of() < 0 {
		ms = append(ms, Mistakef("timeout", "timeout %s: want a positive duration", b.Timeout.Of()))
	}
	if b.Interval != nil && b.Interval.Of() < 0 {
		ms = append(ms, Mistakef("interval", "interval %s: want a positive duration", b.Interval.Of()))
	}
	if b.Phase == gate.PhaseAll {
		ms = append(ms, Mistakef("phase", `phase "all": a check runs in one phase, want pre or post`))
	}
	return ms
}

// NewCheck makes a gate.Check with the common part filled in; name and phase are
// the kind's defaults.
func (b *Base) NewCheck(kind, name string, phase gate.Phase, rules []gate.Rule) gate.Check {
	c := gate.Check{
		Kind: kind, Name: name, Phase: phase, Severity: b.Severity,
		Timeout: DefaultTimeout, Retries: DefaultRetries, Interval: DefaultInterval,
		Needs: b.Needs, Tags: b.Tags, AllowFailure: b.AllowFailure, Source: b.Source, Skip: b.Skip,
	}
	if b.Name != "" {
		c.Name = b.Name
	}
	if b.Phase != "" {
		c.Phase = b.Phase
	}
	if b.Timeout.Of() > 0 {
		c.Timeout = b.Timeout.Of()
	}
	if b.Retries != nil {
		c.Retries, c.RetryTimeouts = *b.Retries, true
	}
	if b.Interval != nil {
		c.Interval = b.Interval.Of()
	}
	for _, r := range rules {
		c.Rules = append(c.Rules, r.ID)
	}
	return c
}

// Broken is the check of an entry whose url cannot be read; Validate says the
// same before it comes to that.
func (b *Base) Broken(kind string, rules []gate.Rule, err error) gate.Check {
	c := b.NewCheck(kind, kind, gate.PhasePost, rules)
	c.Probes = []string{kind}
	c.Run = func(context.Context) gate.Result { return gate.Undecided(errors.New("url: " + err.Error())) }
	return c
}
