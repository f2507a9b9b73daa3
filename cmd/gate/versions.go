package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// auto lets the gate find a version by itself.
const auto = "auto"

// versionRange is what a run knows of (from, to].
type versionRange struct {
	upgrade gate.Upgrade
	// complete tells that both ends are known.
	complete bool
	// missing stands in for the checks of the range when an end is not known;
	// nil when it is, or when nobody asked for a range.
	missing *missingRange
}

// versions resolves from and to. What is wrong with the input is an error; what
// could not be learned is a check that says so.
func (p *process) versions(ctx context.Context, s *settings, env *check.Env) (versionRange, error) {
	var r versionRange
	var err error
	if r.upgrade.To, r.upgrade.ToSource, err = target(s, env); err != nil {
		return r, err
	}
	if s.from != auto {
		r.upgrade.From, r.upgrade.FromSource = s.from, "given"
		if _, err := changelog.ParseVersion(s.from); err != nil {
			return r, usage("--from: %s", err)
		}
	}
	wanted := s.phase != gate.PhasePost
	switch {
	case r.upgrade.From != "" && r.upgrade.To == "" && wanted:
		return r, usage("--from %s without a target: want --to, or --dir with image tags to read it from", s.from)
	case r.upgrade.From != "" || r.upgrade.To == "":
		r.complete = r.upgrade.From != "" && r.upgrade.To != ""
		return r, nil
	case !wanted:
		return r, nil
	case s.url == nil && s.to == auto:
		r.missing = &missingRange{reason: "the running version is not known, want --from VERSION, or --url to ask the deployment", skip: true}
		return r, nil
	case s.dryRun:
		return r, usage("--from auto asks the deployment, and a dry run sends nothing: want --from VERSION")
	case s.url == nil && fromDir(s, env, &r.upgrade):
		r.complete = true
		return r, nil
	case s.url == nil:
		return r, usage("--from auto needs --url to ask the deployment, want it or --from VERSION")
	}
	if r.upgrade.From, err = ask(ctx, env); err != nil {
		r.missing = &missingRange{reason: "the running version could not be learned: " + err.Error()}
		return r, nil
	}
	r.upgrade.FromSource, r.complete = "X-Version of "+gate.RedactURL(s.url.String()), true
	return r, nil
}

// fromDir takes the running version from the operator's files: with nobody to
// ask, images older than the target are what runs until the deploy.
func fromDir(s *settings, env *check.Env, u *gate.Upgrade) bool {
	version, source := env.Target()
	from, err := changelog.ParseVersion(version)
	to, errTo := changelog.ParseVersion(s.to)
	if err != nil || errTo != nil || from.Compare(to) >= 0 {
		return false
	}
	u.From, u.FromSource = version, source+", without --url to ask"
	return true
}

// missingRange is the changelog check of a run that does not know its range.
type missingRange struct {
	check.Base
	reason string
	// skip: nobody named a version, so that nothing is missed; else the verdict
	// hangs on it.
	skip bool
}

// Kind is changelog.
func (m *missingRange) Kind() string { return "changelog" }

// Validate finds nothing: no file holds such an entry.
func (m *missingRange) Validate() []check.Mistake { return nil }

// Check makes the check.
func (m *missingRange) Check(*check.Env) gate.Check {
	c := gate.Check{Kind: "changelog", Name: "changelog", Phase: gate.PhasePre}
	if m.skip {
		c.Skip = m.reason
	}
	c.Run = func(context.Context) gate.Result { return gate.Undecided(errors.New(m.reason)) }
	return c
}

// target is the version to go to: the one given, or that of the images in the
// operator's directory.
func target(s *settings, env *check.Env) (version, source string, err error) {
	if s.to != auto {
		if _, err := changelog.ParseVersion(s.to); err != nil {
			return "", "", usage("--to: %s", err)
		}
		return s.to, "given", nil
	}
	version, source = env.Target()
	return version, source, nil
}

// askTimeout bounds the one request of from: auto.
const askTimeout = 10 * time.Second

// ask learns the running version: every answer of Dify's API carries it in
// X-Version, whatever the answer is (dify-facts 1.1).
func ask(ctx context.Context, env *check.Env) (string, error) {
	base := env.URL
	if env.APIURL != nil {
		base = env.APIURL
	}
	u := base.JoinPath("/v1/parameters")
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", env.UserAgent())
	resp, err := (&http.Client{Transport: env.Network.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}).Do(req)
	if err != nil {
		var uerr *url.Error
		if errors.As(err, &uerr) {
			err = uerr.Err
		}
		return "", fmt.Errorf("GET %s: %w", u.Redacted(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection is used again
	version := resp.Header.Get("X-Version")
	if _, err := changelog.ParseVersion(version); err != nil {
		return "", fmt.Errorf("GET %s: status %d and no version in the header X-Version, want an answer of Dify's API (or --from VERSION)", u.Redacted(), resp.StatusCode)
	}
	return version, nil
}
