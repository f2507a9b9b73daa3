package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// Changelog reads the notes of the releases in (from, to] and compares what
// they demand with the operator's files. It is part of every run with a range and has
// no list under checks in gate.yaml.
type Changelog struct {
	check.Base
	Source   string      // github, github:OWNER/REPO, a URL or a path
	Product  string      // name in the tags of the releases to read; "": that of the target's release
	API      string      // GitHub's API, for an enterprise server or a mirror
	Block    []string    // kinds of changes that are errors; nil: defaultBlock
	Token    gate.Secret // for GitHub's API
	CacheDir string      // where answers are kept; empty: nowhere
	// MaxAge is how old an answer of the cache may be when the source is out of
	// reach; 0: defaultMaxAge.
	MaxAge time.Duration
	// Ahead: both ends were found by themselves, so that of equal ones it is asked
	// what later releases say.
	Ahead bool
}

// defaultMaxAge: notes of yesterday are worth more than none; older ones may lack
// the release that matters.
const defaultMaxAge = 24 * time.Hour

// defaultBlock are the kinds of changes that are errors unless gate.yaml says
// otherwise.
var defaultBlock = []string{"breaking", "action", "migration", "removal"}

// changelogTimeout bounds the whole check: several pages may be read.
const changelogTimeout = 2 * time.Minute

// requestTimeout bounds one request for release notes.
const requestTimeout = 10 * time.Second

// Kind is changelog.
func (c *Changelog) Kind() string { return "changelog" }

// Rules are those of changelog.
func (c *Changelog) Rules() []gate.Rule { return changelogRules() }

// Validate checks the common part.
func (c *Changelog) Validate() []check.Mistake { return c.Mistakes() }

// Check makes the check.
func (c *Changelog) Check(env *check.Env) gate.Check {
	out := c.NewCheck("changelog", "changelog", gate.PhasePre, changelogRules())
	if c.Timeout.Of() <= 0 {
		out.Timeout = changelogTimeout
	}
	out.Secrets = []gate.Secret{c.Token}
	out.Run = func(ctx context.Context) gate.Result { return c.run(ctx, env) }
	return out
}

// changelogRun is one run of the check.
type changelogRun struct {
	env     *check.Env
	spec    *Changelog
	reading changelog.Reading
	// releases are all that the source has.
	releases []changelog.Release
	files    operatorFiles
	out      gate.Result
	// neighbour is what the releases are of when that is not Dify itself.
	neighbour string
}

func (c *Changelog) run(ctx context.Context, env *check.Env) gate.Result {
	r := &changelogRun{env: env, spec: c}
	from, err := changelog.ParseVersion(env.From)
	if err != nil {
		return gate.Undecided(fmt.Errorf("from: %w", err))
	}
	to, err := changelog.ParseVersion(env.To)
	if err != nil {
		return gate.Undecided(fmt.Errorf("to: %w", err))
	}
	r.out.Upgrade = &gate.Upgrade{From: env.From, To: env.To, Releases: []string{}}
	r.out.Evidence = map[string]any{"from": env.From, "to": env.To}
	switch cmp := from.Compare(to); {
	case cmp == 0:
		r.sameVersion(ctx, to)
		return r.out
	case cmp > 0:
		r.downgrade()
		return r.out
	}
	if err := r.read(ctx, changelog.Need{From: from, To: to}); err != nil {
		r.out.Err = err
		if temporary := (*changelog.UnreachableError)(nil); errors.As(err, &temporary) && temporary.Temporary {
			r.out.Retry = gate.RetrySoon
		}
		return r.out
	}
	if !r.reading.Range.ToKnown {
		return r.out // without its end the range means nothing
	}
	r.files = readOperatorFiles(env)
	if r.files.note != "" {
		r.out.Evidence["dir"] = r.files.note
	}
	r.changes()
	r.regressions()
	r.coverage()
	r.gaps()
	return r.out
}

// read loads the source and reads the range.
func (r *changelogRun) read(ctx context.Context, need changelog.Need) error {
	options := changelog.Options{API: r.spec.API, Timeout: requestTimeout, Token: r.spec.Token.Reveal(), CacheDir: r.spec.CacheDir, Now: time.Now}
	if r.env.Network != nil && r.env.Network.Transport != nil {
		options.Client = &http.Client{Transport: trusting(r.env.Network.Transport)}
	}
	source, err := changelog.OpenSource(r.spec.Source, options)
	if err != nil {
		return err
	}
	r.out.Evidence["source"] = r.show(source.String())
	loaded, err := source.Load(ctx, need)
	if err != nil {
		return err
	}
	advisories, err := changelog.Advisories()
	if err != nil {
		return err
	}
	releases, _ := changelog.OfProduct(loaded.Releases, r.spec.Product, need.To)
	r.releases = releases
	if r.neighbour = changelog.Neighbour(releases, source.String()); r.neighbour != "" {
		advisories = nil
		r.out.Evidence["product"] = r.neighbour
		r.out.Upgrade.Coverage.Notes = append(r.out.Upgrade.Coverage.Notes, "the releases are not Dify's own ("+r.neighbour+"): what is known of those was left aside")
	}
	selected := changelog.SelectRange(releases, need.From, need.To)
	r.reading = changelog.Read(selected, advisories)
	for i, ch := range r.reading.Changes {
		r.reading.Changes[i].URL = r.ownLink(ch.URL)
	}
	if loaded.Cached != "" {
		r.out.Upgrade.Coverage.Notes = append(r.out.Upgrade.Coverage.Notes, loaded.Cached)
		r.out.Evidence["cache"] = loaded.Cached
	}
	if slices.ContainsFunc(loaded.Releases, func(r changelog.Release) bool { return r.Described }) {
		r.out.Upgrade.Coverage.Notes = append(r.out.Upgrade.Coverage.Notes, "the releases have GitLab's form: description is read as the body")
	}
	for _, v := range r.reading.Coverage.Empty {
		r.out.Upgrade.Coverage.Notes = append(r.out.Upgrade.Coverage.Notes, "the notes of "+v.String()+" have no text")
	}
	if most := cmp.Or(r.spec.MaxAge, defaultMaxAge); loaded.Age > most {
		r.out.Err = fmt.Errorf("%s cannot be reached, and its answer in the cache is %s old, more than %s (changelog.max_age); try again, or pass the notes as a file with --changelog FILE",
			r.show(source.String()), loaded.Age.Round(time.Minute), most)
	}
	if !selected.ToKnown {
		near := "it names no releases"
		if len(selected.Nearest) > 0 {
			near = "the nearest it has: " + changelog.JoinVersions(selected.Nearest)
		}
		r.out.Err = fmt.Errorf("%s does not have release %s; %s", r.show(source.String()), need.To, near)
	}
	return nil
}

