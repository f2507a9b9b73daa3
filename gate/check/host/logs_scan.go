package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/logevent"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

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
	kinds                    map[string]alike // errors by their first line without digits
	events, undated, ignored int
	lines                    int // events read, within since or not
	old                      int // files that nobody has written to within since
	ahead                    int // with since: events whose time is yet to come
	newest                   int64
}

var errCutOff = errors.New("not read to its end in time")

// file reads one file. A file that was last written before since has nothing
// that counts.
func (s *logScan) file(ctx context.Context, name, shown string) error {
	f, err := lines.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := readfile.Info(name)
	if err == nil && s.from > 0 && info.ModTime().Unix() < s.from {
		s.old++
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
	s.lines++
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

// alike are errors with the same first line but for digits.
type alike struct {
	n    int
	text string // the first one's first line, as the log has it
}

// classify counts errors that are alike.
func (s *logScan) classify(text string) {
	first, _, _ := strings.Cut(text, "\n")
	if len(first) > 200 {
		first = first[:200] + "…"
	}
	key := withoutDigits(first)
	a, known := s.kinds[key]
	switch {
	case known:
	case len(s.kinds) < 1000:
		a.text = first
	default:
		return
	}
	a.n++
	s.kinds[key] = a
}

// frequent are the errors by what a report shows of their first line.
func (s *logScan) frequent() map[string]int {
	out := map[string]int{}
	for _, a := range s.kinds {
		out[withoutDigits(gate.RedactText(a.text))] += a.n
	}
	return out
}

func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, text)
}

func (s *logScan) span() string {
	if s.from == 0 {
		return ""
	}
	return " of the last " + s.spec.Since.String()
}

// zoneHint names the reason when old events seem to be new.
func (s *logScan) zoneHint() string {
	if s.ahead == 0 {
		return ""
	}
	return "; " + count(s.ahead, "event") + " with a time in the future: set the log's time zone with timezone"
}

func (s *logScan) findings() []gate.Finding {
	var out []gate.Finding
	for i, h := range s.forbidden {
		if h.n == 0 {
			continue
		}
		pattern := s.spec.Forbid[i].String()
		f := ruleLogsForbidden.Finding(
			fmt.Sprintf("%q in %s%s, the first at %s:%d, expected none",
				pattern, count(h.n, "event"), s.span(), h.first.File, h.first.Line),
			"read the event in the log; list it under ignore if it is harmless")
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
		f := ruleLogsErrors.Finding(
			fmt.Sprintf("%s%s, the first at %s:%d, expected at most %d",
				count(h.n, "error"), s.span(), h.first.File, h.first.Line, limit),
			"read the first one in the log; the most frequent ones are in the evidence")
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
		e["frequent"] = mostFrequent(s.frequent(), 5)
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
