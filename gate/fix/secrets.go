package fix

import (
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// Secrets are what no patch shows, besides what the files themselves show to be secret.
type Secrets struct {
	// Known are those of the run.
	Known []gate.Secret
	// Public reports whether a value of a variable is one that Dify publishes, which
	// may well stand elsewhere; nil knows none.
	Public func(name, value string) bool
}

// secrets tells the lines that no patch may show.
type secrets struct {
	values []string
}

// secretsOf knows the secrets of the run, and those that the files hold.
func (given Secrets) secretsOf(files []*document) *secrets {
	s := &secrets{}
	seen := map[string]bool{}
	add := func(value string) {
		if telling(value) && !seen[value] {
			seen[value] = true
			s.values = append(s.values, value)
		}
	}
	for _, k := range given.Known {
		for _, form := range gate.Forms(k) {
			add(form)
		}
	}
	for _, d := range files {
		for _, l := range d.now {
			for _, m := range assignment().FindAllStringSubmatch(l.Text, -1) {
				if value := plain(m[2]); dotenv.IsSecret(m[1], value) && (given.Public == nil || !given.Public(m[1], value)) {
					add(value)
				}
			}
		}
	}
	return s
}

// telling reports whether a value is worth looking for in other lines: a short or an
// everyday word hides nothing and stands everywhere.
func telling(value string) bool {
	if len(value) < 8 || strings.Contains(value, "${") {
		return false
	}
	return len(value) >= 12 || strings.ContainsFunc(value, func(c rune) bool { return c < 'a' || c > 'z' })
}

var (
	// assignment is NAME=value or NAME: value, in a comment too.
	assignment = lazyregexp.New(`([A-Za-z_][\w.-]*)["']?[ \t]*[=:][ \t]*(\S.*)`)
	// reference is a variable with the default beside it, if there is one.
	reference = lazyregexp.New(`\$\{\w+(?::?[-?+])?([^{}]*)\}|\$\w+`)
	// withDefault is one that has a default.
	withDefault = lazyregexp.New(`\$\{(\w+):?-([^{}]+)\}`)
	// word is what a credential follows in a proxy's files, or in a command.
	word = lazyregexp.New(`(?i)(requirepass|masterauth|authorization|basic[-_]?auth|--?passw\w*|BEGIN [A-Z ]*PRIVATE KEY)["']?[ \t=:]+(\S.*)`)
	// nameItem and valueItem are a variable of a Kubernetes container.
	nameItem  = lazyregexp.New(`^\s*-?\s*name:\s*["']?([\w.-]+)`)
	valueItem = lazyregexp.New(`^\s*-?\s*value:\s*(\S.*)`)
)

// plain is a value without quotes, the comment behind it and references; what is left
// of "${X:-y}" is y.
func plain(value string) string {
	value = strings.TrimSpace(value)
	if c := strings.Index(value, " #"); c >= 0 && !strings.HasPrefix(value, `"`) && !strings.HasPrefix(value, "'") {
		value = strings.TrimSpace(value[:c])
	}
	value = strings.Trim(value, `"'`)
	for range 8 { // defaults nest
		next := reference().ReplaceAllString(value, "$1")
		if next == value {
			break
		}
		value = next
	}
	return value
}

// of marks the lines that hold a secret, or a part of one that spans several.
func (s *secrets) of(lines []string) []bool {
	out := make([]bool, len(lines))
	inside := func(string) bool { return false } // the value of a secret goes on
	last := ""
	for i, text := range lines {
		if inside(text) {
			out[i] = true
			continue
		}
		inside = func(string) bool { return false }
		if m := valueItem().FindStringSubmatch(text); m != nil && dotenv.IsSecret(last, plain(m[1])) {
			out[i] = true
		}
		last = ""
		if m := nameItem().FindStringSubmatch(text); m != nil {
			last = m[1]
		}
		if s.line(text) {
			out[i] = true
		}
		if more := goesOn(text); more != nil {
			out[i], inside = true, more
		}
	}
	return out
}

// line reports whether a line by itself holds a secret.
func (s *secrets) line(text string) bool {
	for _, m := range assignment().FindAllStringSubmatch(text, -1) {
		for rest := m; rest != nil; rest = assignment().FindStringSubmatch(plain(rest[2])) {
			if dotenv.IsSecret(rest[1], plain(rest[2])) {
				return true
			}
		}
	}
	if dotenv.IsSecret("", text) { // a URL with a password
		return true
	}
	if m := word().FindStringSubmatch(text); m != nil && plain(m[2]) != "" {
		return true
	}
	for _, m := range withDefault().FindAllStringSubmatch(text, -1) {
		if dotenv.IsSecret(m[1], plain(m[2])) {
			return true
		}
	}
	for _, v := range s.values {
		if strings.Contains(text, v) {
			return true
		}
	}
	return false
}

// goesOn returns what tells that the lines after a secret's first one belong to it, nil
// where it ends on its line: a block of YAML, or a quote that is not closed.
func goesOn(text string) func(string) bool {
	m := assignment().FindStringSubmatch(text)
	if m == nil || !dotenv.IsSecret(m[1], "value") {
		return nil
	}
	value := strings.TrimSpace(m[2])
	depth := indentOf(text)
	switch {
	case strings.HasPrefix(value, "|"), strings.HasPrefix(value, ">"):
		return func(next string) bool { return strings.TrimSpace(next) == "" || indentOf(next) > depth }
	case strings.HasPrefix(value, `"`) && strings.Count(value, `"`) == 1, strings.HasPrefix(value, "'") && strings.Count(value, "'") == 1:
		quote, closed := value[:1], false
		return func(next string) bool {
			if closed {
				return false
			}
			closed = strings.Contains(next, quote)
			return true
		}
	}
	return nil
}

func indentOf(text string) int { return len(text) - len(strings.TrimLeft(text, " \t")) }
