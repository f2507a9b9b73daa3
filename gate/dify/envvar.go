package dify

import (
	"slices"
	"strings"
)

// EnvVar is a variable at one release.
type EnvVar struct {
	Name    string
	Default Default // of the env example; else of the compose file
	File    string  // below docker/; "" when only the compose file names it
	Since   string  // first release that has it without a gap
	// Compose: docker-compose.yaml refers to it; Required: without a default.
	Compose  bool
	Required bool
}

// Env lists the variables by name.
func (r Release) Env() []EnvVar {
	var out []EnvVar
	for _, k := range r.c.Env {
		if v, ok := r.envVar(k); ok {
			out = append(out, v)
		}
	}
	return out
}

// EnvVar returns one variable.
func (r Release) EnvVar(name string) (EnvVar, bool) {
	i, ok := slices.BinarySearchFunc(r.c.Env, name, func(k EnvKey, n string) int { return strings.Compare(k.Name, n) })
	if !ok {
		return EnvVar{}, false
	}
	return r.envVar(r.c.Env[i])
}

func (r Release) envVar(k EnvKey) (EnvVar, bool) {
	v := EnvVar{Name: k.Name}
	example, inExample := r.state(k.Example)
	compose, inCompose := r.state(k.Compose)
	switch {
	case inExample:
		v.Default, v.File, v.Since = example.Default, example.File, r.since(k.Example)
	case inCompose:
		v.Default, v.Since = compose.Default, r.since(k.Compose)
	default:
		return EnvVar{}, false
	}
	v.Compose = inCompose
	v.Required = inCompose && compose.Required
	return v, true
}

func (r Release) state(history []EnvState) (EnvState, bool) {
	i := r.c.latest(r.at, len(history), func(i int) string { return history[i].Since })
	if i < 0 || history[i].Gone {
		return EnvState{}, false
	}
	return history[i], true
}

// since is the release from which on the variable is there without a gap.
func (r Release) since(history []EnvState) string {
	first := ""
	for _, s := range history {
		if r.c.position(s.Since) > r.at {
			break
		}
		if s.Gone {
			first = ""
		} else if first == "" {
			first = s.Since
		}
	}
	return r.final(first)
}

// final names, for a final release, the final release that a pre-release led
// to: "since 1.14.0" and not "since 1.14.0-rc1".
func (r Release) final(version string) string {
	at, ok := r.c.order[version]
	for ok && at < r.at && r.c.Tags[at].Pre && !r.c.Tags[r.at].Pre {
		at++
	}
	if !ok {
		return version
	}
	return r.c.Tags[at].Version
}
