package deployment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
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
	EnvFiles []string
	Command  []string
	Health   string   // the health check's test in one line
	Needs    []string // depends_on
	Hosts    []string // names by which other containers reach it: its own, container_name, aliases
	Place             // of the service's key
	ImageAt  Place
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

func (d *Deployment) readCompose(ctx context.Context) {
	var files []types.ConfigFile
	var places []placed
	for _, path := range d.composeFiles() {
		src, err := readBounded(path, composeLimit)
		if err != nil {
			d.Problems = append(d.Problems, Problem{Place{path, 0}, err.Error()})
			continue
		}
		d.ComposeFiles = append(d.ComposeFiles, path)
		where, err := placesOf(path, src)
		if err != nil {
			d.Problems = append(d.Problems, Problem{Place{path, 0}, err.Error()})
			continue
		}
		d.addRefs(path, string(src))
		files = append(files, types.ConfigFile{Filename: path, Content: src})
		places = append(places, where)
	}
	if len(files) == 0 {
		return
	}
	project, err := d.load(ctx, files)
	if err != nil {
		text := strings.ReplaceAll(err.Error(), d.Dir+string(filepath.Separator), "")
		d.Problems = append(d.Problems, Problem{Place{files[0].Filename, 0}, text})
		return
	}
	for _, s := range project.Services {
		d.Services = append(d.Services, d.service(s, places))
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

// load lets compose-go merge and interpolate the files. All profiles are
// loaded: a service that does not start is still declared.
func (d *Deployment) load(ctx context.Context, files []types.ConfigFile) (project *types.Project, err error) {
	defer func() {
		// The loader is handed hostile files and has panicked on some before.
		if r := recover(); r != nil {
			project, err = nil, fmt.Errorf("cannot be read as a compose file")
		}
	}()
	env := types.Mapping{}
	for _, e := range d.File.Entries {
		env[e.Key] = e.Value
	}
	details := types.ConfigDetails{WorkingDir: d.Dir, ConfigFiles: files, Environment: env}
	return loader.LoadWithContext(ctx, details, func(o *loader.Options) {
		o.SetProjectName("dify", true)
		o.Profiles = []string{"*"}
		o.SkipValidation = true // an older schema than the file's is no finding
		o.SkipNormalization = true
		o.SkipConsistencyCheck = true
		o.SkipResolveEnvironment = true
		o.SkipInclude = true
		o.ResolvePaths = false
		o.Interpolate = &interpolation.Options{
			LookupValue:     func(name string) (string, bool) { v, ok := env[name]; return v, ok },
			TypeCastMapping: o.Interpolate.TypeCastMapping,
			Substitute: func(text string, lookup template.Mapping) (string, error) {
				return template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
			},
		}
	})
}

func (d *Deployment) service(s types.ServiceConfig, places []placed) Service {
	out := Service{
		Name: s.Name, Image: s.Image, Profiles: slices.Clone(s.Profiles), Command: s.Command,
		Active:  active(s.Profiles, d.Profiles),
		Place:   find(places, "services", s.Name),
		ImageAt: find(places, "services", s.Name, "image"),
		Env:     map[string]Value{},
	}
	for _, p := range s.Ports {
		out.Ports = append(out.Ports, Port{Host: p.Published, Container: fmt.Sprint(p.Target)})
	}
	for _, v := range s.Volumes {
		at := find(places, "services", s.Name, "volumes", v.Source)
		out.Volumes = append(out.Volumes, Volume{Source: v.Source, Target: v.Target, Place: at})
	}
	if s.HealthCheck != nil && len(s.HealthCheck.Test) > 1 && !s.HealthCheck.Disable {
		out.Health = strings.Join(s.HealthCheck.Test[1:], " ")
	}
	for name := range s.DependsOn {
		out.Needs = append(out.Needs, name)
	}
	sort.Strings(out.Needs)
	out.Hosts = hosts(s)
	for _, f := range s.EnvFiles {
		out.EnvFiles = append(out.EnvFiles, d.path(f.Path))
	}
	d.serviceEnv(&out, s, places)
	return out
}

// hosts are the names by which other containers of the project reach a service.
func hosts(s types.ServiceConfig) []string {
	out := []string{s.Name}
	if s.ContainerName != "" {
		out = append(out, s.ContainerName)
	}
	for _, n := range s.Networks {
		if n != nil {
			out = append(out, n.Aliases...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// serviceEnv fills what the container gets: the env files in their order, then
// the environment section, which wins.
func (d *Deployment) serviceEnv(out *Service, s types.ServiceConfig, places []placed) {
	for _, path := range out.EnvFiles {
		if path == filepath.Join(d.Dir, ".env") {
			for _, e := range d.File.Entries {
				out.Env[e.Key] = d.fromFile(e)
			}
			continue
		}
		file, err := dotenv.Read(path)
		if err != nil {
			continue // required: false is the rule for these
		}
		for _, e := range file.Entries {
			out.Env[e.Key] = Value{Name: e.Key, Text: e.Value, Raw: e.Raw, Source: FromEnvFile, Place: Place{path, e.Line}}
		}
	}
	for name, text := range s.Environment {
		at := find(places, "services", s.Name, "environment", name)
		if text == nil { // NAME alone: from the project's environment
			if v, ok := d.Env[name]; ok {
				out.Env[name] = v
			}
			continue
		}
		out.Env[name] = Value{Name: name, Text: *text, Raw: *text, Source: FromCompose, Place: at}
	}
}

// active tells whether a service starts.
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

// readBounded reads a file up to a limit.
func readBounded(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file")
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%d bytes, want at most %d", info.Size(), limit)
	}
	return os.ReadFile(path)
}
