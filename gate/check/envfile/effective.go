package envfile

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// given is an effective value and the services that get it; services is empty
// where the env file or a default says so and no service of the compose files
// gets it.
type given struct {
	deployment.Value
	services []string
}

// whose names a value for messages: the variable, and the services that get it
// where it stands with them and not in the env file.
func (g given) whose() string {
	if len(g.services) == 0 || g.Source != deployment.FromCompose && g.Source != deployment.FromHelm {
		return g.Name
	}
	if g.Source == deployment.FromHelm && g.Var != "" {
		return g.Name + " (" + g.Var + ")"
	}
	return g.Name + " of " + strings.Join(g.services, ", ")
}

// assign is the line that sets a value where it stands.
func (g given) assign(text string) string {
	if g.Source == deployment.FromHelm && g.Var != "" {
		return "set " + g.Var + " to " + text
	}
	return g.Name + "=" + text
}

// backend are the roles that read api/configs, frontend those of the pages.
var (
	backend  = []string{"api", "api_websocket", "worker", "worker_beat"}
	frontend = []string{"web"}
)

// role is what a service is to Dify, by its image, else by its name.
func role(s deployment.Service) string {
	c, ok := dify.ComponentOfImage(s.Image)
	if !ok {
		return s.Name
	}
	if c.Service != "api" {
		return c.Service
	}
	switch mode := s.Env["MODE"].Text; {
	case mode == "worker":
		return "worker"
	case mode == "beat", strings.Contains(s.Name, "beat"):
		return "worker_beat"
	case mode == "" && strings.Contains(s.Name, "worker"):
		return "worker"
	case strings.Contains(s.Name, "websocket"):
		return "api_websocket"
	}
	return "api"
}

// services are what gets an environment: those of the compose files, or else the
// parts of a Helm chart.
func (r *envRun) services() []deployment.Service {
	if r.helm() {
		return r.d.HelmParts
	}
	return r.d.Services
}

// helm reports whether the deployment is a chart's: its names and ports are not
// those of Compose.
func (r *envRun) helm() bool {
	return len(r.d.HelmFiles) > 0 && len(r.d.ComposeFiles) == 0 && r.d.EnvFile == ""
}

// serviceOf finds the service that starts and has a role; one that is called so
// comes first.
func (r *envRun) serviceOf(want string) (deployment.Service, bool) {
	all := r.services()
	if i := slices.IndexFunc(all, func(s deployment.Service) bool { return s.Name == want && s.Active }); i >= 0 {
		return all[i], true
	}
	for _, s := range all {
		if s.Active && role(s) == want {
			return s, true
		}
	}
	return deployment.Service{}, false
}

// effective lists the different values that the services of some roles get for
// a variable; all roles without any. Where none gets it, the env file's or a
// default's counts: the compose file may still be the running release's.
func (r *envRun) effective(name string, roles ...string) []given {
	var out []given
	for _, s := range r.services() {
		v, ok := s.Env[name]
		if !ok || !s.Active || len(roles) > 0 && !slices.Contains(roles, role(s)) {
			continue
		}
		if i := slices.IndexFunc(out, func(g given) bool { return g.Text == v.Text }); i >= 0 {
			out[i].services = append(out[i].services, s.Name)
			continue
		}
		out = append(out, given{v, []string{s.Name}})
	}
	if v, ok := r.d.Env[name]; ok && len(out) == 0 {
		out = append(out, given{Value: v})
	}
	return out
}

// value is what the api, else a worker, gets for a variable.
func (r *envRun) value(name string) (deployment.Value, bool) {
	for _, role := range []string{"api", "worker"} {
		if s, ok := r.serviceOf(role); ok {
			if v, ok := s.Env[name]; ok {
				return v, true
			}
		}
	}
	v, ok := r.d.Env[name]
	return v, ok
}

// text is the text of value, "" when nothing sets it.
func (r *envRun) text(name string) string {
	v, _ := r.value(name)
	return v.Text
}

// serviceNamed is the first of some services that starts.
func (r *envRun) serviceNamed(names []string) (deployment.Service, bool) {
	for _, s := range r.services() {
		if s.Active && slices.Contains(names, s.Name) {
			return s, true
		}
	}
	return deployment.Service{}, false
}

// named reports whether a host is the name of a service of the compose files
// that starts, and which.
func (r *envRun) named(host string) (deployment.Service, bool) {
	for _, s := range r.d.Services {
		if s.Active && slices.Contains(s.Hosts, host) {
			return s, true
		}
	}
	return deployment.Service{}, false
}
