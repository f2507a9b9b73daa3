package proxy

import (
	"fmt"
	"strings"
	"testing"
)

// rightPrefixes are the API's prefixes of 1.16.0.
var rightPrefixes = []string{"/console/api", "/api", "/v1", "/files", "/mcp", "/triggers", "/openapi", "/socket.io"}

// caddySite, gatewaySite and routeSite are right files.
func caddySite() string {
	out := "{\n\temail ops@example.com\n}\n(api) {\n\treverse_proxy dify-api:5001\n}\ndify.example.com {\n\tencode gzip\n"
	for _, p := range rightPrefixes {
		out += fmt.Sprintf("\thandle %s* {\n\t\timport api\n\t}\n", p)
	}
	return out + "\thandle /e/* {\n\t\treverse_proxy dify-plugin-daemon:5002\n\t}\n\thandle {\n\t\treverse_proxy dify-web:3000\n\t}\n}\n"
}

func gatewaySite() string {
	out := "kind: Gateway\nmetadata: {name: edge}\nspec:\n  listeners:\n    - {name: https, port: 443, protocol: HTTPS}\n---\nkind: HTTPRoute\nmetadata: {name: dify}\nspec:\n  parentRefs: [{name: edge}]\n  hostnames: [dify.example.com]\n  rules:\n"
	for _, p := range rightPrefixes {
		out += fmt.Sprintf("    - matches: [{path: {type: PathPrefix, value: %s}}]\n      backendRefs: [{name: dify-api, port: 5001}]\n", p)
	}
	return out + "    - matches: [{path: {type: PathPrefix, value: /e}}]\n      backendRefs: [{name: dify-plugin-daemon, port: 5002}]\n    - backendRefs: [{name: dify-web, port: 3000}]\n"
}

func routeSite() string {
	out := "kind: Middleware\nmetadata: {name: cut}\nspec:\n  stripPrefix: {prefixes: [/mcp]}\n---\nkind: IngressRoute\nmetadata: {name: dify}\nspec:\n  entryPoints: [websecure]\n  tls: {}\n  routes:\n"
	for _, p := range append(rightPrefixes, "/e/") {
		service := "{name: dify-api, port: 5001}"
		if p == "/e/" {
			service = "{name: dify-plugin-daemon, port: 5002}"
		}
		out += fmt.Sprintf("    - match: Host(`dify.example.com`) && PathPrefix(`%s`)\n      services: [%s]\n", p, service)
	}
	return out + "    - match: Host(`dify.example.com`)\n      services: [{name: dify-web, port: 3000}]\n"
}

