package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/explain"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Auth checks that an end point refuses whom it should and takes whom it
// should: without a token, with an invented one, and with the given one.
type Auth struct {
	check.Base `yaml:",inline"`
	URL        string         `yaml:"url" help:"absolute, or a path below dify.url" required:"true" kind:"probe"`
	Anonymous  check.Statuses `yaml:"anonymous" help:"what a request without a token gets, by default 401"`
	Token      gate.Secret    `yaml:"token" help:"a valid token, sent as Authorization: Bearer"`
	Authorized check.Statuses `yaml:"authorized" help:"what a request with the token gets, by default 2xx"`
	Origin     string         `yaml:"origin" help:"the address of the pages that use the end point, for the cookies it sets; by default CONSOLE_WEB_URL or APP_WEB_URL, or the deployment's own address"`
}

// Kind is auth.
func (a *Auth) Kind() string { return "auth" }

// Rules are those of auth.
func (a *Auth) Rules() []gate.Rule { return authRules() }

// Validate wants a URL.
func (a *Auth) Validate() []check.Mistake {
	ms := a.Mistakes()
	if a.URL == "" {
		ms = append(ms, check.Mistakef("", "url is required"))
	}
	if a.Token.Empty() && len(a.Authorized) > 0 {
		ms = append(ms, check.Mistakef("authorized", "authorized without a token: want both, or neither"))
	}
	if o, err := url.Parse(a.Origin); a.Origin != "" && (err != nil || o.Host == "") {
		ms = append(ms, check.Mistakef("origin", "origin %q: want scheme and host, like https://console.example.com", gate.RedactURL(a.Origin)))
	}
	return ms
}

// Check makes the check.
func (a *Auth) Check(env *check.Env) gate.Check {
	c := a.NewCheck("auth", "auth "+gate.RedactURL(a.URL), gate.PhasePost, authRules())
	c.Secrets = []gate.Secret{a.Token}
	u, err := env.Resolve(a.URL)
	if err != nil {
		c.Mistake = err
		c.Probes = []string{"GET " + gate.RedactURL(a.URL)}
		return c
	}
	c.Component = env.Component(u)
	for _, s := range a.asks() {
		c.Probes = append(c.Probes, "GET "+gate.RedactURL(u.String())+" "+s.words)
	}
	c.Run = func(ctx context.Context) gate.Result { return a.run(ctx, env, u) }
	return c
}

// inventedToken looks like an app's key and is none.
const inventedToken = "app-gateprobeinvalidtoken00"

// authAsk is one way to ask.
type authAsk struct {
	words string // "without a token"
	token string
	want  check.Statuses
	valid bool // the caller has a right
}

func (a *Auth) asks() []authAsk {
	anonymous, authorized := a.Anonymous, a.Authorized
	if len(anonymous) == 0 {
		anonymous = check.Statuses{"401"}
	}
	if len(authorized) == 0 {
		authorized = check.Statuses{"2xx"}
	}
	public := anonymous.Match(http.StatusOK)
	out := []authAsk{{words: "without a token", want: anonymous, valid: public}}
	if !public {
		// Refused as without a token, or as Dify refuses a wrong one.
		refused := slices.Clone(anonymous)
		for _, status := range []string{"401", "403"} {
			if !slices.Contains(refused, status) {
				refused = append(refused, status)
			}
		}
		out = append(out, authAsk{words: "with an invented token", token: inventedToken, want: refused})
	}
	if !a.Token.Empty() {
		out = append(out, authAsk{words: "with the token", token: a.Token.Reveal(), want: authorized, valid: true})
	}
	return out
}

