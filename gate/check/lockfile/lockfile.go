package lockfile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	goversion "github.com/hashicorp/go-version"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lockfile"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// Lockfile checks what a lockfile of npm, Yarn, pnpm or uv would install.
type Lockfile struct {
	check.Base `yaml:",inline"`
	File       string            `yaml:"file" help:"package-lock.json, npm-shrinkwrap.json, yarn.lock, pnpm-lock.yaml or uv.lock" required:"true" kind:"path"`
	Manifest   string            `yaml:"manifest" help:"package.json or pyproject.toml; by default the one next to the file, if there is one" kind:"path"`
	Hosts      []string          `yaml:"hosts" help:"hosts that packages may come from; by default the one that most of the file's packages come from"`
	Packages   map[string]string `yaml:"packages" help:"wanted version range by package name"`
	Online     bool              `yaml:"online" help:"compare hashes with the registry that the file names (npm protocol)"`
	Advisories bool              `yaml:"advisories" help:"ask the registry that the file names for advisories about the locked versions (npm protocol; names and versions are sent by POST)"`
}

// maxLockfile bounds what is read; large monorepos stay under 10 MiB.
const maxLockfile = 64 << 20

// Kind is lockfile.
func (l *Lockfile) Kind() string { return "lockfile" }

// Rules are those of lockfile.
func (l *Lockfile) Rules() []gate.Rule {
	return []gate.Rule{ruleUnsupported, ruleSyntax, ruleIntegrityMissing, ruleIntegrityWeak, ruleIntegrityWrong, ruleAdvisory, ruleInsecureSource, ruleForeignSource, ruleOutOfStep, ruleVersion}
}

// Validate checks the ranges.
func (l *Lockfile) Validate() []check.Mistake {
	ms := l.Mistakes()
	if l.File == "" {
		ms = append(ms, check.Mistakef("", "file is required"))
	}
	for _, name := range slices.Sorted(maps.Keys(l.Packages)) {
		if _, err := goversion.NewConstraint(l.Packages[name]); err != nil {
			ms = append(ms, check.Mistakef("packages", "packages %q: range %q: want one like >=2.3.0 or ~>1.2", name, l.Packages[name]))
		}
	}
	return ms
}

// Check makes the check.
func (l *Lockfile) Check(env *check.Env) gate.Check {
	c := l.NewCheck("lockfile", "lockfile "+l.File, gate.PhasePre, l.Rules())
	if l.Online {
		c.Probes = []string{"GET the registry's entry of each package"}
	}
	if l.Advisories {
		c.Probes = append(c.Probes, "POST names and versions of the packages to the registry's "+advisoriesPath)
	}
	c.Run = func(ctx context.Context) gate.Result { return l.run(ctx, env) }
	return c
}

func (l *Lockfile) run(ctx context.Context, env *check.Env) gate.Result {
	path := l.ResolvePath(env, l.File)
	data, err := readfile.Text(path, maxLockfile)
	if err != nil {
		return gate.Undecided(err)
	}
	at := place{file: check.ShowPath(env, path)}
	file, err := lockfile.Parse(path, data)
	if err != nil {
		return gate.Result{Findings: []gate.Finding{at.refused(err)}}
	}
	res := gate.Result{Evidence: map[string]any{"format": file.Format, "packages": len(file.Packages)}}
	res.Findings = append(res.Findings, at.integrity(file)...)
	res.Findings = append(res.Findings, at.sources(file, l.Hosts)...)
	res.Findings = append(res.Findings, at.versions(file, l.Packages)...)
	inStep, err := l.inStep(env, path, file)
	res.Findings, res.Err = append(res.Findings, inStep...), err
	if l.Online && err == nil {
		online, err := compareOnline(ctx, env, at, file)
		res.Findings, res.Err = append(res.Findings, online...), err
	}
	if l.Advisories && res.Err == nil {
		known, err := askAdvisories(ctx, env, at, file)
		res.Findings, res.Err = append(res.Findings, known...), err
	}
	if len(file.Packages) == 0 && len(res.Findings) == 0 && res.Err == nil {
		res.Skip, res.SkipGroup = at.file+" locks no package: nothing was looked at", "no package"
	}
	return res
}

// place makes the findings of one file.
type place struct{ file string } // as reports show it

func (at place) finding(rule gate.Rule, message, hint string, line, column int) gate.Finding {
	f := rule.Finding(message, hint)
	f.Location = &gate.Location{File: at.file, Line: line, Column: column, EndLine: line}
	return f
}

// refused is the finding of a file that does not parse.
func (at place) refused(err error) gate.Finding {
	var syntax *lockfile.SyntaxError
	if errors.As(err, &syntax) {
		return at.finding(ruleSyntax,
			at.file+": "+syntax.Message,
			"restore it from version control, or rewrite it with the package manager", syntax.Line, syntax.Column)
	}
	return at.finding(ruleUnsupported, at.file+": "+err.Error(), "give a file of a supported format", 1, 1)
}

