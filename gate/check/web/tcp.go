package web

import (
	"context"
	"net"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// TCP checks that an address accepts a connection.
type TCP struct {
	check.Base `yaml:",inline"`
	Address    string `yaml:"address" help:"host:port" required:"true"`
}

// Kind is tcp.
func (t *TCP) Kind() string { return "tcp" }

// Rules are those of tcp.
func (t *TCP) Rules() []gate.Rule { return []gate.Rule{ruleTCPRefused, ruleTCPTimeout, ruleTCPDNS} }

var ruleTCPRefused = gate.Rule{
	ID: "tcp/refused", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the address refuses connections",
	What:    "The host answered, but nothing listens on the port, or something rejects or resets the connection.",
	Why:     "Whatever depends on the service fails at once.",
	Fix:     "Start the service; check the port, and check that it listens on an address that others can reach.",
	Example: "db:5432 refused the connection",
}

var ruleTCPTimeout = gate.Rule{
	ID: "tcp/timeout", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the address does not answer in time",
	What:    "No answer came back within the timeout, or the network has no route to the host.",
	Why:     "Lost packets point to a firewall, a wrong network or a host that is down.",
	Fix:     "Check firewalls and security groups, and that the gate runs in a network that reaches the host.",
	Example: "10.0.0.7:5432 did not answer within 10s",
}

var ruleTCPDNS = gate.Rule{
	ID: "tcp/dns", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "the name does not resolve",
	What:    "The host name of the address cannot be resolved from where the gate runs.",
	Why:     "The names of a compose network resolve only inside it; outside, the name must be public.",
	Fix:     "Run the gate inside the network, use an address that can be reached, or use --resolve.",
	Example: "db:5432: the name db does not resolve",
}

// Validate wants host:port.
func (t *TCP) Validate() []check.Mistake {
	return append(t.Mistakes(), check.HostPortMistake("address", t.Address)...)
}

// Check makes the check.
func (t *TCP) Check(env *check.Env) gate.Check {
	c := t.NewCheck("tcp", "tcp "+t.Address, gate.PhasePost, t.Rules())
	c.Probes, c.Component = []string{"connect tcp " + t.Address}, componentOfPort(t.Address)
	c.Run = func(ctx context.Context) gate.Result { return t.run(ctx, env, c) }
	return c
}

// componentOfPort is the part of a deployment whose port this is in Dify's
// compose file; "" for any other port.
func componentOfPort(address string) string {
	_, port, _ := net.SplitHostPort(address)
	if c, ok := dify.ComponentAt(port); ok {
		return c.Service
	}
	return map[string]string{"5432": "postgres", "3306": "mysql", "6379": "redis"}[port]
}

func (t *TCP) run(ctx context.Context, env *check.Env, c gate.Check) gate.Result {
	conn, err := env.Network.Dial(ctx, "tcp", t.Address)
	if err == nil {
		remote := conn.RemoteAddr().String()
		_ = conn.Close()
		return gate.Result{Evidence: map[string]any{"address": remote}}
	}
	return tcpFailure(t.Address, err, c.Timeout)
}
