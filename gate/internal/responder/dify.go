package responder

import (
	"strings"
)

// difyMarks are marks that only the program itself leaves, through any proxy.
func difyMarks() []fingerprint {
	return []fingerprint{
		// api/extensions/ext_app_metrics.py, 0.15.0 to 1.16.0: set on every answer.
		{API, Sure, func(v view) []string {
			if v.header("X-Version") == "" {
				return nil
			}
			out := saw("X-Version: %s", clip(v.header("X-Version"), 64))
			if env := v.header("X-Env"); env != "" {
				out = append(out, "X-Env: "+clip(env, 40))
			}
			return out
		}},
		{Web, Sure, seeNext},
		{Web, Likely, seeNextBody},
		{Squid, Sure, func(v view) []string {
			if e := v.header("X-Squid-Error"); e != "" {
				return saw("X-Squid-Error: %s", clip(e, 60))
			}
			return nil
		}},
		{PluginDaemon, Sure, seeDaemon},
		{Agent, Likely, func(v view) []string {
			// FastAPI's own document of the agent back end (dify-agent, 1.16.0).
			if v.fields["openapi"] != nil && v.has(`"/runs`) && strings.Contains(v.lower, "agent") {
				return saw("an OpenAPI document with /runs, as the agent back end serves it")
			}
			return nil
		}},
	}
}

func seeNext(v view) []string {
	if strings.HasPrefix(v.header("X-Powered-By"), "Next.js") {
		return append(saw("X-Powered-By: Next.js"), seeNextBody(v)...)
	}
	for _, h := range []string{"X-Nextjs-Cache", "X-Nextjs-Prerender", "X-Nextjs-Redirect", "X-Nextjs-Stale-Time", "X-Nextjs-Matched-Path"} {
		if v.header(h) != "" {
			return saw("the header %s of Next.js", h)
		}
	}
	if strings.Contains(strings.ToLower(v.header("Vary")), "next-router-state-tree") {
		return saw("Vary: next-router-state-tree, as Next.js sends it")
	}
	return nil
}

func seeNextBody(v view) []string {
	if !v.isHTML() {
		return nil
	}
	var out []string
	for _, mark := range []struct{ part, says string }{
		{"404: This page could not be found", "title \"404: This page could not be found.\""},
		{"data-api-prefix=", "<body data-api-prefix=…> of Dify's layout"},
		{`name="apple-mobile-web-app-title" content="Dify"`, "Dify's name in the page's head"},
		{"self.__next_f", "a page rendered by Next.js"},
		{"/_next/static/", "scripts under /_next/static/"},
	} {
		if v.has(mark.part) {
			out = append(out, mark.says)
		}
	}
	return out
}

// seeDaemon knows the plugin daemon's bodies: a route unknown to 0.5.3 and
// later, its error envelope, and its health page.
func seeDaemon(v view) []string {
	code, isNumber := v.number("code")
	switch {
	case v.keys("code", "message") && v.text("code") == "not_found" && v.text("message") == "route not found":
		return saw(`{"code":"not_found","message":"route not found"}, the plugin daemon's answer since 0.5.3`)
	case v.keys("code", "message", "data?") && isNumber && code < 0:
		return saw(`the plugin daemon's envelope: code %v, message %s`, code, quote(v.text("message")))
	case v.fields["pool_status"] != nil && v.fields["build_time"] != nil && v.fields["status"] != nil:
		return saw("the plugin daemon's health page")
	case strings.Contains(v.body, "PluginDaemon") && v.fields["code"] != nil && v.fields["data"] != nil:
		return saw("an error class of the plugin daemon")
	}
	return nil
}

