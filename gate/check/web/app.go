package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
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
	FirstToken check.Duration `yaml:"first_token" help:"time to the first text of the answer, by default 5s; where nothing is streamed, to the whole answer when given"`
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
func (a *App) Rules() []gate.Rule {
	return []gate.Rule{ruleAppFailed, ruleAppSlow, ruleAppStreamBroken, ruleAppBuffered}
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
	c := a.NewCheck("app", "app "+strings.TrimSpace(a.Mode+" run"), gate.PhasePost, a.Rules())
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
	c.Secrets = append(c.Secrets, gate.URLSecrets(base)...)
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

// askMode asks the app for its mode; GET /v1/info has it since 1.4. An answer
// without a mode is taken for a chat; a result other than nil ends the check.
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
