// Package caddyroute answers, from a Caddyfile alone, where a request goes: which site takes it, what handle, handle_path
// and route leave of its path, and which upstream gets it.
//
//	c, err := caddyroute.Load([]string{"Caddyfile"}, caddyroute.Options{Env: env})
//	a := c.Route(routing.Request{Scheme: "https", Host: "dify.example.com", URI: "/v1/parameters?x=1"})
//
// lex.go splits the text as Caddy does, parse.go nests it and puts in what is imported, site.go makes sites and routes,
// order.go sorts the directives, match.go and run.go follow a request. The source of the rules is Caddy's documents
// (caddyserver.com/docs/caddyfile: concepts, directives, matchers); the tests hold them against a real caddy. Caddy's own
// parser brings its server along, more than 20 MB, so the grammar is written here.
//
// A directive that no standard Caddy has, and a matcher that asks for what is not known of a request, give Unknown with
// the place, where a request comes to them.
package caddyroute
