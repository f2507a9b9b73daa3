package plan

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// mounts are what the containers keep on the host.
type mounts struct {
	binds []string // directories with data, from the directory of the files or absolute
	named []string // volumes of Docker
	// left are mounts that no copy is made of, for they are the system's.
	left []string
}

// system are directories of the host that no backup of Dify takes.
var system = []string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/run", "/var/lib/docker"}

// findMounts lists the mounts of the services that start.
func (s *site) findMounts() mounts {
	var m mounts
	saved := s.configFiles()
	for _, v := range s.d.Services {
		for _, mount := range v.Volumes {
			if v.Active && mount.Source != "" {
				s.takeMount(&m, mount, saved)
			}
		}
	}
	m.binds = outermost(m.binds)
	for _, list := range []*[]string{&m.named, &m.left} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return m
}

func (s *site) takeMount(m *mounts, mount deployment.Volume, saved []string) {
	source := mount.Source
	if !strings.HasPrefix(source, "/") && !strings.HasPrefix(source, ".") && !strings.HasPrefix(source, "~") {
		m.named = append(m.named, source)
		return
	}
	source = path.Clean(source)
	if path.IsAbs(source) {
		if rel := relative(s.abs, source); filepath.IsLocal(rel) {
			source = rel
		}
	}
	inside := func(dir string) bool { return source == dir || strings.HasPrefix(source, dir+"/") }
	folder, err := readfile.IsDir(filepath.Join(s.abs, source))
	if path.IsAbs(source) {
		folder, err = readfile.IsDir(source)
	}
	switch {
	case source == "." || source == "/" || strings.HasPrefix(source, "~") || slices.ContainsFunc(system, inside):
		m.left = append(m.left, source)
	case slices.ContainsFunc(saved, inside): // saved with the files
	case err == nil && !folder && path.Ext(source) != "": // a file, or one that is not here
	default:
		m.binds = append(m.binds, source)
	}
}

// outermost drops paths that lie in others.
func outermost(paths []string) []string {
	slices.Sort(paths)
	var out []string
	for _, p := range paths {
		if n := len(out); n == 0 || p != out[n-1] && !strings.HasPrefix(p, out[n-1]+"/") {
			out = append(out, p)
		}
	}
	return out
}

// configFiles are the operator's files, from their directory: what a patch may change,
// and what it takes to start the old release again.
func (s *site) configFiles() []string {
	if s.d == nil {
		return []string{"docker-compose.yaml", ".env", "nginx"}
	}
	var out []string
	add := func(name string) {
		if rel := relative(s.abs, name); filepath.IsLocal(rel) && !slices.Contains(out, rel) {
			out = append(out, rel)
		}
	}
	for _, f := range append(append(slices.Clone(s.d.ComposeFiles), s.d.HelmFiles...), s.d.EnvFile) {
		if f != "" {
			add(f)
		}
	}
	for _, pattern := range []string{"*.yaml", "*.yml", ".env", "envs", "nginx", "ssrf_proxy", "Caddyfile", "traefik"} {
		found, err := readfile.Glob(filepath.Join(globEscape(s.abs), pattern))
		if err != nil {
			continue
		}
		for _, f := range found {
			add(f)
		}
	}
	for _, v := range s.d.Services {
		for _, f := range v.EnvFiles {
			if there, err := readfile.Exists(f); err == nil && there {
				add(f)
			}
		}
	}
	return outermost(out)
}

// globEscape takes the meaning from the marks of a pattern in a path.
func globEscape(p string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(p)
}
