package plan

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// site is how Dify runs here.
type site struct {
	way string
	// d are the operator's files, nil without any.
	d *deployment.Deployment
	// dir is the directory of the files from the working directory; commands run in it.
	dir string
	// abs is dir as an absolute path, or the working directory.
	abs string
	// checkout is the root of a checkout of Dify round dir, from dir; "" for none.
	checkout string
	compose  string // docker compose or docker-compose
	files    []string
	names    names
	db       database
	mounts   mounts
	notes    []string
}

// names are those of the services here.
type names struct {
	api, web, nginx, redis, weaviate, daemon string
	workers                                  []string // with the beat
}

// newSite reads how Dify runs here. from is the release that runs, as the catalogue has it.
func newSite(env *check.Env, in Input, from dify.Release) (*site, error) {
	s := &site{way: Compose, abs: env.WorkDir, dir: ".", compose: in.Compose}
	d, err := env.Deployment()
	switch {
	case errors.Is(err, check.ErrNoDir):
		s.notes = append(s.notes, "no --dir is given: the plan is for Dify's own compose file with the names that it has there")
	case err != nil:
		return nil, err
	default:
		s.d, s.abs, s.dir = d, env.Dir, relative(env.WorkDir, env.Dir)
		s.checkout = s.findCheckout()
		s.way = s.wayOf()
	}
	s.findNames(from)
	s.db = s.findDatabase(from)
	if s.d != nil {
		for _, f := range s.d.Given {
			s.files = append(s.files, relative(s.abs, f))
		}
		s.mounts = s.findMounts()
	} else {
		s.mounts = mounts{binds: []string{"volumes"}}
	}
	if s.compose == "" {
		s.compose = "docker compose"
	}
	return s, nil
}

// relative is a path from a directory, with forward slashes; absolute where there is
// no way.
func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(filepath.ToSlash(rel), "../../../") {
		rel = path
	}
	return filepath.ToSlash(rel)
}

// wayOf tells the ways apart by what is there: compose files that run Dify's api,
// values of a chart, or a checkout whose api is run from source.
func (s *site) wayOf() string {
	runsAPI := slices.ContainsFunc(s.d.Services, func(v deployment.Service) bool { return baseImage(v.Image) == "dify-api" })
	switch {
	case runsAPI:
		return Compose
	case len(s.d.HelmFiles) > 0:
		return Helm
	case s.checkout != "":
		return Source
	}
	if len(s.d.ComposeFiles) == 0 {
		s.notes = append(s.notes, "neither a compose file nor Helm values are in "+s.dir+": the plan is for Dify's own compose file")
	} else {
		s.notes = append(s.notes, "no service of the compose files runs the image dify-api: the names of Dify's own compose file are taken")
	}
	return Compose
}

// findCheckout looks for Dify's source at the directory and above it.
func (s *site) findCheckout() string {
	at := s.abs
	for _, rel := range []string{".", "..", "../.."} {
		project, err := readfile.Exists(filepath.Join(at, "api", "pyproject.toml"))
		git, gitErr := readfile.Taken(filepath.Join(at, ".git"))
		if err == nil && project && gitErr == nil && git {
			return rel
		}
		at = filepath.Dir(at)
	}
	return ""
}

// baseImage is the last part of an image's name, without the tag.
func baseImage(image string) string {
	name, _ := deployment.SplitImage(image)
	return name[strings.LastIndexByte(name, '/')+1:]
}

// findNames finds the services by what they run; what is not found has the name that
// the release gives it.
func (s *site) findNames(from dify.Release) {
	n := &s.names
	if s.d != nil {
		for _, v := range s.d.Services {
			s.takeName(v)
		}
	}
	fill := func(to *string, own string) {
		if _, has := from.Service(own); *to == "" && has && (s.d == nil || len(s.d.Services) == 0) {
			*to = own
		}
	}
	fill(&n.web, "web")
	fill(&n.nginx, "nginx")
	fill(&n.redis, "redis")
	fill(&n.daemon, "plugin_daemon")
	if n.api == "" {
		n.api = "api"
	}
	if len(n.workers) == 0 {
		for _, own := range []string{"worker", "worker_beat"} {
			var name string
			if fill(&name, own); name != "" {
				n.workers = append(n.workers, name)
			}
		}
	}
}

