package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// CORS checks what a server lets scripts of other origins do: as a browser
// would, with a preflight and with a request.
type CORS struct {
	check.Base  `yaml:",inline"`
	URL         string        `yaml:"url" help:"absolute, or a path below dify.url" required:"true" kind:"probe"`
	Origin      string        `yaml:"origin" help:"the origin that has to be allowed: scheme, host and port" required:"true"`
	Methods     check.Strings `yaml:"methods" help:"methods that it has to be allowed, by default GET"`
	Headers     check.Strings `yaml:"headers" help:"request headers that it has to be allowed"`
	Credentials bool          `yaml:"credentials" help:"cookies have to be allowed"`
	Refuse      check.Strings `yaml:"refuse" help:"origins that must not be allowed"`
}

// Kind is cors.
func (c *CORS) Kind() string { return "cors" }

// Rules are those of cors.
func (c *CORS) Rules() []gate.Rule {
	return []gate.Rule{ruleCORSRefused, ruleCORSMissing, ruleCORSWildcardCredentials, ruleCORSTooOpen}
}

// Validate wants origins as browsers send them.
func (c *CORS) Validate() []check.Mistake {
	ms := c.Mistakes()
	if c.URL == "" {
		ms = append(ms, check.Mistakef("", "url is required"))
	}
	for _, o := range append([]string{c.Origin}, c.Refuse...) {
		if u, err := url.Parse(o); err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			ms = append(ms, check.Mistakef("origin", "origin %q: want scheme and host alone, like https://console.example.com", o))
		}
	}
	for _, m := range c.Methods {
		if m == "" || strings.Trim(strings.ToUpper(m), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			ms = append(ms, check.Mistakef("methods", "method %q: want one like GET", m))
		}
	}
	for _, h := range c.Headers {
		if h == "" || strings.ContainsAny(h, " ,:\r\n") {
			ms = append(ms, check.Mistakef("headers", "header %q: want a header's name", h))
		}
	}
	return ms
}

// Check makes the check.
func (c *CORS) Check(env *check.Env) gate.Check {
	made := c.NewCheck("cors", "cors "+gate.RedactURL(c.URL)+" for "+c.Origin, gate.PhasePost, c.Rules())
	u, err := env.Resolve(c.URL)
	if err != nil {
		made.Mistake = err
		made.Probes = []string{"OPTIONS " + gate.RedactURL(c.URL)}
		return made
	}
	made.Component, made.Secrets = env.Component(u), gate.URLSecrets(u)
	for _, p := range c.probes() {
		made.Probes = append(made.Probes, p.String()+" "+gate.RedactURL(u.String()))
	}
	made.Run = func(ctx context.Context) gate.Result { return c.run(ctx, env, u) }
	return made
}

// unknownOrigin is nobody's: a server that allows it allows everybody.
const unknownOrigin = "https://gate-probe.invalid"

// corsProbe is one question to the server, and its answer.
type corsProbe struct {
	origin string // "" sends none
	method string // of the preflight; "" is the request itself
	answer probe.Answer
	err    error
}

func (p corsProbe) String() string {
	verb := "GET"
	if p.method != "" {
		verb = "OPTIONS (for " + p.method + ")"
	}
	return verb + " with Origin " + cmp.Or(p.origin, "none")
}

// probes are all the questions: the wanted origin's request and preflights,
// those of the origins to refuse and of an unknown one, and a request without any
// origin, which some servers answer with the list of those they know.
func (c *CORS) probes() []corsProbe {
	out := []corsProbe{{origin: c.Origin}}
	for _, m := range c.methods() {
		out = append(out, corsProbe{origin: c.Origin, method: m})
	}
	for _, o := range c.otherOrigins() {
		out = append(out, corsProbe{origin: o}, corsProbe{origin: o, method: c.methods()[0]})
	}
	return append(out, corsProbe{})
}

func (c *CORS) methods() []string {
	var out []string
	for _, m := range c.Methods {
		out = append(out, strings.ToUpper(m))
	}
	if out == nil {
		out = []string{http.MethodGet}
	}
	return out
}

// otherOrigins are those that the server should not allow.
func (c *CORS) otherOrigins() []string {
	return append(slices.Clone([]string(c.Refuse)), unknownOrigin)
}

func (c *CORS) run(ctx context.Context, env *check.Env, u *url.URL) gate.Result {
	probes := c.probes()
	var group sync.WaitGroup
	for i := range probes {
		group.Go(func() { c.ask(ctx, env, u, &probes[i]) })
	}
	group.Wait()
	for _, p := range probes {
		if p.err != nil {
			t := probe.Classify(p.err)
			return gate.Result{Err: fmt.Errorf("%s: %s", p, t.Text), Retry: t.Retry(), Evidence: map[string]any{"error": t.Text}}
		}
		if p.answer.Status >= 502 && p.answer.Status <= 504 {
			return gate.Result{Err: fmt.Errorf("%s: status %d by %s, which says nothing of CORS", p, p.answer.Status, p.answer.By), Retry: gate.RetrySoon}
		}
	}
	res := gate.Result{Evidence: corsEvidence(probes)}
	j := corsJudging{spec: c, what: "cors " + gate.RedactURL(u.String()), probes: probes, res: &res}
	j.judge()
	return res
}

func (c *CORS) ask(ctx context.Context, env *check.Env, u *url.URL, p *corsProbe) {
	method := http.MethodGet
	if p.method != "" {
		method = http.MethodOptions
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		p.err = err
		return
	}
	if p.origin != "" {
		req.Header.Set("Origin", p.origin)
	}
	if p.method != "" {
		req.Header.Set("Access-Control-Request-Method", p.method)
		if len(c.Headers) > 0 {
			req.Header.Set("Access-Control-Request-Headers", strings.ToLower(strings.Join(c.Headers, ", ")))
		}
	}
	p.answer, p.err = probe.Exchange(ctx, env.Network, req, false)
}

// corsEvidence shows the Access-Control headers of each answer.
func corsEvidence(probes []corsProbe) map[string]any {
	out := map[string]any{}
	for _, p := range probes {
		shown := []string{fmt.Sprintf("status %d by %s", p.answer.Status, p.answer.By.Name)}
		for _, name := range slices.Sorted(maps.Keys(p.answer.Header)) {
			if strings.HasPrefix(textproto.CanonicalMIMEHeaderKey(name), "Access-Control-") {
				shown = append(shown, name+": "+quote.Clip(strings.Join(p.answer.Header.Values(name), " | ")))
			}
		}
		out[p.String()] = shown
	}
	return out
}
