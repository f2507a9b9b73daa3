package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// corsJudging compares the answers with the entry, as a browser reads them
// (the Fetch standard's CORS protocol).
type corsJudging struct {
	spec   *CORS
	what   string
	probes []corsProbe
	res    *gate.Result
}

// add adds a finding, unless the same message is there already.
func (j *corsJudging) add(rule gate.Rule, message, hint string) {
	f := rule.Finding(j.what+": "+message, hint)
	f.Subject = j.what + " " + j.spec.Origin + " " + message
	for _, old := range j.res.Findings {
		if old.Message == f.Message {
			return
		}
	}
	j.res.Findings = append(j.res.Findings, f)
}

// judge adds the findings of all answers.
func (j *corsJudging) judge() {
	if !slices.ContainsFunc(j.probes, corsProbe.speaks) {
		first := j.probes[0].answer
		j.add(ruleCORSMissing,
			fmt.Sprintf("no answer has an Access-Control header (status %d by %s), expected origin %s allowed", first.Status, first.By, j.spec.Origin),
			"check that the API answers and not another service, and that the proxy forwards OPTIONS and keeps all headers")
		return
	}
	if !j.wildcard() {
		for _, p := range j.probes {
			if p.origin == j.spec.Origin {
				j.wanted(p)
			}
		}
	}
	j.others()
}

// speaks reports whether an answer has a header of CORS, or varies by origin.
func (p corsProbe) speaks() bool {
	for name := range p.answer.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			return true
		}
	}
	return slices.ContainsFunc(p.answer.Header.Values("Vary"), func(v string) bool { return strings.Contains(strings.ToLower(v), "origin") })
}

func (p corsProbe) allowed() []string { return p.answer.Header.Values("Access-Control-Allow-Origin") }

func (p corsProbe) credentials() bool {
	return p.answer.Header.Get("Access-Control-Allow-Credentials") == "true"
}

// allows reports whether a browser lets the probe's origin read the answer.
func (p corsProbe) allows() bool {
	a := p.allowed()
	return len(a) == 1 && (a[0] == "*" || a[0] == p.origin)
}

// wildcard reports whether an answer has * together with credentials, whoever asked.
func (j *corsJudging) wildcard() bool {
	found := false
	for _, p := range j.probes {
		if slices.Contains(p.allowed(), "*") && p.credentials() {
			j.add(ruleCORSWildcardCredentials,
				"any origin (*) is allowed together with credentials, which every browser rejects",
				credentialsHint)
			found = true
		}
	}
	return found
}

const credentialsHint = "list the origins by name (CONSOLE_CORS_ALLOW_ORIGINS, allow_origins=[…]); * does not work with cookies"

// wanted judges an answer to the origin that has to be allowed.
func (j *corsJudging) wanted(p corsProbe) {
	const originHint = "add the origin to CONSOLE_CORS_ALLOW_ORIGINS or WEB_API_CORS_ALLOW_ORIGINS, exactly as the browser sends it: scheme, host and port without a slash"
	what := "the request"
	if p.method != "" {
		what = "the preflight for " + p.method
	}
	if s := p.answer.Status; p.method != "" && (s < 200 || s > 299) {
		hint := originHint
		switch {
		case s == http.StatusUnauthorized || s == http.StatusForbidden:
			hint = "allow OPTIONS without a login: a browser sends no credentials with a preflight"
		case s >= 300 && s < 400:
			hint = "use the URL that it redirects to: browsers do not follow redirects of a preflight"
		}
		j.add(ruleCORSRefused,
			fmt.Sprintf("%s of origin %s got status %d by %s, expected a status below 300", what, j.spec.Origin, s, p.answer.By),
			hint)
		return
	}
	a := p.allowed()
	switch {
	case len(a) > 1 || len(a) == 1 && strings.Contains(a[0], ","):
		j.add(ruleCORSRefused,
			fmt.Sprintf("%s got Access-Control-Allow-Origin more than once (%s), which browsers reject", what, quote.Clip(strings.Join(a, " | "))),
			"set the headers in one place only: in the application or in the proxy")
		return
	case !p.allows():
		j.add(ruleCORSRefused,
			fmt.Sprintf("origin %s is not allowed (Access-Control-Allow-Origin: %s)", j.spec.Origin, cmp.Or(quote.Clip(strings.Join(a, "")), "none")),
			originHint)
		return
	case j.spec.Credentials && (a[0] == "*" || !p.credentials()):
		j.add(ruleCORSRefused,
			fmt.Sprintf("origin %s is allowed without credentials (Access-Control-Allow-Origin: %s, Access-Control-Allow-Credentials: %s)",
				j.spec.Origin, a[0], cmp.Or(quote.Clip(p.answer.Header.Get("Access-Control-Allow-Credentials")), "none")),
			"allow credentials, and list the origin by name: * does not work with cookies")
		return
	}
	if p.method != "" {
		j.preflight(p)
	}
}

