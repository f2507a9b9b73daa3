package explain

import (
	"bufio"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/responder"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// The answers that the reports show, as they look on the wire.
const (
	werkzeug404 = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
	nextPage404 = "HTTP/1.1 404 Not Found\nServer: nginx/1.27\nX-Powered-By: Next.js\nContent-Type: text/html; charset=utf-8\n\n<!DOCTYPE html><title>404: This page could not be found.</title><body data-api-prefix=\"/console/api\">"
	goPage404   = "HTTP/1.1 404 Not Found\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n\n404 page not found\n"
	nginx502    = "HTTP/1.1 502 Bad Gateway\nServer: nginx/1.27\n\n<html>\n<body>\n<center><h1>502 Bad Gateway</h1></center>\n<hr><center>nginx/1.27</center>\n</body>\n</html>\n"
	nginx404    = "HTTP/1.1 404 Not Found\nServer: nginx/1.27\n\n<html>\n<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>nginx/1.27</center>\n</body>\n</html>\n"
	daemon404   = "HTTP/1.1 404 Not Found\nContent-Type: application/json; charset=utf-8\n\n" + `{"code":"not_found","message":"route not found"}`
)

// apiPage is Flask's HTML page of a release; version "" lost its headers.
func apiPage(version string) string {
	return apiHead("404 NOT FOUND", version, "text/html") + werkzeug404
}

func apiJSON(status, version, body string) string {
	return apiHead(status, version, "application/json") + body
}

func apiHead(status, version, contentType string) string {
	head := "HTTP/1.1 " + status + "\nServer: nginx/1.27\nContent-Type: " + contentType + "\n"
	if version != "" {
		head += "X-Version: " + version + "\nX-Env: PRODUCTION\n"
	}
	return head + "\n"
}

func apiMessage(code, text, status string) string {
	return `{"code": "` + code + `", "message": "` + text + `", "status": ` + status + `}`
}

// answered reads a raw response to a request.
func answered(t testing.TB, method, to, raw string) probe.Answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(raw, "\n\n")
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	r := responder.From(resp, []byte(body))
	r.Path = u.Path
	return probe.Answer{Status: resp.StatusCode, Header: resp.Header, Body: []byte(body), URL: u, By: responder.Identify(r)}
}

// locations are those of Dify's own template, as one line each.
var locations = map[string]string{
	"/console/api": "http://api:5001", "/api": "http://api:5001", "/v1": "http://api:5001", "/files": "http://api:5001",
	"/explore": "http://web:3000", "/e/": "http://plugin_daemon:5002", "/mcp": "http://api:5001", "/triggers": "http://api:5001", "/": "http://web:3000",
}

