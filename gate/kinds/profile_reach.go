package kinds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// insider is a built-in check of a server that may only be known inside the
// compose network. Where its name does not resolve, it is skipped and says how
// the server can be reached; the same check listed by hand fails.
type insider struct {
	check.Spec
	component string
	address   string // host:port
	internal  bool   // the name may be one of the compose network
	foreign   bool   // the compose files have no service of that name
}

// inside wraps a check of the profile.
func (p *profile) inside(component, address string, s check.Spec) check.Spec {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	i := &insider{Spec: s, component: component, address: address, internal: p.isInternal(host)}
	_, known := p.d.Service(host)
	i.foreign = !known && len(p.d.Services) > 0
	return i
}

// isInternal reports whether a name is that of a service, or one that no public
// name server can know.
func (p *profile) isInternal(host string) bool {
	if p.d != nil {
		if _, ok := p.d.Service(host); ok {
			return true
		}
	}
	return net.ParseIP(host) == nil && host != "localhost" && (!strings.Contains(host, ".") || host == "host.docker.internal")
}

// Validate finds nothing, as that of asSet.
func (i *insider) Validate() []check.Mistake { return nil }

// Check makes the check.
func (i *insider) Check(env *check.Env) gate.Check {
	c := i.Spec.Check(env)
	if c.Component == "" {
		c.Component = i.component
	}
	run := c.Run
	c.Run = func(ctx context.Context) gate.Result {
		if i.internal && !env.Network.Knows(ctx, i.address) {
			return gate.Result{Skip: i.reason(), SkipGroup: i.group()}
		}
		return run(ctx)
	}
	return c
}

// group is the reason in the words that all such checks share.
func (i *insider) group() string {
	if i.foreign {
		return "a name of the settings does not resolve here"
	}
	return "the compose network is out of reach"
}

// reason says why the server was not asked, and how it can be reached.
func (i *insider) reason() string {
	host, _, _ := net.SplitHostPort(i.address)
	if i.foreign {
		return fmt.Sprintf("%s does not resolve here, and is no service of the compose files: where containers know the name, run the gate among them or give --resolve %s:ADDRESS; where they do not, the setting is wrong", host, i.address)
	}
	return fmt.Sprintf("%s does not resolve here, it is a name of the compose network: run the gate in it (docker run --network …_default), or publish the port and give --resolve %s:ADDRESS", host, i.address)
}

// asSet is a check made from Dify's settings, which are no entry of gate.yaml.
type asSet struct{ check.Spec }

// Validate finds nothing: the check itself reports what is wrong with the settings.
func (asSet) Validate() []check.Mistake { return nil }

// unread is a check of the post phase whose settings are there and cannot be read:
// nobody knows what to look at, so it is undecided.
type unread struct {
	check.Spec
	reason string
}

// Validate finds nothing, as that of asSet.
func (unread) Validate() []check.Mistake { return nil }

// Check makes the check.
func (u unread) Check(*check.Env) gate.Check {
	base := u.Common()
	c := base.NewCheck(u.Kind(), base.Name, gate.PhasePost, u.Rules())
	c.Phase, c.Probes = gate.PhasePost, []string{u.Kind() + ": not known where"}
	c.Run = func(context.Context) gate.Result { return gate.Undecided(errors.New(u.reason)) }
	return c
}
