package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	psnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// Port checks who listens on a TCP port of the host, or of the container,
// that the gate runs in.
type Port struct {
	check.Base `yaml:",inline"`
	Port       int    `yaml:"port" help:"TCP port" required:"true" min:"1" max:"65535"`
	Process    string `yaml:"process" help:"regular expression that the name or the command line of the listening process has to match"`
	Exposed    bool   `yaml:"exposed" help:"true: an address that others can reach is wanted, not only 127.0.0.1 or ::1"`
}

// Kind is port.
func (p *Port) Kind() string { return "port" }

// Rules are those of port.
func (p *Port) Rules() []gate.Rule {
	return []gate.Rule{rulePortClosed, rulePortLoopbackOnly, rulePortOtherProcess}
}

// Validate wants a port and a regular expression.
func (p *Port) Validate() []check.Mistake {
	ms := p.Mistakes()
	if p.Port < 1 || p.Port > 65535 {
		ms = append(ms, check.Mistakef("port", "port %d: want 1 to 65535", p.Port))
	}
	if _, err := regexp.Compile(p.Process); err != nil {
		ms = append(ms, check.Mistakef("process", "process %q: not a regular expression: %s", p.Process, err))
	}
	return ms
}

// Check makes the check.
func (p *Port) Check(env *check.Env) gate.Check {
	c := p.NewCheck("port", "port "+strconv.Itoa(p.Port), gate.PhasePost, p.Rules())
	c.Probes = []string{fmt.Sprintf("list the sockets that listen on port %d of this host", p.Port)}
	c.Run = func(ctx context.Context) gate.Result { return p.run(ctx, env) }
	return c
}

// listener is a socket that listens.
type listener struct {
	address string
	pid     int32 // 0: the gate may not see whose it is
	name    string
	command string
}

func (p *Port) run(ctx context.Context, env *check.Env) gate.Result {
	listeners, err := listenersOn(ctx, p.Port)
	if err != nil {
		return gate.Undecided(fmt.Errorf("the sockets of this host cannot be listed: %w", err))
	}
	if len(listeners) == 0 {
		return p.closed(ctx, env)
	}
	res := gate.Result{Evidence: map[string]any{"listeners": describe(listeners)}}
	if f, ok := p.loopbackOnly(listeners); ok {
		res.Findings = append(res.Findings, f)
	}
	if f, ok, err := p.otherProcess(listeners); err != nil {
		res.Err = err
	} else if ok {
		res.Findings = append(res.Findings, f)
	}
	return res
}

// closed is the result when nobody listens. A connection tries whether the kernel
// forwards the port (Docker without its proxy).
func (p *Port) closed(ctx context.Context, env *check.Env) gate.Result {
	conn, err := env.Network.Dial(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(p.Port))
	if err == nil {
		_ = conn.Close()
		res := gate.Result{Evidence: map[string]any{"listeners": []map[string]any{}, "note": "no process listens, yet a connection is accepted: the kernel forwards the port"}}
		if p.Exposed || p.Process != "" {
			res.Err = errors.New("the kernel forwards the port: neither the address nor the process behind it can be seen from here")
		}
		return res
	}
	f := rulePortClosed.Finding(fmt.Sprintf("nothing listens on port %d", p.Port),
		"start the service or correct its port; the gate looks at the host or container in which it runs itself")
	f.Subject, f.Symptom = strconv.Itoa(p.Port), gate.SymptomDown
	return gate.Result{Findings: []gate.Finding{f}, Retry: gate.RetrySoon, Evidence: map[string]any{"listeners": []map[string]any{}}}
}

// loopbackOnly reports whether all listeners are bound to loopback addresses,
// where exposed wants others.
func (p *Port) loopbackOnly(listeners []listener) (gate.Finding, bool) {
	if !p.Exposed {
		return gate.Finding{}, false
	}
	var addresses []string
	for _, l := range listeners {
		if a, err := netip.ParseAddr(l.address); err != nil || !a.Unmap().IsLoopback() {
			return gate.Finding{}, false
		}
		addresses = append(addresses, l.address)
	}
	slices.Sort(addresses)
	f := rulePortLoopbackOnly.Finding(fmt.Sprintf("the process on port %d listens on %s only",
		p.Port, strings.Join(slices.Compact(addresses), " and ")), "bind to 0.0.0.0 or to the address of a network interface")
	f.Subject = strconv.Itoa(p.Port)
	return f, true
}

// otherProcess reports whether none of the listening processes is the wanted one.
func (p *Port) otherProcess(listeners []listener) (gate.Finding, bool, error) {
	if p.Process == "" {
		return gate.Finding{}, false, nil
	}
	want, err := regexp.Compile(p.Process)
	if err != nil {
		return gate.Finding{}, false, err
	}
	other := listener{}
	for _, l := range listeners {
		if l.pid == 0 {
			continue
		}
		if want.MatchString(l.name) || want.MatchString(l.command) {
			return gate.Finding{}, false, nil
		}
		other = l
	}
	if other.pid == 0 {
		return gate.Finding{}, false, fmt.Errorf("port %d is open, but only root or the owner can see which process has it", p.Port)
	}
	// The name alone is reported: the command line may contain secrets.
	f := rulePortOtherProcess.Finding(
		fmt.Sprintf("port %d belongs to %q (pid %d), expected %s", p.Port, other.name, other.pid, p.Process),
		"stop the other process, or correct the expression")
	f.Subject = strconv.Itoa(p.Port)
	return f, true, nil
}

// listenersOn lists the sockets that listen on a TCP port.
func listenersOn(ctx context.Context, port int) ([]listener, error) {
	sockets, err := psnet.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil, err
	}
	var out []listener
	for _, s := range sockets {
		if s.Status != "LISTEN" || int(s.Laddr.Port) != port {
			continue
		}
		l := listener{address: s.Laddr.IP, pid: s.Pid}
		if proc, err := process.NewProcessWithContext(ctx, s.Pid); s.Pid > 0 && err == nil {
			l.name, _ = proc.NameWithContext(ctx)
			l.command, _ = proc.CmdlineWithContext(ctx)
		}
		out = append(out, l)
	}
	return out, nil
}

func describe(listeners []listener) []map[string]any {
	out := make([]map[string]any, len(listeners))
	for i, l := range listeners {
		out[i] = map[string]any{"address": l.address}
		if l.pid > 0 {
			out[i]["pid"], out[i]["process"] = l.pid, l.name
		}
	}
	return out
}