// difyShapes are shapes without a mark: headers were dropped on the way.
func difyShapes() []fingerprint {
	return []fingerprint{
		{FastAPI, Likely, func(v view) []string {
			if v.keys("detail") && v.Status >= 400 {
				return saw(`a JSON body with "detail" alone, as FastAPI answers errors`)
			}
			if v.serverIs("uvicorn") {
				return saw("Server: uvicorn")
			}
			return nil
		}},
		{API, Likely, seeStrippedAPI},
		{Sandbox, Likely, func(v view) []string {
			switch {
			case v.Status == 200 && strings.TrimSpace(v.body) == `"ok"`:
				return saw(`the JSON string "ok", the sandbox's health page`)
			case v.Status == 401 && v.body == "" && strings.HasPrefix(v.Path, "/v1/sandbox"):
				return saw("an empty 401 below /v1/sandbox: the sandbox refuses the key")
			case isGin404(v) && strings.HasPrefix(v.Path, "/v1/sandbox"):
				return saw("gin's own 404 below /v1/sandbox")
			}
			return nil
		}},
		{PluginDaemon, Likely, func(v view) []string {
			if isGin404(v) && strings.HasPrefix(v.Path, "/e/") {
				return saw("gin's own 404 (18 bytes) below /e/, as the plugin daemon up to 0.5.2 sends it")
			}
			return nil
		}},
		{PluginDaemon, Guess, func(v view) []string {
			if isGin404(v) {
				return saw("gin's own 404 (18 bytes, no newline): the plugin daemon up to 0.5.2 or the sandbox")
			}
			return nil
		}},
		{Go, Likely, func(v view) []string {
			if v.Status == 404 && v.body == "404 page not found\n" && strings.EqualFold(v.header("X-Content-Type-Options"), "nosniff") {
				return saw("Go's own 404 (19 bytes, nosniff): a Go server, Traefik among them, that has no route for it")
			}
			return nil
		}},
	}
}

func isGin404(v view) bool {
	return v.Status == 404 && v.body == "404 page not found" && v.header("X-Content-Type-Options") == ""
}

// seeStrippedAPI knows Dify's API by its bodies and Flask's by their form.
func seeStrippedAPI(v view) []string {
	_, hasStatus := v.number("status")
	switch {
	case v.keys("code", "message", "status", "params?", "hint?", "details?") && hasStatus && v.text("code") != "":
		return saw(`Dify's error shape {"code","message","status"}, without X-Version`)
	case v.keys("code", "message") && (v.text("code") == "unknown" || v.text("code") == "unauthorized"):
		return saw(`Dify's error shape {"code":"%s","message"}, without X-Version`, v.text("code"))
	case v.keys("code", "message", "params") && v.text("code") == "invalid_param":
		return saw(`Dify's error shape with "params", without X-Version`)
	case v.keys("pid", "status", "version") || v.keys("welcome", "api_version", "server_version"):
		return saw("a page of Dify's API, without X-Version")
	case v.keys("result") && v.text("result") == "pong":
		return saw(`{"result": "pong"}, the API's ping`)
	case v.header("WWW-Authenticate") == `Bearer realm="api"`:
		return saw(`WWW-Authenticate: Bearer realm="api"`)
	case strings.HasPrefix(v.body, werkzeugPage):
		return saw("Werkzeug's error page (%d bytes)", len(v.body))
	case v.serverIs("gunicorn"), v.serverIs("Werkzeug"):
		return saw("Server: %s", clip(v.header("Server"), 60))
	case shouting(v):
		return saw("the reason phrase in capitals (%s), as Flask writes it", clip(v.Reason, 40))
	case v.keys("error") && strings.Contains(string(v.fields["error"]), `"type"`) && strings.Contains(string(v.fields["error"]), `"status"`):
		return saw(`{"error":{"type","message","status"}}, the console's newer error shape`)
	}
	return nil
}

// shouting tells Flask's reason phrase, which proxies keep: NOT FOUND. "OK" is
// everybody's.
func shouting(v view) bool {
	return len(v.Reason) > 3 && v.Reason == strings.ToUpper(v.Reason) && strings.ContainsAny(v.Reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && v.fromHTTP1()
}

func (v view) fromHTTP1() bool { return v.Proto == "" || strings.HasPrefix(v.Proto, "HTTP/1") }

// werkzeugPage begins every HTML page that Flask writes itself.
const werkzeugPage = "<!doctype html>\n<html lang=en>\n<title>"
