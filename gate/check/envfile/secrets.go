package envfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// secrets reports all published values that are in effect, whether the env file
// sets them, a compose file writes them, or a default yields them. Those of
// stores that are not in use don't count.
func (r *envRun) secrets() {
	done := map[string]bool{}
	for _, s := range r.cat.SecretSums {
		if done[s.Name] || s.Store != "" && !r.storeInUse(s.Store) {
			continue
		}
		if v, ok := r.d.Env[s.Name]; ok && v.Text != "" {
			if found, public := r.cat.Published(s.Name, v.Text); public && found.Sum == s.Sum && r.inEffect(v) {
				done[s.Name] = true
				r.public(secretUse{name: s.Name, value: v})
			}
			continue
		}
		if at, ok := r.shipped(s); ok {
			done[s.Name] = true
			r.public(secretUse{name: s.Name, value: deployment.Value{Place: at, Source: deployment.FromDefault},
				how: " by the default of the compose file of " + r.want.name})
		}
	}
	for _, u := range r.literalSecrets(done) {
		r.public(u)
	}
}

// secretUse is a published value in effect.
type secretUse struct {
	name     string // the variable
	value    deployment.Value
	how      string             // where it comes from, for the message, where value does not tell
	services []string           // that write it out; empty for one of the env file
	others   []deployment.Place // where else it is written out
}

func (r *envRun) public(u secretUse) {
	if u.how == "" && u.value.Source == deployment.FromDefault {
		if len(r.d.File.Errors) > 0 {
			return // the line may be among those that could not be read
		}
		missing := "it"
		if u.value.Var != "" && u.value.Var != u.name {
			missing = u.value.Var
		}
		u.how = fmt.Sprintf(" by the compose file's default, since %s does not set %s", r.envName(), missing)
	}
	subject := u.name
	if len(u.services) > 0 {
		subject = strings.Join(u.services, "'s, ") + "'s " + u.name
	}
	hint := r.secretHint(u.name)
	if key := u.value.Var; u.value.Source == deployment.FromHelm && key != "" {
		subject = u.name + " (" + key + ")"
		hint += "; the chart takes it from " + key
	}
	f := r.add(rulePublicSecret, subject, fmt.Sprintf("%s still has the public default from Dify's repository%s", subject, u.how),
		hint, u.value.Place, u.others...)
	if !r.exposed(u) {
		f.Severity = gate.Warning
	}
}

// inEffect reports whether a value of the env file, or a default, reaches a
// service that starts. A compose file of the running release may not pass yet
// what the target's will.
func (r *envRun) inEffect(v deployment.Value) bool {
	if len(r.d.Services) == 0 || v.Source != deployment.FromDefault {
		return true
	}
	return slices.ContainsFunc(r.d.Services, func(s deployment.Service) bool {
		if !s.Active {
			return false
		}
		for _, e := range s.Env {
			if e.Text == v.Text || dify.PasswordOf(e.Text) == v.Text {
				return true
			}
		}
		return strings.Contains(strings.Join(append(slices.Clone(s.Entrypoint), s.Command...), " "), v.Text)
	})
}

// shipped reports whether the target's compose file would fill in a published
// secret: there is no compose file of the operator's that could do otherwise.
func (r *envRun) shipped(s dify.Secret) (deployment.Place, bool) {
	if !r.want.exact || len(r.d.ComposeFiles) > 0 || r.d.EnvFile == "" {
		return deployment.Place{}, false
	}
	v, ok := r.want.release.EnvVar(s.Name)
	return deployment.Place{File: r.d.EnvFile}, ok && v.Compose && v.Default.Sum == s.Sum && !s.Embedded
}

// literalSecrets finds published values that a compose file writes out for a
// container under whatever name, or that an env_file other than .env sets, one
// for each variable and value.
func (r *envRun) literalSecrets(done map[string]bool) []secretUse {
	var out []secretUse
	for _, s := range r.services() {
		if !s.Active || !r.inUse(s.Name) {
			continue
		}
		for _, name := range sortedNames(s.Env) {
			v := s.Env[name]
			if !r.literal(name, v) || done[name] && v.Source == deployment.FromEnvFile {
				continue
			}
			i := slices.IndexFunc(out, func(u secretUse) bool { return u.name == name && u.value.Text == v.Text })
			if i < 0 {
				i = len(out)
				out = append(out, secretUse{name: name, value: v})
			} else if v.Place != out[i].value.Place && !slices.Contains(out[i].others, v.Place) {
				out[i].others = append(out[i].others, v.Place)
			}
			if v.Source != deployment.FromEnvFile {
				out[i].services = append(out[i].services, s.Name)
			}
		}
	}
	return out
}

// literal reports whether a container's value is a published one and stands
// there itself, not by way of a variable.
func (r *envRun) literal(name string, v deployment.Value) bool {
	if v.Text == "" || !r.inUse(name) || v.Source != deployment.FromHelm && v.Var != "" && !r.unnamedDefault(v) {
		return false
	}
	switch v.Source {
	case deployment.FromEnvFile:
		// Files of defaults have the variables of all stores: those that are
		// secrets are known by name.
		s, public := r.cat.Published(name, v.Text)
		return public && (s.Store == "" || r.storeInUse(s.Store))
	case deployment.FromCompose, deployment.FromDefault, deployment.FromHelm:
		return slices.ContainsFunc(r.cat.SecretSums, func(p dify.Secret) bool {
			probe := v.Text
			if p.Embedded {
				probe = dify.PasswordOf(v.Text)
			}
			return p.Store == "" && probe != "" && dify.Sum(probe) == p.Sum
		})
	}
	return false
}

// unnamedDefault reports whether a value is the default of a variable that is in
// use and not one of the secrets known by name, whose defaults are reported once.
func (r *envRun) unnamedDefault(v deployment.Value) bool {
	if v.Source != deployment.FromDefault {
		return false
	}
	for _, ref := range deployment.Refs(v.File, v.Raw) {
		known := slices.ContainsFunc(r.cat.SecretSums, func(s dify.Secret) bool { return s.Name == ref.Name })
		if known || !r.inUse(ref.Name) {
			return false
		}
	}
	return true
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
