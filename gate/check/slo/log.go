package slo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/accesslog"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/quantile"
)

// maxUnread is the share of lines that may be something else than access lines
// (what an entry point prints, say) before nothing is decided.
const maxUnread = 0.01

// reading is the check that reads access logs.
func (s *SLO) reading(env *check.Env) gate.Check {
	names := s.ShownPaths(env, s.AccessLog)
	c := s.NewCheck("slo", "slo "+strings.Join(names, ", "), gate.PhasePost, s.Rules())
	if s.Timeout == 0 {
		c.Timeout = check.FileTimeout
	}
	for _, name := range names {
		c.Probes = append(c.Probes, "read "+name)
	}
	c.Run = func(ctx context.Context) gate.Result { return compareBaseline(env, c.Name, s.read(ctx, env)) }
	return c
}

// read adds up all lines of all files within the window.
func (s *SLO) read(ctx context.Context, env *check.Env) gate.Result {
	format, err := accesslog.Compile(s.LogFormat)
	if err != nil {
		return gate.Undecided(err)
	}
	names, err := check.Expand(&s.Base, env, s.AccessLog)
	if err != nil {
		return gate.Undecided(err)
	}
	sums := newLogSums(s.IgnoreStatus)
	if s.Window > 0 {
		sums.from, sums.until = env.Now.Add(-s.Window.Of()).Unix(), env.Now.Add(check.LogAhead).Unix()
	}
	for _, name := range names {
		if err := sums.file(ctx, format, name, check.ShowPath(env, name)); err != nil {
			return gate.Undecided(fmt.Errorf("%s: %w", check.ShowPath(env, name), err))
		}
	}
	f := sums.figures()
	res := s.objectives().decide(f)
	for k, v := range sums.evidence() {
		res.Evidence[k] = v
	}
	if len(names) > 0 {
		res.Evidence["files"] = len(names)
	}
	if n := sums.unread; float64(n) > maxUnread*float64(n+sums.read) {
		res.Findings = nil
		res.Err = fmt.Errorf("%d of %d lines are not of the log format, the first at %s; want log_format to name it", n, n+sums.read, sums.firstUnread)
	} else if res.Err != nil && sums.ahead > 0 {
		res.Err = fmt.Errorf("%w; %d lines have a time in the future, up to %s: a clock or a time zone is wrong", res.Err, sums.ahead, time.Unix(sums.newest, 0).UTC().Format(time.RFC3339))
	} else if res.Err != nil && f.all.samples == 0 && sums.read > 0 {
		res.Err = fmt.Errorf("no line within the last %s, the newest is of %s", s.Window, time.Unix(sums.newest, 0).UTC().Format(time.RFC3339))
	}
	return res
}

// logSums adds lines up. Its size does not grow with the log.
type logSums struct {
	from            int64 // Unix; 0: all lines
	ignored         [600]bool
	all             tally
	groups          []tally
	slowest         []slow
	statuses        [600]int64
	read            int64 // access lines, within the window or not
	until           int64 // Unix; what is later is not of the window
	ahead           int64 // lines later than that
	undated         int64 // with a window: lines without a time, which count
	unread, foreign int64 // other lines; those that compose took from another service
	firstUnread     string
	oldest, newest  int64
}

func newLogSums(ignore check.Statuses) *logSums {
	m := &logSums{all: tally{latency: quantile.New()}, groups: make([]tally, len(accesslog.Groups()))}
	for status := range m.ignored {
		m.ignored[status] = ignore.Match(status)
	}
	return m
}

// file reads one file.
func (m *logSums) file(ctx context.Context, format *accesslog.Format, name, shown string) error {
	f, err := lines.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r := lines.NewReader(f, check.MaxLogLine)
	var line accesslog.Line
	for n := 0; ; n++ {
		raw, cut, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("line %d: %w", r.Number()+1, err)
		case n%4096 == 0 && ctx.Err() != nil:
			return fmt.Errorf("line %d: not read to its end in time", r.Number())
		}
		if len(raw) == 0 {
			continue
		}
		text, service := accesslog.StripPrefix(raw)
		if !cut && format.Parse(text, &line) {
			m.line(&line)
			continue
		}
		if service != nil || errorLogLine(text) || format.Other(text) {
			m.foreign++
			continue
		}
		m.unread++
		if m.firstUnread == "" {
			m.firstUnread = shown + ":" + strconv.Itoa(r.Number())
		}
	}
}

// errorLogLine reports whether a line is of nginx's error log, which the
// official image mixes into the same stream, or is printed by its entry point.
func errorLogLine(line []byte) bool {
	if bytes.HasPrefix(line, []byte("/docker-entrypoint")) || bytes.HasPrefix(line, []byte("10-listen-on-ipv6")) {
		return true
	}
	return len(line) > 21 && line[4] == '/' && line[7] == '/' && line[10] == ' ' && line[13] == ':' && line[20] == '['
}

func (m *logSums) line(l *accesslog.Line) {
	m.read++
	if l.Unix != 0 {
		m.newest = max(m.newest, l.Unix)
		if l.Unix < m.from {
			return
		}
		if m.until != 0 && l.Unix > m.until {
			m.ahead++
			return
		}
		if m.oldest == 0 || l.Unix < m.oldest {
			m.oldest = l.Unix
		}
	} else if m.from != 0 {
		m.undated++
	}
	m.statuses[l.Status]++
	group := &m.groups[accesslog.Group(l.Path)]
	m.all.count(l.Status, m.ignored[l.Status])
	group.count(l.Status, m.ignored[l.Status])
	if l.Duration < 0 {
		return
	}
	m.all.latency.Record(l.Duration)
	if group.latency == nil {
		group.latency = quantile.New()
	}
	group.latency.Record(l.Duration)
	if n := len(m.slowest); n < 5 || l.Duration > m.slowest[n-1].latency {
		m.slowest = keepSlowest(m.slowest, slow{requestName(l), l.Status, l.Duration, nil})
	}
}

// requestName is a request's method and path, without its query, which may hold secrets.
func requestName(l *accesslog.Line) string {
	path, _, _ := bytes.Cut(l.Path, []byte("?"))
	return string(l.Method) + " " + string(path[:min(len(path), 200)])
}

func (m *logSums) figures() figures {
	f := figures{unit: "access lines", all: m.all, slowest: m.slowest}
	for i, name := range accesslog.Groups() {
		if m.groups[i].samples > 0 {
			f.routes = append(f.routes, route{name, m.groups[i]})
		}
	}
	return f
}

func (m *logSums) evidence() map[string]any {
	statuses := map[string]int64{}
	for status, n := range m.statuses {
		if n > 0 {
			statuses[strconv.Itoa(status)] = n
		}
	}
	e := map[string]any{"statuses": statuses, "lines": m.read + m.unread + m.foreign}
	for k, n := range map[string]int64{"unread_lines": m.unread, "other_lines": m.foreign, "undated_lines": m.undated, "lines_ahead_of_now": m.ahead} {
		if n > 0 {
			e[k] = n
		}
	}
	if m.oldest > 0 {
		e["first_line"] = time.Unix(m.oldest, 0).UTC().Format(time.RFC3339)
		e["last_line"] = time.Unix(m.newest, 0).UTC().Format(time.RFC3339)
	}
	return e
}
