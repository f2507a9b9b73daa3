package firewall

import (
	"net/netip"
	"strings"
)

// nftRule is a rule while it is read.
type nftRule struct {
	*nft
	tokens []string
	rule   chainRule
	// split are the rules that a verdict map stands for.
	split []chainRule
}

func (r *nftRule) next() string {
	if len(r.tokens) == 0 {
		return ""
	}
	t := r.tokens[0]
	r.tokens = r.tokens[1:]
	return t
}

func (r *nftRule) peek(i int) string {
	if i < len(r.tokens) {
		return r.tokens[i]
	}
	return ""
}

func (r *nftRule) add(text string, negated bool, test func(Packet) truth) {
	r.rule.conditions = append(r.rule.conditions, condition{text, negate(test, negated)})
}

// doubt adds a condition that a dump does not decide.
func (r *nftRule) doubt(text string) { r.add(text, false, always(maybe)) }

// operand reads an optional comparison and the value; a named set is replaced
// by its elements.
func (r *nftRule) operand() (elements []string, negated bool, text string) {
	if r.peek(0) == "!=" || r.peek(0) == "==" {
		negated = r.next() == "!="
	}
	value := r.next()
	text = value
	switch {
	case strings.HasPrefix(value, "{"):
		elements = splitList(strings.Trim(value, "{} "))
	case strings.HasPrefix(value, "@"):
		elements = r.sets[r.table+"/"+value[1:]]
		if elements == nil {
			elements = []string{value}
		}
	case value == "<" || value == ">" || value == "<=" || value == ">=" || value == "&":
		elements = []string{value + r.next()} // compared nowhere, so in doubt
	default:
		elements = strings.Split(value, ",")
		for i := range elements {
			elements[i] = unquoted(elements[i])
		}
	}
	return elements, negated, text
}

// statement reads the next condition or action. What it does not know is a
// condition in doubt: a guess could turn blocked into open.
func (r *nftRule) statement() {
	switch word := r.next(); word {
	case "accept":
		r.rule.verdict.kind = accept
	case "drop":
		r.rule.verdict.kind = drop
	case "reject":
		r.rule.verdict.kind, r.tokens = drop, nil
	case "return":
		r.rule.verdict.kind = leave
	case "continue":
	case "jump", "goto":
		kind := jump
		if word == "goto" {
			kind = jumpNoReturn
		}
		r.rule.verdict = verdict{kind: kind, chain: r.table + "/" + r.next()}
	case "queue", "synproxy", "tproxy":
		r.rule.verdict.kind, r.tokens = undecidable, nil
	case "dnat", "redirect":
		r.translation(word)
	case "masquerade", "snat", "notrack", "log", "flow", "dup", "fwd", "set", "update", "add":
		// These change nothing for the connection asked about; a verdict may
		// still follow.
		r.skipOptions()
	case "counter":
		if r.peek(0) == "packets" {
			r.tokens = r.tokens[min(4, len(r.tokens)):]
		}
	case "comment":
		r.next()
	case "limit", "quota":
		r.tokens = r.untilVerdict()
		r.doubt(word)
	case "ip", "ip6":
		r.network(word)
	case "tcp", "th":
		r.tcp()
	case "udp", "icmp", "icmpv6", "sctp", "igmp", "esp", "ah":
		r.add(word, false, always(no))
		r.tokens = nil
	case "meta":
		r.meta(r.next())
	case "iifname", "iif", "oifname", "oif":
		r.interfaces(word)
	case "l4proto":
		r.meta(word)
	case "ct":
		r.conntrack()
	case "fib":
		r.fib()
	case "xt":
		r.tokens = r.untilVerdict()
		r.doubt("xt")
	case "vmap":
		r.rule.verdict.kind, r.tokens = undecidable, nil
	default:
		r.doubt(word)
	}
}