// TestProxyKinds: for each further kind of proxy right files are silent, and each
// kind of mistake is found where it stands.
func TestProxyKinds(t *testing.T) {
	type mutation struct{ name, old, new, rule, at, message string }
	for _, kind := range []struct {
		server, file, text, compose string
		mistakes                    []mutation
	}{
		{"caddy", "Caddyfile", caddySite(), namedParts, []mutation{
			{"missing", "\thandle /triggers* {\n\t\timport api\n\t}\n", "", "proxy/route-missing", "reverse_proxy dify-web", "/triggers (public since 1.10.0)"},
			{"cut", "handle /mcp* {", "handle_path /mcp* {", "proxy/prefix-truncated", "handle_path /mcp* {", "/mcp/server/x/mcp reaches dify-api:5001 as /server/x/mcp"},
			{"other path", "handle /mcp* {", "handle /mcp* {\n\t\trewrite * /x{uri}", "proxy/path-rewritten", "rewrite * /x{uri}", "as /x/mcp/server/x/mcp"},
			{"wrong service", "handle /mcp* {\n\t\timport api", "handle /mcp* {\n\t\treverse_proxy dify-web:3000", "proxy/wrong-upstream", "reverse_proxy dify-web", "goes to dify-web:3000"},
			{"refused", "handle /mcp* {\n\t\timport api", "handle /mcp* {\n\t\trespond 403", "proxy/wrong-upstream", "respond 403", "is answered 403"},
			{"redirected before all", "\tencode gzip", "\tencode gzip\n\tredir /v1* /closed", "proxy/path-rewritten", "redir /v1*", "/v1/parameters is redirected to /closed"},
			{"misspelt", "dify-plugin-daemon:5002", "dify-plugin:5002", "proxy/upstream-unknown", "dify-plugin:5002", "goes to dify-plugin:5002"},
			{"https", "reverse_proxy dify-plugin-daemon", "reverse_proxy https://dify-plugin-daemon", "proxy/wrong-upstream", "https://dify-plugin-daemon", "plugin_daemon speaks plain HTTP"},
			{"does not parse", "\thandle {", "\thandle @web {", "proxy/syntax", "handle @web", "no matcher is called @web"},
		}},
		{"gateway", "route.yaml", gatewaySite(), "", []mutation{
			{"missing", "    - matches: [{path: {type: PathPrefix, value: /triggers}}]\n      backendRefs: [{name: dify-api, port: 5001}]\n", "", "proxy/route-missing", "name: dify-web", "/triggers (public since 1.10.0)"},
			{"cut", "value: /mcp}}]\n", "value: /mcp}}]\n      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]\n", "proxy/prefix-truncated", "URLRewrite", "as /server/x/mcp"},
			{"other path", "value: /mcp}}]\n", "value: /mcp}}]\n      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /x}}}]\n", "proxy/path-rewritten", "URLRewrite", "as /x"},
			{"wrong service", "value: /mcp}}]\n      backendRefs: [{name: dify-api, port: 5001}]", "value: /mcp}}]\n      backendRefs: [{name: dify-web, port: 3000}]", "proxy/wrong-upstream", "name: dify-web", "goes to dify-web:3000"},
			{"exact only", "type: PathPrefix, value: /v1}", "type: Exact, value: /v1}", "proxy/route-missing", "name: dify-web", "/v1 "},
			{"an expression for the last path", "hostnames: [dify.example.com]\n  rules:\n", "hostnames: [dify.example.com]\n  rules:\n    - matches: [{path: {type: Exact, value: /x}}]\n      backendRefs: [{name: dify-web, port: 3000}]\n    - matches: [{path: {type: RegularExpression, value: '/v1/.*'}}]\n      backendRefs: [{name: dify-web, port: 3000}]\n", "", "", "depends on the implementation"},
			{"does not parse", "type: PathPrefix, value: /v1}", "type: Prefix, value: /v1}", "proxy/syntax", "type: Prefix", `path type "Prefix"`},
		}},
		{"traefik", "route.yaml", routeSite(), "", []mutation{
			{"missing", "    - match: Host(`dify.example.com`) && PathPrefix(`/triggers`)\n      services: [{name: dify-api, port: 5001}]\n", "", "proxy/route-missing", "match: Host(`dify.example.com`)", "/triggers (public since 1.10.0)"},
			{"cut", "PathPrefix(`/mcp`)\n", "PathPrefix(`/mcp`)\n      middlewares: [{name: cut}]\n", "proxy/prefix-truncated", "stripPrefix", "as /server/x/mcp"},
			{"wrong service", "PathPrefix(`/mcp`)\n      services: [{name: dify-api, port: 5001}]", "PathPrefix(`/mcp`)\n      services: [{name: dify-web, port: 3000}]", "proxy/wrong-upstream", "PathPrefix(`/mcp`)", "goes to dify-web:3000"},
			{"loses", "    - match: Host(`dify.example.com`)\n", "    - match: Host(`dify.example.com`)\n      priority: 1000\n", "proxy/route-missing", "match: Host(`dify.example.com`)", "wins over router"},
			{"does not parse", "PathPrefix(`/mcp`)", "PathPrefix(/mcp)", "proxy/syntax", "PathPrefix(/mcp)", "in backticks"},
		}},
	} {
		res, _ := runSite(t, kind.file, kind.text, kind.compose)
		if len(res.Findings) > 0 || res.Err != nil || res.Skip != "" || res.Evidence["server"] != kind.server {
			t.Errorf("%s: got %+v %v %s %v, want none", kind.server, res.Findings, res.Err, res.Skip, res.Evidence)
			continue
		}
		for _, tt := range kind.mistakes {
			t.Run(kind.server+" "+tt.name, func(t *testing.T) {
				text := strings.Replace(kind.text, tt.old, tt.new, 1)
				if text == kind.text {
					t.Fatal("the mutation changes nothing")
				}
				res, _ := runSite(t, kind.file, text, kind.compose)
				if tt.rule == "" {
					if len(res.Findings) > 0 || res.Err == nil || !strings.Contains(res.Err.Error(), tt.message) {
						t.Errorf("got %+v %v, want it undecided: %s", res.Findings, res.Err, tt.message)
					}
					return
				}
				if len(res.Findings) == 0 || res.Findings[0].Rule != tt.rule || res.Err != nil {
					t.Fatalf("got %+v %v, want %s", res.Findings, res.Err, tt.rule)
				}
				f := res.Findings[0]
				if f.Location == nil || !strings.Contains(strings.Split(text, "\n")[f.Location.Line-1], tt.at) {
					t.Errorf("got place %+v, want the line with %q", f.Location, tt.at)
				}
				if !strings.Contains(f.Message, tt.message) {
					t.Errorf("got %s, want %s", f.Message, tt.message)
				}
			})
		}
	}
}
