package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/firewall"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// Firewall checks, from the rules alone, that a TCP port can be reached.
type Firewall struct {
	check.Base `yaml:",inline"`
	Port       int    `yaml:"port" help:"TCP port that has to be reachable" required:"true" min:"1" max:"65535"`
	From       string `yaml:"from" help:"address or network of the clients, by default 0.0.0.0/0"`
	Dump       string `yaml:"dump" help:"file with the output of iptables-save, nft list ruleset, ufw status or firewall-cmd --list-all; by default this host's rules" kind:"path"`
	Interface  string `yaml:"interface" help:"interface that the clients arrive on; by default the only outer one that the rules name"`
	Address    string `yaml:"address" help:"the host's address that the clients connect to; by default any of its own"`
}

const maxDump = 16 << 20

// Kind is firewall.
func (f *Firewall) Kind() string { return "firewall" }

// Rules are those of firewall.
func (f *Firewall) Rules() []gate.Rule { return firewallRules() }

func firewallRules() []gate.Rule {
	return []gate.Rule{
		{
			ID: "firewall/blocked", Severity: gate.Error, Phase: gate.PhasePre,
			Title:   "the firewall stops connections to a port",
			What:    "A new TCP connection from the given network to the port ends at a rule or policy that drops or rejects it.",
			Why:     "The service may be up and healthy, and nobody reaches it.",
			Fix:     "Add a rule that accepts the port before the one named; for containers in DOCKER-USER, with the container's own port.",
			Example: "port 443 from 0.0.0.0/0 is blocked by \"policy drop of chain filter/INPUT\", want it open",
		},
		{
			ID: "firewall/unknown", Severity: gate.Warning, Phase: gate.PhasePre,
			Title:   "what the firewall does cannot be told",
			What:    "No rules could be read here, or the answer hangs on something that a dump does not say: a mark, a rate limit, an interface.",
			Why:     "What is not known is no pass.",
			Fix:     "Give the interface, the address, or a dump made by root on the host.",
			Example: "port 443 from 0.0.0.0/0: it hangs on \"-m mark --mark 0x1\", want a rule that decides",
		},
	}
}

// Validate checks port, network and address.
func (f *Firewall) Validate() []check.Mistake {
	ms := f.Mistakes()
	if f.Port < 1 || f.Port > 65535 {
		ms = append(ms, check.Mistakef("port", "port %d: want 1 to 65535", f.Port))
	}
	if _, err := f.from(); err != nil {
		ms = append(ms, check.Mistakef("from", "from %q: want an address or a network like 10.0.0.0/8", f.From))
	}
	if f.Address != "" {
		if _, err := netip.ParseAddr(f.Address); err != nil {
			ms = append(ms, check.Mistakef("address", "address %q: want an IP address", f.Address))
		}
	}
	return ms
}

func (f *Firewall) from() (netip.Prefix, error) {
	if f.From == "" {
		return netip.MustParsePrefix("0.0.0.0/0"), nil
	}
	if addr, err := netip.ParseAddr(f.From); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return netip.ParsePrefix(f.From)
}

// Check makes the check.
func (f *Firewall) Check(env *check.Env) gate.Check {
	c := f.NewCheck("firewall", fmt.Sprintf("firewall port %d", f.Port), gate.PhasePre, firewallRules())
	c.Run = func(ctx context.Context) gate.Result {
		if f.Dump == "" {
			return f.host(ctx)
		}
		path := f.ResolvePath(env, f.Dump)
		data, err := readfile.Text(path, maxDump)
		if err != nil {
			return gate.Undecided(err)
		}
		return f.decide(string(data), check.ShowPath(env, path))
	}
	return c
}

// dumpCommands say what the rules of this host are; the first that works
// counts. ufw and firewalld write theirs into the same kernel tables.
func dumpCommands(ipv6 bool) [][]string {
	tables := "iptables-save"
	if ipv6 {
		tables = "ip6tables-save"
	}
	return [][]string{{"nft", "list", "ruleset"}, {tables}, {"ufw", "status", "verbose"}, {"firewall-cmd", "--list-all"}}
}

