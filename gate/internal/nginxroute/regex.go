package nginxroute

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// pattern is a PCRE pattern of the configuration, matched by Go's engine where both read it alike.
type pattern struct {
	text     string
	re       *regexp.Regexp // nil: PCRE only (look-around, possessive …), so what it matches is not known
	captures int
	names    []string // by group
}

// compile reads a pattern; the error is for those that PCRE refuses too. nginx matches bytes, so pattern and subject
// are widened byte by byte to runes before Go sees them.
func compile(text string, fold bool) (*pattern, error) {
	p := &pattern{text: text}
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
	p.re, p.captures, p.names = re, re.NumSubexp(), re.SubexpNames()
	return p, nil
}

// match gives the groups of the first match, nil for none.
func (p *pattern) match(s string) []string {
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
