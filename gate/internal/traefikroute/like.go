package traefikroute

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Form is where a router is declared.
type Form int

// The forms of a router.
const (
	Labels  Form = iota // of a container
	File                // of the file provider
	Objects             // IngressRoutes
)

// Like is what a further router has to have, as one that is right has it.
type Like struct {
	Form Form
	// Router are settings of the router: "entrypoints=websecure", "tls.certresolver=le" for labels,
	// "entryPoints: [websecure]" for a file.
	Router []string
	// Container are labels of the container: "traefik.enable=true".
	Container []string
	// Service is the service that the router may name; "" when none is declared. Implicit: the container declares
	// none, and the router needs to name none.
	Service  string
	Implicit bool
	// Networks are those of the right router's container that the other one is not in.
	Networks []string
}

// Like finds the router that gave the answer, and what a further one for the container needs. same: it is for the same
// service.
func (c *Config) Like(a routing.Answer, container string, same bool) Like {
	out := Like{Form: c.form()}
	if a.Location == nil {
		if c.exposes {
			out.Container = []string{"traefik.enable=true"}
		}
		return out
	}
	i := slices.IndexFunc(c.routers, func(ro *router) bool { return ro.pos == a.Location.Pos })
	if i < 0 {
		return out
	}
	ro := c.routers[i]
	if out.Form = Labels; ro.object {
		out.Form = Objects
	} else if ro.container == "" {
		out.Form = File
	}
	for _, l := range ro.like {
		if out.Form == File {
			key, value, _ := strings.Cut(l, "=")
			if strings.HasPrefix(key, "entrypoints") {
				l = "entryPoints: [" + value + "]"
			} else if l = "tls: {}"; strings.HasSuffix(key, "certresolver") {
				l = "tls: {certResolver: " + value + "}"
			}
		}
		if !slices.Contains(out.Router, l) {
			out.Router = append(out.Router, l)
		}
	}
	if same {
		if s := c.services[ro.service]; s != nil && !strings.Contains(s.name, " ") && (s.declared || out.Form == File) {
			out.Service = s.name
		} else {
			out.Implicit = true
		}
	}
	own := c.containers[container]
	for _, l := range c.containers[ro.container].labels {
		if !slices.Contains(own.labels, l) {
			out.Container = append(out.Container, l)
		}
	}
	wanted := c.containers[ro.container].networks
	if len(c.edge) > 0 { // Traefik's own
		wanted = c.edge
	}
	if out.Form == Labels && !slices.ContainsFunc(own.networks, func(n string) bool { return slices.Contains(wanted, n) }) {
		for _, n := range wanted {
			if slices.Contains(c.containers[ro.container].networks, n) {
				out.Networks = append(out.Networks, n)
			}
		}
	}
	return out
}

// form is the form of the first router.
func (c *Config) form() Form {
	switch {
	case len(c.routers) == 0:
	case c.routers[0].object:
		return Objects
	case c.routers[0].container == "":
		return File
	}
	return Labels
}

// Objects reports whether the routers are Kubernetes objects.
func (c *Config) Objects() bool { return c.form() == Objects }

// containerFacts are what a further router of a container is made after.
type containerFacts struct {
	labels   []string // traefik.enable=true, traefik.docker.network=edge
	networks []string
}

// facts notes a container's labels that are no router's and no service's, and its networks.
func (r *reader) facts(name string, networks []string) {
	f := containerFacts{networks: networks}
	for _, l := range r.labels {
		if l.key == "traefik.enable" || strings.HasPrefix(l.key, "traefik.docker.") || strings.HasPrefix(l.key, "traefik.swarm.") {
			f.labels = append(f.labels, l.key+"="+l.value)
		}
	}
	r.c.containers[name] = f
}
