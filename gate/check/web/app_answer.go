package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// slow is the finding of a run that took longer than wanted.
func (r *appRun) slow(what string, took, want time.Duration) gate.Finding {
	return r.finding(ruleAppSlow,
		fmt.Sprintf("%s came after %s, expected %s", what, took.Round(time.Millisecond), want),
		"look at the workers, the queue and the model provider")
}

// finding makes a finding of the run.
func (r *appRun) finding(rule gate.Rule, message, hint string) gate.Finding {
	f := rule.Finding(r.mode+": "+message, hint)
	f.Subject = gate.RedactURL(r.base.String()) + " " + rule.ID
	return f
}

// unreachable is the result when no HTTP answer came back.
func (r *appRun) unreachable(err error) gate.Result {
	t := probe.Classify(err)
	f := ruleAppFailed.Finding(
		fmt.Sprintf("%s: %s, expected an answer", gate.RedactURL(r.base.String()), t.Text),
		"check that the API is up; the http checks say more")
	f.Symptom = gate.SymptomDown
	return gate.Result{Findings: []gate.Finding{f}, Retry: t.Retry(), Evidence: map[string]any{"error": t.Text}}
}

// refused is the result when an answer is not 200.
func (r *appRun) refused(a probe.Answer) gate.Result {
	who := responder.Identify(responder.Response{Status: a.Status, Proto: a.Proto, Header: a.Header, Body: a.Body})
	code := gjson.GetBytes(a.Body, "code").String()
	f := ruleAppFailed.Finding(
		fmt.Sprintf("%s%s: status %d by %s (%s), expected 200", gate.RedactURL(r.base.String()), appPath(r.mode), a.Status, who.Name, saying(a)),
		appHint(a.Status, code))
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

// saying is an answer's code and message, or else how its body begins.
func saying(a probe.Answer) string {
	code, message := gjson.GetBytes(a.Body, "code").String(), gjson.GetBytes(a.Body, "message").String()
	if code == "" && message == "" {
		return fmt.Sprintf("starts %q", said(string(a.Body)))
	}
	return strings.TrimPrefix(code+": ", ": ") + said(message)
}

// appHint is the next step for an error of the service API
// (api/controllers/service_api/app/error.py).
func appHint(status int, code string) string {
	switch code {
	case "unauthorized":
		return "the key does not belong to this deployment: copy one from the app's API page, and check that the API uses the right database"
	case "app_unavailable":
		return "publish the app, and check that its model still exists"
	case "not_workflow_app", "not_chat_app", "not_completion_app", "app_unavailable_mode":
		return "set mode to the app's own mode"
	case "provider_not_initialize", "provider_quota_exceeded", "model_currently_not_support", "model_not_support":
		return "check the model provider's plugin and its credentials"
	case "invalid_param":
		return "set the inputs that the app requires; a failing plugin daemon looks the same"
	}
	switch {
	case status == http.StatusNotFound:
		return "the path did not reach the service API: run gate diagnose with this URL"
	case status >= 500:
		return "read the API's and the worker's log for the traceback"
	}
	return "read the error's message"
}
