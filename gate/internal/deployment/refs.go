package deployment

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// Ref is a ${NAME…} of a compose file.
type Ref struct {
	Name string
	// Default is the text after :- or -, itself perhaps a ${…}; HasDefault
	// tells an empty one from none.
	Default    string
	HasDefault bool
	// Must: ${NAME:?…}, Compose refuses to start without it.
	Must bool
	Place
}

var refName = lazyregexp.New(`\$\{([A-Za-z_][A-Za-z0-9_]*)`)

// Refs finds the variables that a text refers to as Compose replaces them:
// $${X} is an escape and none, and defaults may nest.
func Refs(file, text string) []Ref {
	var out []Ref
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if trimmed := strings.TrimSpace(line); trimmed != "" && trimmed[0] != '#' {
			out = append(out, refsOfLine(line, Place{file, number}, maxRefs+1-len(out))...)
		}
		if len(out) > maxRefs {
			break
		}
	}
	return out
}

// The bounds of references: of a file, and of the text of one in bytes. Dify's own
// compose file has 1,500 of at most 200 bytes.
const (
	maxRefs    = 50_000
	maxRefText = 4 << 10
)

func refsOfLine(line string, at Place, limit int) []Ref {
	var out []Ref
	for _, m := range refName().FindAllStringSubmatchIndex(line, max(limit, 0)) {
		if escaped(line, m[0]) {
			continue
		}
		r := Ref{Name: line[m[2]:m[3]], Place: at}
		rest := body(line[m[3]:min(len(line), m[3]+maxRefText)])
		switch {
		case strings.HasPrefix(rest, ":-"):
			r.Default, r.HasDefault = rest[2:], true
		case strings.HasPrefix(rest, "-"):
			r.Default, r.HasDefault = rest[1:], true
		case strings.HasPrefix(rest, ":+"), strings.HasPrefix(rest, "+"):
			r.HasDefault = true // unset yields nothing, on purpose
		case strings.HasPrefix(rest, ":?"), strings.HasPrefix(rest, "?"):
			r.Must = true
		}
		out = append(out, r)
	}
	return out
}

// escaped reports whether the $ at i is the second of a $$.
func escaped(line string, i int) bool {
	n := 0
	for i--; i >= 0 && line[i] == '$'; i-- {
		n++
	}
	return n%2 == 1
}

// body returns the text up to the brace that closes the reference.
func body(text string) string {
	depth := 1
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "${"):
			depth++
		case text[i] == '}':
			if depth--; depth == 0 {
				return text[:i]
			}
		}
	}
	return text
}

// addRefs notes the references of a compose file, and takes their defaults as
// the effective values of what the env file does not set.
func (d *Deployment) addRefs(path, text string) error {
	refs := Refs(path, text)
	if len(refs) > maxRefs {
		d.problem(path, fmt.Sprintf("refers to variables more than %d times, want fewer", maxRefs))
		return errReported
	}
	d.Refs = append(d.Refs, refs...)
	grown := 0
	for _, r := range refs {
		if have, ok := d.Env[r.Name]; ok && (have.Text != "" || have.Source == FromDefault) || !r.HasDefault {
			continue // ${X:-y} also replaces an empty X
		}
		if r.Default == "" && d.Env[r.Name].Name != "" {
			continue
		}
		value := Value{Name: r.Name, Text: d.expand(r.Default, 0), Raw: r.Default, Source: FromDefault, Place: r.Place}
		if grown += len(value.Text); len(value.Text) > dotenv.MaxValue || grown > dotenv.MaxValues {
			d.Problems = append(d.Problems, Problem{Place: r.Place, Text: "the defaults of ${" + r.Name + "…} grow too large once the variables in them are replaced"})
			return errReported
		}
		d.Env[r.Name] = value
	}
	return nil
}

// expand replaces the references of a default, some levels deep.
func (d *Deployment) expand(text string, level int) string {
	m := refName().FindStringSubmatchIndex(text)
	if m == nil || level > 8 {
		return text
	}
	rest := body(text[m[3]:])
	end := min(m[3]+len(rest)+1, len(text))
	value := d.Env[text[m[2]:m[3]]].Text
	if value == "" {
		if fallback, ok := strings.CutPrefix(rest, ":-"); ok {
			value = d.expand(fallback, level+1)
		}
	}
	rest = d.expand(text[end:], level+1)
	if len(value)+len(rest) > 2*dotenv.MaxValue {
		return text[:m[0]] + value // too large already, which addRefs says
	}
	return text[:m[0]] + value + rest
}

// anyName is a variable that a text refers to, in either form.
var anyName = lazyregexp.New(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// wholeRef reports whether a text is ${NAME…} or $NAME and nothing else.
func wholeRef(text string) bool {
	if rest, ok := strings.CutPrefix(text, "${"); ok {
		return len(body(rest))+1 == len(rest)
	}
	return anyName().FindString(text) == text
}

// origin finds where the value of a service's variable stands that a compose
// file takes from another: in the env file, or as the default beside it. A value
// that only contains a variable stands in the compose file.
func (d *Deployment) origin(v Value) Value {
	if !strings.Contains(v.Raw, "$") {
		return v
	}
	whole := wholeRef(v.Raw)
	for _, m := range anyName().FindAllStringSubmatchIndex(v.Raw, -1) {
		if escaped(v.Raw, m[0]) {
			continue
		}
		name := v.Raw[m[2]:m[3]]
		if v.Var == "" {
			v.Var = name
		}
		if e, ok := d.own[name]; ok && whole && e.Text == v.Text {
			v.Var, v.Source, v.Place = name, e.Source, e.Place
			return v
		}
	}
	if v.Var != "" && whole {
		v.Source = FromDefault
	}
	return v
}
