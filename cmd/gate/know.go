package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/dify/learn"
)

// The values of --learn.
const (
	learnAuto = "auto"
	learnOff  = "off"
)

// learnTimeout bounds what a run spends on learning one release from GitHub.
const learnTimeout = 90 * time.Second

// know gives the checks what is known of releases: the built-in catalogue, over
// it what --catalogue names, and what is learned of a version that both lack.
// The files beside the operator's own come last and count only where nothing
// else knows the release: where it is known, the operator's files are what is
// judged, and no measure.
func (p *process) know(ctx context.Context, s *settings, env *check.Env, u *gate.Upgrade) error {
	c, err := dify.Load()
	if err != nil {
		return err
	}
	if c, err = p.withCatalogues(ctx, c, s.catalogue, trusted(s.network)); err != nil {
		return err
	}
	why := map[string]string{}
	for _, version := range []string{u.From, u.To} {
		if _, known := c.Release(version); known || !dify.IsVersion(strings.TrimPrefix(version, "v")) {
			continue
		}
		facts, reason := p.learnUnknown(ctx, s, env, version)
		if facts == nil {
			why[version] = reason
			continue
		}
		if c, err = c.With(facts); err != nil {
			return err
		}
		u.Learned = append(u.Learned, learned(facts))
	}
	for _, version := range []string{u.From, u.To} {
		k, err := c.Resolve(version)
		if version == "" || err != nil {
			continue // what is no version is said by the checks
		}
		switch {
		case !k.Exact:
			u.StandIns = append(u.StandIns, gate.StandIn{Version: version, Release: k.Version(), Why: why[version]})
		case k.Tag().Learned != "" && !hasLearned(u, k.Version()):
			u.Learned = append(u.Learned, gate.Learned{Version: k.Version(), From: "--catalogue", Commit: k.Tag().Commit})
		}
	}
	env.Catalogue = c
	return nil
}

func hasLearned(u *gate.Upgrade, version string) bool {
	for _, l := range u.Learned {
		if l.Version == version {
			return true
		}
	}
	return false
}

func learned(f *dify.Facts) gate.Learned {
	return gate.Learned{Version: f.Version, From: f.Source.From, Commit: f.Source.Commit, Unread: len(f.Unread)}
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
	facts, err := p.learnFromGitHub(ctx, s, version)
	if err == nil {
		return facts, ""
	}
	tried = append(tried, err.Error())
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
	o := p.learning(s.network, s.githubToken)
	o.Version, o.Source, o.Cached = version, "github", true
	if strings.HasPrefix(s.changelog, "github:") {
		o.Source = s.changelog
	}
	if s.cfg != nil && s.cfg.Changelog.API != "" {
		o.GitHub.API = s.cfg.Changelog.API
	}
	o.GitHub.Timeout = learnTimeout
	meter := p.meter("reading the source of "+version, false)
	defer meter.close()
	o.GitHub.Progress = meter.set
	return learn.Learn(ctx, o)
}
