package caddyroute

import (
	"slices"
	"strings"
)

// directives are those of the standard Caddy in the order in which it runs them
// (caddyserver.com/docs/caddyfile/directives#directive-order, 2.10; skip_log and basicauth are older names).
var directives = []string{"tracing", "map", "vars", "fs", "root", "log_append", "skip_log", "log_skip", "log_name", "header", "copy_response_headers",
	"request_body", "redir", "method", "rewrite", "uri", "try_files", "basicauth", "basic_auth", "forward_auth", "request_header", "encode", "push",
	"intercept", "templates", "invoke", "handle", "handle_path", "route", "abort", "error", "copy_response", "respond", "metrics", "reverse_proxy",
	"php_fastcgi", "file_server", "acme_server"}

// settings are directives that say nothing of where a request goes.
var settings = []string{"tls", "bind", "log", "import", "handle_errors"}

// reorder is the global option order.
func (c *Config) reorder(name, how, other string) {
	c.order = slices.DeleteFunc(c.order, func(d string) bool { return d == name })
	at := 0
	switch how {
	case "last":
		at = len(c.order)
	case "before", "after":
		at = slices.Index(c.order, other)
		if at < 0 {
			at = len(c.order)
		} else if how == "after" {
			at++
		}
	}
	c.order = slices.Insert(c.order, at, name)
}

// sortRoutes puts routes in the order in which Caddy runs them: by directive; of one directive those with the longer
// path first, then those with a matcher.
func (c *Config) sortRoutes(routes []*route) {
	slices.SortStableFunc(routes, func(a, b *route) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		x, y := a.sortPath(), b.sortPath()
		switch {
		case x == "" && y == "":
			return has(b.matcher) - has(a.matcher)
		case strings.TrimSuffix(x, "*") == strings.TrimSuffix(y, "*"):
			return strings.Count(x, "*") - strings.Count(y, "*")
		}
		return len(y) - len(x)
	})
}

func has(m *matcher) int {
	if m == nil {
		return 0
	}
	return 1
}

// sortPath is the path that a route is sorted by: that of a matcher with one path.
func (r *route) sortPath() string {
	if r.matcher != nil && len(r.matcher.paths) == 1 {
		return r.matcher.paths[0]
	}
	return ""
}

func (c *Config) rankOf(name string) int {
	if name == "handle_path" { // sorted as handle is
		name = "handle"
	}
	if i := slices.Index(c.order, name); i >= 0 {
		return i
	}
	return len(c.order)
}
