package main

import (
	"context"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/release"
	"github.com/dify-gate/dify-gate/gate/config"
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
	missing *release.UnknownRange
}

// versions resolves from and to. What is wrong with the input is an error; what
// could not be learned is a check that says so.
func (p *process) versions(ctx context.Context, s *settings, env *check.Env) (versionRange, error) {
	var r versionRange
	var err error
	if r.upgrade.To, r.upgrade.ToSource, err = target(s, env); err != nil {
		return r, err
	}
	wanted := s.phase != gate.PhasePost
	switch {
	case s.from == "git:":
		return r, usage("--from git: without a revision, want git:REVISION, like git:main or git:v1.2")
	case config.AtCommit(s.from):
		if !wanted || r.upgrade.To == "" {
			break // the target is missing first
		}
		return r, p.atCommit(ctx, s, &r)
	case s.from != auto:
		r.upgrade.From, r.upgrade.FromSource = s.from, "given"
		if _, err := changelog.ParseVersion(s.from); err != nil {
			return r, usage("--from: %s", err)
		}
	}
	switch {
	case (r.upgrade.From != "" || config.AtCommit(s.from)) && r.upgrade.To == "" && wanted:
		return r, usage("--from %s without a target: want --to, or --dir with image tags to read it from", s.from)
	case r.upgrade.From != "" || r.upgrade.To == "":
		r.complete = r.upgrade.From != "" && r.upgrade.To != ""
		return r, nil
	case !wanted:
		return r, nil
	case s.url == nil && s.to == auto:
		r.missing = &release.UnknownRange{Reason: "the running version is not known, want --from VERSION, or --url to ask the deployment", Skipped: true}
		return r, nil
	case s.dryRun:
		return r, usage("--from auto asks the deployment, and a dry run sends nothing: want --from VERSION")
	case s.url == nil && fromDir(s, env, &r.upgrade):
		r.complete = true
		return r, nil
	case s.url == nil:
		return r, usage("--from auto needs --url to ask the deployment, want it or --from VERSION")
	}
	if r.upgrade.From, err = release.RunningVersion(ctx, env); err != nil {
		r.missing = &release.UnknownRange{Reason: "the running version is unknown: " + err.Error()}
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