// untilVerdict drops tokens up to one that is a verdict.
func (r *nftRule) untilVerdict() []string {
	for i, t := range r.tokens {
		switch t {
		case "accept", "drop", "reject", "return", "jump", "goto", "counter", "log", "queue":
			return r.tokens[i:]
		}
	}
	return nil
}

func (r *nftRule) skipOptions() { r.tokens = r.untilVerdict() }

func (r *nftRule) network(family string) {
	field := r.next()
	if field == "protocol" || field == "nexthdr" {
		r.meta("l4proto")
		return
	}
	elements, negated, text := r.operand()
	prefixes, ok := prefixesOf(elements)
	test := always(maybe)
	switch {
	case field == "saddr" && ok:
		r.prefixes = append(r.prefixes, prefixes...)
		test = sourceIn(prefixes)
	case field == "daddr" && ok:
		test = destIn(prefixes)
	}
	v4 := family == "ip"
	r.add(family, false, func(p Packet) truth { return truthOf(p.Source.Is4() == v4) })
	r.add(family+" "+field+" "+text, negated, test)
}

func (r *nftRule) tcp() {
	field := r.next()
	if field == "flags" {
		r.flags()
		return
	}
	if field == "dport" && r.peek(0) == "vmap" && strings.HasPrefix(r.peek(1), "{") {
		r.portMap()
		return
	}
	elements, negated, text := r.operand()
	ranges, ok := parsePorts(strings.Join(elements, ","))
	test := always(maybe)
	switch {
	case field == "dport" && ok:
		test = portIn(ranges)
	case field == "dport" && len(elements) == 0:
		test = always(no) // an empty set
	case field == "sport":
		test = sourcePort(strings.Join(elements, ","))
	}
	r.add("tcp "+field+" "+text, negated, test)
}

// portMap makes a rule of each element of `tcp dport vmap { 80 : accept }`.
func (r *nftRule) portMap() {
	r.next()
	for _, pair := range splitPairs(r.next()) {
		one := &nftRule{nft: r.nft, tokens: strings.Fields(pair[1]), rule: r.rule}
		one.rule.conditions = append([]condition{}, r.rule.conditions...)
		ranges, ok := parsePorts(pair[0])
		test := portIn(ranges)
		if !ok {
			test = always(maybe)
		}
		one.add("tcp dport "+pair[0], false, test)
		for len(one.tokens) > 0 {
			one.statement()
		}
		r.split = append(r.split, one.rule)
	}
	r.tokens = nil
}

// flags reads `syn`, `syn / syn,ack`, `& (fin|syn|rst|ack) == syn` and the
// like: only forms that speak of the first packet clearly are decided.
func (r *nftRule) flags() {
	rest := r.untilVerdict()
	text := strings.Join(r.tokens[:len(r.tokens)-len(rest)], " ")
	r.tokens = rest
	compact := strings.NewReplacer(" ", "", "(", "", ")", "").Replace(text)
	switch {
	case compact == "syn", strings.HasSuffix(compact, "==syn"), strings.HasPrefix(compact, "syn/"):
		r.add("tcp flags "+text, false, always(yes))
	case strings.HasSuffix(compact, "!=syn"):
		r.add("tcp flags "+text, false, always(no))
	default:
		r.doubt("tcp flags " + text)
	}
}

func (r *nftRule) meta(field string) {
	switch field {
	case "iifname", "iif", "oifname", "oif":
		r.interfaces(field)
		return
	case "nftrace":
		r.tokens = nil
		return
	}
	elements, negated, text := r.operand()
	switch field {
	case "l4proto", "protocol", "nfproto":
		r.add(field+" "+text, negated, protocolIn(field, elements))
	case "pkttype":
		r.add("pkttype "+text, negated, always(truthOf(contains(elements, "host", "unicast"))))
	default:
		r.doubt("meta " + field + " " + text)
	}
}

