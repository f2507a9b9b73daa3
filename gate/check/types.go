package check

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// Duration is a time.Duration written as 500ms, 10s or 5m.
type Duration time.Duration

// Of returns the duration.
func (d Duration) Of() time.Duration { return time.Duration(d) }

// UnmarshalText reads a duration; a bare number is refused, since nobody can
// tell its unit.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("duration %q: want a number with a unit, like 500ms, 10s or 5m", b)
	}
	if v < 0 {
		return fmt.Errorf("duration %q: want 0s or more", b)
	}
	*d = Duration(v)
	return nil
}

func (d Duration) String() string { return time.Duration(d).String() }

// Size is a number of bytes, written as 512, 64KiB, 1MiB or 2GB.
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(b []byte) error {
	m := regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)[bB]?$`).FindStringSubmatch(strings.TrimSpace(string(b)))
	if m == nil {
		return fmt.Errorf("size %q: want bytes, like 512, 64KiB or 1MiB", b)
	}
	n, _ := strconv.ParseFloat(m[1], 64)
	base := 1000.0
	if m[3] != "" {
		base = 1024
	}
	n *= math.Pow(base, float64(strings.Index(" KMGT", strings.ToUpper(" " + m[2])[len(m[2]):])))
	if n > math.MaxInt64/2 {
		return fmt.Errorf("size %q: too large", b)
	}
	*s = Size(n)
	return nil
}

// Percent is a share, written as 0.5% or 0.005, kept as a fraction.
type Percent float64

// UnmarshalText reads a share between 0 and 100 %.
func (p *Percent) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || v < 0 || v > 1 || math.IsNaN(v) {
		return fmt.Errorf("share %q: want 0%% to 100%%, like 0.5%% or 0.005", b)
	}
	*p = Percent(v)
	return nil
}

// Statuses is what an HTTP status has to be one of: 401, [200, 204] or 2xx.
type Statuses []string

var statusWord = lazyregexp.New(`^([1-5]\d\d|[1-5][xX][xX])$`)

// UnmarshalYAML reads one status or a list of them.
func (s *Statuses) UnmarshalYAML(decode func(any) error) error {
	words, err := oneOrMany(decode)
	if err != nil {
		return err
	}
	for _, w := range words {
		if !statusWord().MatchString(w) {
			return fmt.Errorf(`status %q: want a number from 100 to 599 or a class like "2xx"`, w)
		}
	}
	*s = words
	return nil
}

// JSONSchema is the shape in gate.yaml.
func (Statuses) JSONSchema() map[string]any {
	one := map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": 100, "maximum": 599},
		map[string]any{"type": "string", "pattern": statusWord().String() + `|\$\{`},
	}}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}}
}

// Match tells whether the status is one of those wanted.
func (s Statuses) Match(status int) bool {
	text := strconv.Itoa(status)
	for _, w := range s {
		if w == text || strings.EqualFold(w[1:], "xx") && len(text) == 3 && w[0] == text[0] {
			return true
		}
	}
	return false
}

func (s Statuses) String() string { return strings.Join(s, " or ") }

// Strings is one word or a list of words.
type Strings []string

// UnmarshalYAML reads one scalar or a list of them.
func (s *Strings) UnmarshalYAML(decode func(any) error) (err error) {
	*s, err = oneOrMany(decode)
	return err
}

// JSONSchema is the shape in gate.yaml.
func (Strings) JSONSchema() map[string]any {
	one := map[string]any{"type": []string{"string", "number", "boolean"}}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one}}}
}

// oneOrMany decodes a scalar or a list of scalars as text.
func oneOrMany(decode func(any) error) ([]string, error) {
	var raw any
	if err := decode(&raw); err != nil {
		return nil, err
	}
	list, many := raw.([]any)
	if !many {
		list = []any{raw}
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		switch v.(type) {
		case string, int, int64, uint64, float64, bool:
			out = append(out, fmt.Sprint(v))
		default:
			return nil, errors.New("want a value or a list of values")
		}
	}
	return out, nil
}

// Pattern is a substring, or a regular expression between slashes.
type Pattern struct {
	Text string
	re   *regexp.Regexp
}

// UnmarshalText reads a pattern; a bad regular expression is an error.
func (p *Pattern) UnmarshalText(b []byte) error {
	p.Text, p.re = string(b), nil
	if n := len(p.Text); n > 1 && p.Text[0] == '/' && p.Text[n-1] == '/' {
		re, err := regexp.Compile(p.Text[1 : n-1])
		if err != nil {
			return fmt.Errorf("pattern %s: %w", p.Text, err)
		}
		p.re = re
	}
	return nil
}

// Match tells whether the text holds the pattern.
func (p Pattern) Match(s string) bool {
	if p.re != nil {
		return p.re.MatchString(s)
	}
	return strings.Contains(s, p.Text)
}

// Empty tells whether no pattern was given.
func (p Pattern) Empty() bool { return p.Text == "" }

func (p Pattern) String() string { return p.Text }
