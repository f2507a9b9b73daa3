package dify

import (
	"slices"
	"sort"
	"strings"
)

// Route is a route of the API at one release.
type Route struct {
	Method, Path string
	Since        string
	Until        string // the last release that has it; "" when the newest has it
}

// Routes lists the API's routes of a release by path and method.
func (r Release) Routes() []Route {
	var out []Route
	for _, s := range r.c.API {
		if r.c.within(r.at, s.Since, s.Until) {
			out = append(out, Route(s))
		}
	}
	return out
}

// indexed is a route's place in the list, and its path cut at the slashes.
type indexed struct {
	at       int
	segments []string
}

// Fate says what a release makes of a request.
type Fate int

// The fates of a request.
const (
	RouteThere       Fate = iota + 1 // the release has the route
	RouteOtherMethod                 // it has the path, for other methods only
	RouteRemoved                     // an older release had it
	RouteLater                       // a newer release has it
	RouteUnknown                     // no release ever had it
)

// Match is what is known of a request to the API.
type Match struct {
	Fate    Fate
	Route   Route    // the one that matched; zero for RouteUnknown
	Methods []string // what the release accepts on the path
}

// Lookup finds what becomes of a request. path has no query; a segment that
// is a placeholder ({id}, <id>, :id, ID) stands for any parameter. An empty
// method asks for the path alone.
func (r Release) Lookup(method, path string) Match {
	method = strings.ToUpper(method)
	segments := split(path)
	var here, past, future []Route
	for _, route := range r.c.byFirst[segments[0]] {
		if !matchPath(route.segments, segments) {
			continue
		}
		s := r.c.API[route.at]
		switch {
		case r.c.within(r.at, s.Since, s.Until):
			here = append(here, Route(s))
		case r.c.position(s.Since) > r.at:
			future = append(future, Route(s))
		default:
			past = append(past, Route(s))
		}
	}
	here, past, future = literalFirst(here), literalFirst(past), literalFirst(future)
	if route, ok := withMethod(here, method); ok {
		return Match{Fate: RouteThere, Route: route, Methods: methods(here)}
	}
	m := Match{Fate: RouteUnknown, Methods: methods(here)}
	if route, ok := withMethod(past, method); ok {
		m.Fate, m.Route = RouteRemoved, route
	} else if route, ok := withMethod(future, method); ok {
		m.Fate, m.Route = RouteLater, route
	} else if len(here) > 0 {
		m.Fate, m.Route = RouteOtherMethod, here[0]
	}
	return m
}

func withMethod(routes []Route, method string) (Route, bool) {
	for _, r := range routes {
		// Flask answers HEAD and OPTIONS wherever it answers GET or anything.
		if method == "" || r.Method == method || method == "OPTIONS" || method == "HEAD" && r.Method == "GET" {
			return r, true
		}
	}
	return Route{}, false
}

func methods(routes []Route) []string {
	var out []string
	for _, r := range routes {
		if !slices.Contains(out, r.Method) {
			out = append(out, r.Method)
		}
	}
	sort.Strings(out)
	return out
}

// literalFirst puts routes with fewer parameters first, as Flask's router
// prefers them, and drops those that lose to a more literal path.
func literalFirst(routes []Route) []Route {
	sort.SliceStable(routes, func(i, j int) bool { return parameters(routes[i].Path) < parameters(routes[j].Path) })
	for i, r := range routes {
		if parameters(r.Path) > parameters(routes[0].Path) {
			return routes[:i]
		}
	}
	return routes
}

func parameters(path string) int { return strings.Count(path, "<") + strings.Count(path, "{?}") }

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// matchPath matches a request's segments against a template's.
func matchPath(template, segments []string) bool {
	for i, t := range template {
		if strings.HasPrefix(t, "<path:") && strings.HasSuffix(t, ">") {
			return matchTail(template[i+1:], segments[min(i, len(segments)):])
		}
		if i >= len(segments) || !matchSegment(t, segments[i]) {
			return false
		}
	}
	return len(template) == len(segments)
}

// matchTail lets a <path:…> parameter take one or more segments.
func matchTail(template, segments []string) bool {
	for n := 1; n <= len(segments); n++ {
		if matchPath(template, segments[n:]) || len(template) == 0 && n == len(segments) {
			return true
		}
	}
	return false
}

func matchSegment(template, segment string) bool {
	open := strings.IndexAny(template, "<{")
	if open < 0 {
		return template == segment
	}
	end := strings.IndexAny(template, ">}")
	if end < open {
		return template == segment
	}
	kind, _, typed := strings.Cut(template[open+1:end], ":")
	if !typed {
		kind = "string"
	}
	before, after := template[:open], template[end+1:]
	value, ok := strings.CutPrefix(segment, before)
	if !ok {
		return false
	}
	if again := strings.IndexByte(after, '<'); again >= 0 {
		// <uuid:id>.<string:extension>: cut at the literal between the two.
		first, rest, ok := strings.Cut(value, after[:again])
		return ok && fits(kind, first) && matchSegment(after[again:], rest)
	}
	value, ok = strings.CutSuffix(value, after)
	return ok && fits(kind, value)
}

// fits reports whether a value can be a parameter of a kind. Flask's uuid and
// int converters refuse anything else, so that a literal of a removed route is
// not taken for an id.
func fits(kind, value string) bool {
	if value == "" {
		return false
	}
	if Placeholder(value) {
		return true
	}
	switch kind {
	case "uuid":
		return isUUID(value)
	case "int":
		return strings.Trim(value, "0123456789") == ""
	}
	return true
}

// Placeholder reports whether a segment of a written-down path stands for a
// parameter: {id}, {{id}}, <id>, :id, $id, *, ID.
func Placeholder(segment string) bool {
	if segment == "" {
		return false
	}
	switch segment[0] {
	case '{', '<', ':', '$', '*':
		return true
	}
	upper := strings.Trim(segment, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
	return upper && len(segment) > 1
}

func isUUID(s string) bool {
	if len(s) != 36 && len(s) != 32 {
		return false
	}
	return strings.Trim(strings.ToLower(s), "0123456789abcdef-") == ""
}
