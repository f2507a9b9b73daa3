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
	Manifest   string            `yaml:"manifest" help:"package.json or pyproject.toml; by default the one beside the file, if there is one" kind:"path"`
	Hosts      []string          `yaml:"hosts" help:"hosts that packages may come from; by default the one that most of the file's packages come from"`
	Packages   map[string]string `yaml:"packages" help:"wanted version range by package name"`
	Online     bool              `yaml:"online" help:"compare hashes with the registry that the file names (npm protocol)"`
	Advisories bool              `yaml:"advisories" help:"ask the registry that the file names what is known against the locked versions (npm protocol; the names and versions are sent by POST)"`
}

// maxLockfile bounds what is read; large monorepos stay under 10 MiB.
const maxLockfile = 64 << 20

// Kind is lockfile.
func (l *Lockfile) Kind() string { return "lockfile" }

// Rules are those of lockfile.
func (l *Lockfile) Rules() []gate.Rule { return rules() }

func rules() []gate.Rule {
	rule := func(id string, s gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: s, Phase: gate.PhasePre, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("lockfile/unsupported", gate.Error, "a lockfile that cannot be read", "The file's name or version is none that the gate can parse.",
			"What is not read is not checked, and must not look as if it were.", "Give a file of a supported format, or update the gate.",
			"npm lockfileVersion 4, want package-lock.json or npm-shrinkwrap.json (v1 to v3), …"),
		rule("lockfile/syntax", gate.Error, "a broken lockfile", "The file does not parse, is empty, holds conflict marks, or refers to entries that it does not have.",
			"An installer stops at it, or quietly resolves everything anew.", "Restore the file from version control, or let the package manager write it again.",
			"web/yarn.lock: debug wants ms@^2.1.3, which has no entry: the file is cut off or was edited"),
		rule("lockfile/integrity-missing", gate.Error, "a package without a usable hash", "An entry that is fetched from a registry has no hash, or one that is cut or damaged.",
			"Without it the installer takes whatever the server sends.", "Let the package manager write the entry again, from a clean cache.",
			"debug 4.3.4 has no hash, want sha512"),
		rule("lockfile/integrity-weak", gate.Warning, "a hash that can be forged", "The only hash of an entry is SHA-1 or MD5.",
			"Collisions of both can be made.", "Let a current version of the package manager write the entry again.",
			"debug 4.3.4 is held by sha1 alone, want sha512"),
		rule("lockfile/integrity-wrong", gate.Error, "a hash that the registry contradicts", "With online: true the registry's hash of the version is another one.",
			"The lockfile, the mirror or the package was tampered with, or a version was published anew.", "Do not install; find out which of the two is right.",
			"debug 4.3.4: the lockfile's hash is not the registry's"),
		rule("lockfile/advisory", gate.Error, "a version with a known flaw", "With advisories: true the registry knows an advisory against a locked version; one that is neither high nor critical is a warning.",
			"Who knows the advisory knows how to use the flaw.", "Update the package, or waive the finding with the reason why the flaw does not reach you.",
			"ms 2.0.0: inefficient regular expression (high), want a version outside of <2.1.1"),
		rule("lockfile/insecure-source", gate.Error, "a package fetched without encryption", "An address starts with http: or git:.",
			"Anybody on the way can replace the package.", "Use https, or an address inside your own network that speaks it.",
			"debug 4.3.4 comes from http://registry.example/…, want https"),
		rule("lockfile/foreign-source", gate.Warning, "a package from an unexpected host", "An address is on a host that is not among those allowed, or not the one that the rest of the file uses.",
			"A single entry that points elsewhere is how a lockfile is poisoned.", "Check the address; if it is right, list its host under hosts.",
			"debug 4.3.4 comes from packages.evil.example, want registry.example"),
		rule("lockfile/out-of-step", gate.Error, "manifest and lockfile disagree", "The manifest asks for something that the lockfile does not answer.",
			"A frozen install fails, and one that is not frozen installs what nobody has tested.", "Run the package manager's install and commit the lockfile.",
			"package.json wants debug ^5.0.0, which package-lock.json does not have"),
		rule("lockfile/version", gate.Error, "a package in an unwanted version", "A package named under packages is locked in another version, or not at all.",
			"The version was asked for because another one breaks something.", "Change the manifest's range and install again.",
			"dify-client is locked at 2.1.0, want >=2.3.0"),
	}
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
	c := l.NewCheck("lockfile", "lockfile "+l.File, gate.PhasePre, rules())
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
		return gate.Result{Findings: []gate.Finding{at.broken(err)}}
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
	return res
}

