package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/explain"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// compare returns a finding for each expectation that the answer does not meet.
func (h *HTTP) compare(method string, u *url.URL, a probe.Answer, cause explain.Cause) []gate.Finding {
	what := method + " " + gate.RedactURL(u.String())
	var out []gate.Finding
	bad := h.unwanted(a)
	f, other := h.compareResponder(what, a, cause)
	switch {
	case bad: // it names who answered as well
		out = append(out, h.statusFinding(what, a, cause))
	case other:
		out = append(out, f)
	}
	if bad && a.Status >= 400 {
		// The body is an error page: nothing that was wanted of it can be compared.
		return out
	}
	out = append(out, h.compareHeaders(what, a)...)
	out = append(out, h.compareBody(what, a)...)
	if limit := h.Expect.Latency.Of(); limit > 0 && a.Timings.Total > limit {
		out = append(out, ruleHTTPLatency.Finding(
			fmt.Sprintf("%s: took %d ms, expected at most %d ms", what, a.Timings.Total.Milliseconds(), limit.Milliseconds()),
			"look at the phases in the check's evidence: they show where the time was spent"))
	}
	return out
}

// unwanted reports whether the status is none of those expected.
func (h *HTTP) unwanted(a probe.Answer) bool {
	if len(h.Expect.Status) == 0 {
		return a.Status >= 400
	}
	return !h.Expect.Status.Match(a.Status)
}

// statusFinding is the finding of an unwanted status.
func (h *HTTP) statusFinding(what string, a probe.Answer, cause explain.Cause) gate.Finding {
	wanted := h.Expect.Status.String()
	if wanted == "" {
		wanted = "a status below 400"
	}
	if h.Expect.Responder != "" {
		wanted += " by " + h.Expect.Responder
	}
	rule, hint := ruleHTTPStatus, "read the answer's body and the service's log for the reason"
	if a.Status == http.StatusNotFound {
		rule, hint = ruleHTTPNotFound, "find out who answered: run gate diagnose with the URL"
	}
	got := fmt.Sprintf("status %d by %s", a.Status, a.By)
	if cause.ID != "" {
		got += " (" + cause.Text + ")"
		hint = cause.Hint()
	} else if a.By.Message != "" {
		got += fmt.Sprintf(", saying %q", a.By.Message)
	}
	f := rule.Finding(fmt.Sprintf("%s: %s, expected %s", what, got, wanted), hint)
	f.Symptom, f.Location = symptomOf(a, cause), cause.Place
	f.Cause, f.CauseText, f.Part = cause.Key, cause.Shared, cause.Part
	return f
}

// symptomOf classes an unwanted answer for the graph of root causes.
func symptomOf(a probe.Answer, cause explain.Cause) gate.Symptom {
	switch cause.ID {
	case explain.CauseRouteMissing, explain.CauseShadowed, explain.CauseWrongUpstream, explain.CausePrefixStripped, explain.CauseProxyOwnPage, explain.CauseSubPath:
		return gate.SymptomNotRouted
	case explain.CauseRouteLater:
		return gate.SymptomOldRelease
	case explain.CauseFilesDisagree:
		return "" // what the files lack cannot be its cause
	}
	switch {
	case a.Status >= 500:
		return gate.SymptomServerError
	case a.Status == http.StatusUnauthorized:
		return gate.SymptomLoginRefused
	}
	return ""
}

// compareResponder compares who answered with who should have; it reports
// whether there is a finding.
func (h *HTTP) compareResponder(what string, a probe.Answer, cause explain.Cause) (gate.Finding, bool) {
	want := h.Expect.Responder
	if want == "" || a.By.Name == want {
		return gate.Finding{}, false
	}
	hint := "compare the proxy's routes with gate routes, and look at each hop with gate diagnose"
	if cause.ID != "" {
		hint = cause.Hint()
	}
	f := ruleHTTPResponder.Finding(fmt.Sprintf("%s: answered by %s (%s), expected %s", what, a.By, a.By.Evidence[0], want), hint)
	f.Symptom, f.Location = symptomOf(a, cause), cause.Place
	f.Cause, f.CauseText, f.Part = cause.Key, cause.Shared, cause.Part
	if f.Symptom == "" && cause.ID != explain.CauseFilesDisagree {
		f.Symptom = gate.SymptomNotRouted
	}
	return f, true
}

func (h *HTTP) compareHeaders(what string, a probe.Answer) []gate.Finding {
	var out []gate.Finding
	for _, name := range slices.Sorted(maps.Keys(h.Expect.Headers)) {
		want := h.Expect.Headers[name]
		values := a.Header.Values(name)
		if slices.ContainsFunc(values, want.Match) {
			continue
		}
		got := "no header " + name
		if len(values) > 0 {
			got = fmt.Sprintf("header %s: %s", name, quote.Clip(gate.RedactHeader(name, strings.Join(values, ", "))))
		}
		out = append(out, ruleHTTPHeader.Finding(
			fmt.Sprintf("%s: %s, expected %s", what, got, want),
			"check what sits between the gate and the service: proxies add and drop headers"))
	}
	return out
}

func (h *HTTP) compareBody(what string, a probe.Answer) []gate.Finding {
	var out []gate.Finding
	if !h.Expect.Body.Empty() && !h.Expect.Body.Match(string(a.Body)) {
		got := fmt.Sprintf("body %q%s", said(string(a.Body)), readTo(a))
		out = append(out, ruleHTTPBody.Finding(
			fmt.Sprintf("%s: %s, expected %s", what, got, h.Expect.Body),
			"compare the answer with what the service should send"))
	}
	if len(h.Expect.JSON) == 0 && len(h.Expect.Versions) == 0 {
		return out
	}
	// gjson reads whatever it is given, so validity is checked first; depth is
	// bounded by encoding/json's own limit.
	if !json.Valid(a.Body) {
		return append(out, ruleHTTPJSON.Finding(
			fmt.Sprintf("%s: the body is not JSON (%s, it starts with %q%s)", what, contentType(a), said(string(a.Body)), readTo(a)),
			"find out who answered (gate diagnose): an HTML page instead of JSON usually comes from another service"))
	}
	for _, path := range slices.Sorted(maps.Keys(h.Expect.JSON)) {
		if got, ok := h.Expect.JSON[path].Match(a.Body, path); !ok {
			out = append(out, ruleHTTPJSON.Finding(
				fmt.Sprintf("%s: %s is %s, expected %s", what, path, said(got), h.Expect.JSON[path]),
				"compare the answer with what the release should send"))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(h.Expect.Versions)) {
		want := h.Expect.Versions[path]
		if got := gjson.GetBytes(a.Body, path).String(); check.OlderThan(got, want.Version) {
			out = append(out, ruleHTTPJSON.Finding(fmt.Sprintf("%s: %s is %s, expected %s", what, path, said(got), want),
				"upgrade this service to the version of the release; read its own notes for what to back up first"))
		}
	}
	return out
}

// readTo says that a body goes on beyond what was read; "" when it does not.
func readTo(a probe.Answer) string {
	if !a.Cut {
		return ""
	}
	return fmt.Sprintf(", of which %d bytes were read", probe.MaxBody)
}

func contentType(a probe.Answer) string {
	if t := a.Header.Get("Content-Type"); t != "" {
		return t
	}
	return "no content type"
}

// said is text of a server as a message repeats it: short, on one line, without the
// credentials in it.
func said(text string) string { return gate.RedactText(quote.Clip(text)) }
