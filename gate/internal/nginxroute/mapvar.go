package nginxroute

import "strings"

// mapVar is a map block: a variable that depends on a string.
type mapVar struct {
	source   string
	exact    map[string]string
	heads    []mapEntry // *.example.com with hostnames
	tails    []mapEntry
	regex    []mapEntry
	def      string
	hosts    bool
	volatile bool
	pos      Pos
	broken   string // why its values are not known
}

type mapEntry struct {
	key   string
	re    *pattern
	value string
}

func (b *builder) mapVar(d *Directive) {
	if len(d.Args) != 2 || !strings.HasPrefix(d.Args[1], "$") || len(d.Args[1]) == 1 {
		b.fail(d.Pos, "invalid map, want: map STRING $variable { … }")
		return
	}
	m := &mapVar{source: d.Args[0], exact: map[string]string{}, pos: d.Pos}
	for _, e := range d.Block {
		if e.Name == "hostnames" && len(e.Args) == 0 {
			m.hosts = true
		}
	}
	for _, e := range d.Block {
		b.mapEntry(m, e)
	}
	b.c.maps[strings.ToLower(d.Args[1][1:])] = m
}

func (b *builder) mapEntry(m *mapVar, e *Directive) {
	key := e.Name
	switch {
	case len(e.Args) == 0 && key == "hostnames":
	case len(e.Args) == 0 && key == "volatile":
		m.volatile = true
	case key == unreadInclude || key == "include":
		m.broken = e.Pos.String() + ": the map includes a file that is not read"
	case len(e.Args) != 1:
		b.fail(e.Pos, "invalid number of map parameters, want a key and a value")
	case key == "default":
		m.def = e.Args[0]
	case strings.HasPrefix(key, "~"):
		text, fold := key[1:], false
		if strings.HasPrefix(text, "*") {
			text, fold = text[1:], true
		}
		re := b.pattern(e.Pos, "map key", text, fold)
		if re == nil {
			return
		}
		m.regex = append(m.regex, mapEntry{re: re, value: e.Args[0]})
	case m.hosts && strings.HasPrefix(key, "*."):
		m.heads = append(m.heads, mapEntry{key: strings.ToLower(key[1:]), value: e.Args[0]})
	case m.hosts && strings.HasPrefix(key, "."):
		m.heads = append(m.heads, mapEntry{key: strings.ToLower(key), value: e.Args[0]})
		m.exact[strings.ToLower(key[1:])] = e.Args[0]
	case m.hosts && strings.HasSuffix(key, ".*"):
		m.tails = append(m.tails, mapEntry{key: strings.ToLower(key[:len(key)-1]), value: e.Args[0]})
	default:
		m.exact[strings.ToLower(strings.TrimPrefix(key, "\\"))] = e.Args[0]
	}
}

func (r *run) mapValue(m *mapVar) value {
	if m.broken != "" {
		return unknown("%s", m.broken)
	}
	if r.depth++; r.depth > maxDepth {
		return unknown("%s: the map refers to itself", m.pos)
	}
	defer func() { r.depth-- }()
	src := r.expand(m.source)
	if src.why != "" {
		return src
	}
	return r.expand(r.mapLookup(m, src.s))
}

func (r *run) mapLookup(m *mapVar, src string) string {
	key := strings.ToLower(src)
	if m.hosts {
		key = strings.TrimSuffix(key, ".")
	}
	if v, ok := m.exact[key]; ok {
		return v
	}
	best, found := mapEntry{}, false
	for _, e := range m.heads {
		if strings.HasSuffix(key, e.key) && len(key) > len(e.key) && len(e.key) > len(best.key) {
			best, found = e, true
		}
	}
	if found {
		return best.value
	}
	for _, e := range m.tails {
		if strings.HasPrefix(key, e.key) && len(key) > len(e.key) && len(e.key) > len(best.key) {
			best, found = e, true
		}
	}
	if found {
		return best.value
	}
	for _, e := range m.regex {
		if r.match(e.re, src, m.pos) {
			return e.value
		}
	}
	return m.def
}
