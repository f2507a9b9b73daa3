// Package apacheroute answers, from Apache's files alone, where a request goes: which virtual host takes it, what
// RewriteRules do to it, which ProxyPass gets it, and the URI that the upstream sees. It speaks the words of package
// routing, as nginxroute does for nginx.
//
//	c, err := apacheroute.Load(files, apacheroute.Options{})
//	a := c.Route(routing.Request{Host: "dify.example.com", URI: "/v1/parameters"})
//
// The flow: lex.go joins continued lines and splits words, tree.go nests sections and follows includes, host.go makes
// virtual hosts of them. Route walks Apache's hooks in their order: server choice (host.go), the path decoded and merged
// (uri.go), mod_rewrite (rewrite.go, cond.go), mod_proxy (proxy.go: a <Location>'s ProxyPass before the list, the first
// that fits wins, "!" ends it), mod_alias (alias.go), files.
//
// What cannot be decided from files gives Kind Unknown with the reason; text that Apache would refuse is a
// routing.Errors, each with file:line:column.
package apacheroute
