package firewall

import (
	"net/netip"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

// list is a front end's own view: rules in order and a default for the rest.
type list struct {
	format   string
	entries  []entry
	fallback Outcome
	why      string
	line     int
}

type entry struct {
	line    int
	text    string
	outcome Outcome
	// doubt is set when the entry may or may not cover the packet.
	doubt  bool
	ports  []portRange // nil: all
	source []netip.Prefix
	iface  string
}

func (l *list) Format() string { return l.format }

func (l *list) Prefixes() []netip.Prefix {
	var out []netip.Prefix
	for _, e := range l.entries {
		out = append(out, e.source...)
	}
	return out
}

func (l *list) Interfaces() []string {
	var out []string
	for _, e := range l.entries {
		if e.iface != "" {
			out = append(out, e.iface)
		}
	}
	return out
}

// Decide: the first entry that covers the packet counts.
func (l *list) Decide(p Packet) Answer {
	for _, e := range l.entries {
		covers := e.covers(p)
		if covers == no {
			continue
		}
		if covers == maybe || e.doubt || e.outcome == Unknown {
			return Answer{Unknown, e.text, e.line, "whether this entry covers the connection is unknown"}
		}
		return Answer{e.outcome, e.text, e.line, "the first entry that covers it"}
	}
	return Answer{l.fallback, l.why, l.line, "no entry covers it"}
}

func (e entry) covers(p Packet) truth {
	if e.ports != nil && portIn(e.ports)(p) == no || e.source != nil && sourceIn(e.source)(p) == no {
		return no
	}
	if e.iface != "" {
		return matchInterface(e.iface, p.In)
	}
	return yes
}

// ufwRule is a line of `ufw status` or `ufw status numbered`:
// `[ 1] 80/tcp on eth0   ALLOW IN   10.0.0.0/8`.
var ufwRule = lazyregexp.New(`^(?:\[\s*\d+\]\s+)?(\S.*?)\s{2,}(ALLOW|DENY|REJECT|LIMIT)(?: (IN|OUT|FWD))?\s{2,}(\S.*?)\s*(?:#.*)?$`)

// ufwDefault is the line of `ufw status verbose`.
var ufwDefault = lazyregexp.New(`^Default: (allow|deny|reject) \(incoming\)`)

// parseUfw reads ufw's status. Without the verbose form the default is not
// said; ufw's own is deny.
func parseUfw(text string) (Ruleset, error) {
	l := &list{format: "ufw", fallback: Blocked, why: "default deny (incoming), ufw's own", line: 1}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r ")
		if strings.TrimSpace(line) == "Status: inactive" {
			return &list{format: "ufw", fallback: Open, why: "ufw is inactive", line: i + 1}, nil
		}
		if m := ufwDefault().FindStringSubmatch(line); m != nil {
			l.fallback, l.why, l.line = Blocked, line, i+1
			if m[1] == "allow" {
				l.fallback = Open
			}
		}
		if m := ufwRule().FindStringSubmatch(line); m != nil && (m[3] == "" || m[3] == "IN") {
			l.entries = append(l.entries, ufwEntry(i+1, line, m[1], m[2], m[4]))
		}
	}
	return l, nil
}

// ufwApps are the application profiles that packages bring along.
func ufwApps(name string) []portRange {
	return map[string][]portRange{
		"nginx full": {{80, 80}, {443, 443}}, "nginx http": {{80, 80}}, "nginx https": {{443, 443}},
		"apache full": {{80, 80}, {443, 443}}, "apache": {{80, 80}}, "apache secure": {{443, 443}},
		"www full": {{80, 80}, {443, 443}}, "www": {{80, 80}}, "www secure": {{443, 443}},
		"openssh": {{22, 22}}, "ssh": {{22, 22}},
	}[strings.ToLower(name)]
}

