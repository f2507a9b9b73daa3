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

// forge is the API that GitHub is asked at, named or not, and the token that may be
// sent there. A token that nobody gave for this purpose goes to its own forge only,
// and over TLS: a changed gate.yaml in a pull request could have it sent anywhere else.
func (p *process) forge(named string, token gate.Secret) (api string, send gate.Secret) {
	if api = named; api == "" {
		api = p.notesAPI()
	}
	if !p.ambientToken || token.Empty() || p.ownForge(api) {
		return api, token
	}
	if named != "" {
		p.tokenKept.Do(func() {
			p.warn("changelog.api: the environment's GitHub token is not sent to %s: it only goes to its own forge, over https; use --github-token for another one", gate.RedactURL(api))
		})
	}
	return api, gate.Secret{}
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
