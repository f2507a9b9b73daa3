package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/apicalls"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// OpenAPI reads a served API description and checks that the paths that it
// documents exist, and that none of a baseline's operations is gone.
type OpenAPI struct {
	check.Base `yaml:",inline"`
	URL        string      `yaml:"url" help:"where the document is served (FastAPI: /openapi.json, flask-restx: …/swagger.json)" required:"true" kind:"probe"`
	Baseline   string      `yaml:"baseline" help:"an earlier document, whose operations must still exist" kind:"path"`
	Server     string      `yaml:"server" help:"base URL of the documented paths, by default what the document says, on the host that serves it"`
	Token      gate.Secret `yaml:"token" help:"bearer token for the document and the probes"`
}

const (
	// maxOpenAPI bounds the baseline.
	maxOpenAPI = 16 << 20
	// maxOperations bounds the probes that a document can cause.
	maxOperations = 2000
	// probesAtOnce is how many of them run at a time.
	probesAtOnce = 16
)

// Kind is openapi.
func (o *OpenAPI) Kind() string { return "openapi" }

// Rules are those of openapi.
func (o *OpenAPI) Rules() []gate.Rule {
	return []gate.Rule{ruleOpenAPIUnreadable, ruleOpenAPIRouteMissing, ruleOpenAPIRouteUnreachable}
}

// Validate checks what needs no network.
func (o *OpenAPI) Validate() []check.Mistake {
	ms := o.Mistakes()
	if o.URL == "" {
		ms = append(ms, check.Mistakef("", "url is required"))
	}
	return ms
}

// Check makes the check.
func (o *OpenAPI) Check(env *check.Env) gate.Check {
	c := o.NewCheck("openapi", "openapi "+gate.RedactURL(o.URL), gate.PhasePost, o.Rules())
	c.Secrets = []gate.Secret{o.Token}
	u, err := env.Resolve(o.URL)
	if err != nil {
		c.Probes = []string{"GET " + gate.RedactURL(o.URL)}
		c.Mistake = err
		return c
	}
	c.Secrets = append(c.Secrets, gate.URLSecrets(u)...)
	var server *url.URL
	if o.Server != "" {
		if server, err = env.Resolve(o.Server); err != nil {
			c.Mistake = err
		} else {
			c.Secrets = append(c.Secrets, gate.URLSecrets(server)...)
		}
	}
	c.Component = env.Component(u)
	c.Probes = []string{"GET " + gate.RedactURL(u.String()), "GET or OPTIONS each path that it documents"}
	c.Run = func(ctx context.Context) gate.Result { return o.run(ctx, env, u, server) }
	return c
}

func (o *OpenAPI) run(ctx context.Context, env *check.Env, u, server *url.URL) gate.Result {
	a, err := o.get(ctx, env, http.MethodGet, u)
	if err != nil {
		t := probe.Classify(err)
		f := o.unreadable(u, t.Text)
		f.Symptom = gate.SymptomDown
		return gate.Result{Findings: []gate.Finding{f}, Retry: t.Retry()}
	}
	if a.Status != http.StatusOK {
		return gate.Result{Findings: []gate.Finding{o.unreadable(u, fmt.Sprintf("status %d by %s", a.Status, a.By.Name))}}
	}
	if a.Cut {
		return gate.Undecided(fmt.Errorf("%s: larger than %d bytes", gate.RedactURL(u.String()), probe.MaxBody))
	}
	calls, err := documented(a.Body)
	if err != nil {
		return gate.Result{Findings: []gate.Finding{o.unreadable(u,
			fmt.Sprintf("%s (starts %q)", err, said(string(a.Body))))}}
	}
	res := gate.Result{Evidence: map[string]any{"operations": len(calls)}}
	if o.Baseline != "" {
		gone, err := o.compareBaseline(env, calls)
		if err != nil {
			return gate.Undecided(err)
		}
		res.Findings = append(res.Findings, gone...)
	}
	res.Findings = append(res.Findings, o.probe(ctx, env, u, server, calls)...)
	if len(calls) > maxOperations {
		res.Err = fmt.Errorf("%d operations are documented; the first %d were tried", len(calls), maxOperations)
	}
	return res
}

// unreadable is the finding of a document that cannot be read.
func (o *OpenAPI) unreadable(u *url.URL, reason string) gate.Finding {
	f := ruleOpenAPIUnreadable.Finding(
		fmt.Sprintf("GET %s: %s, expected an OpenAPI document", gate.RedactURL(u.String()), reason),
		"check who answers the URL, and whether the document is enabled")
	f.Subject = gate.RedactURL(u.String())
	return f
}

// documented reads the operations, each method and path once.
func documented(body []byte) ([]apicalls.Call, error) {
	if json.Valid(body) && gjson.GetBytes(body, "item").Exists() {
		return nil, fmt.Errorf("a Postman collection")
	}
	calls, err := apicalls.Document(body)
	if err != nil {
		return nil, err
	}
	if len(calls) == 0 {
		return nil, fmt.Errorf("it describes no operation")
	}
	known := map[string]bool{}
	return slices.DeleteFunc(calls, func(c apicalls.Call) bool {
		key := c.Method + " " + c.Path
		twice := known[key]
		known[key] = true
		return twice
	}), nil
}

