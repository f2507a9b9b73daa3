package main

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
)

// notesAPI is where Dify's release notes are asked for when nothing says: the
// API of the forge that runs the job, unless that is a GitHub Enterprise Server,
// which does not have Dify. Empty is github.com's.
func (p *process) notesAPI() string {
	if server, err := url.Parse(p.getenv("GITHUB_SERVER_URL")); err == nil && server.Host != "" && !strings.EqualFold(server.Host, "github.com") {
		return ""
	}
	return p.getenv("GITHUB_API_URL")
}

// tokenFor is the token that may be sent to an API. One that nobody gave for this
// purpose goes to its own forge only, and over TLS: a changed gate.yaml in a pull
// request could have it sent anywhere else.
func (p *process) tokenFor(s *settings, api string) gate.Secret {
	if !p.ambientToken || s.githubToken.Empty() || p.ownForge(api) {
		return s.githubToken
	}
	if s.cfg != nil && s.cfg.Changelog.API != "" && strings.HasPrefix(s.changelog, "github") {
		p.warn("changelog.api: the environment's GitHub token is not sent to %s: it goes to its own forge alone, over https; give --github-token for another", gate.RedactURL(api))
	}
	return gate.Secret{}
}

// ownForge reports whether an API is that of the forge whose token the environment
// has.
func (p *process) ownForge(api string) bool {
	own, err := url.Parse(cmp.Or(p.getenv("GITHUB_API_URL"), changelog.DefaultAPI))
	if err != nil {
		return false
	}
	to, err := url.Parse(cmp.Or(api, changelog.DefaultAPI))
	return err == nil && to.Scheme == "https" && strings.EqualFold(to.Host, own.Host)
}
