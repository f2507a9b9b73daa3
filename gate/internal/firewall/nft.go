package firewall

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// parseNft reads `nft list ruleset`: tables of chains, sets and maps. Only
// tables of the families ip, inet and ip6 see a TCP packet at the hooks asked.
func parseNft(text string) (Ruleset, error) {
	n := &nft{chains: &chains{format: "nft", byName: map[string]*chain{}}, lines: strings.Split(text, "\n"), sets: map[string][]string{}}
	// Sets first: rules may refer to one that stands behind them.
	if err := n.scan((*nft).readSet); err != nil {
		return nil, err
	}
	if err := n.scan((*nft).readChain); err != nil {
		return nil, err
	}
	slices.SortStableFunc(n.base, func(a, b *chain) int { return a.priority - b.priority })
	return n.chains, nil
}

type nft struct {
	*chains
	lines []string
	at    int
	table string // family/name
	sets  map[string][]string
}

// block is a read of one object of a table, its head line given; it leaves n.at
// on the closing brace.
type block func(n *nft, kind, name string) error

// scan walks the tables and hands each object to read.
func (n *nft) scan(read block) error {
	n.table = ""
	for n.at = 0; n.at < len(n.lines); n.at++ {
		line := strings.TrimSpace(n.lines[n.at])
		words := strings.Fields(line)
		switch {
		case line == "", line[0] == '#':
		case line == "}":
			if n.table == "" {
				return n.broken("a brace closes nothing")
			}
			n.table = ""
		case words[0] == "table" && len(words) >= 3 && strings.HasSuffix(line, "{"):
			if n.table != "" {
				return n.broken("a table inside of a table: a brace is missing above")
			}
			n.table = words[1] + "/" + words[2]
		case n.table != "" && len(words) >= 2 && strings.HasSuffix(line, "{"):
			if err := read(n, words[0], words[1]); err != nil {
				return err
			}
		case n.table == "":
			return n.broken("%q stands outside of a table", clip(line))
		}
	}
	if n.table != "" {
		return n.broken("table %s is not closed: the dump is cut off", n.table)
	}
	return nil
}

func (n *nft) broken(format string, args ...any) error {
	return &SyntaxError{min(n.at+1, len(n.lines)), fmt.Sprintf(format, args...)}
}

// skip leaves n.at on the brace that closes the object.
func (n *nft) skip() error {
	depth := strings.Count(n.lines[n.at], "{") - strings.Count(n.lines[n.at], "}")
	if depth <= 0 {
		return n.broken("a brace closes nothing")
	}
	for depth > 0 {
		n.at++
		if n.at >= len(n.lines) {
			return n.broken("a block is not closed: the dump is cut off")
		}
		depth += strings.Count(n.lines[n.at], "{") - strings.Count(n.lines[n.at], "}")
	}
	return nil
}

// readSet remembers a set's elements.
func (n *nft) readSet(kind, name string) error {
	start := n.at
	if err := n.skip(); err != nil {
		return err
	}
	if kind != "set" {
		return nil
	}
	body := strings.Join(n.lines[start+1:n.at], " ")
	n.sets[n.table+"/"+name] = []string{}
	if _, elements, ok := strings.Cut(body, "elements = {"); ok {
		elements, _, _ = strings.Cut(elements, "}")
		n.sets[n.table+"/"+name] = splitList(elements)
	}
	return nil
}

func splitList(s string) []string {
	var out []string
	for _, e := range strings.Split(s, ",") {
		// What stands behind an element (timeout, comment, counter) is no part
		// of it.
		if fields := strings.Fields(e); len(fields) > 0 {
			out = append(out, fields[0])
		}
	}
	return out
}

// readChain reads a chain's head (type … hook … policy …) and its rules.
func (n *nft) readChain(kind, name string) error {
	if kind != "chain" {
		return n.skip()
	}
	family, _, _ := strings.Cut(n.table, "/")
	sees := family == "ip" || family == "inet" || family == "ip6"
	ch := &chain{name: n.table + "/" + name, line: n.at + 1, policy: accept}
	n.byName[ch.name] = ch
	for n.at++; ; n.at++ {
		if n.at >= len(n.lines) {
			return n.broken("chain %s is not closed: the dump is cut off", name)
		}
		line := strings.TrimSpace(n.lines[n.at])
		switch {
		case line == "", line[0] == '#', strings.HasPrefix(line, "comment "):
		case line == "}":
			return nil
		case strings.HasPrefix(line, "type "):
			if err := n.head(ch, line); err != nil {
				return err
			}
			if sees && ch.hook != "" {
				n.base = append(n.base, ch)
			}
		default:
			ch.rules = append(ch.rules, n.rule(line, family)...)
		}
	}
}