// ownLink is a link that a report may call the change's source: one to GitHub, to the
// server that the notes came from, or to that of changelog.api. Notes are written by
// others and may name any address; "" for every other one.
func (r *changelogRun) ownLink(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return ""
	}
	if strings.EqualFold(u.Host, "github.com") {
		return raw
	}
	for _, own := range []string{r.spec.Source, r.spec.API} {
		source, err := url.Parse(own)
		if err == nil && source.Host != "" && (strings.EqualFold(u.Host, source.Host) || strings.EqualFold("api."+u.Host, source.Host)) {
			return raw
		}
	}
	return ""
}

// trusting is the network's transport without what concerns the deployment
// alone: release notes and the token go to a server with a good certificate,
// whatever --insecure says, and no client certificate is shown to it.
func trusting(t *http.Transport) *http.Transport {
	t = t.Clone()
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.InsecureSkipVerify = false
		t.TLSClientConfig.Certificates = nil
		t.TLSClientConfig.GetClientCertificate = nil
	}
	return t
}

// show is a source's name as reports have it: a path relative to the working
// directory, everything else as it is.
func (r *changelogRun) show(source string) string {
	if source == r.spec.Source && !strings.Contains(source, ":") && source != "github" {
		return check.ShowPath(r.env, source)
	}
	return source
}

// gaps makes what was not read an error: a release that the catalogue knows
// and the source lacks, and what went over a limit.
func (r *changelogRun) gaps() {
	var reasons []string
	if catalogue, err := r.env.Facts(); err == nil && r.neighbour == "" {
		var known []changelog.Version
		for _, s := range catalogue.Versions() {
			if v, err := changelog.ParseVersion(s); err == nil {
				known = append(known, v)
			}
		}
		if missing := r.reading.Range.Missing(known); len(missing) > 0 {
			reasons = append(reasons, fmt.Sprintf("the source lacks %s of the range", changelog.JoinVersions(missing)))
		}
	}
	for i, cut := range r.reading.Coverage.Cut {
		if i == 3 {
			reasons = append(reasons, fmt.Sprintf("and %d more such places", len(r.reading.Coverage.Cut)-i))
			break
		}
		reasons = append(reasons, fmt.Sprintf("the notes of %s were not read to the end: line %d, %s", cut.Version, cut.Line, cut.Reason))
	}
	if len(reasons) > 0 {
		r.out.Err = errors.New(strings.Join(reasons, "; "))
	}
}

// coverage says what was read.
func (r *changelogRun) coverage() {
	u, c := r.out.Upgrade, r.reading.Coverage
	for _, v := range r.reading.Range.Versions() {
		u.Releases = append(u.Releases, v.String())
	}
	u.Coverage.Releases, u.Coverage.Entries, u.Coverage.Changes = c.Releases, c.Entries, c.Changes
	u.Coverage.Unclassified = len(c.Unclassified)
	for i, e := range c.Unclassified {
		if i == 50 {
			break
		}
		u.Coverage.Listed = append(u.Coverage.Listed, gate.Unclassified{Version: e.Version.String(), Text: check.InOneLine(e.Text, 300), Location: r.location(e.Location)})
	}
	for _, cut := range c.Cut {
		u.Coverage.Cut = append(u.Coverage.Cut, fmt.Sprintf("%s line %d: %s", cut.Version, cut.Line, cut.Reason))
	}
	if len(c.Ahead) > 0 {
		r.out.Evidence["looked_ahead"] = changelog.JoinVersions(c.Ahead)
	}
}

// location is a place of the notes; the file of a local source is relative to
// the working directory.
func (r *changelogRun) location(l changelog.Location) *gate.Location {
	if l.Line == 0 {
		return nil
	}
	return &gate.Location{File: r.show(l.File), Line: l.Line, Column: l.Column, EndLine: l.EndLine}
}

// local reports whether the notes stand in a file that a reader can open.
func (r *changelogRun) local() bool {
	s := r.spec.Source
	return s != "" && s != "github" && !strings.HasPrefix(s, "github:") && !strings.Contains(s, "://")
}
