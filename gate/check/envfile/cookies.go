package envfile

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// pageHost is the host of the console's pages: CONSOLE_WEB_URL, else what
// gate.yaml or --url says. The place is empty for the latter.
func (r *envRun) pageHost() (host, by string, at deployment.Place) {
	if u, g := r.urlOf("CONSOLE_WEB_URL"); u != nil {
		return strings.ToLower(u.Hostname()), "CONSOLE_WEB_URL", g.Place
	}
	for _, given := range []struct {
		u  *url.URL
		by string
	}{{r.env.ConsoleURL, "dify.console_url"}, {r.env.URL, "dify.url"}} {
		if given.u != nil && !isLocal(given.u.Hostname()) {
			return strings.ToLower(given.u.Hostname()), given.by, deployment.Place{}
		}
	}
	return "", "", deployment.Place{}
}

// cookieDomain compares COOKIE_DOMAIN with the hosts of console and API: the
// session's cookies must reach both (Dify 1.10.0 and later).
func (r *envRun) cookieDomain() {
	cookie, known := r.value("COOKIE_DOMAIN")
	if r.want.release != nil {
		if _, has := r.want.release.EnvVar("COOKIE_DOMAIN"); !has {
			return
		}
	} else if !known {
		return
	}
	page, pageBy, pageAt := r.pageHost()
	api, apiAt := "", given{}
	if u, g := r.urlOf("CONSOLE_API_URL"); u != nil && !r.isService(u.Hostname()) {
		api, apiAt = strings.ToLower(u.Hostname()), g
	}
	domain := strings.ToLower(strings.TrimPrefix(cookie.Text, "."))
	if domain == "" {
		if page != "" && api != "" && page != api {
			at, related := pageAt, []deployment.Place{apiAt.Place}
			if at.File == "" {
				at, related = apiAt.Place, nil
			}
			r.add(ruleInconsistent, "COOKIE_DOMAIN", fmt.Sprintf("%s (%s) and CONSOLE_API_URL (%s) have different hosts and COOKIE_DOMAIN is empty: nobody can log in", pageBy, page, api),
				"set COOKIE_DOMAIN of the api to the domain that both hosts share, and NEXT_PUBLIC_COOKIE_DOMAIN of the web front end to 1", at, related...)
		}
		return
	}
	for _, side := range []struct {
		host, by string
		at       deployment.Place
	}{{page, pageBy, pageAt}, {api, apiAt.Name, apiAt.Place}} {
		if side.host == "" || side.host == domain || strings.HasSuffix(side.host, "."+domain) {
			continue
		}
		r.add(ruleInconsistent, "COOKIE_DOMAIN", fmt.Sprintf("COOKIE_DOMAIN is %s and %s has the host %s: browsers refuse the cookie", domain, side.by, side.host),
			"set COOKIE_DOMAIN to the domain that all hosts share, or leave it empty", cookie.Place, side.at)
		return
	}
}
