package nginxroute

import (
	"slices"
	"strings"
)

// Entries lists the servers, in file order, each with the first address that it listens on.
func (c *Config) Entries() []Entry {
	var out []Entry
	for _, s := range c.servers {
		for _, l := range c.listens {
			if l.level != s || l.unix {
				continue
			}
			e := Entry{Pos: s.dir.Pos, Names: s.declared, Host: s.hostFor(), Port: l.port, TLS: l.ssl, Takes: s.takes}
			out = append(out, e)
			break
		}
	}
	return out
}

// takes reports whether a server has a name that takes the host.
func (l *level) takes(host string) bool {
	host, ok := cleanHost(host)
	return ok && host != "" && slices.ContainsFunc(l.names, func(n serverName) bool {
		if n.kind == regexName {
			m, _ := n.re.Match(host)
			return m != nil
		}
		return n.text != "" && n.matches(host)
	})
}

// hostFor is a host that one of the server's names takes; "" when only a pattern does or it is the server for the rest.
func (l *level) hostFor() string {
	for _, n := range l.names {
		switch {
		case n.kind == exactName && n.text != "" && n.text != "_":
			return n.text
		case n.kind == headName:
			return "gate" + n.text
		case n.kind == tailName:
			return n.text + "example"
		}
	}
	return ""
}

// Candidates are the answers that the request would get from each location of its server that matches it, in file
// order, had nginx chosen that one. The one that nginx does choose is among them.
func (c *Config) Candidates(req Request) []Answer {
	r := &run{c: c, req: req}
	ls := c.chooseListens(req)
	if len(ls) == 0 {
		return nil
	}
	host, ok := cleanHost(req.Host)
	if !ok {
		return nil
	}
	r.vars = map[string]value{}
	server := r.chooseServer(ls, host)
	t := normalise(req.URI, defaultServer(ls).on("merge_slashes", true))
	if t.invalid {
		return nil
	}
	var out []Answer
	for _, l := range server.locations() {
		if l.matches(t.path) {
			a, open := c.try(req, nil, l)
			if len(open) > 0 {
				a = Answer{Kind: Unknown, Why: open[0], Location: a.Location}
			}
			out = append(out, a)
		}
	}
	return out
}

// locations are all below a level, in file order.
func (l *level) locations() []*level {
	var out []*level
	for _, in := range slices.Concat(l.static, l.regex) {
		out = append(out, in)
		out = append(out, in.locations()...)
	}
	slices.SortStableFunc(out, func(a, b *level) int {
		if a.dir.Pos.File != b.dir.Pos.File {
			return strings.Compare(a.dir.Pos.File, b.dir.Pos.File)
		}
		return a.dir.Pos.Line - b.dir.Pos.Line
	})
	return out
}

func (l *level) matches(path string) bool {
	switch {
	case l.re != nil:
		m, _ := l.re.Match(path)
		return m != nil
	case l.mod == "=":
		return path == l.name
	}
	return strings.HasPrefix(path, l.name)
}

// Includes reports whether an include of that file name stands anywhere in the configuration, read or not.
func (c *Config) Includes(name string) bool { return slices.Contains(c.includes, name) }