// integrity finds entries without a usable hash.
func (at place) integrity(file *lockfile.File) []gate.Finding {
	var out []gate.Finding
	for _, p := range file.Packages {
		if p.Bundled || p.Source == lockfile.Git || p.Source == lockfile.Local {
			continue
		}
		what := p.Name + " " + p.Version
		switch {
		case p.Algorithm == "sha1" || p.Algorithm == "md5":
			out = append(out, at.finding(ruleIntegrityWeak,
				fmt.Sprintf("%s has only a %s hash, expected sha512", what, p.Algorithm),
				"rewrite the entry with a current version of the package manager", p.Line, p.Column))
		case p.Algorithm != "":
		case p.BadHash != "":
			out = append(out, at.finding(ruleIntegrityMissing,
				fmt.Sprintf("%s: %s", what, p.BadHash),
				"rewrite the entry with the package manager", p.Line, p.Column))
		default:
			out = append(out, at.finding(ruleIntegrityMissing,
				what+" has no hash, expected sha512",
				"rewrite the entry with the package manager", p.Line, p.Column))
		}
	}
	return out
}

// sources finds addresses that are not encrypted, or not on an allowed host: one
// of hosts, or by default the usual host.
func (at place) sources(file *lockfile.File, hosts []string) []gate.Finding {
	var out []gate.Finding
	allowed, listed := hosts, len(hosts) > 0
	if !listed {
		allowed = usualHosts(file)
	}
	for _, p := range file.Packages {
		u, err := url.Parse(strings.TrimPrefix(p.Resolved, "git+"))
		if err != nil || u.Host == "" {
			continue
		}
		what := fmt.Sprintf("%s %s comes from %s", p.Name, p.Version, quote.Clip(gate.RedactURL(u.String())))
		if u.Scheme == "http" || u.Scheme == "git" {
			out = append(out, at.finding(ruleInsecureSource, what+", expected https", "use an https address", p.Line, p.Column))
		}
		if (listed || p.Source != lockfile.Git) && !hostAllowed(u.Hostname(), allowed) {
			out = append(out, at.finding(ruleForeignSource,
				fmt.Sprintf("%s, expected %s", what, strings.Join(allowed, " or ")),
				"check the address; if it is correct, list its host under hosts", p.Line, p.Column))
		}
	}
	return out
}

// usualHosts is the host that most of the file's packages come from, or several
// hosts that have the same number of packages.
func usualHosts(file *lockfile.File) []string {
	count, most := map[string]int{}, 0
	for _, p := range file.Packages {
		if u, err := url.Parse(p.Resolved); err == nil && u.Host != "" && p.Source == lockfile.Registry {
			count[u.Hostname()]++
			most = max(most, count[u.Hostname()])
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(count)), func(host string) bool { return count[host] < most })
}

func hostAllowed(host string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		a = strings.TrimPrefix(strings.TrimPrefix(a, "https://"), "http://")
		a, _, _ = strings.Cut(a, "/")
		suffix, wild := strings.CutPrefix(a, "*.")
		return strings.EqualFold(host, a) || wild && strings.HasSuffix(strings.ToLower(host), "."+strings.ToLower(suffix))
	})
}

// versions finds packages that are locked outside of the wanted ranges, or not
// at all.
func (at place) versions(file *lockfile.File, packages map[string]string) []gate.Finding {
	var out []gate.Finding
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		want, found := packages[name], false
		for _, p := range file.Packages {
			if p.Name != name {
				continue
			}
			found = true
			if !check.Satisfies(p.Version, want) {
				out = append(out, at.finding(ruleVersion,
					fmt.Sprintf("%s is locked at %s, expected %s", name, p.Version, want),
					"change the manifest's range and install again", p.Line, p.Column))
			}
		}
		if !found {
			out = append(out, at.finding(ruleVersion,
				fmt.Sprintf("%s is not locked, expected %s", name, want),
				"add it to the manifest and install", 1, 1))
		}
	}
	return out
}

// inStep compares the lockfile with its manifest.
func (l *Lockfile) inStep(env *check.Env, path string, file *lockfile.File) ([]gate.Finding, error) {
	manifest := filepath.Join(filepath.Dir(path), lockfile.ManifestName(path))
	if l.Manifest != "" {
		manifest = l.ResolvePath(env, l.Manifest)
	}
	data, err := readfile.Text(manifest, maxLockfile)
	if err != nil {
		if l.Manifest == "" {
			return nil, nil // there is none next to the file, and none is named
		}
		return nil, err
	}
	at := place{file: check.ShowPath(env, manifest)}
	requests, err := lockfile.ParseManifest(manifest, data)
	if err != nil {
		return []gate.Finding{at.refused(err)}, nil
	}
	var out []gate.Finding
	for _, r := range file.InStep(requests) {
		out = append(out, at.finding(ruleOutOfStep,
			fmt.Sprintf("%s requires %s %s, which %s does not have", filepath.Base(manifest), r.Name, r.Range, filepath.Base(path)),
			"run the package manager's install and commit the lockfile", r.Line, r.Column))
	}
	return out, nil
}