// address is where an operation is asked for: below server when the entry gives
// one; else on the host that serves the document, below the path that the
// document names. A document cannot send the gate to another host.
func address(document, server *url.URL, c apicalls.Call) *url.URL {
	u, path := *document, c.Path
	if server != nil {
		u, path = *server, strings.TrimSuffix(server.Path, "/")+c.Own()
	}
	u.Path, u.RawPath, u.RawQuery = parameter().ReplaceAllString(path, "1"), "", ""
	return &u
}

// get sends a request with the token and without a body.
func (o *OpenAPI) get(ctx context.Context, env *check.Env, method string, u *url.URL) (probe.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return probe.Answer{}, err
	}
	if !o.Token.Empty() {
		req.Header.Set("Authorization", "Bearer "+o.Token.Reveal())
	}
	return probe.Exchange(ctx, env.Network, req, false)
}

// compareBaseline finds operations that the baseline has and the document lacks.
func (o *OpenAPI) compareBaseline(env *check.Env, calls []apicalls.Call) ([]gate.Finding, error) {
	path := o.ResolvePath(env, o.Baseline)
	data, err := readfile.Text(path, maxOpenAPI)
	if err != nil {
		return nil, err
	}
	before, err := documented(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", check.ShowPath(env, path), err)
	}
	// Another server in front is another deployment, not another operation.
	now := map[string]bool{}
	for _, c := range calls {
		now[c.Method+" "+anonymous(c.Own())] = true
	}
	var out []gate.Finding
	for _, c := range before {
		if now[c.Method+" "+anonymous(c.Own())] {
			continue
		}
		f := ruleOpenAPIRouteMissing.Finding(
			fmt.Sprintf("%s %s is in %s and no longer documented", c.Method, quote.Clip(c.Path), check.ShowPath(env, path)),
			"change the clients that call it, or stay on the earlier release")
		f.Location = &gate.Location{File: check.ShowPath(env, path), Line: c.Line, EndLine: c.Line}
		f.Subject = c.Method + " " + c.Own()
		out = append(out, f)
	}
	return out, nil
}

// parameter is one in a documented path, like {id}.
var parameter = lazyregexp.New(`\{[^{}/]*\}`)

// anonymous is a path with its parameters unnamed: a renamed one is the same.
func anonymous(path string) string { return parameter().ReplaceAllString(path, "{}") }

// probe checks that each operation exists, several at a time.
func (o *OpenAPI) probe(ctx context.Context, env *check.Env, document, server *url.URL, calls []apicalls.Call) []gate.Finding {
	calls = calls[:min(len(calls), maxOperations)]
	found := make([]*gate.Finding, len(calls))
	var group errgroup.Group
	group.SetLimit(probesAtOnce)
	for i, c := range calls {
		group.Go(func() error {
			found[i] = o.probeOne(ctx, env, address(document, server, c), c)
			return nil
		})
	}
	_ = group.Wait()
	var out []gate.Finding
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// probeOne asks for one operation. A plain GET is sent as it is. All else is
// asked by OPTIONS, which changes nothing: a framework answers it with the
// route's methods, or with 405 where it knows the route but not OPTIONS, and
// with 404 where it knows neither.
func (o *OpenAPI) probeOne(ctx context.Context, env *check.Env, u *url.URL, c apicalls.Call) *gate.Finding {
	method := http.MethodOptions
	if c.Method == http.MethodGet && !strings.Contains(c.Path, "{") {
		method = http.MethodGet
	}
	a, err := o.get(ctx, env, method, u)
	what := fmt.Sprintf("%s %s is documented", c.Method, quote.Clip(c.Path))
	var f gate.Finding
	switch {
	case err != nil && a.Status == 0: // a stream without an end has answered
		f = ruleOpenAPIRouteUnreachable.Finding(
			fmt.Sprintf("%s, and %s", what, probe.Classify(err).Text),
			"check that the service is up")
		f.Symptom = gate.SymptomDown
	case a.Status >= 500:
		f = ruleOpenAPIRouteUnreachable.Finding(
			fmt.Sprintf("%s and answers %d by %s", what, a.Status, a.By.Name),
			"read the server's log")
		f.Symptom = gate.SymptomServerError
	case a.Status == http.StatusNotFound, method == http.MethodGet && a.Status == http.StatusMethodNotAllowed:
		f = ruleOpenAPIRouteMissing.Finding(
			fmt.Sprintf("%s and answers %d by %s", what, a.Status, a.By.Name),
			"check the proxy first (gate diagnose), then the server's version")
	case !allows(a, c.Method):
		f = ruleOpenAPIRouteMissing.Finding(
			fmt.Sprintf("%s, and the server allows only %s there", what, quote.Clip(a.Header.Get("Allow"))),
			"compare the server's version with the document's")
	default:
		return nil
	}
	f.Subject = c.Method + " " + c.Own()
	return &f
}

// allows reports whether an answer's Allow header, where there is one, has the
// method.
func allows(a probe.Answer, method string) bool {
	allow := a.Header.Get("Allow")
	if allow == "" || a.Status == http.StatusMethodNotAllowed {
		// Of a 405 for OPTIONS the header names the methods of one route only;
		// frameworks that keep a route a method (FastAPI) have several.
		return true
	}
	for _, m := range strings.Split(allow, ",") {
		if strings.EqualFold(strings.TrimSpace(m), method) {
			return true
		}
	}
	return false
}
