package check

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// compare holds the answer against the expectations, all of them.
func (h *HTTP) compare(method string, u *url.URL, a answer) []gate.Finding {
	what := method + " " + u.Redacted()
	var out []gate.Finding
	if f, bad := h.compareStatus(what, a); bad {
		out = append(out, f)
		if a.status >= 400 {
			// The body is an error page: what was wanted of it is beside the point.
			return out
		}
	}
	out = append(out, h.compareHeaders(what, a)...)
	out = append(out, h.compareBody(what, a)...)
	if limit := h.Expect.Latency.Of(); limit > 0 && a.timings.total > limit {
		out = append(out, finding(httpRules(), "http/latency",
			fmt.Sprintf("%s: took %d ms, want at most %d ms", what, a.timings.total.Milliseconds(), limit.Milliseconds()),
			"look at the phases in the check's evidence: where the time went decides whom to ask"))
	}
	return out
}

func (h *HTTP) compareStatus(what string, a answer) (gate.Finding, bool) {
	want := h.Expect.Status
	if len(want) == 0 && a.status < 400 || want.Match(a.status) {
		return gate.Finding{}, false
	}
	wanted := want.String()
	if wanted == "" {
		wanted = "a status below 400"
	}
	rule, hint := "http/status", "read the answer's body and the service's log for the reason"
	symptom := gate.Symptom("")
	switch {
	case a.status == http.StatusNotFound:
		rule, hint = "http/not-found", "find out who answered: run gate diagnose on the URL"
	case a.status >= 500:
		symptom = gate.SymptomServerError
	case a.status == http.StatusUnauthorized:
		symptom = gate.SymptomLoginRefused
	}
	f := finding(httpRules(), rule, fmt.Sprintf("%s: status %d, want %s", what, a.status, wanted), hint)
	f.Symptom = symptom
	return f, true
}

func (h *HTTP) compareHeaders(what string, a answer) []gate.Finding {
	var out []gate.Finding
	for _, name := range sortedKeys(h.Expect.Headers) {
		want := h.Expect.Headers[name]
		values := a.header.Values(name)
		if slices.ContainsFunc(values, want.Match) {
			continue
		}
		seen := "no header " + name
		if len(values) > 0 {
			seen = fmt.Sprintf("header %s: %s", name, clip(strings.Join(values, ", ")))
		}
		out = append(out, finding(httpRules(), "http/header", fmt.Sprintf("%s: %s, want %s", what, seen, want), "check what sits between the gate and the service: proxies add and drop headers"))
	}
	return out
}

func (h *HTTP) compareBody(what string, a answer) []gate.Finding {
	var out []gate.Finding
	if !h.Expect.Body.Empty() && !h.Expect.Body.Match(string(a.body)) {
		seen := fmt.Sprintf("body %q", clip(string(a.body)))
		if a.cut {
			seen += fmt.Sprintf(" (first %d bytes read)", maxBody)
		}
		out = append(out, finding(httpRules(), "http/body", fmt.Sprintf("%s: %s, want %s", what, seen, h.Expect.Body), "compare the answer with what the service should send"))
	}
	if len(h.Expect.JSON) == 0 {
		return out
	}
	// gjson reads whatever it is given, so validity is settled first; depth is
	// bounded by encoding/json's own limit.
	if !json.Valid(a.body) {
		return append(out, finding(httpRules(), "http/json",
			fmt.Sprintf("%s: the body is not JSON (%s, starts %q), want JSON", what, contentType(a), clip(string(a.body))),
			"an HTML page in the place of JSON usually means that another service answered"))
	}
	for _, path := range sortedKeys(h.Expect.JSON) {
		if seen, ok := h.Expect.JSON[path].match(a.body, path); !ok {
			out = append(out, finding(httpRules(), "http/json",
				fmt.Sprintf("%s: %s is %s, want %s", what, path, clip(seen), h.Expect.JSON[path]), "compare the answer with what the release should send"))
		}
	}
	return out
}

func contentType(a answer) string {
	if t := a.header.Get("Content-Type"); t != "" {
		return t
	}
	return "no content type"
}

// clip shortens untrusted text for a message, on a rune's boundary.
func clip(s string) string {
	const limit = 120
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
