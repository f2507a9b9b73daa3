package releasedir

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// compose is docker-compose.yaml. Up to 1.14.0 the settings are listed once and
// merged into the services that want them; from 1.14.1 on those read env files.
func (f facts) compose() string {
	b := &strings.Builder{}
	b.WriteString("# Dify " + f.Version() + ", for tests.\n")
	if f.manyFiles {
		b.WriteString("x-shared-env-files: &shared-env-files\n  env_file:\n")
		for _, file := range f.envFileNames() {
			b.WriteString("    - path: ./" + file + "\n      required: false\n")
		}
		b.WriteString("    - ./.env\n")
	} else {
		b.WriteString("x-shared-env: &shared-api-worker-env\n")
		for _, name := range slices.Sorted(maps.Keys(f.named)) {
			if _, ok := f.example[name]; ok {
				b.WriteString("  " + name + ": " + f.reference(name) + "\n")
			}
		}
	}
	b.WriteString("\nservices:\n")
	var volumes []string
	for _, s := range f.Services() {
		f.service(b, s)
		for _, v := range s.Volumes {
			if source, _, _ := strings.Cut(v, ":"); !strings.ContainsAny(source, "./") {
				volumes = append(volumes, source)
			}
		}
	}
	if len(volumes) > 0 {
		b.WriteString("\nvolumes:\n")
		for _, v := range slices.Compact(slices.Sorted(slices.Values(volumes))) {
			b.WriteString("  " + v + ":\n")
		}
	}
	return b.String()
}

// envFileNames are the files below envs/ without those of the middleware alone.
func (f facts) envFileNames() []string {
	names := map[string]bool{}
	for _, s := range f.example {
		if strings.HasPrefix(s.File, "envs/") && !strings.Contains(s.File, "middleware") {
			names[strings.TrimSuffix(s.File, ".example")] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// reference is how the compose file names a variable.
func (f facts) reference(name string) string {
	s := f.named[name]
	if s.Required {
		return "${" + name + "}"
	}
	return "${" + name + ":-" + text(name, s.Default) + "}"
}

func (f facts) service(b *strings.Builder, s dify.Service) {
	b.WriteString("  " + s.Name + ":\n")
	if f.manyFiles && (shared[s.Name] || s.Name == "web" || s.Name == "agent_backend") {
		b.WriteString("    <<: *shared-env-files\n")
	}
	if s.Image != "" {
		b.WriteString("    image: " + s.Image + "\n")
	} else {
		b.WriteString("    build: ./" + s.Name + "\n")
	}
	b.WriteString("    restart: always\n")
	if c := commands[s.Name]; c != "" {
		b.WriteString("    command: " + c + "\n")
	}
	f.environment(b, s.Name)
	list(b, "profiles", s.Profiles)
	list(b, "volumes", s.Volumes)
	var ports []string
	for _, p := range s.Ports {
		ports = append(ports, port(s.Name, p))
	}
	list(b, "ports", ports)
	if s.Health != "" {
		b.WriteString("    healthcheck:\n      test: [\"CMD-SHELL\", " + strconv.Quote(strings.ReplaceAll(s.Health, "$", "$$")) + "]\n")
	}
	if len(s.Needs) > 0 {
		b.WriteString("    depends_on:\n")
		for _, n := range s.Needs {
			b.WriteString("      " + n + ":\n        condition: service_started\n        required: false\n")
		}
	}
}

// port writes a published port; those of nginx and of the plugin daemon move.
func port(service, p string) string {
	if service == "nginx" || service == "plugin_daemon" {
		return movable.Replace(p)
	}
	return p
}

func (f facts) environment(b *strings.Builder, service string) {
	var lines []string
	if shared[service] && !f.manyFiles {
		lines = append(lines, "<<: *shared-api-worker-env")
	}
	for _, e := range environments[service] {
		if inner, fixed, ok := strings.Cut(e, ":"); ok {
			lines = append(lines, inner+": "+fixed)
			continue
		}
		inner, name, ok := strings.Cut(e, "=")
		if !ok {
			name = inner
		}
		if _, ok := f.named[name]; ok {
			lines = append(lines, inner+": "+f.reference(name))
		}
	}
	if len(lines) > 0 {
		b.WriteString("    environment:\n      " + strings.Join(lines, "\n      ") + "\n")
	}
}

func list(b *strings.Builder, key string, items []string) {
	if len(items) == 0 {
		return
	}
	b.WriteString("    " + key + ":\n")
	for _, i := range items {
		b.WriteString("      - " + strconv.Quote(i) + "\n")
	}
}