// preflight judges the methods and headers that a preflight allows.
func (j *corsJudging) preflight(p corsProbe) {
	// Browsers compare methods with their case, headers without.
	methods := headerList(p.answer.Header, "Access-Control-Allow-Methods")
	simple := p.method == http.MethodGet || p.method == http.MethodHead || p.method == http.MethodPost
	star := slices.Contains(methods, "*") && !j.spec.Credentials
	if !simple && !star && !slices.Contains(methods, p.method) {
		j.add(ruleCORSRefused,
			fmt.Sprintf("method %s is not allowed (Access-Control-Allow-Methods: %s)", p.method, cmp.Or(quote.Clip(strings.Join(methods, ", ")), "none")),
			"add the method to the allowed ones")
	}
	headers := headerList(p.answer.Header, "Access-Control-Allow-Headers")
	for i := range headers {
		headers[i] = strings.ToLower(headers[i])
	}
	for _, h := range j.spec.Headers {
		h = strings.ToLower(h)
		// * does not include Authorization.
		star := slices.Contains(headers, "*") && !j.spec.Credentials && h != "authorization"
		if !star && !slices.Contains(headers, h) {
			j.add(ruleCORSRefused,
				fmt.Sprintf("header %s is not allowed (Access-Control-Allow-Headers: %s)", h, cmp.Or(quote.Clip(strings.Join(headers, ", ")), "none")),
				"add the header to the allowed ones; * does not include authorization")
		}
	}
}

// headerList reads a header whose value is a list.
func headerList(h http.Header, name string) []string {
	var out []string
	for _, v := range h.Values(name) {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// others judges the answers to origins that should not be allowed.
func (j *corsJudging) others() {
	for _, p := range j.probes {
		if p.origin == "" || p.origin == j.spec.Origin || !p.allows() {
			continue
		}
		named := slices.Contains(j.spec.Refuse, p.origin)
		star := p.allowed()[0] == "*"
		switch {
		case p.credentials() && !star && named:
			j.add(ruleCORSWildcardCredentials,
				fmt.Sprintf("origin %s is allowed with credentials", p.origin),
				credentialsHint)
		case p.credentials() && !star:
			j.add(ruleCORSWildcardCredentials,
				"every origin is reflected and allowed with credentials",
				credentialsHint)
		case p.credentials(): // * with credentials is reported already
		case named:
			j.add(ruleCORSTooOpen,
				fmt.Sprintf("origin %s is allowed (Access-Control-Allow-Origin: %s)", p.origin, p.allowed()[0]),
				"list the allowed origins by name")
		case len(j.spec.Refuse) == 0:
			j.add(ruleCORSTooOpen,
				fmt.Sprintf("any origin is allowed (Access-Control-Allow-Origin: %s)", p.allowed()[0]),
				"list the allowed origins by name, or waive the finding if the endpoint is public on purpose")
		}
	}
}
