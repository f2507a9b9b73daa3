package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// App runs an app end to end through the service API, with its key.
type App struct {
	check.Base `yaml:",inline"`
	Key        gate.Secret    `yaml:"key" help:"the app's API key, as \"${DIFY_API_KEY}\"; by default dify.api_key"`
	URL        string         `yaml:"url" help:"the service API's base, by default /v1 below dify.api_url or dify.url" kind:"probe"`
	Mode       string         `yaml:"mode" help:"chat, workflow or completion; by default what the app says of itself" enum:"chat,workflow,completion"`
	Response   string         `yaml:"response" help:"streaming (default) or blocking" enum:"streaming,blocking"`
	Inputs     map[string]any `yaml:"inputs" help:"the app's input variables"`
	Query      string         `yaml:"query" help:"what a chat or completion app is asked, by default ping"`
	User       string         `yaml:"user" help:"the end user's name that Dify records, by default dify-gate"`
	FirstToken check.Duration `yaml:"first_token" help:"time to the first piece of the answer, by default 5s"`
	Total      check.Duration `yaml:"total" help:"time to the end of the answer, by default 60s"`
}

// The defaults of an app run.
const (
	defaultFirstToken = 5 * time.Second
	defaultTotal      = 60 * time.Second
)

// Kind is app.
func (a *App) Kind() string { return "app" }

// Rules are those of app.
func (a *App) Rules() []gate.Rule { return appRules() }

func appRules() []gate.Rule {
	rule := func(id string, s gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: id, Severity: s, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	return []gate.Rule{
		rule("app/failed", gate.Error, "an app run failed",
			"The service API refused the run, or the run ended with an error: of the model, of a node, of the application.",
			"This is what users of the app see. A stream answers with status 200 and tells of its failure inside.",
			"Read the error named; for a node open it in the app, for a model check its provider's credentials and the plugin daemon.",
			`workflow: node "LLM" (llm) failed: PluginInvokeError, want the run to succeed`),
		rule("app/slow", gate.Warning, "an app run is slow",
			"The first piece or the end of the answer came later than wanted.",
			"Slowness right after an upgrade points to workers that are too few, a cold plugin, or a queue that nobody reads.",
			"Compare with a run before the upgrade; look at workers and the model provider.",
			"chat: the first piece came after 7.2s, want 5s"),
		rule("app/stream-broken", gate.Error, "the stream of an app run is broken",
			"The answer is no event stream, ends before its last event, stops in the middle, or its events come out of order.",
			"Clients wait for an end that never comes.",
			"Look for a proxy with short read time-outs, and for workers that died; since 1.13.0 streams pass through Redis and Celery.",
			"chat: the stream ended after 12 events without message_end"),
		rule("app/buffered", gate.Warning, "a proxy holds the stream back",
			"All events arrived at once at the end, though the application sent them one by one.",
			"Users stare at an empty page until the whole answer is there; long answers run into time-outs.",
			"In nginx set proxy_http_version 1.1 and proxy_buffering off, and take text/event-stream out of gzip_types.",
			"chat: 40 events arrived within 3 ms after 6.1s of silence"),
	}
}

// Validate checks what needs no network.
func (a *App) Validate() []check.Mistake {
	ms := a.Mistakes()
	if a.FirstToken.Of() < 0 || a.Total.Of() < 0 {
		ms = append(ms, check.Mistakef("total", "first_token and total: want positive durations"))
	}
	switch a.Mode {
	case "", "chat", "workflow", "completion":
	default:
		ms = append(ms, check.Mistakef("mode", "mode %q: want chat, workflow or completion", a.Mode))
	}
	switch a.Response {
	case "", "streaming", "blocking":
	default:
		ms = append(ms, check.Mistakef("response", "response %q: want streaming or blocking", a.Response))
	}
	return ms
}

// Check makes the check. It is the one kind that makes Dify do something: it
// runs only where a key was given for it.
func (a *App) Check(env *check.Env) gate.Check {
	c := a.NewCheck("app", "app "+strings.TrimSpace(a.Mode+" run"), gate.PhasePost, appRules())
	first, total := orDuration(a.FirstToken, defaultFirstToken), orDuration(a.Total, defaultTotal)
	if a.Timeout.Of() == 0 {
		c.Timeout = 2*total + 5*time.Second
	}
	// An app run costs tokens: it is not repeated by default.
	if a.Retries == nil {
		c.Retries = 0
	}
	c.Component = "app"
	key := a.Key
	if key.Empty() {
		key = env.APIKey
	}
	c.Secrets = []gate.Secret{key}
	if key.Empty() && c.Skip == "" {
		c.Skip = "no app key: give key, dify.api_key or --api-key"
	}
	base, err := env.ServiceAPI(a.URL)
	if err != nil {
		c.Mistake = err
		c.Probes = []string{"POST " + cmp.Or(a.URL, "/v1") + appPath(a.Mode)}
		return c
	}
	shown := gate.RedactURL(base.String())
	c.Probes = []string{"POST " + shown + appPath(a.Mode)}
	if a.Mode == "" {
		c.Probes = []string{"GET " + shown + "/info", "POST " + shown + "/chat-messages, or /completion-messages or /workflows/run, as the app's mode is"}
	}
	run := &appRun{spec: a, env: env, base: base, key: key, first: first, total: total}
	c.Run = run.do
	return c
}

func orDuration(d check.Duration, otherwise time.Duration) time.Duration {
	if d.Of() > 0 {
		return d.Of()
	}
	return otherwise
}

// appPath is the service API's path for a mode.
func appPath(mode string) string {
	switch mode {
	case "workflow":
		return "/workflows/run"
	case "completion":
		return "/completion-messages"
	}
	return "/chat-messages"
}

// appRun is one run of an app.
type appRun struct {
	spec         *App
	env          *check.Env
	base         *url.URL
	key          gate.Secret
	first, total time.Duration
	mode         string
}

func (r *appRun) do(ctx context.Context) gate.Result {
	r.mode = r.spec.Mode
	if r.mode == "" {
		mode, res := r.askMode(ctx)
		if res != nil {
			return *res
		}
		r.mode = mode
	}
	if r.spec.Response == "blocking" {
		return r.blocking(ctx)
	}
	return r.streaming(ctx)
}

// request makes a request with the key.
func (r *appRun) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var reader bytes.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader.Reset(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.base.String(), "/")+path, &reader)
	if err != nil {
		return nil, errors.New("the request cannot be made: " + probe.LastPart(err))
	}
	req.Header.Set("Authorization", "Bearer "+r.key.Reveal())
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", r.env.Network.UserAgent)
	return req, nil
}

