package firewall

import (
	"fmt"
	"net/netip"
	"slices"
)

// truth is a condition's answer: a dump does not tell everything.
type truth int

const (
	maybe truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	return [...]truth{maybe, no, yes}[t]
}

// condition is one match of a rule.
type condition struct {
	text string
	test func(Packet) truth
}

// verdict is what a rule does when its conditions hold.
type verdict struct {
	kind  verdictKind
	chain string // of jump and goto
	to    netip.AddrPort
	// bridge is the interface behind a translated address, when the rule tells.
	bridge string
}

type verdictKind int

const (
	goOn verdictKind = iota // logging, marking, counting
	accept
	drop
	leave // return
	jump
	jumpNoReturn
	translate // DNAT, REDIRECT
	undecidable
)

// chainRule is a rule of a chain.
type chainRule struct {
	line       int
	text       string
	conditions []condition
	verdict    verdict
}

// chain is a list of rules; a base chain has a hook and a policy.
type chain struct {
	name     string
	hook     string // prerouting, input, forward; "" for one that is only jumped to
	priority int
	policy   verdictKind // accept or drop
	line     int         // of the policy
	nat      bool
	rules    []chainRule
}

// chains is a ruleset of tables; chain names are unique by table.
type chains struct {
	format     string
	base       []*chain // in the order in which packets meet them
	byName     map[string]*chain
	prefixes   []netip.Prefix
	interfaces []string
}

func (c *chains) Format() string           { return c.format }
func (c *chains) Prefixes() []netip.Prefix { return c.prefixes }
func (c *chains) Interfaces() []string     { return c.interfaces }

// end is one way in which a walk can end.
type end struct {
	kind   verdictKind // accept, drop, leave (fell through), undecidable
	answer Answer
	packet Packet // after translation
}

// maxEnds and maxDepth bound the walk: undecidable conditions branch, and a
// hostile dump may jump in a circle.
const (
	maxEnds  = 64
	maxDepth = 40
)

// Decide walks prerouting, then input or, for a translated packet, forward.
func (c *chains) Decide(p Packet) Answer {
	ends := c.hook("prerouting", []end{{kind: accept, packet: p}})
	var all []end
	for _, e := range ends {
		if e.kind != accept {
			all = append(all, e)
			continue
		}
		hook := "input"
		if e.packet.Forwarded {
			hook = "forward"
		}
		all = append(all, c.hook(hook, []end{e})...)
	}
	return conclude(all)
}

// hook passes packets through every base chain of a hook: accept ends a chain,
// drop ends all.
func (c *chains) hook(name string, ends []end) []end {
	for _, base := range c.base {
		if base.hook != name {
			continue
		}
		var next []end
		for _, e := range ends {
			if e.kind != accept {
				next = append(next, e)
				continue
			}
			for _, out := range c.walk(base, e.packet, 0) {
				if out.kind == leave {
					out = base.byPolicy(out)
				}
				if out.answer.Rule == "" {
					out.answer = e.answer
				}
				next = append(next, out)
			}
		}
		ends = next
	}
	return ends
}

func (base *chain) byPolicy(e end) end {
	e.kind = base.policy
	if base.policy == drop {
		e.answer = Answer{Blocked, fmt.Sprintf("policy drop of chain %s", base.name), base.line, "no rule of chain " + base.name + " lets it in"}
	}
	return e
}

// walk follows a chain's rules; undecidable conditions branch.
func (c *chains) walk(ch *chain, p Packet, depth int) []end {
	if depth > maxDepth {
		return []end{{kind: undecidable, answer: Answer{Unknown, ch.name, ch.line, "chains jump in a circle"}}}
	}
	var out []end
	for _, r := range ch.rules {
		holds, doubt := r.holds(p)
		if holds == no || r.verdict.kind == goOn {
			continue
		}
		taken := c.take(ch, r, p, depth)
		if holds == maybe {
			for i := range taken {
				if taken[i].answer.Why != "" {
					taken[i].answer.Why += "; "
				}
				taken[i].answer.Why += "if " + doubt
			}
		}
		continues := holds == maybe
		for _, e := range taken {
			if e.kind == goOn {
				// The jump came back, or a translation: on to the next rule,
				// perhaps with another packet.
				p, continues = e.packet, true
				continue
			}
			out = append(out, e)
		}
		if !continues || len(out) > maxEnds {
			return out
		}
	}
	return append(out, end{kind: leave, packet: p})
}

// take carries a rule's verdict out. goOn as the end's kind means that the walk
// goes on behind the rule.
func (c *chains) take(ch *chain, r chainRule, p Packet, depth int) []end {
	said := func(o Outcome, why string) Answer { return Answer{o, r.text, r.line, why} }
	switch v := r.verdict; v.kind {
	case accept:
		return []end{{accept, said(Open, "accepted in chain "+ch.name), p}}
	case drop:
		return []end{{drop, said(Blocked, "stopped in chain "+ch.name), p}}
	case leave:
		return []end{{leave, Answer{}, p}}
	case translate:
		return []end{{accept, said(Open, "sent on to "+v.to.String()), v.apply(p)}}
	case jump, jumpNoReturn:
		target := c.byName[v.chain]
		if target == nil {
			return []end{{undecidable, said(Unknown, "chain "+v.chain+" is not in the dump"), p}}
		}
		ends := c.walk(target, p, depth+1)
		for i := range ends {
			if ends[i].kind == leave && v.kind == jump {
				ends[i].kind = goOn
			}
		}
		return ends
	}
	return []end{{undecidable, said(Unknown, "what "+r.text+" does is unknown"), p}}
}

// apply is the packet after address translation.
func (v verdict) apply(p Packet) Packet {
	if v.to.Port() != 0 {
		p.Port = v.to.Port()
	}
	if a := v.to.Addr(); a.IsValid() && !a.IsUnspecified() {
		p.Dest, p.Forwarded, p.Out = a, !a.IsLoopback(), v.bridge
	}
	return p
}

// holds reports whether all conditions do, and which one is in doubt.
func (r chainRule) holds(p Packet) (truth, string) {
	result, doubt := yes, ""
	for _, c := range r.conditions {
		switch c.test(p) {
		case no:
			return no, ""
		case maybe:
			result, doubt = maybe, c.text
		}
	}
	return result, doubt
}

// conclude makes one answer of all ends: the common one, or Unknown.
func conclude(ends []end) Answer {
	outcome := func(e end) Outcome {
		switch e.kind {
		case accept:
			return Open
		case drop:
			return Blocked
		}
		return Unknown
	}
	if len(ends) == 0 || len(ends) > maxEnds {
		return Answer{Outcome: Unknown, Why: "too many ways to follow"}
	}
	first := outcome(ends[0])
	for _, e := range ends {
		if outcome(e) != first {
			doubtful := ends[slices.IndexFunc(ends, func(e end) bool { return e.answer.Why != "" })]
			a := doubtful.answer
			a.Outcome = Unknown
			return a
		}
	}
	a := ends[len(ends)-1].answer
	a.Outcome = first
	if a.Rule == "" && first == Open {
		a.Rule, a.Why = "policy accept", "no rule stops it"
	}
	return a
}