func ufwEntry(line int, text, to, action, from string) entry {
	e := entry{line: line, text: strings.TrimSpace(text), outcome: Blocked}
	if action == "ALLOW" || action == "LIMIT" {
		e.outcome = Open
	}
	v6 := strings.Contains(to, "(v6)")
	to = strings.TrimSpace(strings.ReplaceAll(to, "(v6)", ""))
	from = strings.TrimSpace(strings.ReplaceAll(from, "(v6)", ""))
	to, e.iface, _ = strings.Cut(to, " on ")
	if v6 {
		e.source = []netip.Prefix{netip.MustParsePrefix("::/0")}
	} else {
		e.source = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	}
	if from != "Anywhere" {
		prefix, ok := parsePrefix(strings.Fields(from)[0])
		e.source = []netip.Prefix{prefix}
		if !ok {
			e.source, e.doubt = nil, true
		}
	}
	// An address in front of the port is one of the host's own.
	fields := strings.Fields(to)
	if len(fields) == 2 {
		if _, ok := parsePrefix(fields[0]); ok {
			to, e.doubt = fields[1], true
		}
	}
	port, protocol, hasProtocol := strings.Cut(to, "/")
	ranges, isPort := parsePorts(port)
	switch {
	case to == "Anywhere":
	case hasProtocol && protocol != "tcp":
		e.ports = []portRange{} // another protocol: covers no TCP port
	case isPort:
		e.ports = ranges
	case ufwApps(to) != nil:
		e.ports = ufwApps(to)
	default:
		e.doubt = true
	}
	return e
}

// parseFirewalld reads `firewall-cmd --list-all` of the zone in question.
func parseFirewalld(text string) (Ruleset, error) {
	l := &list{format: "firewalld", fallback: Blocked, why: "target default", line: 1}
	var rich []entry
	for i, raw := range strings.Split(text, "\n") {
		line := strings.TrimSpace(raw)
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(line, "rule "):
			rich = append(rich, richEntry(i+1, line))
		case !ok:
		case key == "target":
			l.why, l.line = line, i+1
			if value == "ACCEPT" {
				l.fallback = Open
			}
		case key == "ports":
			l.entries = append(l.entries, openPorts(i+1, line, strings.Fields(value))...)
		case key == "services":
			for _, s := range strings.Fields(value) {
				if port, known := services(s); known {
					l.entries = append(l.entries, entry{line: i + 1, text: line, outcome: Open, ports: []portRange{{port, port}}})
				}
			}
		}
	}
	// Rich rules come first, and among them those that refuse.
	var ordered []entry
	for _, want := range []Outcome{Blocked, Unknown, Open} {
		for _, e := range rich {
			if e.outcome == want {
				ordered = append(ordered, e)
			}
		}
	}
	l.entries = append(ordered, l.entries...)
	return l, nil
}

func openPorts(line int, text string, words []string) []entry {
	var out []entry
	for _, w := range words {
		port, protocol, _ := strings.Cut(w, "/")
		if ranges, ok := parsePorts(port); ok && protocol == "tcp" {
			out = append(out, entry{line: line, text: text, outcome: Open, ports: ranges})
		}
	}
	return out
}

var (
	richSource  = lazyregexp.New(`source address="([^"]+)"( invert="?true"?)?`)
	richPort    = lazyregexp.New(`port port="([^"]+)" protocol="([^"]+)"`)
	richService = lazyregexp.New(`service name="([^"]+)"`)
)

// richEntry reads `rule family="ipv4" source address="10.0.0.0/8" port
// port="80" protocol="tcp" accept`.
func richEntry(line int, text string) entry {
	e := entry{line: line, text: text}
	fields := strings.Fields(text)
	for _, w := range fields {
		switch w {
		case "accept":
			e.outcome = Open
		case "reject", "drop":
			e.outcome = Blocked
		}
	}
	if m := richSource().FindStringSubmatch(text); m != nil {
		if p, ok := parsePrefix(m[1]); ok && m[2] == "" {
			e.source = []netip.Prefix{p}
		} else {
			e.doubt = true
		}
	}
	if m := richPort().FindStringSubmatch(text); m != nil {
		e.ports = []portRange{}
		if ranges, ok := parsePorts(m[1]); ok && m[2] == "tcp" {
			e.ports = ranges
		}
	}
	if m := richService().FindStringSubmatch(text); m != nil {
		if port, ok := services(m[1]); ok {
			e.ports = []portRange{{port, port}}
		} else {
			e.doubt = true
		}
	}
	if strings.Contains(text, "limit value") {
		e.doubt = true
	}
	return e
}
