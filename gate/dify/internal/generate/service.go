package main

import (
	"fmt"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

func errOf(p deployment.Problem) error { return fmt.Errorf("%s: %s", p.Place, p.Text) }

// addServices extends the history of each service by one release.
func addServices(all map[string][]dify.ServiceState, version string, r release) {
	seen := map[string]bool{}
	for _, s := range r.deployment.Services {
		seen[s.Name] = true
		state := dify.ServiceState{Since: version, Service: stored(s, version)}
		if h := all[s.Name]; len(h) > 0 {
			last := h[len(h)-1]
			last.Since = version
			if reflect.DeepEqual(last, state) {
				continue
			}
		}
		all[s.Name] = append(all[s.Name], state)
	}
	for name, h := range all {
		if !seen[name] && !h[len(h)-1].Gone {
			all[name] = append(h, dify.ServiceState{Since: version, Gone: true})
		}
	}
}

// stored is a service without what differs only because of the release's name.
func stored(s deployment.Service, version string) dify.Service {
	out := dify.Service{Image: s.Image, Profiles: s.Profiles, Health: s.Health, Needs: s.Needs}
	if name, ok := strings.CutSuffix(s.Image, ":"+version); ok {
		out.Image = name + ":" + dify.ReleaseMark
	}
	if strings.Contains(out.Health, " -p") || strings.Contains(out.Health, " -a ") {
		out.Health = strings.Fields(out.Health)[0] // the rest holds a password
	}
	for _, p := range s.Ports {
		if p.Host != "" {
			out.Ports = append(out.Ports, p.Host+":"+p.Container)
		}
	}
	for _, v := range s.Volumes {
		out.Volumes = append(out.Volumes, filepath.ToSlash(v.Source)+":"+v.Target)
	}
	return out
}

func hosts(all map[string][]dify.ServiceState) []dify.ServiceHistory {
	var out []dify.ServiceHistory
	for name, states := range all {
		out = append(out, dify.ServiceHistory{Name: name, States: states})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
