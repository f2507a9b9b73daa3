package pcre

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Pattern is a pattern of a configuration.
type Pattern struct {
	Text     string
	Captures int
	Names    []string // by group; "" for one without

	why    string         // why it cannot be run
	linear *regexp.Regexp // where Go's engine runs it
	back   func() (*backtracker, error)
	dollar bool        // it asks for the end, before which a newline may stand
	failed atomic.Bool // a match took too long
}

// backtracker is the pattern for regexp2.
type backtracker struct {
	re   *regexp2.Regexp
	keep int // the group that marks where \K stands; 0: none
}

// The bounds of what backtracks: the time of a match, the subject in bytes.
const (
	matchTime  = 500 * time.Millisecond
	maxSubject = 64 << 10
)

// Options are those that a server compiles its patterns with.
type Options struct {
	Caseless      bool
	DotAll        bool // a dot matches a newline; Apache's default
	DollarEndOnly bool // $ does not match before a newline at the end; Apache's default
}

// Compile reads a pattern. The error is for those that PCRE refuses too.
func Compile(text string, o Options) (*Pattern, error) {
	p := &Pattern{Text: text}
	t, err := translate(text, o, false)
	p.back = sync.OnceValues(func() (*backtracker, error) { return backtrack(text, o) })
	if err == nil && !t.needs {
		// The error is that it is too large, or counts beyond 1,000.
		p.linear, _ = regexp.Compile(t.text)
	}
	if err == nil && p.linear == nil {
		_, err = p.back()
	}
	var not *notRun
	if errors.As(err, &not) {
		p.why = not.why
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.Captures, p.Names, p.dollar = t.groups, t.names, t.dollar
	return p, nil
}

// backtrack compiles a pattern for regexp2.
func backtrack(text string, o Options) (*backtracker, error) {
	t, err := translate(text, o, true)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(t.text)
	if err != nil {
		return nil, &notRun{"the engine cannot run it"}
	}
	re.MatchTimeout = matchTime
	return &backtracker{re, t.keep}, nil
}

// Why says why the pattern cannot be run; "" when it can.
func (p *Pattern) Why() string { return p.why }

// Match gives the groups of the first match, nil for none; one that takes no part is
// "". Whether there is one is not known for a pattern with a Why, and when it takes
// too long.
func (p *Pattern) Match(s string) (groups []string, known bool) {
	switch {
	case p.why != "":
		return nil, false
	case p.linear != nil && (!p.dollar || !strings.HasSuffix(s, "\n")):
		groups = p.linear.FindStringSubmatch(widen(s))
		for i := range groups {
			groups[i] = narrow(groups[i])
		}
		return groups, true
	case p.failed.Load() || len(s) > maxSubject:
		return nil, false
	}
	groups, err := p.run(s)
	if err != nil {
		p.failed.Store(true)
		return nil, false
	}
	return groups, true
}

// run matches with the engine that backtracks. An engine that fails on a pattern, or
// takes too long, is an error.
func (p *Pattern) run(s string) (groups []string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the engine failed: %v", r)
		}
	}()
	b, err := p.back()
	if err != nil {
		return nil, err
	}
	m, err := b.re.FindStringMatch(widen(s))
	if m == nil || err != nil {
		return nil, err
	}
	groups = make([]string, p.Captures+1)
	for i := range groups {
		if g := m.GroupByNumber(i); g != nil && len(g.Captures) > 0 {
			groups[i] = narrow(g.String())
		}
	}
	if g := m.GroupByNumber(b.keep); b.keep > 0 && g != nil && len(g.Captures) > 0 {
		groups[0] = s[g.RuneIndex : m.RuneIndex+m.RuneLength] // a rune is a byte of s
	}
	return groups, nil
}

// widen makes a rune of each byte, for engines that match runes.
func widen(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			r := make([]rune, len(s))
			for j := 0; j < len(s); j++ {
				r[j] = rune(s[j])
			}
			return string(r)
		}
	}
	return s
}

func narrow(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			var b []byte
			for _, r := range s {
				b = append(b, byte(r))
			}
			return string(b)
		}
	}
	return s
}
