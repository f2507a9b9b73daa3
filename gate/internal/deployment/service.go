package deployment

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mattn/go-shellwords"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// node is a mapping of the canonical tree.
type node map[string]any

func (n node) text(key string) string {
	if n[key] == nil {
		return ""
	}
	return fmt.Sprint(n[key])
}

func (n node) below(key string) node {
	m, _ := n[key].(map[string]any)
	return m
}

// list gives the items of a sequence; a lone scalar is a list of one.
func (n node) list(key string) []any {
	switch v := n[key].(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func (n node) texts(key string) []string {
	var out []string
	for _, item := range n.list(key) {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

// service reads one service of the merged files.
func (d *Deployment) service(name string, n node, places []placed) Service {
	out := Service{
		Name: name, Image: n.text("image"), Profiles: n.texts("profiles"), Command: words(n["command"]), Entrypoint: words(n["entrypoint"]),
		Place:   find(places, "services", name),
		ImageAt: find(places, "services", name, "image"),
		Env:     map[string]Value{},
		Health:  health(n.below("healthcheck")),
		Needs:   slices.Sorted(maps.Keys(n.below("depends_on"))),
		Hosts:   hosts(name, n),

		Networks:    networks(n),
		ExtraHosts:  extraHosts(n["extra_hosts"]),
		HostNetwork: n.text("network_mode") == "host",
	}
	out.Active = active(out.Profiles, d.Profiles)
	for _, item := range n.list("ports") {
		p, _ := item.(map[string]any)
		out.Ports = append(out.Ports, Port{IP: node(p).text("host_ip"), Host: node(p).text("published"), Container: node(p).text("target")})
	}
	for _, item := range n.list("volumes") {
		v, _ := item.(map[string]any)
		source := node(v).text("source")
		at := find(places, "services", name, "volumes", source)
		out.Volumes = append(out.Volumes, Volume{Source: source, Target: node(v).text("target"), Place: at})
	}
	for _, item := range n.list("env_file") {
		f, _ := item.(map[string]any)
		path := d.path(node(f).text("path"))
		out.EnvFiles = append(out.EnvFiles, path)
		if there, err := readfile.Exists(path); out.Active && node(f).text("required") == "true" && err == nil && !there && path != filepath.Join(d.Dir, ".env") {
			d.problem(path, "not there, and the service "+name+" requires it: Compose refuses to start")
		}
	}
	return out
}

// words splits a command as Compose does; one that is given as a list is split
// already.
func words(command any) []string {
	switch c := command.(type) {
	case string:
		out, err := shellwords.Parse(c)
		if err != nil {
			return strings.Fields(c)
		}
		return out
	case []any:
		return node{"c": c}.texts("c")
	}
	return nil
}

// truth are the spellings that Compose takes for true, also where the value
// comes from a variable.
var truth = map[string]bool{"true": true, "yes": true, "y": true, "on": true}

func truthy(text string) bool { return truth[strings.ToLower(text)] }

// health is the test of a health check in one line.
func health(n node) string {
	test, lone := n["test"].(string)
	if truthy(n.text("disable")) {
		return ""
	}
	if lone {
		return test
	}
	if parts := n.texts("test"); len(parts) > 1 {
		return strings.Join(parts[1:], " ")
	}
	return ""
}

// extraHosts are the names that a container is told an address for, in the form
// of a list (NAME:IP, NAME=IP) or of a mapping.
func extraHosts(given any) []string {
	var out []string
	switch given := given.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(given))
	case []any:
		for _, item := range given {
			text := fmt.Sprint(item)
			if end := strings.IndexAny(text, ":="); end > 0 {
				out = append(out, text[:end])
			}
		}
	}
	return out
}

// hosts are the names by which other containers of the project reach a service.
func hosts(name string, n node) []string {
	out := []string{name}
	if own := n.text("container_name"); own != "" {
		out = append(out, own)
	}
	networks := n.below("networks")
	for key := range networks {
		out = append(out, networks.below(key).texts("aliases")...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// maxVariables bounds the variables of all services together; Dify's have 6,000.
const maxVariables = 1_000_000

// serviceEnvs fills what the containers get.
func (d *Deployment) serviceEnvs(services node, places []placed) error {
	files := map[string]dotenv.File{}
	total := 0
	for i := range d.Services {
		s := &d.Services[i]
		d.serviceEnv(s, services.below(s.Name)["environment"], places, files)
		if total += len(s.Env); total > maxVariables {
			return fmt.Errorf("its services have more than %d variables together", maxVariables)
		}
	}
	return nil
}

// envFile reads a file of env_file once. One that is missing is none: service has
// reported it where it is required. One that is there and cannot be read is a
// Problem, with no entries.
func (d *Deployment) envFile(path string, files map[string]dotenv.File) dotenv.File {
	if file, ok := files[path]; ok {
		return file
	}
	file, err := dotenv.ReadWithin(path, d.File.Lookup)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		d.problem(path, readfile.Reason(err))
	case len(file.Errors) > 0:
		first := file.Errors[0]
		d.Problems = append(d.Problems, Problem{Place: Place{path, first.Line}, Text: first.Text})
	}
	files[path] = file
	return file
}

// serviceEnv fills what the container gets: the env files in their order, then
// the environment section, which wins.
func (d *Deployment) serviceEnv(out *Service, environment any, places []placed, files map[string]dotenv.File) {
	for _, path := range out.EnvFiles {
		if path == filepath.Join(d.Dir, ".env") {
			for _, e := range d.File.Entries {
				out.Env[e.Key] = d.fromFile(e)
			}
			continue
		}
		for _, e := range d.envFile(path, files).Entries {
			out.Env[e.Key] = Value{Name: e.Key, Text: e.Value, Raw: e.Raw, Source: FromEnvFile, Place: Place{path, e.Line}}
		}
	}
	set := func(name string, value any) {
		if value == nil { // NAME alone: from the project's environment
			if v, ok := d.Env[name]; ok && v.Source != FromDefault {
				out.Env[name] = v
			}
			return
		}
		at := find(places, "services", out.Name, "environment", name)
		text := fmt.Sprint(value)
		v := Value{Name: name, Text: text, Raw: text, Source: FromCompose, Place: at}
		if raw, ok := rawOf(places, out.Name, name); ok {
			v.Raw = raw
		}
		out.Env[name] = d.origin(v)
	}
	switch env := environment.(type) {
	case map[string]any:
		for name, value := range env {
			set(name, value)
		}
	case []any:
		for _, item := range env {
			name, text, given := strings.Cut(fmt.Sprint(item), "=")
			if given {
				set(name, text)
			} else {
				set(name, nil)
			}
		}
	}
}

// active reports whether a service starts.
func active(profiles, chosen []string) bool {
	if len(profiles) == 0 || slices.Contains(chosen, "*") {
		return true
	}
	for _, p := range profiles {
		if slices.Contains(chosen, p) || p == "" {
			return true
		}
	}
	return false
}