func (a *Auth) run(ctx context.Context, env *check.Env, u *url.URL) gate.Result {
	res := gate.Result{Evidence: map[string]any{}}
	var cookies []*http.Cookie
	for _, s := range a.asks() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return gate.Undecided(fmt.Errorf("the request cannot be made: %s", probe.LastPart(err)))
		}
		if s.token != "" {
			req.Header.Set("Authorization", "Bearer "+s.token)
		}
		got, err := probe.Exchange(ctx, env.Network, req, false)
		if err != nil {
			t := probe.Classify(err)
			return gate.Result{Err: fmt.Errorf("GET %s %s: %s", gate.RedactURL(u.String()), s.words, t.Text), Retry: t.Retry(), Evidence: res.Evidence}
		}
		res.Evidence[s.words] = fmt.Sprintf("status %d by %s", got.Status, got.By)
		if skew, ok := clockSkew(got.Header, env.Now); ok {
			res.Evidence["clock_skew_s"] = int(skew.Seconds())
		}
		if f, bad := s.judge(env, u, got, res.Evidence); bad {
			res.Findings = append(res.Findings, f)
		} else if f, bad := s.shape(env, u, got); bad {
			res.Findings = append(res.Findings, f)
		}
		cookies = append(cookies, (&http.Response{Header: got.Header}).Cookies()...)
		if got.Status >= 502 && got.Status <= 504 {
			res.Retry = gate.RetrySoon
		}
	}
	if f, bad := clockFinding(u, res.Evidence); bad {
		res.Findings = append(res.Findings, f)
	}
	res.Findings = append(res.Findings, cookieFindings(u, a.page(env, u), cookies, res.Evidence)...)
	return res
}

// judge holds an answer against what is wanted of it.
func (s authAsk) judge(env *check.Env, u *url.URL, got probe.Answer, evidence map[string]any) (gate.Finding, bool) {
	if s.want.Match(got.Status) && !s.foreign(env, u, got) {
		return gate.Finding{}, false
	}
	cause := explain.Explain(explain.NewAsked(env, http.MethodGet, got))
	rule, hint, symptom := "auth/rejects-valid", cause.Fix, gate.SymptomLoginRefused
	if cause.Fine {
		hint = "take the end point out of the login, or write what it answers without a token into anonymous"
	}
	switch {
	case got.Status == http.StatusNotFound:
		rule, symptom = "auth/route-missing", symptomOf(got, cause)
		hint = cause.Hint()
	case got.Status >= 500:
		rule, symptom = "auth/server-error", gate.SymptomServerError
	case got.Status >= 300 && got.Status < 400:
		hint = fmt.Sprintf("it sends callers to %s: a login for browsers, or a redirect to the right address, which API clients do not follow", quote.Clip(gate.RedactURL(got.Header.Get("Location"))))
	case got.Status < 300 && !s.valid:
		rule, symptom = "auth/open", ""
		hint = "see that the API itself answers, and that no proxy or cache adds a credential"
	case s.foreign(env, u, got):
		hint = "another login stands in front of the API (the proxy's own): API clients cannot pass it"
	case !s.valid:
		// Refused, in another way than wanted: still nobody gets in.
		hint = cmp.Or(hint, "compare anonymous with what the release answers")
	}
	if skew, ok := evidence["clock_skew_s"]; ok && rule == "auth/rejects-valid" {
		hint = fmt.Sprintf("the server's clock is off by %v s, which lets tokens expire early or count as not yet valid; %s", skew, hint)
	}
	if why := lifetime(s.token, got.Header); why != "" && rule == "auth/rejects-valid" {
		evidence["token"] = why
		hint = why + "; " + hint
	}
	f := check.Finding(authRules(), rule, fmt.Sprintf("auth %s: status %d by %s %s, want %s", gate.RedactURL(u.String()), got.Status, got.By, s.words, s.want), cmp.Or(hint, "look at the API's log"))
	f.Subject, f.Symptom, f.Location = gate.RedactURL(u.String())+" "+s.words, symptom, cause.Place
	if rule == "auth/route-missing" {
		f.Cause = cause.Key
	}
	return f, true
}

// foreign tells a 401 that is not the API's own below one of its prefixes.
func (s authAsk) foreign(env *check.Env, u *url.URL, got probe.Answer) bool {
	return got.Status == http.StatusUnauthorized && env.Component(u) == "api" && got.By.Name != responder.API &&
		got.By.Name != responder.Unknown && got.By.Confidence == responder.Sure
}
