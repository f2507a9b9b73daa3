package nginxroute

import (
	"net"
	"strconv"
	"strings"
)

// listen is one address that a server listens on.
type listen struct {
	addr  string // "" is every address; v6 says of which family
	v6    bool
	port  int
	ssl   bool
	def   bool
	unix  bool
	pos   Pos
	level *level
}

// serverName is one name of a server.
type serverName struct {
	text string // lower case; of a wildcard without the star
	kind nameKind
	re   *pattern
}

type nameKind int

const (
	exactName nameKind = iota + 1
	headName           // *.example.com
	tailName           // www.example.*
	regexName
)

func (b *builder) serverNames(s *level) {
	var words []string
	for _, d := range s.all("server_name") {
		for i, w := range d.Args {
			words = append(words, w)
			b.serverName(s, w, d.at(i))
		}
	}
	s.declared = strings.Join(words, " ")
	if len(words) == 0 {
		s.names = append(s.names, serverName{kind: exactName})
	}
}

func (b *builder) serverName(s *level, w string, at Pos) {
	low := strings.ToLower(w)
	switch {
	case strings.HasPrefix(w, "~"):
		re := b.pattern(at, "server name", w[1:], true)
		if re == nil {
			return
		}
		s.names = append(s.names, serverName{kind: regexName, re: re, text: w})
	case strings.HasPrefix(w, "*."):
		s.names = append(s.names, serverName{kind: headName, text: low[1:]})
	case strings.HasPrefix(w, "."):
		s.names = append(s.names, serverName{kind: headName, text: low}, serverName{kind: exactName, text: low[1:]})
	case strings.HasSuffix(w, ".*"):
		s.names = append(s.names, serverName{kind: tailName, text: low[:len(low)-1]})
	default:
		s.names = append(s.names, serverName{kind: exactName, text: low})
	}
}

// listen reads the server's listen directives.
func (b *builder) listen(s *level) {
	ds := s.all("listen")
	if len(ds) == 0 {
		b.c.listens = append(b.c.listens, listen{port: 80, level: s, pos: s.dir.Pos})
		return
	}
	for _, d := range ds {
		l, ok := parseListen(d.arg(0))
		if len(d.Args) == 0 {
			continue // crossplane says it
		}
		if !ok {
			b.fail(d.at(0), "%q is no address to listen on, want port, address:port or unix:/path", d.arg(0))
			continue
		}
		l.level, l.pos = s, d.Pos
		for i, o := range d.Args[1:] {
			switch name, _, _ := strings.Cut(o, "="); name {
			case "ssl", "quic":
				l.ssl = true
			case "default_server", "default":
				l.def = true
			case "http2", "spdy", "proxy_protocol", "setfib", "fastopen", "backlog", "rcvbuf", "sndbuf", "accept_filter",
				"deferred", "bind", "ipv6only", "reuseport", "so_keepalive", "multipath":
			default:
				b.fail(d.at(i+1), "invalid parameter %q of listen: is a ; missing before it?", o)
			}
		}
		if sslOn := s.inherit("ssl"); sslOn != nil && sslOn.arg(0) == "on" {
			l.ssl = true // before nginx 1.25
		}
		b.c.listens = append(b.c.listens, l)
	}
}

func parseListen(s string) (listen, bool) {
	if strings.HasPrefix(s, "unix:") {
		return listen{addr: s, unix: true}, true
	}
	if port, err := strconv.Atoi(s); err == nil {
		return listen{port: port}, port > 0 && port < 65536
	}
	host, portText := s, "80"
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return listen{}, false
		}
		host = s[1:end]
		if rest := s[end+1:]; rest != "" {
			if rest[0] != ':' {
				return listen{}, false
			}
			portText = rest[1:]
		}
		if net.ParseIP(host) == nil {
			return listen{}, false
		}
	} else if h, p, ok := strings.Cut(s, ":"); ok {
		host, portText = h, p
	}
	port, err := strconv.Atoi(portText)
	named := host != "" && (net.ParseIP(host) != nil || host == "*" || host[0] > '9')
	if err != nil || port < 1 || port > 65535 || !named || strings.ContainsAny(host, "${}/ ") {
		return listen{}, false
	}
	l := listen{addr: host, port: port, v6: strings.Contains(host, ":")}
	if host == "*" || host == "0.0.0.0" || host == "::" {
		l.addr = ""
	}
	return l, true
}