// takeName notes a service that starts under what it is.
func (s *site) takeName(v deployment.Service) {
	if !v.Active {
		return
	}
	n := &s.names
	take := func(to *string) {
		if *to == "" {
			*to = v.Name
		}
	}
	switch baseImage(v.Image) {
	case "dify-api":
		mode := v.Env["MODE"].Text
		switch {
		case mode == "worker" || mode == "beat":
			n.workers = append(n.workers, v.Name)
		case mode != "migration" && mode != "job" && !strings.Contains(v.Name, "websocket"):
			take(&n.api)
		}
	case "dify-web":
		take(&n.web)
	case "dify-plugin-daemon":
		take(&n.daemon)
	case "nginx":
		take(&n.nginx)
	case "redis", "valkey":
		take(&n.redis)
	case "weaviate":
		take(&n.weaviate)
	}
}

// setting is the effective value of a variable of the api, or of the env file, or the
// release's default.
func (s *site) setting(name string, of dify.Release) string {
	if s.d != nil {
		if api, ok := s.d.Service(s.names.api); ok && api.Env[name].Text != "" {
			return api.Env[name].Text
		}
		if text := s.d.Lookup(name); text != "" {
			return text
		}
	}
	v, _ := of.EnvVar(name)
	return v.Default.Text
}

var listRef = lazyregexp.New(`\$\{(\w+):-(\w*)\}`)

// defaultProfiles are those of a release's COMPOSE_PROFILES with the settings here.
func (s *site) defaultProfiles(of dify.Release) []string {
	v, _ := of.EnvVar("COMPOSE_PROFILES")
	text := listRef().ReplaceAllStringFunc(v.Default.Text, func(ref string) string {
		m := listRef().FindStringSubmatch(ref)
		if s.d != nil && s.d.Lookup(m[1]) != "" {
			return s.d.Lookup(m[1])
		}
		return m[2]
	})
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// own are the profiles that are active now.
func (s *site) own() []string {
	if s.d == nil {
		return nil
	}
	return s.d.Profiles
}

// next are the profiles for a target: the own ones, those that are new in its default,
// and that of a store that started without one until now.
func (s *site) next(from, to dify.Release) []string {
	if s.d == nil {
		return nil
	}
	out := slices.Clone(s.own())
	add := func(p string) {
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	old := s.defaultProfiles(from)
	for _, p := range s.defaultProfiles(to) {
		database := p == "postgresql" || p == "mysql" || p == "oceanbase" || p == "seekdb"
		if !slices.Contains(old, p) && (!database || s.db.service != "") {
			add(p)
		}
	}
	for _, v := range s.d.Services {
		target, known := to.Service(v.Name)
		if v.Active && known && len(target.Profiles) > 0 && !slices.Contains(target.Profiles, "") && !slices.ContainsFunc(target.Profiles, func(p string) bool { return slices.Contains(out, p) }) {
			add(target.Profiles[0])
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// call is docker compose with the files and some profiles, and the words that follow.
// A command that names its services takes them whatever the profiles are.
func (s *site) call(profiles []string, words ...string) string {
	out := s.compose
	if !s.usual() {
		for _, f := range s.files {
			out += " -f " + file(f)
		}
	}
	if slices.Contains([]string{"config", "down", "pull", "up"}, words[0]) {
		for _, p := range profiles {
			out += " --profile " + quote(p)
		}
	}
	return out + " " + line(words...)
}

// usual: compose finds the files by itself.
func (s *site) usual() bool {
	return len(s.files) == 0 || len(s.files) == 1 && slices.Contains([]string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}, s.files[0])
}

// saved is docker compose with the files as they were before the patch.
func (s *site) saved(words ...string) string {
	out := s.compose + " --project-directory ."
	given := s.files
	if len(given) == 0 {
		given = []string{"docker-compose.yaml"}
	}
	for _, f := range given {
		if filepath.IsLocal(f) {
			out += ` -f "${BACKUP_DIR:?}"/files/` + quote(f)
		} else {
			out += " -f " + file(f)
		}
	}
	if s.d == nil || s.d.EnvFile != "" && !s.d.Standin {
		out += ` --env-file "${BACKUP_DIR:?}"/files/.env`
	}
	for _, p := range s.own() {
		out += " --profile " + quote(p)
	}
	return out + " " + line(words...)
}
