package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/logevent"
)

// Logs looks for patterns and errors in log files.
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
func (l *Logs) Rules() []gate.Rule { return logsRules() }

func logsRules() []gate.Rule {
	rule := func(id, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: gate.Error, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("logs/forbidden", "a forbidden pattern is in the logs",
			"An event, all its lines together, holds a text or a pattern that forbid lists.",
			"Some troubles show in the logs long before a probe fails.",
			"Read the first example at its place; when it is harmless, list it under ignore.",
			`"Traceback" in 12 events of the last 15m0s, the first at log/server.log:120, want none`),
		rule("logs/errors", "too many errors in the logs",
			"More events of level error or worse, or tracebacks that no log line announces, than max_errors allows. A traceback is part of the event that announces it and counts once.",
			"A service that logs errors right after an upgrade is not healthy, whatever its end points say.",
			"Read the first error at its place; the evidence lists the most frequent ones.",
			"7 errors in the last 15m0s, the first at log/server.log:120, want at most 0"),
		rule("logs/unreadable", "a log cannot be read",
			"A file is missing, is no regular file, may not be read, or is a broken gzip file; or a pattern matches no file.",
			"A log that nobody can read proves nothing, and mostly means that the path is wrong.",
			"Mend the path or the permissions; in the official images access.log is a link to the container's standard output, to be saved with docker compose logs.",
			"/var/log/dify/*.log: no file matches, want one at least"),
	}
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
	c := l.NewCheck("logs", "logs "+strings.Join(names, ", "), gate.PhasePost, logsRules())
	if l.Timeout == 0 {
		c.Timeout = check.FileTimeout
	}
	for _, name := range names {
		c.Probes = append(c.Probes, "read "+name)
	}
	c.Run = func(ctx context.Context) gate.Result { return l.run(ctx, env) }
	return c
}

// hits are the events that a pattern, or being an error, makes count.
type hits struct {
	n     int
	first *gate.Location
	text  string // the first event
}

func (h *hits) add(at gate.Location, text string) {
	if h.n++; h.n == 1 {
		h.first, h.text = &at, gate.RedactText(quoteEvent(text))
	}
}

// quoteEvent cuts an event to what a report can show.
func quoteEvent(text string) string {
	if len(text) > 2000 {
		text = text[:2000] + "…"
	}
	parts := strings.SplitN(text, "\n", 21)
	return strings.ToValidUTF8(strings.Join(parts[:min(20, len(parts))], "\n"), "�")
}

// logScan is what one run has found so far.
type logScan struct {
	spec                     *Logs
	zone                     *time.Location
	now                      time.Time
	from                     int64
	forbidden                []hits
	errors                   hits
	kinds                    map[string]int // errors by their first line without digits
	events, undated, ignored int
	empty                    int // files without a byte
	ahead                    int // with since: events whose time is yet to come
	newest                   int64
}

func (l *Logs) run(ctx context.Context, env *check.Env) gate.Result {
	zone, err := time.LoadLocation(l.Timezone)
	if err != nil {
		return gate.Undecided(err)
	}
	s := &logScan{spec: l, zone: zone, now: env.Now, forbidden: make([]hits, len(l.Forbid)), kinds: map[string]int{}}
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
			res.Findings = append(res.Findings, unreadable(shown, "no file matches, want one at least", nil))
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
	if read > 0 && read == s.empty {
		res.Err = fmt.Errorf("no event in %s: an empty log proves nothing", count(read, "file"))
	}
	return res
}

func unreadable(name, reason string, at *gate.Location) gate.Finding {
	f := check.Finding(logsRules(), "logs/unreadable", name+": "+reason, "check the path and the permissions of the user that runs the gate")
	f.Subject, f.Location = name, at
	return f
}

var errCutOff = errors.New("not read to its end in time")

// file reads one file. A file that was last written before since holds nothing
// that counts.
func (s *logScan) file(ctx context.Context, name, shown string) error {
	f, err := lines.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := os.Stat(name)
	if err == nil && info.Size() == 0 {
		s.empty++
	}
	if err == nil && s.from > 0 && info.ModTime().Unix() < s.from {
		return nil
	}
	r := logevent.NewReader(f, s.zone, s.now)
	for n := 0; ; n++ {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("line %d: %w", r.Number()+1, err)
		case n%1024 == 0 && ctx.Err() != nil:
			return errCutOff
		}
		s.event(e, shown)
	}
}

