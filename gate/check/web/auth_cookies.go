package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// loginCookies are those that Dify's console and web app sign in with, since 1.9.2
// (api/libs/token.py). The name may have the prefix __Host- or __Secure-.
var loginCookies = []string{"access_token", "refresh_token", "csrf_token", "passport"}

// page is the address of the pages that use an endpoint.
func (a *Auth) page(env *check.Env, u *url.URL) *url.URL {
	name, own := "", env.URL
	switch {
	case strings.Contains(u.Path, "/console/api"):
		name, own = "CONSOLE_WEB_URL", cmp.Or(env.ConsoleURL, env.URL)
	case strings.HasPrefix(u.Path, "/api"):
		name, own = "APP_WEB_URL", cmp.Or(env.AppURL, env.URL)
	}
	raw := a.Origin
	if d, err := env.Deployment(); raw == "" && name != "" && err == nil {
		raw = d.Lookup(name)
	}
	if page, err := url.Parse(raw); err == nil && page.Host != "" {
		return page
	}
	return cmp.Or(own, u)
}

// cookieFindings compares the cookies that an endpoint sets with the addresses of
// the endpoint and of the pages.
func cookieFindings(u, page *url.URL, cookies []*http.Cookie, evidence map[string]any) []gate.Finding {
	var out []gate.Finding
	var shown, done []string
	for _, c := range cookies {
		base := strings.TrimPrefix(strings.TrimPrefix(c.Name, "__Host-"), "__Secure-")
		if slices.Contains(done, c.Name) || !slices.Contains(loginCookies, base) {
			continue
		}
		done = append(done, c.Name)
		shown = append(shown, cookieText(c))
		problem, want, hint := cookieProblem(u, page, c, base)
		if problem == "" {
			continue
		}
		f := ruleAuthCookie.Finding(
			fmt.Sprintf("auth %s: cookie %s %s, expected %s", gate.RedactURL(u.String()), quote.Clip(c.Name), problem, want),
			hint)
		f.Subject, f.Symptom = gate.RedactURL(u.String())+" "+c.Name, gate.SymptomLoginRefused
		if problem == notSecure {
			f.Severity, f.Symptom = gate.Warning, "" // it works, less safely
		}
		out = append(out, f)
	}
	if len(shown) > 0 {
		evidence["cookies"] = shown
	}
	return out
}

// cookieText shows a cookie's attributes, and never its value.
func cookieText(c *http.Cookie) string {
	words := []string{quote.Clip(c.Name)}
	if c.Domain != "" {
		words = append(words, "Domain="+quote.Clip(c.Domain))
	}
	if c.Path != "" {
		words = append(words, "Path="+quote.Clip(c.Path))
	}
	if c.Secure {
		words = append(words, "Secure")
	}
	if c.HttpOnly {
		words = append(words, "HttpOnly")
	}
	return strings.Join(append(words, "SameSite="+sameSite(c)), " ")
}

func sameSite(c *http.Cookie) string {
	switch c.SameSite {
	case http.SameSiteNoneMode:
		return "None"
	case http.SameSiteStrictMode:
		return "Strict"
	}
	return "Lax" // what browsers take an absent one for
}

const notSecure = "is not Secure on https"

const cookieDomainHint = "set COOKIE_DOMAIN to the domain that the hosts share and NEXT_PUBLIC_COOKIE_DOMAIN to 1, and recreate api and web"

// cookieProblem says why a browser would not take a cookie, or not send it from
// the pages, by the rules of RFC 6265bis; "" when it does both.
func cookieProblem(u, page *url.URL, c *http.Cookie, base string) (problem, want, hint string) {
	host, pages := strings.ToLower(u.Hostname()), strings.ToLower(page.Hostname())
	domain := strings.ToLower(strings.TrimPrefix(c.Domain, "."))
	secure := u.Scheme == "https"
	switch {
	case strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || domain != "" || c.Path != "/"):
		return "has the prefix __Host- with " + cookieText(c), "Secure, Path=/ and no Domain with it: browsers drop it else", "set all web and API addresses to https, or set COOKIE_DOMAIN, so that the API leaves the prefix out"
	case strings.HasPrefix(c.Name, "__Secure-") && !c.Secure:
		return "has the prefix __Secure- and is not Secure", "Secure with it: browsers drop it else", "set all web and API addresses to https"
	case c.Secure && !secure && !isLocalName(host):
		return "is Secure and the address is http", "https, or no Secure: browsers drop it", "serve the deployment by https, or set CONSOLE_API_URL and CONSOLE_WEB_URL to the addresses that are in use"
	case domain != "" && !within(host, domain):
		return "is for " + quote.Clip(domain) + " and comes from " + host, "a domain that covers the host: browsers drop it", cookieDomainHint
	case domain != "" && isSuffix(domain):
		return "is for " + quote.Clip(domain) + ", which is a public suffix", "a domain of your own: browsers drop it", cookieDomainHint
	case secure && !c.Secure:
		return notSecure, "Secure: it would go over http as well", "set CONSOLE_API_URL and CONSOLE_WEB_URL with https: the API takes Secure from them"
	case c.SameSite == http.SameSiteNoneMode && !c.Secure:
		return "has SameSite=None and is not Secure", "both: browsers drop it", "serve the deployment by https"
	case base == "csrf_token" && c.HttpOnly:
		return "is HttpOnly", "one that the page's script can read: it sends it back as X-CSRF-Token", "check whether the proxy rewrites cookies (proxy_cookie_flags)"
	case pages == host:
		return "", "", ""
	case site(pages) != site(host) && sameSite(c) != "None":
		return fmt.Sprintf("has SameSite=%s and the pages are on %s, another site than %s", sameSite(c), pages, host), "SameSite=None with Secure, or both below one domain", "put console and API under one domain, and set COOKIE_DOMAIN to it: browsers block cross-site cookies"
	case site(pages) == site(host) && base == "csrf_token" && (domain == "" || !within(pages, domain)):
		return fmt.Sprintf("is for %s and the pages are on %s, whose script has to read it", cmp.Or(quote.Clip(domain), host), pages), "Domain=" + shared(pages, host), cookieDomainHint
	}
	return "", "", ""
}

func isLocalName(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "127.") || host == "::1"
}

// within reports whether a host is a domain or below it.
func within(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

func isSuffix(domain string) bool {
	suffix, icann := publicsuffix.PublicSuffix(domain)
	return suffix == domain && (icann || strings.Contains(domain, "."))
}

// site is the registrable domain of a host, which browsers call its site.
func site(host string) string {
	if s, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return s
	}
	return host
}

// shared is the longest domain that two hosts have in common.
func shared(a, b string) string {
	for d := a; d != ""; {
		if within(b, d) {
			return d
		}
		_, d, _ = strings.Cut(d, ".")
	}
	return site(a)
}
