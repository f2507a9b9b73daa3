package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// settings are what a run goes by, flags, environment, file and defaults taken
// together.
type settings struct {
	cfg         *config.Config // nil without a file
	from, to    string         // a version or auto
	dir         string         // absolute, "" when there is none
	url         *url.URL
	changelog   string // github, github:…, a URL or a path
	catalogue   []string
	learn       string         // auto or off
	baseline    string         // an earlier report, "" for none
	kept        *gate.Baseline // instead of it: what gate serve has kept
	phase       gate.Phase
	dryRun      bool
	policy      gate.Policy
	concurrency int
	timeout     time.Duration
	wait        time.Duration
	profile     bool
	apiKey      gate.Secret
	githubToken gate.Secret
	gitlabToken gate.Secret
	comment     bool
	network     *probe.Network
}

// loadConfig reads the file named, or the first of the usual ones; nil without
// any. builtin tells that a profile may add checks. Misspelt names in the
// environment are refused here, since the file may use such names itself.
func (p *process) loadConfig(ctx context.Context, file, dir string, builtin bool) (*config.Config, error) {
	used := map[string]bool{}
	if file == "" {
		found, err := config.Find(p.dir)
		if err != nil {
			return nil, usageError(err)
		}
		if file = found; file == "" {
			return nil, p.refuseMisspelt(used)
		}
	}
	lookup := func(name string) (string, bool) {
		used[name] = true
		return p.lookup(name)
	}
	opts := config.Options{WorkDir: p.dir, Dir: dir, LookupEnv: lookup, Now: time.Now(), Builtin: builtin}
	load := config.Load
	if file == "-" {
		load = p.configFromStdin
	}
	cfg, err := within(ctx, func() (*config.Config, error) { return load(file, opts) })
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, usage("%s: not read to its end in time, want a file, or a pipe that is written to", file)
	case errors.Is(err, context.Canceled):
		return nil, &exitError{exitInterrupted, errors.New("interrupted")}
	case err != nil:
		return nil, usageError(err)
	}
	return cfg, p.refuseMisspelt(used)
}