// askMode asks the app for its mode; GET /v1/info has it since 1.4. Without an
// answer to that a chat is assumed.
func (r *appRun) askMode(ctx context.Context) (string, *gate.Result) {
	req, err := r.request(ctx, http.MethodGet, "/info", nil)
	if err != nil {
		res := gate.Undecided(err)
		return "", &res
	}
	a, err := probe.Exchange(ctx, r.env.Network, req, false)
	if err != nil {
		res := r.unreachable(err)
		return "", &res
	}
	if a.Status != http.StatusOK {
		res := r.refused(a)
		return "", &res
	}
	switch mode := gjson.GetBytes(a.Body, "mode").Str; mode {
	case "workflow", "completion":
		return mode, nil
	}
	return "chat", nil
}

// payload is the run's request body.
func (r *appRun) payload(response string) map[string]any {
	inputs := r.spec.Inputs
	if inputs == nil {
		inputs = map[string]any{}
	}
	body := map[string]any{"inputs": inputs, "response_mode": response, "user": cmp.Or(r.spec.User, "dify-gate")}
	switch r.mode {
	case "chat":
		body["query"] = cmp.Or(r.spec.Query, "ping")
		body["auto_generate_name"] = false
	case "completion":
		if _, given := inputs["query"]; !given {
			inputs = map[string]any{"query": cmp.Or(r.spec.Query, "ping")}
			for k, v := range r.spec.Inputs {
				inputs[k] = v
			}
			body["inputs"] = inputs
		}
	}
	return body
}

// finding makes a finding of the run.
func (r *appRun) finding(id, message, hint string) gate.Finding {
	f := check.Finding(appRules(), id, r.mode+": "+message, hint)
	f.Subject = gate.RedactURL(r.base.String()) + " " + id
	return f
}

func (r *appRun) unreachable(err error) gate.Result {
	t := probe.Classify(err)
	f := check.Finding(appRules(), "app/failed", fmt.Sprintf("%s: %s, want an answer", gate.RedactURL(r.base.String()), t.Text), "check that the API is up; the http checks say more")
	f.Symptom = gate.SymptomDown
	return gate.Result{Findings: []gate.Finding{f}, Retry: t.Retry(), Evidence: map[string]any{"error": t.Text}}
}

