package deployment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// composeLimit bounds a compose file; Dify's own has about 60 kB.
const composeLimit = 4 << 20

// Service is a compose service.
type Service struct {
	Name     string
	Image    string // as resolved, with tag; "" when it is built
	Profiles []string
	Active   bool // no profile, or one of the active ones
	Ports    []Port
	Volumes  []Volume
	// Env is what the container gets, by name: environment, else the env
	// files.
	Env map[string]Value
	// EnvFiles are the env_file entries, weakest first.
	EnvFiles   []string
	Entrypoint []string // as the compose files set it
	Command    []string
	Health     string   // the health check's test in one line
	Needs      []string // depends_on
	Hosts      []string // names by which other containers reach it: its own, container_name, aliases
	Networks   []string // besides the default one
	Place               // of the service's key
	ImageAt    Place
}

// Port is a published port.
type Port struct{ Host, Container string }

// Volume is a mount.
type Volume struct {
	Source, Target string
	Place
}

// composeNames are Compose's default file names, in its order of preference,
// each with the names of its override.
var (
	composeNames  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideNames = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)

// composeFiles finds the files that `docker compose` would read.
func (d *Deployment) composeFiles() []string {
	if named := d.Lookup("COMPOSE_FILE"); named != "" {
		separator := d.Lookup("COMPOSE_PATH_SEPARATOR")
		if separator == "" {
			separator = ":"
		}
		var out []string
		for _, f := range strings.Split(named, separator) {
			if f = strings.TrimSpace(f); f != "" {
				out = append(out, d.path(f))
			}
		}
		return out
	}
	var out []string
	for _, names := range [][]string{composeNames, overrideNames} {
		for _, name := range names {
			path := filepath.Join(d.Dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				out = append(out, path)
				break
			}
		}
		if len(out) == 0 {
			return nil // an override alone is no deployment
		}
	}
	return out
}

func (d *Deployment) path(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(d.Dir, file)
}

func (d *Deployment) readCompose() {
	m := &model{dir: d.Dir, env: map[string]string{}, tree: map[string]any{}}
	for _, e := range d.File.Entries {
		m.env[e.Key] = e.Value
	}
	var places []placed
	for _, path := range d.composeFiles() {
		if err := d.addCompose(m, path, &places, 0); err != nil {
			return // half of the files say something else than all of them
		}
	}
	services := node(m.tree).below("services")
	for name := range services {
		d.Services = append(d.Services, d.service(name, services.below(name), places))
	}
	sort.Slice(d.Services, func(i, j int) bool { return d.Services[i].Name < d.Services[j].Name })
	for _, s := range d.Services {
		if s.Image == "" {
			continue
		}
		name, tag := SplitImage(s.Image)
		d.Images = append(d.Images, Image{Service: s.Name, Name: name, Tag: tag, Active: s.Active, Place: s.ImageAt})
	}
}

// maxIncludes bounds how deep files include each other.
const maxIncludes = 10

// errTold: a file cannot be understood, and a Problem says so already.
var errTold = errors.New("told already")

// addCompose lays a file over the model, after those that it includes. The
// error is errTold, for a file that is there and cannot be understood.
func (d *Deployment) addCompose(m *model, path string, places *[]placed, depth int) error {
	problem := func(text string) { d.Problems = append(d.Problems, problemIn(path, text)) }
	src, err := readfile.Bounded(path, composeLimit)
	if err != nil {
		problem(err.Error())
		return nil
	}
	if slices.Contains(d.ComposeFiles, path) {
		return nil
	}
	d.ComposeFiles = append(d.ComposeFiles, path)
	where, err := placesOf(path, src)
	if err != nil {
		problem(err.Error())
		return nil
	}
	d.addRefs(path, string(src))
	err = guarded(func() error {
		return m.add(path, src, func(included string) error {
			if depth == maxIncludes {
				return fmt.Errorf("files include each other more than %d deep", maxIncludes)
			}
			return d.addCompose(m, included, places, depth+1)
		})
	})
	if err != nil {
		if !errors.Is(err, errTold) {
			problem(strings.ReplaceAll(err.Error(), d.Dir+string(filepath.Separator), ""))
		}
		return errTold
	}
	*places = append(*places, where)
	return nil
}

// guarded runs what is handed hostile files: compose-go has panicked on some.
func guarded(read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("cannot be read as a compose file")
		}
	}()
	return read()
}
