package routing

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// Pattern is a PCRE pattern of the configuration, matched by Go's engine where both read it alike.
type Pattern struct {
	Text     string
	re       *regexp.Regexp // nil: PCRE only (look-around, possessive …), so what it matches is not known
	Captures int
	Names    []string // by group
}

// Compile reads a pattern; the error is for those that PCRE refuses too. The proxies match bytes, so pattern and subject
// are widened byte by byte to runes before Go sees them.
func Compile(text string, fold bool) (*Pattern, error) {
	p := &Pattern{Text: text}
	src := widen(text)
	if fold {
		src = "(?i)" + src
	}
	re, err := regexp.Compile(src)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			switch se.Code {
			case syntax.ErrMissingBracket, syntax.ErrMissingParen, syntax.ErrUnexpectedParen,
				syntax.ErrTrailingBackslash, syntax.ErrMissingRepeatArgument, syntax.ErrInvalidCharRange:
				return nil, errors.New(string(se.Code))
			}
		}
		return p, nil
	}
	p.re, p.Captures, p.Names = re, re.NumSubexp(), re.SubexpNames()
	return p, nil
}

// Match gives the groups of the first match, nil for none or for a pattern that is not Known.
func (p *Pattern) Match(s string) []string {
	if p.re == nil {
		return nil
	}
	m := p.re.FindStringSubmatch(widen(s))
	for i := range m {
		m[i] = narrow(m[i])
	}
	return m
}

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

// Known tells whether Go's engine reads the pattern; of others nothing can be said.
func (p *Pattern) Known() bool { return p.re != nil }
