package firewall

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// parsePrefix reads an address, a prefix in either notation, or nothing.
func parsePrefix(s string) (netip.Prefix, bool) {
	if addr, mask, ok := strings.Cut(s, "/"); ok && strings.Contains(mask, ".") {
		m, err := netip.ParseAddr(mask)
		if err != nil {
			return netip.Prefix{}, false
		}
		bits := 0
		for _, b := range m.AsSlice() {
			for ; b&0x80 != 0; b <<= 1 {
				bits++
			}
		}
		s = addr + "/" + strconv.Itoa(bits)
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// sourceIn reports whether the source lies in one of the prefixes.
func sourceIn(prefixes []netip.Prefix) func(Packet) truth {
	return func(p Packet) truth {
		return truthOf(slices.ContainsFunc(prefixes, func(x netip.Prefix) bool { return x.Contains(p.Source) }))
	}
}

// destIn compares the destination: the host's own address is unknown unless it
// was given, but it is neither a loopback nor a multicast one.
func destIn(prefixes []netip.Prefix) func(Packet) truth {
	return func(p Packet) truth {
		if p.Dest.IsValid() {
			return truthOf(slices.ContainsFunc(prefixes, func(x netip.Prefix) bool { return x.Contains(p.Dest) }))
		}
		outside := func(x netip.Prefix) bool {
			return x.Addr().IsLoopback() || x.Addr().IsMulticast() || x.Addr() == netip.MustParseAddr("255.255.255.255") || x.Addr().Is4() != p.Source.Is4()
		}
		switch {
		case slices.ContainsFunc(prefixes, func(x netip.Prefix) bool { return x.Bits() == 0 }):
			return yes
		case !slices.ContainsFunc(prefixes, func(x netip.Prefix) bool { return !outside(x) }):
			return no
		}
		return maybe
	}
}

// portRange is a closed range.
type portRange struct{ low, high uint16 }

// parsePorts reads 80, 80:90, 80-90, a list of them, or a service's name.
func parsePorts(s string) ([]portRange, bool) {
	var out []portRange
	for _, one := range strings.Split(s, ",") {
		one = strings.TrimSpace(one)
		low, high, ranged := strings.Cut(strings.Replace(one, "-", ":", 1), ":")
		if !ranged {
			high = low
		}
		l, ok1 := parsePort(low, 0)
		h, ok2 := parsePort(high, 65535)
		if !ok1 || !ok2 {
			return nil, false
		}
		out = append(out, portRange{l, h})
	}
	return out, len(out) > 0
}

// services are the names that dumps use in place of numbers (/etc/services).
func services(name string) (uint16, bool) {
	port, ok := map[string]uint16{
		"ssh": 22, "http": 80, "https": 443, "http-alt": 8080, "webcache": 8080, "postgresql": 5432, "redis": 6379, "mysql": 3306,
		"smtp": 25, "domain": 53, "dns": 53, "ftp": 21, "imap": 143, "imaps": 993, "ldap": 389, "telnet": 23,
	}[strings.ToLower(name)]
	return port, ok
}

func parsePort(s string, open uint16) (uint16, bool) {
	if s == "" {
		return open, true
	}
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return uint16(n), true
	}
	return services(s)
}

func portIn(ranges []portRange) func(Packet) truth {
	return func(p Packet) truth {
		return truthOf(slices.ContainsFunc(ranges, func(r portRange) bool { return r.low <= p.Port && p.Port <= r.high }))
	}
}

// inInterface compares the interface of arrival; a trailing + or * stands for
// the rest of the name. A packet from outside never arrives on the loopback.
func inInterface(name string) func(Packet) truth {
	return func(p Packet) truth { return matchInterface(name, p.In) }
}

func outInterface(name string) func(Packet) truth {
	return func(p Packet) truth {
		switch {
		case !p.Forwarded:
			return no
		case p.Out == "":
			return maybe
		}
		return matchInterface(name, p.Out)
	}
}

func matchInterface(pattern, name string) truth {
	prefix := strings.TrimRight(pattern, "+*")
	switch {
	case pattern == "*" || pattern == "+":
		return yes
	case name == "" && inner(pattern):
		return no
	case name == "":
		return maybe
	case prefix != pattern:
		return truthOf(strings.HasPrefix(name, prefix))
	}
	return truthOf(pattern == name)
}

// stateIn reports whether a new connection is in one of conntrack's states.
func stateIn(states []string) func(Packet) truth {
	return func(p Packet) truth {
		for _, s := range states {
			switch strings.ToLower(s) {
			case "new":
				return yes
			case "dnat":
				return truthOf(p.Forwarded)
			}
		}
		return no
	}
}

// negate turns a condition around.
func negate(test func(Packet) truth, on bool) func(Packet) truth {
	if !on {
		return test
	}
	return func(p Packet) truth { return test(p).not() }
}

func always(t truth) func(Packet) truth { return func(Packet) truth { return t } }