// configFromStdin reads the file from stdin, as if it lay in the working
// directory.
func (p *process) configFromStdin(_ string, opts config.Options) (*config.Config, error) {
	data, err := io.ReadAll(io.LimitReader(p.stdin, config.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("stdin: %w", err)
	}
	return config.Parse("stdin", data, opts)
}

// loadSettings brings flags and file together. Every error is one of the input.
func (p *process) loadSettings(ctx context.Context, o *runOptions, flags *pflag.FlagSet) (*settings, error) {
	patience := configPatience
	if o.timeout > 0 {
		patience = min(patience, o.timeout)
	}
	reading, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg, err := p.loadConfig(reading, o.config, o.dir, true)
	if err != nil {
		return nil, err
	}
	s := &settings{
		cfg: cfg, from: o.from, to: o.to, changelog: o.changelog, phase: gate.Phase(o.phase), dryRun: o.dryRun,
		policy: gate.Policy{FailOn: gate.FailOn(o.failOn)}, concurrency: o.concurrency, timeout: o.timeout, wait: o.wait,
		catalogue: o.catalogue, learn: o.learn, baseline: o.baseline, profile: true, apiKey: o.apiKey, githubToken: o.githubToken,
		gitlabToken: o.gitlabToken, comment: o.comment,
	}
	s.dir = o.dir
	rawURL := o.url
	if cfg != nil {
		s.fromFile(cfg, flags.Changed)
		if rawURL == "" {
			rawURL = cfg.Dify.URL
		}
	}
	switch {
	case s.changelog == "":
		return nil, usage("--changelog: empty, want github, github:OWNER/REPO, a file, a URL, or - for stdin")
	case s.changelog == "-":
		s.changelog = "/dev/stdin"
	case config.IsPath(s.changelog):
		s.changelog = p.abs(s.changelog)
	}
	if s.url, err = baseURL("--url", rawURL); err != nil {
		return nil, err
	}
	p.maskSecrets(s.secrets())
	if err := s.valid(); err != nil {
		return nil, err
	}
	if s.dir, err = p.dirOrDefault(s.dir); err != nil {
		return nil, err
	}
	if err := p.notesThere(s.changelog); err != nil {
		return nil, err
	}
	s.network, err = p.network(o.network)
	if err != nil {
		return nil, usageError(err)
	}
	return s, nil
}

// fromFile takes from the file what no flag gave.
func (s *settings) fromFile(cfg *config.Config, given func(flag string) bool) {
	set := func(flag string, to *string, value string) {
		if !given(flag) && value != "" {
			*to = value
		}
	}
	set("from", &s.from, cfg.Upgrade.From)
	set("to", &s.to, cfg.Upgrade.To)
	set("changelog", &s.changelog, cfg.Changelog.Source)
	set("dir", &s.dir, cfg.Dify.Dir)
	set("learn", &s.learn, cfg.Dify.Learn)
	set("baseline", &s.baseline, cfg.Baseline)
	if !given("catalogue") {
		s.catalogue = cfg.Dify.Catalogue
	}
	if !given("api-key") && !cfg.Dify.APIKey.Empty() {
		s.apiKey = cfg.Dify.APIKey
	}
	failOn := s.policy.FailOn
	s.policy = cfg.GatePolicy()
	if given("fail-on") || s.policy.FailOn == "" {
		s.policy.FailOn = failOn
	}
	if !given("concurrency") && cfg.Run.Concurrency > 0 {
		s.concurrency = cfg.Run.Concurrency
	}
	if !given("timeout") && cfg.Run.Timeout > 0 {
		s.timeout = cfg.Run.Timeout.Of()
	}
	if !given("wait") && cfg.Run.Wait > 0 {
		s.wait = cfg.Run.Wait.Of()
	}
	s.profile = cfg.Dify.Profile != "none"
}

// valid finds values that no type excludes.
func (s *settings) valid() error {
	switch {
	case s.concurrency < 1 || s.concurrency > 10_000:
		return usage("--concurrency %d: want 1 to 10000", s.concurrency)
	case s.timeout <= 0:
		return usage("--timeout %s: want more than 0s", s.timeout)
	case s.wait < 0:
		return usage("--wait %s: want 0s or more", s.wait)
	}
	return nil
}

// notesThere looks for the release notes when they are a file, before anything
// is sent: a run without them ends in a usage error and asks nobody.
func (p *process) notesThere(source string) error {
	if !filepath.IsAbs(source) {
		return nil
	}
	shown := p.shown(source)
	err := check.NeedFile(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage("--changelog %s: %s, want a file, a URL, or github", shown, err)
	case err != nil:
		return usage("--changelog %s: %s", shown, err)
	}
	return nil
}

func (p *process) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.dir, path)
}

// baseURL reads an address of the deployment; nil for "".
func baseURL(what, raw string) (*url.URL, error) {
	if raw == "" {
		return nil, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usage("%s %q: want an address like https://dify.example.com", what, gate.RedactURL(raw))
	}
	return u, nil
}

// osError is a file error without the path, which the message names already.
func osError(err error) error {
	var perr *os.PathError
	if errors.As(err, &perr) {
		return perr.Err
	}
	return err
}

// env is what the checks share.
func (p *process) env(s *settings, now time.Time) (*check.Env, error) {
	env := p.newEnv(s.network, s.dir)
	env.URL, env.APIKey, env.Now = s.url, s.apiKey, now
	if s.cfg == nil {
		return env, nil
	}
	for _, f := range []struct {
		to   **url.URL
		what string
		raw  string
	}{
		{&env.ConsoleURL, "dify.console_url", s.cfg.Dify.ConsoleURL},
		{&env.APIURL, "dify.api_url", s.cfg.Dify.APIURL},
		{&env.AppURL, "dify.app_url", s.cfg.Dify.AppURL},
		{&env.FilesURL, "dify.files_url", s.cfg.Dify.FilesURL},
	} {
		u, err := baseURL(fmt.Sprintf("%s: %s", s.cfg.File, f.what), f.raw)
		if err != nil {
			return nil, err
		}
		*f.to = u
	}
	return env, nil
}