// host decides by the rules of the machine that the gate runs on.
func (f *Firewall) host(ctx context.Context) gate.Result {
	from, _ := f.from()
	var tried []string
	empty := false
	for _, command := range dumpCommands(from.Addr().Is6()) {
		name := strings.Join(command, " ")
		dump, err := check.Output(ctx, command)
		switch {
		case errors.Is(err, exec.ErrNotFound):
			tried = append(tried, name+" is not installed")
		case err != nil:
			tried = append(tried, fmt.Sprintf("%s: %s", name, quote.Clip(dump)))
		case strings.TrimSpace(dump) == "":
			// Lets everything in, unless an older table of the kernel holds rules.
			empty = true
			tried = append(tried, name+" lists nothing")
		default:
			return f.decide(dump, name)
		}
	}
	if empty {
		return gate.Result{Evidence: map[string]any{"outcome": firewall.Open.String(), "why": strings.Join(tried, "; ")}}
	}
	return f.unknown("no rules could be read here ("+strings.Join(tried, "; ")+")", nil)
}

// dumpFamily is the length in bits of the addresses that a dump of iptables is
// about, 0 where it does not say: both families write one format.
func dumpFamily(dump string, rules firewall.Ruleset) int {
	if rules.Format() != "iptables" {
		return 0
	}
	switch {
	case strings.Contains(dump, "# Generated by ip6tables"):
		return 128
	case strings.Contains(dump, "# Generated by iptables"):
		return 32
	}
	for _, p := range rules.Prefixes() {
		return p.Addr().BitLen()
	}
	return 0
}

func (f *Firewall) decide(dump, source string) gate.Result {
	rules, err := firewall.Parse(dump)
	if err != nil {
		res := f.unknown(fmt.Sprintf("%s: %s", source, err), nil)
		res.Err = fmt.Errorf("%s: %w", source, err) // unread never passes
		return res
	}
	from, _ := f.from()
	if family := dumpFamily(dump, rules); family != 0 && family != from.Addr().BitLen() {
		return f.unknown(fmt.Sprintf("port %d from %s: %s holds the rules of the other family, want those of ip6tables-save for IPv6, of iptables-save for IPv4", f.Port, from, source), nil)
	}
	packet := firewall.Packet{Port: uint16(f.Port), In: f.Interface}
	if f.Address != "" {
		packet.Dest, _ = netip.ParseAddr(f.Address)
	}
	a := firewall.Ask(rules, from, packet)
	var at *gate.Location
	if f.Dump != "" && a.Line > 0 {
		at = &gate.Location{File: source, Line: a.Line, Column: 1, EndLine: a.Line}
	}
	evidence := map[string]any{"format": rules.Format(), "from": source, "outcome": a.Outcome.String(), "rule": a.Rule, "why": a.Why}
	what := fmt.Sprintf("port %d from %s", f.Port, from)
	var res gate.Result
	switch a.Outcome {
	case firewall.Open:
	case firewall.Blocked:
		found := check.Finding(firewallRules(), "firewall/blocked", fmt.Sprintf("%s is blocked by %q (%s), want it open", what, quote.Clip(a.Rule), a.Why), "add a rule that accepts the port before the one named")
		found.Location, found.Subject = at, what
		res.Findings = []gate.Finding{found}
	default:
		res = f.unknown(fmt.Sprintf("%s: it hangs on %q (%s)", what, quote.Clip(a.Rule), a.Why), at)
	}
	res.Evidence = evidence
	return res
}

func (f *Firewall) unknown(message string, at *gate.Location) gate.Result {
	found := check.Finding(firewallRules(), "firewall/unknown", message+", want a rule that decides", "give the interface, the address, or a dump made by root on the host")
	found.Location, found.Subject = at, fmt.Sprintf("port %d", f.Port)
	return gate.Result{Findings: []gate.Finding{found}}
}
