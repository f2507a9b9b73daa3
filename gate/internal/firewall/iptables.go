package firewall

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// parseIptables reads iptables-save and ip6tables-save: tables (*filter), chains
// with their policy (:INPUT DROP [0:0]), rules (-A INPUT …), COMMIT.
func parseIptables(text string) (Ruleset, error) {
	c := &chains{format: "iptables", byName: map[string]*chain{}}
	table, committed, filtered := "", true, false
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "", line[0] == '#':
		case line[0] == '*':
			table, committed = line[1:], false
			filtered = filtered || table == "filter"
		case line == "COMMIT":
			committed = true
		case table == "":
			return nil, &SyntaxError{i + 1, fmt.Sprintf("%q stands before any table", clip(line))}
		case line[0] == ':':
			if err := c.declare(table, line, i+1); err != nil {
				return nil, err
			}
		default:
			if err := c.iptablesRule(table, line, i+1); err != nil {
				return nil, err
			}
		}
	}
	if !committed {
		return nil, &SyntaxError{strings.Count(text, "\n") + 1, "table " + table + " has no COMMIT: the dump is cut off"}
	}
	if filtered && c.byName["filter/INPUT"] == nil {
		return nil, &SyntaxError{strings.Count(text, "\n") + 1, "table filter declares no chain INPUT: the dump is cut off"}
	}
	// The order in which a packet meets the tables of a hook.
	order := []string{"raw", "mangle", "nat", "filter", "security"}
	slices.SortStableFunc(c.base, func(a, b *chain) int {
		at := func(ch *chain) int { return slices.Index(order, ch.name[:strings.IndexByte(ch.name, '/')]) }
		return at(a) - at(b)
	})
	return c, nil
}

// declare reads `:INPUT DROP [12:345]`.
func (c *chains) declare(table, line string, n int) error {
	fields := strings.Fields(line[1:])
	if len(fields) < 2 {
		return &SyntaxError{n, fmt.Sprintf("%q: want a chain and its policy", clip(line))}
	}
	ch := &chain{name: table + "/" + fields[0], line: n, policy: accept, nat: table == "nat"}
	if fields[1] == "DROP" {
		ch.policy = drop
	}
	if fields[1] != "-" {
		hook := map[string]string{"PREROUTING": "prerouting", "INPUT": "input", "FORWARD": "forward"}[fields[0]]
		// nat/INPUT and OUTPUT chains never see the packet as it is asked here.
		if hook != "" && !(table == "nat" && hook != "prerouting") {
			ch.hook = hook
			c.base = append(c.base, ch)
		}
	}
	c.byName[ch.name] = ch
	return nil
}

func (c *chains) iptablesRule(table, line string, n int) error {
	words, err := splitWords(line)
	if err != nil {
		return &SyntaxError{n, err.Error()}
	}
	// Counters may stand in front: [12:345] -A INPUT …
	if len(words) > 0 && strings.HasPrefix(words[0], "[") {
		words = words[1:]
	}
	if len(words) < 2 || words[0] != "-A" {
		return &SyntaxError{n, fmt.Sprintf("%q: want -A CHAIN …", clip(line))}
	}
	ch := c.byName[table+"/"+words[1]]
	if ch == nil {
		return &SyntaxError{n, fmt.Sprintf("chain %q is not declared in table %s", words[1], table)}
	}
	p := &ruleParser{chains: c, table: table, words: words[2:], rule: chainRule{line: n, text: line}}
	if err := p.parse(); err != nil {
		return &SyntaxError{n, err.Error()}
	}
	ch.rules = append(ch.rules, p.rule)
	return nil
}

// ruleParser turns a rule's words into conditions and a verdict.
type ruleParser struct {
	chains *chains
	table  string
	words  []string
	rule   chainRule
	bridge string // named by ! -i, in rules that translate
}