// priorities are the names that nft prints for the usual numbers.
var priorityNames = []struct {
	name  string
	value int
}{{"raw", -300}, {"mangle", -150}, {"dstnat", -100}, {"filter", 0}, {"security", 50}, {"srcnat", 100}}

// head reads `type filter hook input priority filter + 10; policy drop;`.
func (n *nft) head(ch *chain, line string) error {
	words := strings.Fields(strings.ReplaceAll(line, ";", " ; "))
	for i, w := range words {
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch w {
		case "type":
			ch.nat = value == "nat"
		case "hook":
			if value == "prerouting" || value == "input" || value == "forward" {
				ch.hook = value
			}
		case "priority":
			ch.priority = priorityOf(words[i+1:])
		case "policy":
			ch.line = n.at + 1
			if value == "drop" {
				ch.policy = drop
			}
		}
	}
	if ch.nat && ch.hook != "prerouting" {
		ch.hook = ""
	}
	return nil
}

func priorityOf(words []string) int {
	total, sign := 0, 1
	for _, w := range words {
		if w == ";" {
			break
		}
		switch w {
		case "+":
			continue
		case "-":
			sign = -1
			continue
		}
		value, err := strconv.Atoi(w)
		for _, p := range priorityNames {
			if p.name == w {
				value, err = p.value, nil
			}
		}
		if err == nil {
			total += sign * value
		}
		sign = 1
	}
	return total
}

// nftTokens splits a rule into words; a set in braces is one word, as is quoted
// text.
func nftTokens(line string) []string {
	var out []string
	for i := 0; i < len(line); {
		switch b := line[i]; {
		case b == ' ' || b == '\t' || b == ';':
			i++
		case b == '{' || b == '"':
			closing := byte('"')
			if b == '{' {
				closing = '}'
			}
			end := strings.IndexByte(line[i+1:], closing)
			if end < 0 {
				return append(out, line[i:])
			}
			out = append(out, line[i:i+end+2])
			i += end + 2
		default:
			end := strings.IndexAny(line[i:], " \t;")
			if end < 0 {
				end = len(line) - i
			}
			out = append(out, line[i:i+end])
			i += end
		}
	}
	return out
}

// rule reads a rule's conditions and verdict; a verdict map makes several.
func (n *nft) rule(line, family string) []chainRule {
	r := &nftRule{nft: n, tokens: nftTokens(line), rule: chainRule{line: n.at + 1, text: line}}
	if family == "ip" || family == "ip6" {
		v4 := family == "ip"
		r.add(family, false, func(p Packet) truth { return truthOf(p.Source.Is4() == v4) })
	}
	for len(r.tokens) > 0 {
		r.statement()
	}
	return append(r.split, r.rule)
}

// unquoted is a word without its quotes.
func unquoted(s string) string { return strings.Trim(s, `"`) }

// prefixesOf reads the elements of an address set; false when one is none.
func prefixesOf(elements []string) ([]netip.Prefix, bool) {
	var out []netip.Prefix
	for _, e := range elements {
		low, high, ranged := strings.Cut(e, "-")
		if !ranged {
			p, ok := parsePrefix(e)
			if !ok {
				return nil, false
			}
			out = append(out, p)
			continue
		}
		l, h, ok := parseAddrRange(low + "-" + high)
		if !ok {
			return nil, false
		}
		out = append(out, rangePrefixes(l, h)...)
	}
	return out, true
}

// rangePrefixes covers an address range with prefixes.
func rangePrefixes(low, high netip.Addr) []netip.Prefix {
	var out []netip.Prefix
	for low.IsValid() && low.Compare(high) <= 0 && len(out) < 256 {
		bits := low.BitLen()
		for bits > 0 {
			wider := netip.PrefixFrom(low, bits-1)
			if wider.Masked().Addr() != low || last(wider).Compare(high) > 0 {
				break
			}
			bits--
		}
		p := netip.PrefixFrom(low, bits)
		out = append(out, p)
		low = last(p).Next()
	}
	return out
}
