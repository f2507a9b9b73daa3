package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
)

// Logs searches log files for patterns and errors.
type Logs struct {
	check.Base `yaml:",inline"`
	Files      check.Strings   `yaml:"files" help:"files or globs, plain or gzip" required:"true" kind:"glob"`
	Since      check.Duration  `yaml:"since" help:"how far back, by default all; what has no time counts"`
	Forbid     []check.Pattern `yaml:"forbid" help:"substrings or /regexes/ that no event may hold"`
	MaxErrors  *int            `yaml:"max_errors" help:"how many events of level error or worse, or bare tracebacks, are tolerated; by default any number when forbid is given, else 0" min:"0"`
	Ignore     []check.Pattern `yaml:"ignore" help:"events that hold one of these do not count"`
	Timezone   string          `yaml:"timezone" help:"zone of times that name none, like Dify's LOG_TZ; by default UTC"`
}

// Kind is logs.
func (l *Logs) Kind() string { return "logs" }

// Rules are those of logs.
func (l *Logs) Rules() []gate.Rule {
	return []gate.Rule{ruleLogsForbidden, ruleLogsErrors, ruleLogsUnreadable}
}

// Validate wants files and a known zone.
func (l *Logs) Validate() []check.Mistake {
	ms := l.Mistakes()
	if len(l.Files) == 0 {
		ms = append(ms, check.Mistakef("", "files is required"))
	}
	if l.Since.Of() < 0 {
		ms = append(ms, check.Mistakef("since", "since %s: want a positive duration", l.Since))
	}
	if l.MaxErrors != nil && *l.MaxErrors < 0 {
		ms = append(ms, check.Mistakef("max_errors", "max_errors %d: want 0 or more", *l.MaxErrors))
	}
	for _, list := range [][]check.Pattern{l.Forbid, l.Ignore} {
		for _, p := range list {
			if p.Empty() {
				ms = append(ms, check.Mistakef("", "an empty pattern matches every event, want a text or a /regex/"))
			}
		}
	}
	if _, err := time.LoadLocation(l.Timezone); err != nil {
		ms = append(ms, check.Mistakef("timezone", "timezone %q: not known, want a name like Asia/Shanghai", l.Timezone))
	}
	return ms
}

// Check makes the check.
func (l *Logs) Check(env *check.Env) gate.Check {
	names := l.ShownPaths(env, l.Files)
	c := l.NewCheck("logs", "logs "+strings.Join(names, ", "), gate.PhasePost, l.Rules())
	if l.Timeout == 0 {
		c.Timeout = check.FileTimeout
	}
	for _, name := range names {
		c.Probes = append(c.Probes, "read "+name)
	}
	c.Run = func(ctx context.Context) gate.Result { return l.run(ctx, env) }
	return c
}

func (l *Logs) run(ctx context.Context, env *check.Env) gate.Result {
	zone, err := time.LoadLocation(l.Timezone)
	if err != nil {
		return gate.Undecided(err)
	}
	s := &logScan{spec: l, zone: zone, now: env.Now, forbidden: make([]hits, len(l.Forbid)), kinds: map[string]alike{}}
	if l.Since > 0 {
		s.from = env.Now.Add(-l.Since.Of()).Unix()
	}
	var res gate.Result
	read := 0
	for _, pattern := range l.Files {
		names, err := lines.Glob(l.ResolvePath(env, pattern))
		shown := check.ShowPath(env, l.ResolvePath(env, pattern))
		switch {
		case err != nil:
			res.Findings = append(res.Findings, unreadable(shown, "not a glob", nil))
		case len(names) == 0:
			res.Findings = append(res.Findings, unreadable(shown, "no file matches", nil))
		}
		for _, name := range names {
			shown := check.ShowPath(env, name)
			if err := s.file(ctx, name, shown); errors.Is(err, errCutOff) {
				return gate.Undecided(fmt.Errorf("%s: %w", shown, err))
			} else if err != nil {
				res.Findings = append(res.Findings, unreadable(shown, err.Error(), &gate.Location{File: shown}))
				continue
			}
			read++
		}
	}
	res.Findings = append(res.Findings, s.findings()...)
	res.Evidence = s.evidence()
	res.Evidence["files"] = read
	if read > 0 && s.events == 0 && len(res.Findings) == 0 {
		res.Skip, res.SkipGroup = s.nothing(read), "no line in the log"
	}
	return res
}

// nothing says why no line was read in so many files.
func (s *logScan) nothing(files int) string {
	if s.old == files {
		return fmt.Sprintf("nothing was written to %s in the last %s: check whether the service logs there", count(files, "file"), s.spec.Since)
	}
	if s.lines > 0 {
		return fmt.Sprintf("none of %s in %s is of the last %s: look whether the service logs there, and at the log's time zone (timezone)", count(s.lines, "event"), count(files, "file"), s.spec.Since)
	}
	return fmt.Sprintf("no line in %s: an empty log proves nothing", count(files, "file"))
}

func unreadable(name, reason string, at *gate.Location) gate.Finding {
	f := ruleLogsUnreadable.Finding(name+": "+reason, "check the path and the permissions of the user that runs the gate")
	f.Subject, f.Location = name, at
	return f
}