func (p *ruleParser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

// values takes the words up to the next option.
func (p *ruleParser) values() []string {
	var out []string
	for len(p.words) > 0 && p.words[0] != "!" && !strings.HasPrefix(p.words[0], "-") {
		out = append(out, p.next())
	}
	return out
}

func (p *ruleParser) parse() error {
	for len(p.words) > 0 {
		negated := p.words[0] == "!"
		if negated {
			p.next()
		}
		option := p.next()
		switch option {
		case "-j", "--jump":
			if err := p.target(p.next(), jump); err != nil {
				return err
			}
		case "-g", "--goto":
			if err := p.target(p.next(), jumpNoReturn); err != nil {
				return err
			}
		case "-m", "--match":
			p.next() // what it matches is in its options
		default:
			if !strings.HasPrefix(option, "-") {
				return fmt.Errorf("%q is not expected here", clip(option))
			}
			p.match(option, negated, p.values())
		}
	}
	return nil
}

func (p *ruleParser) add(text string, negated bool, test func(Packet) truth) {
	if negated {
		text = "! " + text
	}
	p.rule.conditions = append(p.rule.conditions, condition{text, negate(test, negated)})
}

// match reads one option with its values into a condition. An option that is
// not known is a condition that cannot be decided.
func (p *ruleParser) match(option string, negated bool, values []string) {
	value := strings.Join(values, " ")
	text := strings.TrimSpace(option + " " + value)
	test := always(maybe)
	switch option {
	case "-p", "--protocol":
		test = always(truthOf(slices.Contains([]string{"tcp", "6", "all", "0"}, strings.ToLower(value))))
	case "-s", "--source", "-d", "--destination":
		if prefixes, ok := parsePrefixes(value); ok && option[1] == 's' || ok && option == "--source" {
			p.chains.prefixes = append(p.chains.prefixes, prefixes...)
			test = sourceIn(prefixes)
		} else if ok {
			test = destIn(prefixes)
		}
	case "--src-range":
		if low, high, ok := parseAddrRange(value); ok {
			test = func(pk Packet) truth { return truthOf(low.Compare(pk.Source) <= 0 && pk.Source.Compare(high) <= 0) }
		}
	case "-i", "--in-interface":
		p.chains.interfaces = append(p.chains.interfaces, value)
		if negated {
			p.bridge = value
		}
		test = inInterface(value)
	case "-o", "--out-interface":
		test = outInterface(value)
	case "--dport", "--destination-port", "--dports", "--destination-ports", "--ports":
		if ranges, ok := parsePorts(value); ok {
			test = portIn(ranges)
		}
	case "--sport", "--source-port", "--sports", "--source-ports":
		test = sourcePort(value)
	case "--ctstate", "--state":
		test = stateIn(strings.Split(value, ","))
	case "--syn":
		test = always(yes)
	case "--tcp-flags":
		test = always(synMatches(values))
	case "--dst-type":
		test = func(pk Packet) truth { return truthOf(!pk.Forwarded && strings.EqualFold(value, "LOCAL")) }
	case "--src-type":
		test = always(truthOf(strings.EqualFold(value, "UNICAST")))
	case "--comment":
		return
	}
	p.add(text, negated, test)
}

func parsePrefixes(value string) ([]netip.Prefix, bool) {
	var out []netip.Prefix
	for _, one := range strings.Split(value, ",") {
		prefix, ok := parsePrefix(one)
		if !ok {
			return nil, false
		}
		out = append(out, prefix)
	}
	return out, true
}

func parseAddrRange(value string) (low, high netip.Addr, ok bool) {
	a, b, _ := strings.Cut(value, "-")
	low, err1 := netip.ParseAddr(a)
	high, err2 := netip.ParseAddr(b)
	return low, high, err1 == nil && err2 == nil
}

// sourcePort: a client's port is one of the high ones; a range that holds all
// of them holds it, one below them does not.
func sourcePort(value string) func(Packet) truth {
	ranges, ok := parsePorts(value)
	if !ok {
		return always(maybe)
	}
	result := no
	for _, r := range ranges {
		switch {
		case r.low <= 1024 && r.high == 65535:
			return always(yes)
		case r.high >= 1024:
			result = maybe
		}
	}
	return always(result)
}

// synMatches reports whether a first packet, SYN alone, meets --tcp-flags MASK SET.
func synMatches(values []string) truth {
	if len(values) != 2 {
		return maybe
	}
	mask, set := strings.Split(values[0], ","), strings.Split(values[1], ",")
	seen := slices.Contains(mask, "SYN") || slices.Contains(mask, "ALL")
	if values[1] == "NONE" {
		return truthOf(!seen)
	}
	return truthOf(seen && len(set) == 1 && set[0] == "SYN")
}

// target reads what follows -j or -g, with its own options.
func (p *ruleParser) target(name string, how verdictKind) error {
	switch name {
	case "ACCEPT":
		p.rule.verdict.kind = accept
	case "DROP", "REJECT", "TARPIT":
		p.rule.verdict.kind = drop
		p.words = nil
	case "RETURN":
		p.rule.verdict.kind = leave
	case "DNAT", "REDIRECT":
		return p.translation()
	case "QUEUE", "NFQUEUE", "SYNPROXY":
		p.rule.verdict.kind, p.words = undecidable, nil
	case "":
		return fmt.Errorf("-j without a target")
	default:
		if p.chains.byName[p.table+"/"+name] != nil {
			p.rule.verdict = verdict{kind: how, chain: p.table + "/" + name}
			return nil
		}
		// LOG, MARK, MASQUERADE and their like let the packet go on.
		p.rule.verdict.kind, p.words = goOn, nil
	}
	return nil
}

// translation reads --to-destination ADDR[:PORT] and --to-ports PORT.
func (p *ruleParser) translation() error {
	v := verdict{kind: translate, bridge: p.bridge}
	for len(p.words) > 0 {
		option := p.next()
		value := strings.Join(p.values(), " ")
		switch option {
		case "--to-destination":
			to, err := netip.ParseAddrPort(value)
			if err != nil {
				addr, err := netip.ParseAddr(strings.Trim(value, "[]"))
				if err != nil {
					return fmt.Errorf("--to-destination %q: want an address and a port", clip(value))
				}
				to = netip.AddrPortFrom(addr, 0)
			}
			v.to = to
		case "--to-ports":
			ranges, ok := parsePorts(value)
			if !ok {
				return fmt.Errorf("--to-ports %q: want a port", clip(value))
			}
			v.to = netip.AddrPortFrom(netip.IPv4Unspecified(), ranges[0].low)
		}
	}
	p.rule.verdict = v
	return nil
}

// splitWords splits at blanks, with double quotes as iptables-save writes them.
func splitWords(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	quoted, started := false, false
	for i := 0; i < len(line); i++ {
		switch b := line[i]; {
		case b == '\\' && quoted && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		case b == '"':
			quoted, started = !quoted, true
		case (b == ' ' || b == '\t') && !quoted:
			if started {
				out = append(out, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteByte(b)
			started = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("%q: a quote is not closed", clip(line))
	}
	if started {
		out = append(out, word.String())
	}
	return out, nil
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