func (s *logScan) event(e logevent.Event, shown string) {
	if e.Unix == 0 {
		s.undated++
	} else {
		s.newest = max(s.newest, e.Unix)
		if e.Unix < s.from {
			return
		}
		if s.from > 0 && e.Unix > s.now.Add(check.LogAhead).Unix() {
			s.ahead++ // counts, as what has no time does
		}
	}
	s.events++
	if e.Level < logevent.Error && len(s.spec.Forbid) == 0 {
		return
	}
	text := string(e.Text)
	for _, p := range s.spec.Ignore {
		if p.Match(text) {
			s.ignored++
			return
		}
	}
	at := gate.Location{File: shown, Line: e.Line, Column: 1, EndLine: e.Line}
	for i, p := range s.spec.Forbid {
		if p.Match(text) {
			s.forbidden[i].add(at, text)
		}
	}
	if e.Level == logevent.Error {
		s.errors.add(at, text)
		s.classify(text)
	}
}

// classify counts errors that are alike: the same first line but for digits.
func (s *logScan) classify(text string) {
	first, _, _ := strings.Cut(text, "\n")
	first = gate.RedactText(first[:min(len(first), 200)])
	first = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, first)
	if _, known := s.kinds[first]; known || len(s.kinds) < 1000 {
		s.kinds[first]++
	}
}

func (s *logScan) span() string {
	if s.from == 0 {
		return ""
	}
	return " of the last " + s.spec.Since.String()
}

// zoneHint says what makes old events look new.
func (s *logScan) zoneHint() string {
	if s.ahead == 0 {
		return ""
	}
	return "; " + count(s.ahead, "event") + " of a time yet to come: name the log's zone with timezone"
}

func (s *logScan) findings() []gate.Finding {
	var out []gate.Finding
	for i, h := range s.forbidden {
		if h.n == 0 {
			continue
		}
		pattern := s.spec.Forbid[i].String()
		f := check.Finding(logsRules(), "logs/forbidden", fmt.Sprintf("%q in %s%s, the first at %s:%d, want none",
			pattern, count(h.n, "event"), s.span(), h.first.File, h.first.Line), "read the event at its place; list it under ignore when it is harmless")
		f.Hint += s.zoneHint()
		f.Subject, f.Location, f.Text = pattern, h.first, h.text
		out = append(out, f)
	}
	limit := -1
	switch {
	case s.spec.MaxErrors != nil:
		limit = *s.spec.MaxErrors
	case len(s.spec.Forbid) == 0:
		limit = 0
	}
	if h := s.errors; limit >= 0 && h.n > limit {
		f := check.Finding(logsRules(), "logs/errors", fmt.Sprintf("%s%s, the first at %s:%d, want at most %d",
			count(h.n, "error"), s.span(), h.first.File, h.first.Line, limit), "read the first one at its place; the most frequent ones are in the evidence")
		f.Hint += s.zoneHint()
		f.Subject, f.Location, f.Text = "errors", h.first, h.text
		out = append(out, f)
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (s *logScan) evidence() map[string]any {
	e := map[string]any{"events": s.events, "errors": s.errors.n}
	for k, n := range map[string]int{"undated": s.undated, "ignored": s.ignored, "ahead_of_now": s.ahead} {
		if n > 0 {
			e[k] = n
		}
	}
	if s.newest > 0 {
		e["last_event"] = time.Unix(s.newest, 0).UTC().Format(time.RFC3339)
	}
	if len(s.kinds) > 0 {
		e["frequent"] = mostFrequent(s.kinds, 5)
	}
	return e
}

// mostFrequent lists the n most frequent texts, the most frequent first.
func mostFrequent(counts map[string]int, n int) []map[string]any {
	texts := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	out := []map[string]any{}
	for _, t := range texts[:min(n, len(texts))] {
		out = append(out, map[string]any{"count": counts[t], "text": strings.ToValidUTF8(t, "�")})
	}
	return out
}
