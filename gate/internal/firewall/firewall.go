package firewall

import (
	"fmt"
	"net/netip"
	"strings"
)

// Outcome is what becomes of a connection.
type Outcome int

// The outcomes.
const (
	Unknown Outcome = iota
	Open
	Blocked
)

func (o Outcome) String() string {
	return [...]string{"unknown", "open", "blocked"}[o]
}

// Packet is the first packet of a TCP connection, as it arrives at the host.
type Packet struct {
	Source netip.Addr
	// Dest is the host's address; the zero value means "one of its own".
	Dest netip.Addr
	Port uint16
	// In is the interface it arrives on, "" when nobody knows.
	In string
	// Out is the interface that a forwarded packet leaves by.
	Out string
	// Forwarded is set when address translation sent it on to another host.
	Forwarded bool
}

// Answer is the decision and what it rests on.
type Answer struct {
	Outcome Outcome
	// Rule is the deciding rule or policy as it stands in the dump, Line its
	// line; 0 for what no line says.
	Rule string
	Line int
	// Why says in words what happened: the chain, a translation, or what could
	// not be decided.
	Why string
}

// Ruleset answers questions.
type Ruleset interface {
	// Format is for people: iptables, nft, ufw, firewalld.
	Format() string
	Decide(Packet) Answer
	// Prefixes are the source prefixes that rules name.
	Prefixes() []netip.Prefix
	// Interfaces are the interfaces that rules name.
	Interfaces() []string
}

// SyntaxError says where a dump cannot be read.
type SyntaxError struct {
	Line    int
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// Parse tells the format by its marks and reads it.
func Parse(text string) (Ruleset, error) {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		return nil, &SyntaxError{1, "the dump is empty"}
	case hasLine(trimmed, func(l string) bool { return strings.HasPrefix(l, "*filter") || strings.HasPrefix(l, "*nat") }):
		return parseIptables(text)
	case hasLine(trimmed, func(l string) bool { return strings.HasPrefix(l, "table ") && strings.HasSuffix(l, "{") }):
		return parseNft(text)
	case strings.HasPrefix(trimmed, "Status: "):
		return parseUfw(text)
	case hasLine(trimmed, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "target: ") }):
		return parseFirewalld(text)
	}
	return nil, &SyntaxError{1, "none of iptables-save, nft list ruleset, ufw status, firewall-cmd --list-all"}
}

func hasLine(text string, is func(string) bool) bool {
	for _, l := range strings.Split(text, "\n") {
		if is(strings.TrimRight(l, "\r ")) {
			return true
		}
	}
	return false
}

// Ask puts the question for a network: for an address of it that no narrower
// prefix of the rules names, arriving at the only outer interface that they
// name when none is given.
func Ask(r Ruleset, from netip.Prefix, p Packet) Answer {
	p.Source = generic(from, r.Prefixes())
	if p.In == "" {
		p.In = onlyOuter(r.Interfaces())
	}
	return r.Decide(p)
}

// generic picks an address of the network that none of the narrower prefixes
// holds. Candidates are the ends of the network and what follows each prefix.
func generic(from netip.Prefix, named []netip.Prefix) netip.Addr {
	from = from.Masked()
	free := func(a netip.Addr) bool {
		if !a.IsValid() || !from.Contains(a) || special(a) && from.Bits() < 8 {
			return false
		}
		for _, p := range named {
			if p.Bits() > from.Bits() && p.Contains(a) {
				return false
			}
		}
		return true
	}
	candidates := []netip.Addr{}
	if from.Bits() == 0 {
		// Addresses kept for documentation: nobody's, and so in no rule.
		candidates = append(candidates, netip.MustParseAddr("203.0.113.77"), netip.MustParseAddr("2001:db8::77"))
	}
	candidates = append(candidates, from.Addr().Next(), from.Addr())
	for _, p := range named {
		candidates = append(candidates, last(p).Next())
	}
	for _, a := range candidates {
		if free(a) {
			return a
		}
	}
	return from.Addr()
}

func special(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsUnspecified()
}

// last is a prefix's highest address.
func last(p netip.Prefix) netip.Addr {
	bytes := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}

// onlyOuter is the one interface that is neither the loopback nor a bridge or
// pair of containers and machines; "" when there is none or more than one.
func onlyOuter(names []string) string {
	found := ""
	for _, n := range names {
		if inner(n) || n == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = n
	}
	return found
}

func inner(name string) bool {
	for _, prefix := range []string{"lo", "docker", "br-", "veth", "virbr", "cni", "flannel", "cali", "podman", "lxc"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
