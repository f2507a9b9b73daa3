package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
)

// Client compares the requests that the operator's own clients make with the
// API of the target release.
type Client struct {
	check.Base `yaml:",inline"`
	Paths      []string      `yaml:"paths" help:"API calls of your clients, like POST /v1/chat-messages"`
	AccessLog  check.Strings `yaml:"access_log" help:"nginx access logs, globs allowed" kind:"glob"`
	LogFormat  string        `yaml:"log_format" help:"nginx log_format of the access log, or \"dify\" for the API's own log with ENABLE_REQUEST_LOGGING; by default combined and Dify's main"`
	OpenAPI    check.Strings `yaml:"openapi" help:"OpenAPI documents of what clients use" kind:"glob"`
	Postman    check.Strings `yaml:"postman" help:"Postman collections of what clients use"`
}

// Kind is client.
func (c *Client) Kind() string { return "client" }

// Rules are those of client.
func (c *Client) Rules() []gate.Rule { return clientRules() }

// Validate wants at least one source, and paths that are some.
func (c *Client) Validate() []check.Mistake {
	ms := c.Mistakes()
	if len(c.Paths)+len(c.AccessLog)+len(c.OpenAPI)+len(c.Postman) == 0 {
		ms = append(ms, check.Mistakef("", "want paths, access_log, openapi or postman"))
	}
	return append(ms, c.pathMistakes()...)
}

// Check makes the check.
func (c *Client) Check(env *check.Env) gate.Check {
	name := "client"
	for _, files := range []check.Strings{c.AccessLog, c.OpenAPI, c.Postman} {
		if len(files) > 0 {
			name = "client " + files[0]
			break
		}
	}
	out := c.NewCheck("client", name, gate.PhasePre, clientRules())
	if c.Timeout == 0 && len(c.AccessLog) > 0 {
		out.Timeout = check.FileTimeout
	}
	for _, files := range []check.Strings{c.AccessLog, c.OpenAPI, c.Postman} {
		for _, f := range files {
			out.Probes = append(out.Probes, "read "+f)
		}
	}
	out.Run = func(ctx context.Context) gate.Result { return c.run(ctx, env) }
	return out
}

// maxClientFindings keeps a log full of scanners from flooding the report.
const maxClientFindings = 200

func (c *Client) run(ctx context.Context, env *check.Env) gate.Result {
	path, err := env.UpgradePath()
	switch {
	case errors.Is(err, check.ErrNoTarget):
		return gate.Result{Skip: err.Error()}
	case err != nil:
		return gate.Undecided(err)
	}
	to := path.To
	calls, evidence, err := c.calls(ctx, env, to.Release)
	if err != nil {
		return gate.Undecided(err)
	}
	evidence["calls"] = len(calls)
	if !to.Exact {
		evidence["catalogue"] = to.Note
	}
	if len(calls) == 0 {
		return gate.Result{Evidence: evidence, Err: errors.New("no API request was found in what the clients call")}
	}
	var out []gate.Finding
	left := 0
	for i, call := range calls {
		if i%1024 == 0 && ctx.Err() != nil {
			return gate.Undecided(fmt.Errorf("%d of %d calls were not judged in time", len(calls)-i, len(calls)))
		}
		found := to.Lookup(call.Method, call.Path)
		switch {
		case served(found, call):
		case len(out) == maxClientFindings:
			left++
		default:
			f := judge(to, call, found)
			f.Location = call.at
			out = append(out, f)
		}
	}
	if left > 0 {
		evidence["findings_left_out"] = left
	}
	return gate.Result{Findings: out, Evidence: evidence}
}

// served reports whether the target has the route of a call. Flask's routes are
// strict: with a slash behind, a path is unknown.
func served(m dify.Match, call clientCall) bool {
	return m.Fate == dify.RouteThere && (!strings.HasSuffix(call.Path, "/") || strings.HasSuffix(m.Route.Path, "/"))
}

// judge is the finding about a call whose route the target does not have.
func judge(to dify.Known, call clientCall, m dify.Match) gate.Finding {
	name := strings.TrimSpace(call.Method + " " + call.Path)
	rule, seen := ruleClientRouteUnknown, ""
	switch m.Fate {
	case dify.RouteThere:
		f := rule.Finding(name+": ends in a slash, which the API answers with 404; the route is "+strings.TrimRight(call.Path, "/"), "remove the slash")
		f.Subject = name
		return f
	case dify.RouteRemoved:
		rule = ruleClientRouteRemoved
		seen = fmt.Sprintf("removed in %s (last in %s)", to.Version(), m.Route.Until)
		if len(m.Methods) > 0 {
			seen = fmt.Sprintf("the method was removed in %s (last in %s), which accepts %s", to.Version(), m.Route.Until, strings.Join(m.Methods, ", "))
		}
	case dify.RouteOtherMethod:
		seen = fmt.Sprintf("%s accepts %s on this path", to.Version(), strings.Join(m.Methods, ", "))
	case dify.RouteLater:
		seen = fmt.Sprintf("%s does not have it yet; the first release with it is %s", to.Version(), m.Route.Since)
	default:
		seen = "no release has it"
	}
	if call.count > 1 {
		seen += fmt.Sprintf(" (%d calls)", call.count)
	}
	hint := "compare the path and the base URL with the API's reference"
	if nearest := to.Nearest(call.Method, call.Path, m); len(nearest) > 0 {
		near := nearest[0]
		word := "the nearest is"
		if m.Fate == dify.RouteRemoved && laterThan(near.Since, m.Route.Until) {
			word = "it may be renamed to"
		}
		seen += fmt.Sprintf(", %s %s %s", word, near.Method, near.Path)
		hint = "use " + near.Method + " " + near.Path
	}
	f := rule.Finding(name+": "+seen, hint)
	f.Subject = name
	return f
}

// laterThan compares two releases as Dify orders them.
func laterThan(a, b string) bool {
	x, errX := changelog.ParseVersion(a)
	y, errY := changelog.ParseVersion(b)
	return errX == nil && errY == nil && x.Compare(y) > 0
}
