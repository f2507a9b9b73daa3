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

// Auth checks that an endpoint refuses whom it should and takes whom it
// should: without a token, with an invented one, and with the given one.
type Auth struct {
	check.Base `yaml:",inline"`
	URL        string         `yaml:"url" help:"absolute, or a path below dify.url" required:"true" kind:"probe"`
	Anonymous  check.Statuses `yaml:"anonymous" help:"what a request without a token gets, by default 401"`
	Token      gate.Secret    `yaml:"token" help:"a valid token, sent as Authorization: Bearer"`
	Authorized check.Statuses `yaml:"authorized" help:"what a request with the token gets, by default 2xx"`
	Origin     string         `yaml:"origin" help:"the address of the pages that use the endpoint, for the cookies it sets; by default CONSOLE_WEB_URL or APP_WEB_URL, or the deployment's own address"`
}

// Kind is auth.
func (a *Auth) Kind() string { return "auth" }

// Rules are those of auth.
func (a *Auth) Rules() []gate.Rule {
	return []gate.Rule{ruleAuthOpen, ruleAuthRejectsValid, ruleAuthRouteMissing, ruleAuthServerError, ruleAuthCookie, ruleAuthShape, ruleAuthClock}
}

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
	c := a.NewCheck("auth", "auth "+gate.RedactURL(a.URL), gate.PhasePost, a.Rules())
	c.Secrets = []gate.Secret{a.Token}
	u, err := env.Resolve(a.URL)
	if err != nil {
		c.Mistake = err
		c.Probes = []string{"GET " + gate.RedactURL(a.URL)}
		return c
	}
	c.Component, c.Secrets = env.Component(u), append(c.Secrets, gate.URLSecrets(u)...)
	for _, r := range a.requests() {
		c.Probes = append(c.Probes, "GET "+gate.RedactURL(u.String())+" "+r.label)
	}
	c.Run = func(ctx context.Context) gate.Result { return a.run(ctx, env, u) }
	return c
}

// inventedToken has the form of an app's key and is none.
const inventedToken = "app-gateprobeinvalidtoken00"

// authRequest is one of the requests that are sent.
type authRequest struct {
	label string // "without a token"
	token string
	want  check.Statuses
	valid bool // the caller has a right
}

func (a *Auth) requests() []authRequest {
	anonymous, authorized := a.Anonymous, a.Authorized
	if len(anonymous) == 0 {
		anonymous = check.Statuses{"401"}
	}
	if len(authorized) == 0 {
		authorized = check.Statuses{"2xx"}
	}
	public := anonymous.Match(http.StatusOK)
	out := []authRequest{{label: "without a token", want: anonymous, valid: public}}
	if !public {
		// Refused as without a token, or as Dify refuses a wrong one.
		refused := slices.Clone(anonymous)
		for _, status := range []string{"401", "403"} {
			if !slices.Contains(refused, status) {
				refused = append(refused, status)
			}
		}
		out = append(out, authRequest{label: "with an invalid token", token: inventedToken, want: refused})
	}
	if !a.Token.Empty() {
		out = append(out, authRequest{label: "with the token", token: a.Token.Reveal(), want: authorized, valid: true})
	}
	return out
}

func (a *Auth) run(ctx context.Context, env *check.Env, u *url.URL) gate.Result {
	res := gate.Result{Evidence: map[string]any{}}
	var cookies []*http.Cookie
	for _, r := range a.requests() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return gate.Undecided(fmt.Errorf("the request cannot be made: %s", probe.LastPart(err)))
		}
		if r.token != "" {
			req.Header.Set("Authorization", "Bearer "+r.token)
		}
		got, err := probe.Exchange(ctx, env.Network, req, false)
		if err != nil {
			t := probe.Classify(err)
			return gate.Result{Err: fmt.Errorf("GET %s %s: %s", gate.RedactURL(u.String()), r.label, t.Text), Retry: t.Retry(), Evidence: res.Evidence}
		}
		res.Evidence[r.label] = fmt.Sprintf("status %d by %s", got.Status, got.By)
		if skew, ok := clockSkew(got.Header, env.Now); ok {
			res.Evidence["clock_skew_s"] = int(skew.Seconds())
		}
		if f, bad := r.judge(env, u, got, res.Evidence); bad {
			res.Findings = append(res.Findings, f)
		} else if f, bad := r.shape(env, u, got); bad {
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

// judge compares an answer with what is wanted of it; it reports whether there is
// a finding.
func (r authRequest) judge(env *check.Env, u *url.URL, got probe.Answer, evidence map[string]any) (gate.Finding, bool) {
	if r.want.Match(got.Status) && !r.foreign(env, u, got) {
		return gate.Finding{}, false
	}
	cause := explain.Explain(explain.NewAsked(env, http.MethodGet, got))
	rule, hint, symptom := ruleAuthRejectsValid, cause.Fix, gate.SymptomLoginRefused
	if cause.Fine {
		hint = "exempt the endpoint from the login, or set anonymous to the status that it returns without a token"
	}
	switch {
	case got.Status == http.StatusNotFound:
		rule, symptom = ruleAuthRouteMissing, symptomOf(got, cause)
		hint = cause.Hint()
	case got.Status >= 500:
		rule, symptom = ruleAuthServerError, gate.SymptomServerError
	case got.Status >= 300 && got.Status < 400:
		hint = fmt.Sprintf("use the address that it redirects to, %s, or exempt the API from the browser login there: API clients do not follow redirects", quote.Clip(gate.RedactURL(got.Header.Get("Location"))))
	case got.Status < 300 && !r.valid:
		rule, symptom = ruleAuthOpen, ""
		hint = "check that the API itself answers, and that no proxy or cache adds credentials"
	case r.foreign(env, u, got):
		hint = "remove the proxy's own login in front of the API: API clients cannot pass it"
	case !r.valid:
		// Refused, in another way than wanted: still nobody gets in.
		hint = cmp.Or(hint, "compare anonymous with what the release returns")
	}
	if skew, ok := evidence["clock_skew_s"]; ok && rule.ID == ruleAuthRejectsValid.ID {
		hint = fmt.Sprintf("synchronise the server's clock, which is off by %v s, so that tokens expire early or are not yet valid; %s", skew, hint)
	}
	if why := lifetime(r.token, got.Header); why != "" && rule.ID == ruleAuthRejectsValid.ID {
		evidence["token"] = why
		hint = why + "; " + hint
	}
	f := rule.Finding(
		fmt.Sprintf("auth %s: status %d by %s %s, expected %s", gate.RedactURL(u.String()), got.Status, got.By, r.label, r.want),
		cmp.Or(hint, "read the API's log"))
	f.Subject, f.Symptom, f.Location = gate.RedactURL(u.String())+" "+r.label, symptom, cause.Place
	if rule.ID == ruleAuthRouteMissing.ID {
		f.Cause, f.CauseText, f.Part = cause.Key, cause.Shared, cause.Part
	}
	return f, true
}

// foreign reports whether a 401 below one of the API's prefixes is not the API's
// own.
func (r authRequest) foreign(env *check.Env, u *url.URL, got probe.Answer) bool {
	return got.Status == http.StatusUnauthorized && env.Component(u) == "api" && got.By.Name != responder.API &&
		got.By.Name != responder.Unknown && got.By.Confidence == responder.Sure
}
