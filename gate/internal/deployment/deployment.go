// Package deployment reads an operator's Dify directory: the env file, the
// compose files with their overrides and profiles, and Helm values. It knows
// nothing of releases and rules. Every value keeps the place it comes from.
//
// Nothing of the process's own environment takes part: what a variable is set
// to in the shell of a pipeline says nothing about the deployment.
package deployment

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// Source tells what kind of place a value comes from.
type Source string

// The sources, from the strongest to the weakest as Compose orders them for a
// container: environment, the env file, other env_file entries, the default in
// ${NAME:-default}.
const (
	FromCompose Source = "compose"     // literally in a compose file
	FromEnv     Source = ".env"        // the directory's env file
	FromEnvFile Source = "env_file"    // another file named by env_file
	FromExample Source = "env example" // an example that stands in for a missing .env
	FromDefault Source = "default"     // ${NAME:-default} in a compose file
	FromHelm    Source = "helm values"
)

// Place is a line of a file; Line is 0 when only the file is known.
type Place struct {
	File string
	Line int
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Value is what a variable is set to.
type Value struct {
	Name string
	Text string // may be a secret: print Shown
	Raw  string // with ${…} unreplaced
	// Var is the variable that a container's value is taken from by ${Var…}, or
	// "". Source and Place are then those of its value. Of Helm values it is the key
	// that the chart makes the variable of, "" for one that is written out.
	Var    string
	Source Source
	Place
}

// Shown is the value as a report may show it.
func (v Value) Shown() string { return dotenv.Shown(v.Name, v.Text) }

// Deployment is what a directory says.
type Deployment struct {
	Dir string
	// EnvFile is the env file that was read, "" when there is none. Standin
	// is set when that is an example because there is no .env.
	EnvFile string
	Standin bool
	// File is the env file's content.
	File dotenv.File
	// Env are the effective values by name: those of the env file, else the
	// defaults that the compose files write beside ${NAME}.
	Env map[string]Value
	// Refs are the variables that the compose files refer to.
	Refs []Ref
	// ComposeFiles are the compose files read, in their order; Given are those of
	// them that docker compose is called with, without what they include.
	ComposeFiles []string
	Given        []string
	// Services are those of the compose files by name, also those whose
	// profile is not active.
	Services []Service
	// External: a network of the compose files is declared elsewhere, so that
	// other projects' services may be on it.
	External bool
	// Profiles are the active ones (COMPOSE_PROFILES).
	Profiles []string
	// HelmFiles are the values files read; Images what they and the compose
	// files declare.
	HelmFiles []string
	Images    []Image
	// HelmParts are the services of Dify with what the Helm values give them.
	HelmParts []Service
	// KustomizeFile is the kustomization that was read, "" when there is none.
	KustomizeFile string
	// Notes say what was assumed.
	Notes []string
	// Problems are files that could not be read as what they are.
	Problems []Problem

	own map[string]Value // what the env file sets, also where a default wins in Env
}

// Problem is a file that could not be read.
type Problem struct {
	Place
	Text string
	// Unset: nothing but that variables written ${NAME:?…} have no value, which
	// Refs name one by one.
	Unset bool
}

var problemLine = lazyregexp.New(`\bline (\d+)`)

// problemIn makes a problem of an error's text, with the first line that it
// names; compose-go puts what it found on lines of their own.
func problemIn(path, text string) Problem {
	p := Problem{Place: Place{File: path}, Unset: true}
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		p.Unset = p.Unset && strings.Contains(part, "required variable")
		parts = append(parts, strings.TrimSpace(part))
	}
	p.Text = strings.Join(parts, "; ")
	if m := problemLine().FindStringSubmatch(text); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits; too many leave 0, the file alone
	}
	return p
}

// Image is a declared container image.
type Image struct {
	Service string // compose service or Helm key
	Name    string // without the tag
	Tag     string // "" when none is given
	Active  bool   // false: its profile is not active
	Place
}

// ErrEmpty means that the directory holds neither a compose file, nor an env file, nor
// Helm values, nor a kustomization.
var ErrEmpty = errors.New("neither docker-compose.yaml, nor .env, nor values.yaml, nor kustomization.yaml")

// Lookup returns the effective text of a variable, "" when it is unset.
func (d *Deployment) Lookup(name string) string { return d.Env[name].Text }

// Service returns a compose service.
func (d *Deployment) Service(name string) (Service, bool) {
	for _, s := range d.Services {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// Read reads a directory. A file that is there and cannot be understood is a
// Problem, not an error; only an unreadable or empty directory is one.
func Read(dir string) (*Deployment, error) {
	if err := readfile.NeedDir(dir); err != nil {
		return nil, err
	}
	d := &Deployment{Dir: dir, Env: map[string]Value{}}
	if err := d.readEnv(envNames); err != nil {
		return nil, err
	}
	d.readCompose()
	d.readHelm()
	d.readKustomize()
	if d.EnvFile == "" && len(d.ComposeFiles) == 0 && len(d.HelmFiles) == 0 && d.KustomizeFile == "" && len(d.Problems) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrEmpty)
	}
	return d, nil
}

// ReadFile reads the directory that an env file stands in, with this file in
// the place of .env.
func ReadFile(path string) (*Deployment, error) {
	d := &Deployment{Dir: filepath.Dir(path), Env: map[string]Value{}}
	if err := d.readEnv([]string{filepath.Base(path)}); err != nil {
		return nil, err
	}
	d.readCompose()
	return d, nil
}

// envNames are the env file and what may stand in for it.
var envNames = []string{".env", ".env.example", "env.example"}

func (d *Deployment) readEnv(names []string) error {
	for i, name := range names {
		path := filepath.Join(d.Dir, name)
		file, err := dotenv.Read(path)
		if errors.Is(err, fs.ErrNotExist) && len(names) > 1 {
			continue
		}
		if err != nil {
			return err
		}
		d.EnvFile, d.File, d.Standin = path, file, i > 0
		if len(file.Entries) == 0 && len(file.Errors) == 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("%s in %s assigns nothing", name, d.Dir))
		}
		if d.Standin {
			d.Notes = append(d.Notes, fmt.Sprintf("no .env in %s: %s is used instead", d.Dir, name))
		}
		break
	}
	for _, e := range d.File.Entries {
		d.Env[e.Key] = d.fromFile(e)
	}
	d.own = maps.Clone(d.Env)
	d.Profiles = list(d.Lookup("COMPOSE_PROFILES"))
	return nil
}

// fromFile is an entry of the env file as a value.
func (d *Deployment) fromFile(e dotenv.Entry) Value {
	source := FromEnv
	if d.Standin {
		source = FromExample
	}
	return Value{Name: e.Key, Text: e.Value, Raw: e.Raw, Source: source, Place: Place{d.EnvFile, e.Line}}
}

// list splits a comma-separated list.
func list(text string) []string {
	var out []string
	for _, p := range strings.Split(text, ",") {
		if p = strings.TrimSpace(p); p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	sort.Strings(out)
	return out
}

// SplitImage cuts name and tag of an image; a digest is dropped.
func SplitImage(image string) (name, tag string) {
	name, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		return name[:colon], name[colon+1:]
	}
	return name, ""
}
