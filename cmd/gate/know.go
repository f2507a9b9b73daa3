package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/learn"
)

// The values of --learn.
const (
	learnAuto = "auto"
	learnOff  = "off"
	// learnLocal is what commands do that send nothing: only files are read.
	learnLocal = "local"
)

// learnTimeout bounds what a run spends on learning one release from GitHub.
const learnTimeout = 90 * time.Second

// know gives the checks what is known of releases: the built-in catalogue, over
// it what --catalogue names, and what is learned of a version that both lack.
// The files beside the operator's own come last and count only where nothing
// else knows the release: where it is known, the operator's files are what is
// judged, and no measure.
func (p *process) know(ctx context.Context, s *settings, env *check.Env, from, to string) error {
	c, err := dify.Load()
	if err != nil {
		return err
	}
	if c, err = p.withCatalogues(ctx, c, s.catalogue, trusted(s.network)); err != nil {
		return err
	}
	env.Sources = map[string]string{}
	for _, version := range []string{from, to} {
		plain := strings.TrimPrefix(version, "v")
		if r, known := c.Release(version); known {
			if r.Tag().Learned != "" {
				env.Sources[plain] = "--catalogue"
			}
			continue
		}
		if !dify.IsVersion(plain) {
			continue // the checks say so
		}
		facts, reason := p.learnUnknown(ctx, s, env, version)
		if facts == nil {
			env.Sources[version] = reason
			continue
		}
		if c, err = c.With(facts); err != nil {
			return err
		}
		env.Sources[facts.Version] = sourceOf(facts)
	}
	env.Catalogue = c
	return nil
}

// knowTarget gives a command that follows paths what --catalogue names, and what
// the files say of a target that the catalogue lacks. No release is downloaded.
func (p *process) knowTarget(ctx context.Context, env *check.Env, catalogues []string) error {
	to := env.To
	if to == "" && env.Dir != "" {
		to, _ = env.Target() // the reader of the files reports what is wrong with them
	}
	return p.know(ctx, &settings{catalogue: catalogues, learn: learnLocal, network: env.Network}, env, to, to)
}

// sourceOf says where facts were read, and how much of it was not.
func sourceOf(f *dify.Facts) string {
	text := f.Source.From
	if len(f.Source.Commit) >= 7 {
		text += " at " + f.Source.Commit[:7]
	}
	if n := len(f.Unread); n > 0 {
		text += ", " + plural(n, "place") + " of it not read"
	}
	return text
}

// learnUnknown learns a release that the catalogue lacks: from a checkout round
// --dir, from the cache or GitHub, or from the files beside the operator's own.
// Without facts the reason says what was tried.
func (p *process) learnUnknown(ctx context.Context, s *settings, env *check.Env, version string) (*dify.Facts, string) {
	if s.learn == learnOff {
		return nil, "--learn off"
	}
	var tried []string
	if env.Dir != "" {
		root, facts, err := learn.Around(ctx, env.Dir, version)
		switch {
		case err != nil:
			tried = append(tried, fmt.Sprintf("the checkout %s: %v", p.short(root), err))
		case facts != nil:
			facts.Source.From = "the checkout " + p.short(root)
			return facts, ""
		}
	}
	if s.learn != learnLocal {
		facts, err := p.learnFromGitHub(ctx, s, version)
		if err == nil {
			return facts, ""
		}
		tried = append(tried, err.Error())
	}
	if env.Dir != "" {
		facts, err := learn.Beside(ctx, env.Dir, version)
		switch {
		case err != nil:
			tried = append(tried, err.Error())
		case facts != nil:
			facts.Source.From = "the release's files in " + p.short(env.Dir)
			return facts, ""
		}
	}
	return nil, strings.Join(tried, "; ")
}

func (p *process) learnFromGitHub(ctx context.Context, s *settings, version string) (*dify.Facts, error) {
	o := p.learning(s.network, s.cfg, s.githubToken)
	o.Version, o.Source, o.Cached = version, "github", true
	if strings.HasPrefix(s.changelog, "github:") {
		o.Source = s.changelog
	}
	o.GitHub.Timeout = learnTimeout
	meter := p.meter("reading the source of "+version, false)
	defer meter.close()
	o.GitHub.Progress = meter.set
	return learn.Learn(ctx, o)
}
