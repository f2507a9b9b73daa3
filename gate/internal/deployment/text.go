package deployment

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// FromText reads a compose file and an env file that are at hand as text and
// belong to no directory: nothing is opened. A service that extends one of
// another file, and a file that includes another one, are refused. The
// environments of the services are not filled.
func FromText(name string, compose, env []byte) (*Deployment, error) {
	d := &Deployment{Env: map[string]Value{}, File: dotenv.Parse(env, nil), ComposeFiles: []string{name}}
	for _, e := range d.File.Entries {
		d.Env[e.Key] = d.fromFile(e)
	}
	if len(compose) > composeLimit {
		return nil, fmt.Errorf("larger than %d MiB, want less", composeLimit>>20)
	}
	m := newModel(".")
	m.alone = true
	for _, e := range d.File.Entries {
		m.env[e.Key] = e.Value
	}
	places, err := placesOf(name, compose)
	if err != nil {
		return nil, err
	}
	d.addRefs(name, string(compose))
	err = guarded(func() error { return m.add(name, compose, func(string) error { return errAlone }) })
	if err != nil {
		return nil, err
	}
	services := node(m.tree).below("services")
	for name := range services {
		s := services.below(name)
		delete(s, "env_file")
		d.Services = append(d.Services, d.service(name, s, []placed{places}))
	}
	sort.Slice(d.Services, func(i, j int) bool { return d.Services[i].Name < d.Services[j].Name })
	return d, nil
}

// errAlone: a text has no files beside it.
var errAlone = errors.New("it takes parts from another file, which is not read here")

// networks are the names of a service's networks, without the default one.
func networks(n node) []string {
	var out []string
	for name := range n.below("networks") {
		if name != "default" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
