package routing

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Pattern is a PCRE pattern of the configuration, matched by Go's engine where both read it alike.
type Pattern struct {
	Text     string
	re       *regexp.Regexp // nil: PCRE only (look-behind, possessive …), so what it matches is not known
	ahead    *regexp.Regexp // what a look-ahead looks for, from the text's start; nil: none
	wanted   bool           // of ahead: (?= rather than (?!
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
		p.lookAhead(src)
		return p, nil
	}
	p.re, p.Captures, p.Names = re, re.NumSubexp(), re.SubexpNames()
	return p, nil
}

// ahead is a pattern that begins with a fixed text and a look-ahead behind it: ^/(?!api|v1)(.*)$.
var ahead = regexp.MustCompile(`^(\(\?i\))?(\^(?:[\w/-]|\\[./-])*)\(\?([!=])`)

// lookAhead splits such a pattern: since what it looks at stands at one place, looking is a second match from the start.
// Other look-arounds stay unknown.
func (p *Pattern) lookAhead(src string) {
	m := ahead.FindStringSubmatch(src)
	if m == nil {
		return
	}
	inside, rest, ok := cutGroup(src[len(m[0]):])
	_, _, bar := cutAt(rest, '|')
	if !ok || bar || rest != "" && strings.ContainsRune("?*+{", rune(rest[0])) {
		return // a quantifier of the look-ahead, or an alternative to all of it
	}
	look, err := regexp.Compile(m[1] + m[2] + "(?:" + inside + ")")
	if err != nil || look.NumSubexp() > 0 {
		return // its groups would count among the pattern's
	}
	re, err := regexp.Compile(m[1] + m[2] + rest)
	if err != nil {
		return
	}
	p.ahead, p.wanted = look, m[3] == "="
	p.re, p.Captures, p.Names = re, re.NumSubexp(), re.SubexpNames()
}

// cutGroup cuts at the parenthesis that closes a group whose inside the text begins with.
func cutGroup(text string) (inside, rest string, ok bool) { return cutAt(text, ')') }

// cutAt cuts at the first sep outside of groups, classes and escapes.
func cutAt(text string, sep byte) (before, after string, ok bool) {
	depth, class := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == sep && depth == 0:
			return text[:i], text[i+1:], true
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
	}
	return "", "", false
}

// Match gives the groups of the first match, nil for none or for a pattern that is not Known.
func (p *Pattern) Match(s string) []string {
	if p.re == nil {
		return nil
	}
	if p.ahead != nil && p.ahead.MatchString(widen(s)) != p.wanted {
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

// Known reports whether Go's engine reads the pattern; of others nothing can be said.
func (p *Pattern) Known() bool { return p.re != nil }