// refused words an answer that is not 200.
func (r *appRun) refused(a probe.Answer) gate.Result {
	who := responder.Identify(responder.Response{Status: a.Status, Proto: a.Proto, Header: a.Header, Body: a.Body})
	code := gjson.GetBytes(a.Body, "code").String()
	f := check.Finding(appRules(), "app/failed", fmt.Sprintf("%s%s: status %d by %s (%s), want 200", gate.RedactURL(r.base.String()), appPath(r.mode), a.Status, who.Name, saying(a)), appHint(a.Status, code))
	f.Symptom = gate.SymptomDown
	if a.Status >= 500 {
		f.Symptom = gate.SymptomServerError
	}
	if a.Status == http.StatusUnauthorized {
		f.Symptom = gate.SymptomLoginRefused
	}
	res := gate.Result{Findings: []gate.Finding{f}, Evidence: map[string]any{"status": a.Status, "responder": who.Name, "code": code}}
	switch a.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		res.Retry = gate.RetrySoon
	}
	return res
}

// saying is what an answer says of itself: code and message, else how it begins.
func saying(a probe.Answer) string {
	code, message := gjson.GetBytes(a.Body, "code").String(), gjson.GetBytes(a.Body, "message").String()
	if code == "" && message == "" {
		return fmt.Sprintf("starts %q", quote.Clip(string(a.Body)))
	}
	return strings.TrimPrefix(code+": ", ": ") + quote.Clip(message)
}

// appHint is the next step for an error of the service API
// (api/controllers/service_api/app/error.py).
func appHint(status int, code string) string {
	switch code {
	case "unauthorized":
		return "the key is none of this deployment: take one from the app's API page, and check that the database is the right one"
	case "app_unavailable":
		return "publish the app, and check that its model still exists"
	case "not_workflow_app", "not_chat_app", "not_completion_app", "app_unavailable_mode":
		return "set mode to what the app is"
	case "provider_not_initialize", "provider_quota_exceeded", "model_currently_not_support", "model_not_support":
		return "check the model provider's plugin and its credentials"
	case "invalid_param":
		return "give the inputs that the app asks for; a failing plugin daemon looks the same"
	}
	switch {
	case status == http.StatusNotFound:
		return "the path did not reach the service API: run gate diagnose on it"
	case status >= 500:
		return "read the API's and the worker's log for the traceback"
	}
	return "read the error's message"
}

// blocking runs the app and waits for the whole answer.
func (r *appRun) blocking(ctx context.Context) gate.Result {
	req, err := r.request(ctx, http.MethodPost, appPath(r.mode), r.payload("blocking"))
	if err != nil {
		return gate.Undecided(err)
	}
	a, err := probe.Exchange(ctx, r.env.Network, req, false)
	if err != nil {
		return r.unreachable(err)
	}
	if a.Status != http.StatusOK {
		return r.refused(a)
	}
	res := gate.Result{Evidence: map[string]any{"mode": r.mode, "response": "blocking", "total_ms": a.Timings.Total.Milliseconds(), "timings_ms": a.Timings.Evidence()}}
	if !json.Valid(a.Body) {
		res.Findings = []gate.Finding{r.finding("app/failed", fmt.Sprintf("the answer is not JSON (starts %q), want a result", quote.Clip(string(a.Body))), "find out who answered: run gate diagnose on the URL")}
		return res
	}
	if f := r.blockingResult(gjson.ParseBytes(a.Body)); f != nil {
		res.Findings = append(res.Findings, *f)
	}
	if a.Timings.Total > r.total {
		res.Findings = append(res.Findings, r.slow("the answer", a.Timings.Total, r.total))
	}
	return res
}

func (r *appRun) blockingResult(body gjson.Result) *gate.Finding {
	var f gate.Finding
	switch status := body.Get("data.status").Str; {
	case r.mode == "workflow" && status == "":
		f = r.finding("app/failed", "the answer has no data.status, want succeeded", "compare the answer with the release's API")
	case r.mode == "workflow" && status != "succeeded" && status != "partial-succeeded":
		f = r.finding("app/failed", fmt.Sprintf("the run is %s: %s, want it to succeed", status, quote.Clip(body.Get("data.error").String())), "open the run in the app's log: the failed node is marked there")
	case r.mode != "workflow" && !body.Get("answer").Exists():
		f = r.finding("app/failed", "the answer has no answer in it, want one", "compare the answer with the release's API")
	default:
		return nil
	}
	return &f
}

func (r *appRun) slow(what string, took, want time.Duration) gate.Finding {
	return r.finding("app/slow", fmt.Sprintf("%s came after %s, want %s", what, took.Round(time.Millisecond), want), "look at the workers, the queue and the model provider")
}
