package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/probe"
)

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
		res.Findings = []gate.Finding{r.finding(ruleAppFailed,
			fmt.Sprintf("the answer is not JSON (it starts with %q)", said(string(a.Body))),
			"find out who answered: run gate diagnose with the URL")}
		return res
	}
	if f := r.blockingResult(gjson.ParseBytes(a.Body)); f != nil {
		res.Findings = append(res.Findings, *f)
	}
	if first := r.spec.FirstToken.Of(); first > 0 && a.Timings.Total > first {
		// The whole answer is the first that a caller sees of it.
		res.Findings = append(res.Findings, r.slow("the first part", a.Timings.Total, first))
	}
	if a.Timings.Total > r.total {
		res.Findings = append(res.Findings, r.slow("the answer", a.Timings.Total, r.total))
	}
	return res
}

// blockingResult is the finding of a whole answer, nil when the run succeeded.
func (r *appRun) blockingResult(body gjson.Result) *gate.Finding {
	var f gate.Finding
	switch status := body.Get("data.status").Str; {
	case r.mode == "workflow" && status == "":
		f = r.finding(ruleAppFailed, "the answer has no data.status, expected succeeded", "compare the answer with the release's API")
	case r.mode == "workflow" && status != "succeeded" && status != "partial-succeeded":
		f = r.finding(ruleAppFailed,
			fmt.Sprintf("the run is %s: %s, expected it to succeed", status, said(body.Get("data.error").String())),
			"open the run in the app's log: the failed node is marked there")
	case r.mode != "workflow" && body.Get("answer").String() == "":
		f = r.finding(ruleAppFailed, "the response has no answer text", "compare the answer with the release's API")
	default:
		return nil
	}
	return &f
}