func protocolIn(field string, elements []string) func(Packet) truth {
	if field == "l4proto" {
		return always(truthOf(contains(elements, "tcp", "6")))
	}
	return func(p Packet) truth {
		if p.Source.Is4() {
			return truthOf(contains(elements, "ip", "ipv4"))
		}
		return truthOf(contains(elements, "ip6", "ipv6"))
	}
}

func contains(elements []string, wanted ...string) bool {
	for _, e := range elements {
		for _, w := range wanted {
			if strings.EqualFold(e, w) {
				return true
			}
		}
	}
	return false
}

func (r *nftRule) interfaces(field string) {
	elements, negated, text := r.operand()
	incoming := strings.HasPrefix(field, "iif")
	for i := range elements {
		elements[i] = unquoted(elements[i])
		if incoming {
			r.chains.interfaces = append(r.chains.interfaces, elements[i])
		}
	}
	r.add(field+" "+text, negated, func(p Packet) truth {
		result := no
		for _, name := range elements {
			test := outInterface(name)
			if incoming {
				test = inInterface(name)
			}
			switch test(p) {
			case yes:
				return yes
			case maybe:
				result = maybe
			}
		}
		return result
	})
}

// conntrack reads ct state, and ct state vmap.
func (r *nftRule) conntrack() {
	field := r.next()
	if field == "state" && r.peek(0) == "vmap" {
		r.next()
		for _, pair := range splitPairs(r.next()) {
			if pair[0] == "new" {
				r.tokens = append(strings.Fields(pair[1]), r.tokens...)
				return
			}
		}
		// No entry for a new connection: the rule does nothing for it.
		r.add("ct state vmap", false, always(no))
		return
	}
	elements, negated, text := r.operand()
	switch field {
	case "state", "status":
		r.add("ct "+field+" "+text, negated, stateIn(elements))
	default:
		r.doubt("ct " + field + " " + text)
	}
}

// splitPairs reads `{ a : b, c : d }`.
func splitPairs(set string) [][2]string {
	var out [][2]string
	for _, e := range strings.Split(strings.Trim(set, "{} "), ",") {
		if k, v, ok := strings.Cut(e, ":"); ok {
			out = append(out, [2]string{strings.TrimSpace(k), strings.TrimSpace(v)})
		}
	}
	return out
}

// fib reads `fib daddr type local`: is the destination this host's?
func (r *nftRule) fib() {
	field, what := r.next(), r.next()
	for r.peek(0) == "." {
		r.tokens = r.tokens[min(2, len(r.tokens)):]
		what = r.next()
	}
	elements, negated, text := r.operand()
	if field == "daddr" && what == "type" {
		r.add("fib daddr type "+text, negated, func(p Packet) truth { return truthOf(!p.Forwarded && contains(elements, "local")) })
		return
	}
	r.doubt("fib " + field + " " + what + " " + text)
}

// translation reads `dnat to 172.17.0.2:80`, `dnat ip to …`, `redirect to :8080`.
func (r *nftRule) translation(word string) {
	v := verdict{kind: translate}
	for _, c := range r.rule.conditions {
		if name, ok := strings.CutPrefix(c.text, "iifname "); ok && inner(unquoted(name)) {
			v.bridge = unquoted(name)
		}
	}
	for len(r.tokens) > 0 && r.peek(0) != "to" {
		r.next()
	}
	r.next()
	target := r.next()
	to, err := netip.ParseAddrPort(target)
	if err != nil {
		if addr, err := netip.ParseAddr(strings.Trim(target, "[]")); err == nil {
			to = netip.AddrPortFrom(addr, 0)
		} else if ranges, ok := parsePorts(strings.TrimPrefix(target, ":")); ok {
			to = netip.AddrPortFrom(netip.IPv4Unspecified(), ranges[0].low)
		} else if word == "dnat" || target != "" {
			r.rule.verdict, r.tokens = verdict{kind: undecidable}, nil
			return
		}
	}
	v.to = to
	r.rule.verdict, r.tokens = v, nil
}
