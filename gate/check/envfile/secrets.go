package envfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// secrets reports published values that are in effect, whether the env file
// sets them, a compose file writes them, or a default yields them.
func (r *envRun) secrets() {
	done := map[string]bool{}
	for _, s := range r.cat.SecretSums {
		if done[s.Name] || s.Store != "" && !r.storeInUse(s.Store) {
			continue
		}
		if v, ok := r.d.Env[s.Name]; ok && v.Text != "" {
			if found, public := r.cat.Published(s.Name, v.Text); public && found.Sum == s.Sum {
				done[s.Name] = true
				r.public(s.Name, v, "")
			}
			continue
		}
		if at, ok := r.shipped(s); ok {
			done[s.Name] = true
			r.public(s.Name, deployment.Value{Place: at, Source: deployment.FromDefault}, " by the default of the compose file of "+r.want.name)
		}
	}
	r.literalSecrets(done)
}

func (r *envRun) public(name string, v deployment.Value, how string) {
	if how == "" && v.Source == deployment.FromDefault {
		if len(r.d.File.Errors) > 0 {
			return // the line may be among those that could not be read
		}
		how = " by the compose file's default, since " + r.envName() + " does not set it"
	}
	r.add(rulePublicSecret, name, fmt.Sprintf("%s has the value that Dify publishes%s, want an own one", name, how),
		"generate one with openssl rand -base64 42 and set it on both sides that use it", v.Place)
}

// shipped reports whether the target's compose file would fill in a published
// secret: there is no compose file of the operator's that could do otherwise.
func (r *envRun) shipped(s dify.Secret) (deployment.Place, bool) {
	if r.want.release == nil || len(r.d.ComposeFiles) > 0 || r.d.EnvFile == "" {
		return deployment.Place{}, false
	}
	v, ok := r.want.release.EnvVar(s.Name)
	return deployment.Place{File: r.d.EnvFile}, ok && v.Compose && v.Default.Sum == s.Sum && !s.Embedded
}

// literalSecrets reports published values that a compose file writes out for a
// container under whatever name.
func (r *envRun) literalSecrets(done map[string]bool) {
	for _, s := range r.d.Services {
		if !s.Active {
			continue
		}
		for _, name := range sortedNames(s.Env) {
			v := s.Env[name]
			sum := dify.Sum(v.Text)
			i := slices.IndexFunc(r.cat.SecretSums, func(p dify.Secret) bool { return p.Store == "" && p.Sum == sum && !p.Embedded })
			if v.Source != deployment.FromCompose || v.Text == "" || i < 0 || r.reported(sum, done) {
				continue
			}
			r.public(s.Name+"'s "+name, v, "")
			done[r.cat.SecretSums[i].Name] = true
		}
	}
}

// reported reports whether the published value has a finding under one of the
// names that share it.
func (r *envRun) reported(sum string, done map[string]bool) bool {
	return slices.ContainsFunc(r.cat.SecretSums, func(p dify.Secret) bool { return p.Sum == sum && done[p.Name] })
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// storeInUse reports whether a vector store takes part in the deployment.
func (r *envRun) storeInUse(store string) bool {
	chosen := r.d.Lookup("VECTOR_STORE")
	if chosen == "" {
		chosen = "weaviate" // Dify's default in all releases
	}
	return strings.EqualFold(chosen, store)
}
