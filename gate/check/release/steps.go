package release

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// steps reports what must be done by hand when crossing the releases of the
// range, as far as it touches this deployment.
func (r *upgradeRun) steps() {
	for _, s := range r.crossed() {
		t := r.touches(s)
		if !t.yes {
			continue
		}
		message := fmt.Sprintf("since %s %s", s.Release, s.Text)
		if t.what != "" {
			message += ": " + t.what
		}
		if s.Unverified {
			message += " (not verified: " + s.Source + ")"
		}
		r.undeclared(t.seen, "step "+s.ID, message, r.advice(s), t.at)
	}
}

// crossed are the steps of the releases between.
func (r *upgradeRun) crossed() []dify.Step {
	from, err := changelog.ParseVersion(r.env.From)
	if err != nil {
		return nil
	}
	to, err := changelog.ParseVersion(r.env.To)
	if err != nil {
		return nil
	}
	return r.Catalogue.Steps(func(release string) bool {
		v, err := changelog.ParseVersion(release)
		return err == nil && from.Compare(v) < 0 && v.Compare(to) <= 0
	})
}

// advice is what to do about a step. SECRET_KEY's value in use is to be kept,
// unless it is the one that Dify publishes: env/public-secret demands an own one
// then, and sessions end in either case.
func (r *upgradeRun) advice(s dify.Step) string {
	name, ok := strings.CutPrefix(s.When, "unset:")
	if !ok || r.From == nil {
		return s.Do
	}
	def, known := r.From.EnvVar(name)
	if v, written := r.d.Env[name]; written && v.Text != "" {
		def.Default = dify.Default{Sum: dify.Sum(v.Text)}
	}
	public := slices.ContainsFunc(r.Catalogue.SecretSums, func(p dify.Secret) bool { return p.Name == name && p.Sum == def.Default.Sum })
	if !known || !public {
		return s.Do
	}
	return "the value in use is the public default: write your own " + name + " into .env (openssl rand -base64 42); everybody has to log in again, and links signed with the old key stop working"
}

// touch says whether and where a step touches the deployment.
type touch struct {
	yes  bool
	seen bool // the lack itself was seen, not only that it may be there
	what string
	at   deployment.Place
}

// touches decides a step's condition, see [dify.Step].
func (r *upgradeRun) touches(s dify.Step) touch {
	word, rest, _ := strings.Cut(s.When, ":")
	name, value, _ := strings.Cut(rest, "=")
	general := touch{yes: true, at: r.general()}
	switch word {
	case "":
		return general
	case "service", "lacks":
		own, has := r.d.Service(rest)
		if word == "service" {
			return touch{yes: has, at: own.Place}
		}
		if has || len(r.d.Services) == 0 {
			return touch{}
		}
		return touch{yes: true, seen: true, what: filepath.Base(r.anchor().File) + " lacks it", at: r.anchor()}
	case "set", "unset":
		e, set := r.d.File.Last(rest)
		set = set && e.Raw != ""
		if set != (word == "set") || r.d.EnvFile == "" {
			return touch{}
		}
		return touch{yes: true, at: deployment.Place{File: r.d.EnvFile, Line: e.Line}}
	case "env":
		v, ok := r.d.Env[name]
		return touch{yes: ok && v.Text == value, seen: true, what: fmt.Sprintf("%s is %s", name, value), at: v.Place}
	case "store":
		store := r.d.Lookup("VECTOR_STORE")
		general.yes = store == rest || store == "" && rest == "weaviate"
		return general
	case "image":
		return r.imageOlder(rest)
	case "owner":
		return r.ownerOf(name, value)
	case "file":
		return r.fileHolds(name, value)
	}
	return general
}

func (r *upgradeRun) general() deployment.Place {
	if len(r.d.Services) > 0 {
		return r.anchor()
	}
	return deployment.Place{File: r.d.EnvFile}
}

func (r *upgradeRun) imageOlder(condition string) touch {
	name, limit, _ := strings.Cut(condition, "<")
	want, err := changelog.ParseVersion(limit)
	if err != nil {
		return touch{}
	}
	for _, i := range r.d.Images {
		have, err := changelog.ParseVersion(i.Tag)
		if i.Active && repository(i.Name) == name && err == nil && have.Compare(want) < 0 {
			return touch{yes: true, seen: true, what: i.Name + ":" + i.Tag + " is declared", at: i.Place}
		}
	}
	return touch{}
}

// mount finds the host side of a mount of a service that starts.
func (r *upgradeRun) mount(target string) (string, deployment.Volume, bool) {
	for _, s := range r.d.Services {
		for _, v := range s.Volumes {
			if s.Active && v.Target == target && s.Name != "init_permissions" {
				source := filepath.FromSlash(v.Source)
				if !filepath.IsAbs(source) {
					source = filepath.Join(r.d.Dir, source)
				}
				return source, v, true
			}
		}
	}
	return "", deployment.Volume{}, false
}

// ownerOf wants the host side of a mount to belong to a user. init_permissions
// (since 1.11.0) sees to it by itself.
func (r *upgradeRun) ownerOf(target, uid string) touch {
	if s, has := r.d.Service("init_permissions"); has && s.Active {
		return touch{}
	}
	path, v, ok := r.mount(target)
	if !ok {
		return touch{}
	}
	t := touch{yes: true, at: v.Place, what: fmt.Sprintf("%s mounts %s", filepath.Base(v.File), v.Source)}
	if owner, known := deployment.Owner(path); known {
		if strconv.Itoa(owner) == uid {
			return touch{}
		}
		t.seen = true
		t.what = fmt.Sprintf("%s belongs to user %d", v.Source, owner)
	}
	return t
}

// fileHolds wants a text in a file on the host side of a mount.
func (r *upgradeRun) fileHolds(target, text string) touch {
	path, v, ok := r.mount(filepath.Dir(target))
	if !ok {
		return touch{}
	}
	t := touch{yes: true, at: v.Place, what: filepath.Base(v.File) + " mounts " + v.Source}
	file := filepath.Join(path, filepath.Base(target))
	src, err := readfile.Text(file, 1<<20)
	if err != nil {
		return t
	}
	if strings.Contains(string(src), text) {
		return touch{}
	}
	t.seen, t.at = true, deployment.Place{File: file, Line: 1}
	t.what = fmt.Sprintf("%s does not hold %s", filepath.Base(file), text)
	return t
}
