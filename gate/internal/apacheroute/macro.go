package apacheroute

import (
	"slices"
	"strings"
)

// maxExpanded bounds the lines that macros unfold to.
const maxExpanded = 100_000

// macro is a <Macro> of mod_macro: lines with parameters in them.
type macro struct {
	params []string
	lines  []line
	file   string
}

// defineMacro takes the lines of a <Macro> as they are; rest begins behind its end.
func (l *loader) defineMacro(n *node, ls []line, file string) (rest []line, err error) {
	for i, cur := range ls {
		if strings.EqualFold(strings.TrimSpace(cur.text), "</Macro>") {
			m := macro{lines: ls[:i], file: file}
			for _, a := range n.args[min(1, len(n.args)):] {
				m.params = append(m.params, a.text)
			}
			if l.macros == nil {
				l.macros = map[string]macro{}
			}
			l.macros[strings.ToLower(n.arg(0))] = m
			return ls[i+1:], nil
		}
	}
	return nil, fail(n.pos, "%s is never closed, want </Macro>", n)
}

// useMacro puts a macro's lines in the place of Use, its arguments in that of the parameters. Places stay those of the
// macro. known is false for one that these files do not define: what it says is not known.
func (l *loader) useMacro(n *node, depth, nest int) (body []*node, known bool, err error) {
	m, known := l.macros[strings.ToLower(n.arg(0))]
	if !known {
		return nil, false, nil
	}
	args := n.args[1:]
	if len(args) != len(m.params) {
		return nil, true, fail(n.pos, "Use %s: %d arguments, want the %d of the macro", n.arg(0), len(args), len(m.params))
	}
	if l.expanded += len(m.lines); depth > maxDepth || l.expanded > maxExpanded {
		return nil, true, fail(n.pos, "Use %s: macros use each other too deeply or too often", n.arg(0))
	}
	order := make([]int, len(args)) // $host2 before $host
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(m.params[b]) - len(m.params[a]) })
	var pairs []string
	for _, i := range order {
		pairs = append(pairs, m.params[i], args[i].text)
	}
	fill := strings.NewReplacer(pairs...)
	ls := slices.Clone(m.lines)
	for i := range ls {
		ls[i].text = fill.Replace(ls[i].text)
	}
	body, rest, err := l.parse(ls, nil, m.file, depth+1, nest)
	if err == nil && len(rest) > 0 {
		err = fail(rest[0].pos, "%s closes nothing", strings.TrimSpace(rest[0].text))
	}
	return body, true, err
}
