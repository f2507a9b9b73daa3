package release

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// runningTimeout bounds the one request of from: auto.
const runningTimeout = 10 * time.Second

// RunningVersion asks the deployment once for the version that runs: every
// answer of Dify's API carries it in X-Version, whatever the answer is
// (dify-facts 1.1). env.URL must be set.
func RunningVersion(ctx context.Context, env *check.Env) (string, error) {
	base := env.URL
	if env.APIURL != nil {
		base = env.APIURL
	}
	u := base.JoinPath("/v1/parameters")
	ctx, cancel := context.WithTimeout(ctx, runningTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	a, err := probe.Exchange(ctx, env.Network, req, false)
	if err != nil && a.Status == 0 {
		return "", fmt.Errorf("GET %s: %w", u.Redacted(), withoutURL(err))
	}
	version := a.Header.Get("X-Version")
	if _, err := changelog.ParseVersion(version); err != nil {
		return "", fmt.Errorf("GET %s: status %d and no version in the header X-Version, want an answer of Dify's API (or --from VERSION)", u.Redacted(), a.Status)
	}
	return version, nil
}

// UnknownRange is the changelog check of a run that does not know its range.
type UnknownRange struct {
	check.Base
	// Reason says why the range is not known.
	Reason string
	// Skipped: nobody named a version, so that nothing is missed; else the
	// verdict hangs on it.
	Skipped bool
}

// Kind is changelog.
func (r *UnknownRange) Kind() string { return "changelog" }

// Rules are none of its own: it never reports a finding.
func (r *UnknownRange) Rules() []gate.Rule { return nil }

// Validate finds nothing: no file holds such an entry.
func (r *UnknownRange) Validate() []check.Mistake { return nil }

// Check makes the check.
func (r *UnknownRange) Check(*check.Env) gate.Check {
	c := gate.Check{Kind: "changelog", Name: "changelog", Phase: gate.PhasePre}
	if r.Skipped {
		c.Skip = r.Reason
	}
	c.Run = func(context.Context) gate.Result { return gate.Undecided(errors.New(r.Reason)) }
	return c
}

// withoutURL drops the URL that net/http puts before its errors.
func withoutURL(err error) error {
	var uerr *url.Error
	if errors.As(err, &uerr) {
		return uerr.Err
	}
	return err
}