// lockPlace makes findings in one lockfile.
type place struct{ file string }

func (at place) finding(id, message, hint string, line, column int) gate.Finding {
	f := check.Finding(rules(), id, message, hint)
	f.Location = &gate.Location{File: at.file, Line: line, Column: column, EndLine: line}
	return f
}

func (at place) broken(err error) gate.Finding {
	var syntax *lockfile.SyntaxError
	if errors.As(err, &syntax) {
		return at.finding("lockfile/syntax", at.file+": "+syntax.Message, "restore it from version control, or let the package manager write it again", syntax.Line, syntax.Column)
	}
	return at.finding("lockfile/unsupported", at.file+": "+err.Error(), "give a file of a supported format", 1, 1)
}

func (at place) integrity(file *lockfile.File) []gate.Finding {
	var out []gate.Finding
	for _, p := range file.Packages {
		if p.Bundled || p.Source == lockfile.Git || p.Source == lockfile.Local {
			continue
		}
		what := p.Name + " " + p.Version
		switch {
		case p.Algorithm == "sha1" || p.Algorithm == "md5":
			out = append(out, at.finding("lockfile/integrity-weak", fmt.Sprintf("%s is held by %s alone, want sha512", what, p.Algorithm), "let a current version of the package manager write the entry again", p.Line, p.Column))
		case p.Algorithm != "":
		case p.BadHash != "":
			out = append(out, at.finding("lockfile/integrity-missing", fmt.Sprintf("%s: %s, want a whole one", what, p.BadHash), "let the package manager write the entry again", p.Line, p.Column))
		default:
			out = append(out, at.finding("lockfile/integrity-missing", what+" has no hash, want sha512", "let the package manager write the entry again", p.Line, p.Column))
		}
	}
	return out
}

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
			out = append(out, at.finding("lockfile/insecure-source", what+", want https", "use an https address", p.Line, p.Column))
		}
		if (listed || p.Source != lockfile.Git) && !hostAllowed(u.Hostname(), allowed) {
			out = append(out, at.finding("lockfile/foreign-source", fmt.Sprintf("%s, want %s", what, strings.Join(allowed, " or ")), "check the address; if it is right, list its host under hosts", p.Line, p.Column))
		}
	}
	return out
}

// usualHosts is the host that most of the file's packages come from; several
// when they are level.
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
				out = append(out, at.finding("lockfile/version", fmt.Sprintf("%s is locked at %s, want %s", name, p.Version, want), "change the manifest's range and install again", p.Line, p.Column))
			}
		}
		if !found {
			out = append(out, at.finding("lockfile/version", fmt.Sprintf("%s is not locked, want %s", name, want), "add it to the manifest and install", 1, 1))
		}
	}
	return out
}

func (l *Lockfile) inStep(env *check.Env, path string, file *lockfile.File) ([]gate.Finding, error) {
	manifest := filepath.Join(filepath.Dir(path), lockfile.ManifestName(path))
	if l.Manifest != "" {
		manifest = l.ResolvePath(env, l.Manifest)
	}
	data, err := readfile.Text(manifest, maxLockfile)
	if err != nil {
		if l.Manifest == "" {
			return nil, nil // none beside the file, none asked for
		}
		return nil, err
	}
	at := place{file: check.ShowPath(env, manifest)}
	requests, err := lockfile.ParseManifest(manifest, data)
	if err != nil {
		return []gate.Finding{at.broken(err)}, nil
	}
	var out []gate.Finding
	for _, r := range file.InStep(requests) {
		out = append(out, at.finding("lockfile/out-of-step",
			fmt.Sprintf("%s wants %s %s, which %s does not have", filepath.Base(manifest), r.Name, r.Range, filepath.Base(path)),
			"run the package manager's install and commit the lockfile", r.Line, r.Column))
	}
	return out, nil
}
