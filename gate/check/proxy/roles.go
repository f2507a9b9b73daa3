package proxy

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// hostBook tells which of Dify's services stands behind an upstream's address.
type hostBook struct {
	compose   bool                // the names are those of compose files; else the catalogue's
	roles     map[string]string   // host name -> service as Dify calls it; "" for the operator's own
	published map[string]string   // port on the host -> service
	active    map[string]bool     // services that start
	listening map[string][]string // host name -> container ports, of Dify's own services
	names     map[string]string   // part of Dify -> the compose service that runs it
	hostPorts map[string]string   // part of Dify -> the port on the host that leads to it
	services  map[string]string   // host name -> the compose service that it is a name of
}

// newHostBook reads the names of a deployment; nil leaves them to know.
func newHostBook(d *deployment.Deployment) hostBook {
	b := hostBook{roles: map[string]string{}, published: map[string]string{}, active: map[string]bool{}, listening: map[string][]string{},
		names: map[string]string{}, hostPorts: map[string]string{}, services: map[string]string{}}
	if d == nil || len(d.Services) == 0 {
		return b
	}
	b.compose = true
	for _, s := range d.Services {
		role := roleOf(s)
		b.active[role] = b.active[role] || s.Active
		b.name(s, role)
		for _, h := range s.Hosts {
			b.roles[strings.ToLower(h)] = role
			b.services[strings.ToLower(h)] = s.Name
			b.listening[strings.ToLower(h)] = portsOf(s, role)
		}
		for _, p := range s.Ports {
			if p.Host != "" {
				b.published[p.Host] = role
			}
		}
	}
	return b
}

// name notes the service that runs a part: one that starts, and no worker.
func (b *hostBook) name(s deployment.Service, role string) {
	mode := s.Env["MODE"].Text
	if role == "" || !s.Active || mode == "worker" || mode == "beat" || strings.Contains(s.Name, "worker") {
		return
	}
	if b.names[role] == "" || mode == "api" {
		b.names[role] = s.Name
	}
	own, _ := dify.ComponentNamed(role)
	for _, p := range s.Ports {
		if p.Host != "" && (p.Container == own.Port || b.hostPorts[role] == "" && len(s.Ports) == 1 && p.Container != debugPort) {
			b.hostPorts[role] = p.Host
		}
	}
}

// debugPort is where the plugin daemon takes plugins that are being debugged; it
// answers no HTTP.
const debugPort = "5003"

// containerOf is the compose service behind host:port, "" for none.
func (b hostBook) containerOf(address string) string {
	host, _, _ := strings.Cut(address, ":")
	return b.services[strings.ToLower(host)]
}

var portNumber = lazyregexp.New(`\b\d{2,5}\b`)

// portsOf are the ports that a service of Dify's may listen on: its image's,
// those it publishes, and any that its environment or command names. nil for
// others: those may listen on any.
func portsOf(s deployment.Service, role string) []string {
	own, ok := dify.ComponentNamed(role)
	if !ok || role == "nginx" {
		return nil
	}
	out := append([]string{own.Port}, portNumber().FindAllString(strings.Join(slices.Concat(s.Command, s.Entrypoint), " "), -1)...)
	for _, p := range s.Ports {
		out = append(out, p.Container)
	}
	for _, name := range []string{"DIFY_PORT", "PORT", "SERVER_PORT"} {
		out = append(out, s.Env[name].Text)
	}
	return out
}

// listens tells whether a service may listen on the port of host:port.
func (b hostBook) listens(address string) bool {
	host, port, err := net.SplitHostPort(address)
	known := b.listening[strings.ToLower(host)]
	return err != nil || known == nil || slices.Contains(known, port)
}

func roleOf(s deployment.Service) string {
	if c, ok := dify.ComponentNamed(s.Name); ok {
		return c.Service
	}
	if c, ok := dify.ComponentOfImage(s.Image); ok || s.Image != "" {
		return c.Service
	}
	// One that is built here: dify-plugin-daemon is called after the part.
	c, _ := dify.ComponentNamed(strings.TrimPrefix(strings.ReplaceAll(s.Name, "-", "_"), "dify_"))
	return c.Service
}

// roleAt is the part of Dify that listens on a port, "" for any other port.
func roleAt(port string) string {
	c, _ := dify.ComponentAt(port)
	return c.Service
}

// know adds the release's own service names where no compose file says better.
func (b *hostBook) know(r dify.Release) {
	if b.compose {
		return
	}
	for _, s := range r.Services() {
		c, _ := dify.ComponentNamed(s.Name)
		b.roles[s.Name] = c.Service
	}
}

// resolve names the service at host:port. ok is false for a name that leads
// nowhere; role is "" for an address that could be anything.
func (b hostBook) resolve(address string) (role string, ok bool) {
	if strings.HasPrefix(address, "unix:") {
		return "", true
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, "80"
	}
	host = strings.ToLower(host)
	// A Kubernetes name has no underscore: plugin-daemon is plugin_daemon.
	for _, name := range []string{host, strings.ReplaceAll(host, "-", "_")} {
		if role, found := b.roles[name]; found && (name == host || !b.compose) {
			return role, true
		}
	}
	if isAddress(host) {
		if role, found := b.published[port]; found {
			return role, true
		}
		return roleAt(port), true
	}
	if strings.Contains(host, ".") {
		return roleAt(port), true
	}
	if b.compose {
		return "", false
	}
	return roleAt(port), !b.mistyped(host)
}

// isAddress tells addresses, and names of the host itself.
func isAddress(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || host == "host.docker.internal"
}

// mistyped tells a name that is all but a service's: without a compose file it
// is all that speaks against one.
func (b hostBook) mistyped(host string) bool {
	// api2 and web-1 are replicas, not slips.
	if _, replica := b.roles[strings.TrimRight(host, "-_0123456789")]; replica {
		return false
	}
	for name := range b.roles {
		if d := quote.Distance(host, name); d > 0 && d <= 1 && len(name) >= 3 {
			return true
		}
	}
	return false
}
