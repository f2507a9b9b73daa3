package web

import (
	"context"
	"fmt"
	"net/url"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
)

// Private is a request that must not reach a component: its interface is not
// for the public.
type Private struct {
	*HTTP
	Component string // as expect.responder names it
}

// Check makes the check.
func (p *Private) Check(env *check.Env) gate.Check {
	c := p.HTTP.Check(env)
	run := c.Run
	c.Run = func(ctx context.Context) gate.Result {
		r := run(ctx)
		if r.Err == nil && r.Evidence["responder"] == p.Component {
			path := p.URL
			if u, err := url.Parse(p.URL); err == nil {
				path = u.Path
			}
			f := ruleHTTPResponder.Finding(fmt.Sprintf("GET %s: %s answered; this interface must not be public", gate.RedactURL(p.URL), p.Component),
				fmt.Sprintf("remove the location that forwards %s: without it the path goes to the web front end", path))
			f.Subject = "GET " + gate.RedactURL(p.URL)
			r.Findings = append(r.Findings, f)
		}
		return r
	}
	return c
}
