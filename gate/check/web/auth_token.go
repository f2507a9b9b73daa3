package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// maxSkew is how far clocks may be apart before it is reported. Dify checks
// the end of a token's validity without any leeway.
const maxSkew = time.Minute

// clockSkew is how far the server's Date is from ours, when that is more than
// maxSkew. A cached answer has the Date of the day when it was made.
func clockSkew(h http.Header, now time.Time) (time.Duration, bool) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil || now.IsZero() || h.Get("Age") != "" {
		return 0, false
	}
	skew := time.Until(at)
	return skew.Round(time.Second), skew > maxSkew || skew < -maxSkew
}

// clockFinding is the finding of a skew that an answer showed; it reports whether
// there is one.
func clockFinding(u *url.URL, evidence map[string]any) (gate.Finding, bool) {
	skew, ok := evidence["clock_skew_s"].(int)
	if !ok {
		return gate.Finding{}, false
	}
	side := "ahead of"
	if skew < 0 {
		skew, side = -skew, "behind"
	}
	f := ruleAuthClock.Finding(
		fmt.Sprintf("auth %s: the server's clock is %d s %s this machine's, expected at most %d s", gate.RedactURL(u.String()), skew, side, int(maxSkew.Seconds())),
		"synchronise both hosts with a time server (timedatectl), and compare each with a third clock")
	f.Subject, f.Cause = gate.RedactURL(u.String())+" clock", "clock "+strings.ToLower(u.Hostname())
	return f, true
}

// lifetime says why a JWT is not valid by its own claims and the server's clock;
// "" for any other token, or when nothing is wrong. The signature is not checked.
func lifetime(token string, h http.Header) string {
	parts := strings.Split(token, ".")
	at, err := http.ParseTime(h.Get("Date"))
	if len(parts) != 3 || err != nil {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Expires   float64 `json:"exp"`
		NotBefore float64 `json:"nbf"`
		Issued    float64 `json:"iat"`
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return ""
	}
	server := float64(at.Unix())
	switch {
	case claims.Expires > 0 && claims.Expires <= server:
		return fmt.Sprintf("the token expired %.0f s before the server's time", server-claims.Expires)
	case claims.NotBefore > server || claims.Issued > server+1:
		return fmt.Sprintf("the token is valid from %.0f s after the server's time: the clock of the token's issuer is ahead", max(claims.NotBefore, claims.Issued)-server)
	}
	return ""
}

// unfinished are the codes of a 401 that is no refusal of the caller: nobody
// can log in yet (api/controllers/console/error.py).
var unfinished = map[string]string{
	"not_setup":          "create the first administrator at /install; if there was one, the API uses an empty database: check DB_HOST and DB_DATABASE",
	"not_init_validated": "open /init and enter INIT_PASSWORD",
}

// shape checks the body of a wanted 401 of the API's: JSON with code and
// message (api/libs/external_api.py; a handler of flask-login leaves the status
// out).
func (r authRequest) shape(env *check.Env, u *url.URL, got probe.Answer) (gate.Finding, bool) {
	if got.Status != http.StatusUnauthorized || r.valid || env.Component(u) != "api" || got.By.Name != responder.API && got.By.Name != responder.Unknown {
		return gate.Finding{}, false
	}
	var body struct {
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Status  json.RawMessage `json:"status"`
	}
	media, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
	isJSON := json.Unmarshal(got.Body, &body) == nil
	what := "auth " + gate.RedactURL(u.String()) + ": the 401 " + r.label
	if why, open := unfinished[body.Code]; open {
		f := ruleAuthRejectsValid.Finding(fmt.Sprintf("%s has the code %s, expected unauthorized", what, body.Code), why)
		f.Subject = gate.RedactURL(u.String()) + " " + r.label
		f.Severity = gate.Warning // every first installation starts like this
		return f, true
	}
	problem := ""
	switch {
	case got.By.Name == responder.Unknown && media != "text/html":
		return gate.Finding{}, false // an API that is not Dify's may answer as it likes
	case !isJSON || media != "application/json":
		problem = fmt.Sprintf("is %s (starts %q)", contentType(got), said(string(got.Body)))
	case !strings.HasPrefix(body.Code, "unauthorized"):
		problem = fmt.Sprintf("has the code %q", quote.Clip(body.Code))
	case body.Message == "":
		problem = "has no message"
	case len(body.Status) > 0 && string(body.Status) != "401":
		problem = "has the status " + quote.Clip(string(body.Status)) + " in its body"
	default:
		return gate.Finding{}, false
	}
	f := ruleAuthShape.Finding(fmt.Sprintf("%s %s, expected JSON with code unauthorized, a message and status 401", what, problem),
		"run gate diagnose to see who answered, and check whether the proxy replaces the API's errors with its own pages (proxy_intercept_errors)")
	f.Subject = gate.RedactURL(u.String()) + " " + r.label + " shape"
	return f, true
}