// proxyDir writes a Dify directory whose nginx has all locations but those
// left out, and the further lines.
func proxyDir(t testing.TB, further string, leftOut ...string) string {
	t.Helper()
	text := "server {\n    listen 80;\n    server_name _;\n"
	for _, prefix := range slices.Sorted(maps.Keys(locations)) {
		out := false
		for _, l := range leftOut {
			out = out || l == prefix
		}
		if !out {
			text += "    location " + prefix + " { proxy_pass " + locations[prefix] + "; }\n"
		}
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx", "conf.d", "default.conf.template")
	if err := os.MkdirAll(filepath.Dir(conf), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(text+further+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// reports are user reports (dify-facts.md, section 10), each rebuilt from what
// it shows: the request, the answer, the files where they matter; and the
// cause that the gate gives.
type report struct {
	issue, method, url, raw string
	to                      string   // target version, where it matters
	dir                     string   // the operator's files, "" for none
	base                    string   // path of dify.url
	cause                   string   // id
	says                    []string // parts of text, fix and lines
}

func userReports(t testing.TB) []report {
	const host = "https://dify.example.com"
	return []report{
		// 10.1: the path never reaches the API.
		{issue: "#22383", method: "GET", url: host + "/mcp/server/abc/mcp", raw: nextPage404, to: "1.6.0", cause: CauseRouteMissing, says: []string{"/mcp", "since 1.6.0", "location /mcp {"}},
		{issue: "douban/charts#137", method: "POST", url: host + "/mcp/server/abc/mcp", raw: nextPage404, to: "1.7.0", cause: CauseRouteMissing, says: []string{"Kubernetes Ingress: path /mcp"}},
		{issue: "BorisPolonsky/dify-helm#335", method: "POST", url: host + "/triggers/webhook/abc", raw: nextPage404, to: "1.10.0", cause: CauseRouteMissing, says: []string{"/triggers", "since 1.10.0", "service api"}},
		{issue: "BorisPolonsky/dify-helm#337", method: "GET", url: host + "/triggers/webhook/abc", raw: nextPage404, to: "1.10.0", dir: proxyDir(t, "", "/triggers"), cause: CauseRouteMissing, says: []string{"location / takes it", "proxy_pass http://api:5001;"}},
		{issue: "aws-samples/dify-self-hosted-on-aws#95", method: "POST", url: host + "/triggers/webhook/abc", raw: "HTTP/1.1 404 Not Found\nServer: awselb/2.0\n\n", to: "1.10.0", cause: CauseOtherServer, says: []string{"aws", "/triggers"}},
		{issue: "987334176/dify-k8s#21", method: "GET", url: host + "/triggers/webhook/abc", raw: nextPage404, to: "1.11.2", dir: proxyDir(t, "", "/triggers", "/mcp"), cause: CauseRouteMissing, says: []string{"location /triggers {"}},
		{issue: "#29909", method: "POST", url: host + "/triggers/webhook/abc", raw: nextPage404, to: "1.10.1", dir: proxyDir(t, ""), cause: CauseFilesDisagree, says: []string{"the running configuration differs from the files", "recreate the nginx container"}},
		{issue: "#12570", method: "GET", url: host + "/explore", raw: "HTTP/1.1 404 Not Found\nContent-Type: text/plain\n\n404 page not found", dir: proxyDir(t, "location /e { proxy_pass http://plugin_daemon:5002; }", "/e/", "/explore"), cause: CauseShadowed, says: []string{"/e without its slash", "location /e/"}},
		{issue: "#20842", method: "GET", url: host + "/console/api/setup", raw: nextPage404, to: "1.4.1", cause: CauseRouteMissing, says: []string{"location /console/api {"}},
		{issue: "#11155", method: "GET", url: host + "/console/api/setup", raw: nginx404, cause: CauseProxyOwnPage, says: []string{"nginx itself answered", "location /console/api {"}},
		{issue: "#20279", method: "GET", url: "http://10.0.0.9:79/install", raw: "HTTP/1.1 404 Not Found\nServer: Microsoft-IIS/10.0\n\ngone", cause: CauseOtherServer, says: []string{"a server that is not part of Dify", "what listens on the address"}},
		{issue: "#5932", method: "POST", url: host + "/v1/chat-messages", raw: nginx404, dir: proxyDir(t, ""), cause: CauseFilesDisagree, says: []string{"another nginx in front"}},
		{issue: "#7053", method: "GET", url: "http://10.0.0.9/apps", raw: goPage404, cause: CauseGoProxy, says: []string{"Traefik", "which process has the port"}},
		{issue: "#8810", method: "GET", url: "http://10.0.0.9/", raw: goPage404, cause: CauseGoProxy},
		{issue: "#19974", method: "GET", url: host + "/console/api/setup", raw: goPage404, cause: CauseGoProxy, says: []string{"Host and PathPrefix"}},
		{issue: "BorisPolonsky/dify-helm#167", method: "GET", url: host + "/signin", raw: "HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<html>\n<head><title>404 Not Found</title></head>\n<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n", cause: CauseProxyOwnPage, says: []string{"no rule of the ingress"}},
		{issue: "#1827", method: "GET", url: "http://10.0.0.9:3000/console/api/setup", raw: nextPage404, cause: CausePortBypassed, says: []string{"port 3000"}},
		{issue: "#8140", method: "POST", url: "http://10.0.0.9:3000/api/chat-messages", raw: nextPage404, cause: CausePortBypassed},
		{issue: "#24698", method: "POST", url: host + "/console/api/chat-messages", raw: apiPage("1.7.2"), cause: CauseBaseURL, says: []string{"/api/chat-messages", "APP_API_URL"}},
		{issue: "#20823", method: "GET", url: host + "/console/api/console/api/system-features", raw: apiPage("1.4.1"), cause: CauseDoubledPrefix, says: []string{"CONSOLE_API_URL"}},
		{issue: "#17209", method: "GET", url: "https://marketplace.example.com/api/v1/api/v1/plugins", raw: nginx404, cause: CauseProxyOwnPage},
		{issue: "#15470", method: "GET", url: host + "/chat/abc", raw: apiPage("0.15.3"), cause: CauseWebPathAtAPI, says: []string{"APP_WEB_URL"}},
		{issue: "#17502", method: "GET", url: host + "/", raw: apiPage("0.15.2"), cause: CauseWebPathAtAPI},
		{issue: "#20200", method: "GET", url: host + "/dify/signin", raw: nextPage404, cause: CauseSubPath, says: []string{"/dify", "give Dify its own host name"}},
		{issue: "#23994", method: "GET", url: host + "/dify/v1/parameters", raw: apiPage("1.8.0"), cause: CauseSubPath, says: []string{"/dify"}},
		{issue: "#9216", method: "GET", url: host + "/v1/parameters", raw: nextPage404, to: "1.13.3", dir: proxyDir(t, ""), cause: CauseFilesDisagree, says: []string{"renders its template only when it starts"}},
		{issue: "itning/dify-workflow-trigger#2", method: "POST", url: host + "/v1/v1/workflows/run", raw: apiPage("1.13.3"), cause: CauseDoubledPrefix, says: []string{"/v1 by itself"}},
		{issue: "itning/dify-workflow-trigger#2, without /v1", method: "POST", url: host + "/workflows/run", raw: nextPage404, cause: CauseBaseURL, says: []string{"/v1/workflows/run", "end in /v1"}},
		{issue: "#21394", method: "POST", url: host + "/v1/datasets/0b4b0f3a-54ea-4b1f-8f0c-111111111111/documents/create-by-file", raw: apiPage("1.4.3"), cause: CauseRouteUnknown, says: []string{"/document/create-by-file"}},
		// 10.2: the route is not in the running version.
		{issue: "#16179", method: "GET", url: host + "/v1/datasets/0b4b0f3a-54ea-4b1f-8f0c-111111111111/metadata", raw: apiPage("1.1.0"), cause: CauseRouteLater, says: []string{"first exists in 1.1.1", "1.1.0 answered"}},
		{issue: "#16214", method: "POST", url: host + "/v1/datasets/0b4b0f3a-54ea-4b1f-8f0c-111111111111/metadata", raw: apiPage("1.1.0"), cause: CauseRouteLater},
		{issue: "#16256", method: "POST", url: host + "/v1/datasets/0b4b0f3a-54ea-4b1f-8f0c-111111111111/documents/metadata", raw: apiPage("1.1.0"), cause: CauseRouteLater, says: []string{"1.1.1"}},
		{issue: "#30904", method: "GET", url: host + "/v1/datasets/0b4b0f3a-54ea-4b1f-8f0c-111111111111/documents/0b4b0f3a-54ea-4b1f-8f0c-222222222222/upload-file", raw: apiPage("1.11.0"), cause: CauseRouteRemoved, says: []string{"removed after 1.8.1"}},
		{issue: "#34322", method: "POST", url: host + "/v1/mcp/x", raw: apiPage("1.9.1"), cause: CauseRouteUnknown},
		{issue: "#27713", method: "GET", url: "http://plugin_daemon:5002/plugin/t/management/triggers", raw: "HTTP/1.1 404 Not Found\nContent-Type: text/plain\n\n404 page not found", cause: CauseDaemonOld, says: []string{"the plugin daemon that the release names"}},
		{issue: "#40683", method: "GET", url: "http://plugin_daemon:5002/plugin/t/management/tool/list", raw: daemon404, cause: CauseDaemonOld},
		{issue: "#36529", method: "GET", url: "http://plugin_daemon:5003/plugin/t/management/list", raw: daemon404, cause: CauseDaemonOld, says: []string{"5002, not the debug port 5003"}},
		{issue: "#36244", method: "GET", url: host + "/console/api/workspaces/current/plugin/list", raw: apiJSON("400 BAD REQUEST", "1.14.2", apiMessage("invalid_param", "Failed to request plugin daemon, url: plugin/x/management/list", "400")), cause: CauseDaemonOld, says: []string{"PLUGIN_DAEMON_KEY"}},
		{issue: "dify-plugin-daemon#647", method: "POST", url: host + "/e/abc/hook", raw: "HTTP/1.1 404 Not Found\n\n" + `{"code":-500,"message":"no available node, plugin runtime not found","data":null}`, cause: CausePluginStopped, says: []string{"not running"}},
		{issue: "#28255", method: "GET", url: host + "/e/abc/hook", raw: nginx502, cause: CauseUpstreamDown, says: []string{"plugin_daemon", "restart the proxy"}},
		// 10.3: the resource is missing, the route is not.
		{issue: "#29041", method: "GET", url: host + "/v1/messages?conversation_id=x&user=y", raw: apiJSON("404 NOT FOUND", "1.10.1", apiMessage("not_found", "Conversation Not Exists.", "404")), cause: CauseResource, says: []string{"same user"}},
		{issue: "#30764", method: "POST", url: host + "/v1/chat-messages", raw: apiJSON("404 NOT FOUND", "1.10.1-fix.1", apiMessage("not_found", "Conversation Not Exists. You have requested this URI [/v1/chat-messages] but did you mean /v1/chat-messages ?", "404")), cause: CauseResource, says: []string{"the API has the route, and answered: Conversation Not Exists."}},
		{issue: "#42386", method: "POST", url: host + "/triggers/webhook/abc", raw: apiHead("404 NOT FOUND", "1.16.0", "text/html") + "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>App trigger not found</p>\n", cause: CauseResource, says: []string{"App trigger not found", "publish the workflow again"}},
		{issue: "#4635", method: "GET", url: host + "/api/passport", raw: apiJSON("404 NOT FOUND", "0.15.3", apiMessage("not_found", "Site not found", "404")), cause: CauseResource},
		// 10.4 and 4.2: not up, or not what it looks like.
		{issue: "#14438", method: "GET", url: host + "/console/api/setup", raw: nginx502, cause: CauseUpstreamDown, says: []string{"api", "has finished its migration"}},
		{issue: "#28228", method: "POST", url: host + "/console/api/apps", raw: apiJSON("401 UNAUTHORIZED", "1.9.2", apiMessage("unauthorized", "CSRF token is missing or invalid.", "401")), cause: CauseLogin, says: []string{"COOKIE_DOMAIN"}},
		{issue: "#20551", method: "GET", url: host + "/console/api/setup", raw: apiJSON("500 INTERNAL SERVER ERROR", "1.4.1", `{"message": "Internal Server Error", "code": "unknown"}`), cause: CauseCrash, says: []string{"alembic_version"}},
		{issue: "#22188", method: "GET", url: host + "/mcp/server/abc/mcp", raw: apiJSON("405 METHOD NOT ALLOWED", "1.6.0", apiMessage("method_not_allowed", "The method is not allowed for the requested URL.", "405")), cause: CauseNormal},
	}
}

func explainReport(t testing.TB, r report) Cause {
	t.Helper()
	env := checktest.Env(t, probe.NetworkOptions{})
	env.Dir, env.To, env.WorkDir = r.dir, r.to, r.dir
	if r.base != "" {
		env.URL = &url.URL{Scheme: "https", Host: "dify.example.com", Path: r.base}
	}
	return Explain(NewAsked(env, r.method, answered(t, r.method, r.url, r.raw)))
}

func TestUserReports(t *testing.T) {
	reports := userReports(t)
	if len(reports) < 25 {
		t.Fatalf("%d reports, want at least 25", len(reports))
	}
	for _, r := range reports {
		c := explainReport(t, r)
		if c.ID != r.cause {
			t.Errorf("%s: cause %q (%s), want %q", r.issue, c.ID, c.Text, r.cause)
			continue
		}
		all := strings.Join([]string{c.Text, c.Fix, c.Lines, strings.Join(c.Evidence, " ")}, "\n")
		for _, part := range r.says {
			if !strings.Contains(all, part) {
				t.Errorf("%s: %q, want %q in it", r.issue, all, part)
			}
		}
		if c.Fix == "" || len(c.Evidence) == 0 || strings.HasSuffix(c.Text, ".") && c.ID != CauseResource && c.ID != CauseLogin {
			t.Errorf("%s: %+v, want evidence, a fix and a clause without a full stop", r.issue, c)
		}
	}
}

// The mistakes of dify-facts.md 2.3 as files, with what they make of a
// request, and the false alarms of section 13.
func TestCauses(t *testing.T) {
	const host = "https://dify.example.com"
	strip := proxyDir(t, "location /v1 { rewrite ^/v1/(.*)$ /$1 break; proxy_pass http://api:5001; }", "/v1")
	cases := []struct {
		report
		line int // of the place
	}{
		{report{issue: "rewrite strips", method: "GET", url: host + "/v1/parameters", raw: apiPage("1.13.3"), dir: strip, cause: CausePrefixStripped, says: []string{"rewrite ^/v1/(.*)$ /$1 break changes the path to /parameters", "location /v1 {"}}, 12},
		{report{issue: "proxy_pass with a slash", method: "GET", url: host + "/v1/parameters", raw: apiPage("1.13.3"), dir: proxyDir(t, "location /v1 { proxy_pass http://api:5001/; }", "/v1"), cause: CausePrefixStripped, says: []string{"proxy_pass http://api:5001/"}}, 12},
		{report{issue: "proxy_pass glued", method: "GET", url: host + "/v1/parameters", raw: apiPage("1.13.3"), dir: proxyDir(t, "location /v1/ { proxy_pass http://api:5001/v1; }", "/v1"), cause: CausePrefixStripped, says: []string{"/v1parameters"}}, 12},
		{report{issue: "wrong prefix", method: "GET", url: host + "/console/api/ping", raw: apiPage("1.13.3"), dir: proxyDir(t, "location /console/api { rewrite ^/console/api/(.*) /api/$1 break; proxy_pass http://api:5001; }", "/console/api"), cause: CausePrefixStripped, says: []string{"changes the path to /api/ping"}}, 12},
		{report{issue: "stripped, no files", method: "GET", url: host + "/v1/parameters", raw: apiPage("1.13.3"), cause: CausePrefixStripped, says: []string{"1.13.3 has /v1/parameters", "did not recognise the path that arrived: something on the way changes it"}}, 0},
		{report{issue: "stripped, no headers", method: "GET", url: host + "/v1/parameters", raw: apiPage(""), to: "1.13.3", cause: CausePrefixStripped}, 0},
		{report{issue: "regex shadows", method: "GET", url: host + "/files/x/preview.png", raw: nginx404, dir: proxyDir(t, `location ~* \.(png|js)$ { root /nowhere; }`), cause: CauseProxyOwnPage, says: []string{`location ~* \.(png|js)$`, "location ^~ /files {"}}, 13},
		{report{issue: "regex, no files", method: "GET", url: host + "/files/x/preview.png", raw: nginx404, cause: CauseProxyOwnPage, says: []string{"*.png", "^~"}}, 0},
		{report{issue: "regex sends it to web", method: "GET", url: host + "/v1/parameters", raw: nextPage404, dir: proxyDir(t, `location ~ ^/v1 { proxy_pass http://web:3000; }`), to: "1.13.3", cause: CauseShadowed, says: []string{"location ~ ^/v1", "location ^~ /v1 {"}}, 13},
		{report{issue: "no location at all", method: "GET", url: host + "/signin", raw: nginx404, dir: proxyDir(t, "", "/"), cause: CauseProxyOwnPage, says: []string{"no location takes the path", "location / {", "proxy_pass http://web:3000;"}}, 1},
		{report{issue: "a login of the proxy", method: "GET", url: host + "/v1/parameters", raw: strings.Replace(nginx502, "502 Bad Gateway", "401 Authorization Required", 2), cause: CauseRefusedByProxy, says: []string{"auth_basic off"}}, 0},
		{report{issue: "denied by the proxy", method: "GET", url: host + "/v1/parameters", raw: strings.Replace(nginx502, "502 Bad Gateway", "403 Forbidden", 2), dir: proxyDir(t, "location /v1 { deny all; proxy_pass http://api:5001; }", "/v1"), cause: CauseRefusedByProxy, says: []string{"deny"}}, 12},
		{report{issue: "a challenge", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 403 Forbidden\nServer: cloudflare\nCF-RAY: 1\nCF-Mitigated: challenge\nContent-Type: text/html\n\n<html><title>Just a moment...</title>", cause: CauseRefusedByProxy, says: []string{"cloudflare", "challenges"}}, 0},
		{report{issue: "apache has no route", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 404 Not Found\nServer: Apache\nContent-Type: text/html\n\n<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n", cause: CauseOtherServer, says: []string{"ProxyPass"}}, 0},
		{report{issue: "plain http on a TLS port", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 400 Bad Request\nContent-Type: text/html\n\n" + checktest.NginxPlainOnTLS, cause: CausePlainOnTLS, says: []string{"https://"}}, 0},
		{report{issue: "no client certificate", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 400 Bad Request\nContent-Type: text/html\n\n" + strings.ReplaceAll(checktest.NginxPlainOnTLS, "The plain HTTP request was sent to HTTPS port", "No required SSL certificate was sent"), cause: CauseClientCert, says: []string{"--client-cert"}}, 0},
		{report{issue: "the app's API is off", method: "GET", url: host + "/v1/info", raw: apiJSON("403 FORBIDDEN", "1.13.3", apiMessage("forbidden", "The app's API service has been disabled.", "403")), cause: CauseForbidden, says: []string{"service API on"}}, 0},
		{report{issue: "wrong upstream", method: "GET", url: host + "/v1/parameters", raw: nextPage404, dir: proxyDir(t, `location /v1 { proxy_pass http://web:3000; }`, "/v1"), to: "1.13.3", cause: CauseWrongUpstream}, 12},
		{report{issue: "308, doubled by the client", method: "POST", url: host + "/v1//chat-messages", raw: "HTTP/1.1 308 PERMANENT REDIRECT\nX-Version: 1.13.3\nLocation: " + host + "/v1/chat-messages\n\n", cause: CauseDoubleSlash, says: []string{"base URL"}}, 0},
		{report{issue: "308, doubled by the proxy", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 308 PERMANENT REDIRECT\nX-Version: 1.13.3\nLocation: https://dify.example.com/v1/parameters\n\n", cause: CausePrefixStripped, says: []string{"proxy_pass without a path"}}, 0},
		{report{issue: "308 from https to http", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 308 PERMANENT REDIRECT\nX-Version: 1.13.3\nLocation: http://dify.example.com/v1/parameters\n\n", cause: CauseSchemeLost, says: []string{"from https to http", "X-Forwarded-Proto"}}, 0},
		{report{issue: "trailing slash", method: "GET", url: host + "/v1/parameters/", raw: apiPage("1.13.3"), cause: CauseTrailingSlash, says: []string{"/v1/parameters"}}, 0},
		{report{issue: "/api/v1", method: "GET", url: host + "/api/v1/parameters", raw: apiPage("1.13.3"), cause: CauseDoubledPrefix, says: []string{"/v1/parameters"}}, 0},
		{report{issue: "/console/api/v1", method: "GET", url: host + "/console/api/v1/parameters", raw: apiPage("1.13.3"), cause: CauseDoubledPrefix}, 0},
		{report{issue: "upper case", method: "GET", url: host + "/V1/parameters", raw: nextPage404, cause: CauseUpperCase, says: []string{"/v1"}}, 0},
		{report{issue: "method", method: "GET", url: host + "/v1/chat-messages", raw: apiJSON("405 METHOD NOT ALLOWED", "1.13.3", apiMessage("method_not_allowed", "x", "405")), cause: CauseMethod, says: []string{"use POST"}}, 0},
		{report{issue: "method changed in 1.3.1", method: "POST", url: host + "/v1/apps/annotations/0b4b0f3a-54ea-4b1f-8f0c-111111111111", raw: apiJSON("405 METHOD NOT ALLOWED", "1.4.0", apiMessage("method_not_allowed", "x", "405")), cause: CauseMethod, says: []string{"PUT"}}, 0},
		{report{issue: "prefix of a later release", method: "GET", url: host + "/triggers/webhook/x", raw: nextPage404, to: "1.9.2", cause: CauseRouteLater, says: []string{"1.10.0", "1.9.2"}}, 0},
		{report{issue: "old api behind a new proxy", method: "GET", url: host + "/openapi/v1/_health", raw: apiPage("1.13.3"), cause: CauseRouteLater, says: []string{"1.15.0"}}, 0},
		{report{issue: "below dify.url's own path", method: "GET", url: host + "/dify/triggers/webhook/x", base: "/dify", raw: nextPage404, cause: CauseRouteMissing}, 0},
		{report{issue: "websocket down", method: "GET", url: host + "/socket.io/?EIO=4", raw: nginx502, cause: CauseUpstreamDown, says: []string{"collaboration"}}, 0},
		{report{issue: "slow", method: "GET", url: host + "/v1/parameters", raw: strings.Replace(nginx502, "502 Bad Gateway", "504 Gateway Time-out", 2), cause: CauseUpstreamSlow}, 0},
		{report{issue: "body limit", method: "POST", url: host + "/v1/files/upload", raw: strings.Replace(nginx502, "502 Bad Gateway", "413 Request Entity Too Large", 2), cause: CauseBodyLimit, says: []string{"NGINX_CLIENT_MAX_BODY_SIZE"}}, 0},
		{report{issue: "caddy", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 200 OK\nServer: Caddy\nContent-Length: 0\n\n", cause: CauseProxyOwnPage, says: []string{"Caddy", "/v1"}}, 0},
		{report{issue: "fastapi in the api's place", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 404 Not Found\nserver: uvicorn\n\n" + `{"detail":"Not Found"}`, cause: CauseOtherServer}, 0},
		{report{issue: "cloudflare", method: "GET", url: host + "/v1/parameters", raw: "HTTP/1.1 522 x\nServer: cloudflare\nCF-RAY: 1\n\nx", cause: CauseUpstreamDown, says: []string{"cloudflare"}}, 0},
		{report{issue: "unfinished set-up", method: "GET", url: host + "/console/api/apps", raw: apiJSON("401 UNAUTHORIZED", "1.13.3", apiMessage("not_setup", "x", "401")), cause: CauseNotSetUp, says: []string{"/install"}}, 0},
		{report{issue: "inner api exposed", method: "GET", url: host + "/inner/api/plugin/invoke/llm", raw: apiJSON("404 NOT FOUND", "1.13.3", apiMessage("not_found", "x", "404")), cause: CauseInternalExposed}, 0},
		{report{issue: "daemon's key", method: "GET", url: "http://plugin_daemon:5002/plugin/x", raw: "HTTP/1.1 401 Unauthorized\n\n" + `{"code":-401,"message":"unauthorized","data":null}`, cause: CauseDaemonKey, says: []string{"SERVER_KEY"}}, 0},
		{report{issue: "no page", method: "GET", url: host + "/nothing", raw: nextPage404, cause: CausePageUnknown}, 0},
		// section 13: what looks like a failure and is none
		{report{issue: "/v1/ is a 404 from 1.8.0", method: "GET", url: host + "/v1/", raw: apiPage("1.13.3"), cause: CauseNormal}, 0},
		{report{issue: "/health through nginx", method: "GET", url: host + "/health", raw: nextPage404, cause: CauseNotPublished}, 0},
		{report{issue: "401 on parameters", method: "GET", url: host + "/v1/parameters", raw: apiJSON("401 UNAUTHORIZED", "1.13.3", apiMessage("unauthorized", "Authorization header must be provided and start with 'Bearer'", "401")), cause: CauseLogin}, 0},
		{report{issue: "openapi while disabled", method: "GET", url: host + "/openapi/v1/_health", raw: apiPage("1.15.0"), cause: CauseSwitchedOff}, 0},
		{report{issue: "inner api is the front end's 404", method: "GET", url: host + "/inner/api/x", raw: nextPage404, cause: CauseNotPublished}, 0},
		{report{issue: "hook unknown", method: "GET", url: host + "/e/x/", raw: "HTTP/1.1 404 Not Found\n\n" + `{"code":-400,"message":"{\"message\":\"endpoint not found\",\"error_type\":\"PluginDaemonBadRequestError\",\"args\":null}","data":null}`, cause: CauseHookUnknown}, 0},
		{report{issue: "a good answer", method: "GET", url: host + "/console/api/ping", raw: apiJSON("200 OK", "1.13.3", `{"result": "pong"}`), cause: ""}, 0},
		{report{issue: "a page", method: "GET", url: host + "/signin", raw: strings.Replace(nextPage404, "404 Not Found", "200 OK", 1), cause: ""}, 0},
	}
	fine := map[string]bool{CauseNormal: true, CauseNotPublished: true, CauseSwitchedOff: true, CauseHookUnknown: true}
	for _, r := range cases {
		c := explainReport(t, r.report)
		if c.ID != r.cause || c.Fine != (fine[r.cause] || r.issue == "401 on parameters") {
			t.Errorf("%s: cause %q (%s), fine %t, want %q", r.issue, c.ID, c.Text, c.Fine, r.cause)
			continue
		}
		all := strings.Join([]string{c.Text, c.Fix, c.Lines, strings.Join(c.Evidence, " ")}, "\n")
		for _, part := range r.says {
			if !strings.Contains(all, part) {
				t.Errorf("%s: %q, want %q in it", r.issue, all, part)
			}
		}
		if r.line > 0 && (c.Place == nil || c.Place.Line != r.line || c.Place.File != "nginx/conf.d/default.conf.template") {
			t.Errorf("%s: place %+v, want line %d of the template", r.issue, c.Place, r.line)
		}
	}
}

// The same answer is success without a key, and a header lost on the way with one.
func TestCauseOfALostHeader(t *testing.T) {
	const to = "https://dify.example.com/v1/info"
	a := answered(t, "GET", to, apiJSON("401 UNAUTHORIZED", "1.13.3", apiMessage("unauthorized", "Authorization header must be provided and start with 'Bearer'", "401")))
	for _, sent := range []bool{false, true} {
		a.Bearer = sent
		env := checktest.Env(t, probe.NetworkOptions{})
		c := Explain(NewAsked(env, "GET", a))
		if c.ID != CauseLogin || c.Fine == sent || strings.Contains(c.Fix, "removes or replaces the header") != sent {
			t.Errorf("Authorization sent %t: %+v", sent, c)
		}
	}
}

// The block has to be one that nginx takes and that routes the prefix.
func TestBlockRoutes(t *testing.T) {
	c, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Newest().PublicRoutes() {
		if p.Prefix == "/" {
			continue
		}
		block := question{}.block(p)
		dir := proxyDir(t, block, p.Prefix)
		env := checktest.Env(t, probe.NetworkOptions{})
		env.Dir = dir
		trace, unread := readProxy(env)
		if trace == nil {
			t.Fatalf("%s: %s", p.Prefix, unread)
		}
		r := routed(trace, "GET", &url.URL{Scheme: "http", Host: "x", Path: strings.TrimSuffix(p.Prefix, "/") + "/a"})
		if r == nil || r.Service != p.Service || r.URI != strings.TrimSuffix(p.Prefix, "/")+"/a" {
			t.Errorf("%s: routed %+v by\n%s, want it at %s with its path unchanged", p.Prefix, r, block, p.Service)
		}
	}
}

func TestExplainSurvivesAnything(t *testing.T) {
	catalogue, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range responder.Names() {
		for _, kind := range []responder.Kind{responder.OK, responder.Redirect, responder.UnknownPath, responder.Missing, responder.Method, responder.Login, responder.Crash, responder.UpstreamDown, responder.UpstreamSlow, responder.TooLarge, responder.NoRoute, responder.Other} {
			for _, path := range []string{"", "/", "//", "/v1", "/e", "/e/", "/" + strings.Repeat("a/", 5000), "/%zz", "/v1/v1/v1"} {
				for _, c := range []*dify.Catalogue{nil, catalogue} {
					Explain(Asked{Method: "GET", URL: &url.URL{Path: path}, Status: 404, Answer: responder.Answer{Name: name, Kind: kind}, Catalogue: c})
				}
			}
		}
	}
	Explain(Asked{})
}
