package proxy

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// hostBook tells which of Dify's services stands behind an upstream's address.
type hostBook struct {
	compose   bool                // the names are those of compose files; else the catalogue's
	roles     map[string]string   // host name -> service as Dify calls it; "" for the operator's own
	published map[string]string   // port on the host -> service
	ports     map[string]string   // container port -> service
	active    map[string]bool     // services that start
	listening map[string][]string // host name -> container ports, of Dify's own services
}

// The services of Dify that answer HTTP, by the name of their image.
var roleByImage = map[string]string{
	"dify-api": "api", "dify-web": "web", "dify-plugin-daemon": "plugin_daemon", "nginx": "nginx", "openresty": "nginx",
}

// newHostBook reads the names of a deployment; nil leaves them to know.
func newHostBook(d *deployment.Deployment) hostBook {
	b := hostBook{roles: map[string]string{}, published: map[string]string{}, active: map[string]bool{}, listening: map[string][]string{},
		ports: map[string]string{"5001": "api", "3000": "web", "5002": "plugin_daemon"}}
	if d == nil || len(d.Services) == 0 {
		return b
	}
	b.compose = true
	for _, s := range d.Services {
		role := roleOf(s)
		b.active[role] = b.active[role] || s.Active
		for _, h := range s.Hosts {
			b.roles[strings.ToLower(h)] = role
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

// defaultPorts are what Dify's images listen on.
var defaultPorts = map[string]string{"api": "5001", "api_websocket": "5001", "web": "3000", "plugin_daemon": "5002"}

var portNumber = regexp.MustCompile(`\b\d{2,5}\b`)

// portsOf are the ports that a service of Dify's may listen on: its image's,
// those it publishes, and any that its environment or command names. nil for
// others: those may listen on any.
func portsOf(s deployment.Service, role string) []string {
	own, ok := defaultPorts[role]
	if !ok {
		return nil
	}
	out := append([]string{own}, portNumber.FindAllString(strings.Join(slices.Concat(s.Command, s.Entrypoint), " "), -1)...)
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
	switch s.Name {
	case "api", "web", "plugin_daemon", "api_websocket", "nginx":
		return s.Name
	}
	name, _ := deployment.SplitImage(s.Image)
	return roleByImage[name[strings.LastIndexByte(name, '/')+1:]]
}

// know adds the release's own service names where no compose file says better.
func (b *hostBook) know(r dify.Release) {
	if b.compose {
		return
	}
	for _, s := range r.Services() {
		role := ""
		switch s.Name {
		case "api", "web", "plugin_daemon", "api_websocket", "nginx":
			role = s.Name
		}
		b.roles[s.Name] = role
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
		return b.ports[port], true
	}
	if strings.Contains(host, ".") {
		return b.ports[port], true
	}
	if b.compose {
		return "", false
	}
	return b.ports[port], !b.mistyped(host)
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
		if d := nameDistance(host, name); d > 0 && d <= 1 && len(name) >= 3 {
			return true
		}
	}
	return false
}

// nameDistance is the number of edits between two short words.
func nameDistance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur := append(make([]int, 0, len(b)+1), i+1)
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur = append(cur, min(prev[j+1]+1, cur[j]+1, prev[j]+cost))
		}
		prev = cur
	}
	return prev[len(b)]
}