// chooseListens are the listens that share the address the request comes in on; nil: nothing listens there.
func (c *Config) chooseListens(req Request) []listen {
	port := req.Port
	if port == 0 {
		port = c.guessPort(req.Scheme == "https")
	}
	var groups [3][]listen // the very address, every v4 address, every v6 address
	var other []listen
	for _, l := range c.listens {
		switch {
		case l.unix || l.port != port:
		case l.addr != "" && l.addr == req.Addr:
			groups[0] = append(groups[0], l)
		case l.addr != "":
			other = append(other, l)
		case !l.v6:
			groups[1] = append(groups[1], l)
		default:
			groups[2] = append(groups[2], l)
		}
	}
	if strings.Contains(req.Addr, ":") {
		groups[1], groups[2] = groups[2], groups[1]
	}
	for _, g := range groups {
		if len(g) > 0 {
			return g
		}
	}
	if req.Addr != "" || len(other) == 0 {
		return nil
	}
	var same []listen // no address asked for: the first that is listened on
	for _, l := range other {
		if l.addr == other[0].addr {
			same = append(same, l)
		}
	}
	return same
}

// guessPort is the port that an asker who names none means.
func (c *Config) guessPort(tls bool) int {
	want := 80
	if tls {
		want = 443
	}
	first := 0
	for _, l := range c.listens {
		if l.unix || l.ssl != tls {
			continue
		}
		if l.port == want {
			return want
		}
		if first == 0 {
			first = l.port
		}
	}
	if first == 0 && len(c.listens) > 0 {
		return c.listens[0].port
	}
	return first
}

// chooseServer finds the server for a host among the listens of one address: exact name, longest leading wildcard,
// longest trailing one, first matching regular expression, default.
func (r *run) chooseServer(ls []listen, host string) *level {
	best, bestLen := (*level)(nil), 0
	for _, kind := range []nameKind{exactName, headName, tailName} {
		for _, l := range ls {
			for _, n := range l.level.names {
				if n.kind == kind && n.matches(host) && len(n.text)+1 > bestLen {
					best, bestLen = l.level, len(n.text)+1
				}
			}
		}
		if best != nil {
			return best
		}
	}
	for _, l := range ls {
		for _, n := range l.level.names {
			if n.kind == regexName && host != "" && r.match(n.re, host, l.pos) {
				return l.level
			}
		}
	}
	return defaultServer(ls)
}

// defaultServer is the one marked so among the listens of one address, or else the first.
func defaultServer(ls []listen) *level {
	for _, l := range ls {
		if l.def {
			return l.level
		}
	}
	return ls[0].level
}

func (n serverName) matches(host string) bool {
	switch n.kind {
	case headName:
		return len(host) > len(n.text) && strings.HasSuffix(host, n.text)
	case tailName:
		return len(host) > len(n.text) && strings.HasPrefix(host, n.text)
	}
	return n.text == host
}

// cleanHost is the Host header as nginx compares it: lower case, without port and final dot; false for an invalid one.
func cleanHost(h string) (string, bool) {
	if h == "" {
		return "", true
	}
	h = strings.ToLower(h)
	if strings.HasPrefix(h, "[") {
		end := strings.IndexByte(h, ']')
		if end < 0 {
			return "", false
		}
		return h[:end+1], true
	}
	h, _, _ = strings.Cut(h, ":")
	if strings.ContainsAny(h, "/ \x00") || strings.Contains(h, "..") {
		return "", false
	}
	h = strings.TrimSuffix(h, ".")
	return h, h != ""
}
