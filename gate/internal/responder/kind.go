package responder

import (
	"encoding/json"
	"html"
	"strings"
)

// Kind is the sort of an answer.
type Kind string

// The kinds. Those of Dify's API follow api/libs/external_api.py: a path that no
// blueprint knows is answered with an HTML page, all else with JSON.
const (
	OK           Kind = "ok"            // below 300
	Redirect     Kind = "redirect"      // 3xx
	UnknownPath  Kind = "unknown-path"  // the responder has no route for the path
	Missing      Kind = "missing"       // the route exists, the app, conversation, file … does not
	Method       Kind = "method"        // the path exists, not with this method
	Login        Kind = "login"         // 401: a credential is missing or refused
	NotSetUp     Kind = "not-set-up"    // 401: the first-run setup was not finished
	Forbidden    Kind = "forbidden"     // 403
	Invalid      Kind = "invalid"       // other 4xx: the request was understood and refused
	TooLarge     Kind = "too-large"     // 413
	TooMany      Kind = "too-many"      // 429
	Crash        Kind = "crash"         // 500
	UpstreamDown Kind = "upstream-down" // 502, 503: the proxy got no answer from behind
	UpstreamSlow Kind = "upstream-slow" // 504, 524
	NoRoute      Kind = "no-route"      // 200 and an empty body by Caddy: nothing took the request
	HookUnknown  Kind = "hook-unknown"  // plugin daemon: no such endpoint id
	NotRunning   Kind = "not-running"   // plugin daemon: the plugin is not running
	KeyRefused   Kind = "key-refused"   // plugin daemon or sandbox: wrong key
	Other        Kind = "other"
)

// kindOf sorts an answer, and returns its own message.
func kindOf(name string, v view) (Kind, string) {
	message := sentence(v)
	switch name {
	case PluginDaemon:
		return daemonKind(v, message), message
	case API:
		if k := apiKind(v); k != "" {
			return k, message
		}
	case Caddy:
		if v.Status == 200 && v.body == "" {
			return NoRoute, ""
		}
	}
	return byStatus(v.Status), message
}

func byStatus(status int) Kind {
	switch {
	case status < 100:
		return Other
	case status < 300:
		return OK
	case status < 400:
		return Redirect
	case status == 401:
		return Login
	case status == 403:
		return Forbidden
	case status == 404:
		return UnknownPath
	case status == 405:
		return Method
	case status == 413:
		return TooLarge
	case status == 429:
		return TooMany
	case status < 500:
		return Invalid
	case status == 502, status == 503, status >= 520 && status <= 523, status == 530:
		return UpstreamDown
	case status == 504, status == 524:
		return UpstreamSlow
	}
	return Crash
}

// apiKind tells what the status alone does not: which 404, which 401.
func apiKind(v view) Kind {
	code := v.text("code")
	switch {
	case v.Status == 404 && v.fields != nil:
		return Missing
	case v.Status == 404 && strings.HasPrefix(v.body, werkzeugPage) && !v.has("The requested URL was not found on the server"):
		// The trigger blueprint answers with an HTML page that holds its message.
		return Missing
	case v.Status == 401 && (code == "not_setup" || code == "not_init_validated"):
		return NotSetUp
	case v.Status == 503:
		return Crash
	}
	return ""
}

func daemonKind(v view, message string) Kind {
	code, _ := v.number("code")
	switch {
	case strings.Contains(message, "endpoint not found"):
		return HookUnknown
	case strings.Contains(message, "runtime not found"), strings.Contains(message, "no available node"):
		return NotRunning
	case code == -401, v.Status == 401:
		return KeyRefused
	}
	return byStatus(v.Status)
}

// didYouMean is what Flask-RESTful and Flask-RESTX append to a JSON 404.
const didYouMean = " You have requested this URI ["

// sentence is the answer's own message.
func sentence(v view) string {
	if v.Status < 400 {
		return ""
	}
	message := v.text("message")
	if message == "" {
		message = v.text("detail")
	}
	if message == "" && v.fields["error"] != nil {
		var e struct{ Message string }
		_ = json.Unmarshal(v.fields["error"], &e)
		message = e.Message
	}
	if message == "" && v.isHTML() {
		message = html.UnescapeString(between(v.body, "<p>", "</p>", 400))
	}
	if message == "" && v.has("<hr><center>") {
		// nginx says what is special about a 400 in a line between headline and name.
		if said := between(v.body, "<center>", "</center>", 200); said != nginxFooter(v.body) {
			message = said
		}
	}
	// The plugin daemon wraps its message in a JSON text of its own.
	var inner struct{ Message string }
	if strings.HasPrefix(message, "{") && json.Unmarshal([]byte(message), &inner) == nil && inner.Message != "" {
		message = inner.Message
	}
	message, _, _ = strings.Cut(message, didYouMean)
	return clip(message, 200)
}
