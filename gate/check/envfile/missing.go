package envfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// missing reports variables that something uses and nothing sets.
func (r *envRun) missing() {
	done := map[string]bool{}
	report := func(ref deployment.Ref, user string) *gate.Finding {
		if done[ref.Name] {
			return nil
		}
		done[ref.Name] = true
		return r.add(ruleMissing, ref.Name, fmt.Sprintf("%s is used by %s without a default, and nothing sets it", ref.Name, user),
			fmt.Sprintf("set %s in %s", ref.Name, r.envName()), ref.Place)
	}
	for _, ref := range r.d.Refs {
		if r.idle(ref.Place) {
			continue
		}
		if _, set := r.d.Env[ref.Name]; !set || ref.Must && r.d.Lookup(ref.Name) == "" {
			if f := report(ref, filepath.Base(ref.File)); f != nil {
				r.addMissing(f, ref.Name)
			}
		}
	}
	needs := r.want.needs
	if r.helm() {
		needs = nil // the chart's templates set what the containers get
	}
	for _, ref := range needs {
		if _, set := r.d.Env[ref.Name]; !set && !r.hasDefault(ref.Name) {
			if f := report(ref, "the compose file of "+r.want.name); f != nil {
				r.addMissing(f, ref.Name)
			}
		}
	}
	r.templates(report)
	r.lostDollars()
}

// lostDollars reports values that refer to a variable that nothing sets: as a
// rule a password with a dollar in it, of which Compose keeps the beginning. It
// is a warning, since Compose's own environment may have the variable.
func (r *envRun) lostDollars() {
	for _, e := range r.d.File.Entries {
		for _, name := range e.Unset {
			if r.env.Getenv != nil && r.env.Getenv(name) != "" {
				continue
			}
			message := fmt.Sprintf("%s refers to %s, which nothing sets: Compose replaces it with an empty string", e.Key, name)
			if dotenv.IsSecret(e.Key, e.Raw) {
				message = e.Key + " contains a dollar sign, and Compose reads what follows as a variable that nothing sets: that part of the value is lost"
			}
			f := r.add(ruleMissing, e.Key, message, fmt.Sprintf("put the value of %s in single quotes, so that Compose keeps the dollar sign", e.Key),
				deployment.Place{File: r.d.EnvFile, Line: e.Line})
			f.Severity = gate.Warning
			break
		}
	}
}

// idle reports whether a place belongs to a service that does not start.
func (r *envRun) idle(at deployment.Place) bool {
	var nearest deployment.Service
	for _, s := range r.d.Services {
		if s.File == at.File && s.Line <= at.Line && s.Line > nearest.Line {
			nearest = s
		}
	}
	return nearest.Line > 0 && !nearest.Active
}

// hasDefault reports whether the target knows a default for a variable.
func (r *envRun) hasDefault(name string) bool {
	k, ok := r.want.keys[name]
	return ok && k.def != (dify.Default{})
}

var templateName = lazyregexp.New(`\$\{([A-Z][A-Z0-9_]*)\}`)

// templates reports what an nginx template uses and the nginx service does not
// get. nginx then finds the bare ${NAME} and refuses to start.
func (r *envRun) templates(report func(deployment.Ref, string) *gate.Finding) {
	nginx, ok := r.d.Service("nginx")
	if !ok {
		return
	}
	for _, path := range nginxTemplates(r.d.Dir) {
		src, err := readfile.Text(path, readfile.MaxText)
		if err != nil {
			continue
		}
		for i, line := range strings.Split(string(src), "\n") {
			for _, m := range templateName().FindAllStringSubmatch(line, -1) {
				if _, passed := nginx.Env[m[1]]; passed || slices.Contains(check.Rendered, m[1]) {
					continue
				}
				f := report(deployment.Ref{Name: m[1], Place: deployment.Place{File: path, Line: i + 1}}, filepath.Base(path)+", whose service nginx does not get it,")
				if f != nil {
					f.Edits, f.Unfixed = r.passOn(nginx, m[1])
				}
			}
		}
	}
}

// nginxTemplates lists the templates of an operator's nginx folder.
func nginxTemplates(dir string) []string {
	var out []string
	for _, pattern := range []string{"nginx/*.template", "nginx/conf.d/*.template"} {
		found, _ := readfile.Glob(filepath.Join(dir, pattern)) // the proxy check reports what may not be read
		out = append(out, found...)
	}
	return out
}
