package dify

import (
	"sort"
	"strings"
)

// Nearest lists the release's routes that resemble a request most, the best first: at
// most three, none when nothing resembles it. found is what Lookup made of the
// request; a removed route's successor comes first. It takes much longer than Lookup.
func (r Release) Nearest(method, path string, found Match) []Route {
	out := r.similar(strings.ToUpper(method), split(path))
	if found.Fate == RouteRemoved {
		return r.succeeded(found.Route, out)
	}
	return out
}

func (r Release) similar(method string, segments []string) []Route {
	type scored struct {
		route Route
		score int
	}
	var all []scored
	for _, route := range r.Routes() {
		if s := resemblance(split(route.Path), segments); s > 0 {
			if route.Method == method {
				s++
			}
			all = append(all, scored{route, s})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	var out []Route
	for _, s := range all {
		if len(out) == 3 || s.score*3 < all[0].score*2 {
			break
		}
		out = append(out, s.route)
	}
	return out
}

// successors are routes that took the place of removed ones under a name that
// does not resemble theirs (issues 30904 and 25543 of Dify, and the routes of
// 1.13.1).
var successors = map[string]string{
	"GET /v1/datasets/<uuid:dataset_id>/documents/<uuid:document_id>/upload-file": "GET /v1/datasets/<uuid:dataset_id>/documents/<uuid:document_id>/download",
}

// succeeded puts the successor of a removed route first, where the release has
// one.
func (r Release) succeeded(removed Route, nearest []Route) []Route {
	name := successors[removed.Method+" "+removed.Path]
	for _, route := range r.Routes() {
		if name != "" && route.Method+" "+route.Path == name {
			return append([]Route{route}, nearest...)
		}
	}
	return nearest
}

// resemblance is 0 unless the first segment and most of the words agree. Word
// order counts: it is the length of the longest common subsequence, less the
// segments that have no partner.
func resemblance(template, segments []string) int {
	if len(segments) == 0 || template[0] != segments[0] || len(segments) > 32 {
		return 0
	}
	n, m := len(template), len(segments)
	row := make([]int, m+1)
	for i := 1; i <= n; i++ {
		diagonal := 0
		for j := 1; j <= m; j++ {
			up := row[j]
			row[j] = max(row[j], row[j-1], diagonal+alike(template[i-1], segments[j-1]))
			diagonal = up
		}
	}
	score := row[m] - 2*abs(n-m)
	if row[m] < 6+3 || !sharesWord(template[1:], segments[1:]) { // only the first segment agrees
		return 0
	}
	return score
}

// sharesWord reports whether a word of one is among those of the other: that a
// parameter takes anything is no resemblance.
func sharesWord(template, segments []string) bool {
	for _, t := range template {
		for _, s := range segments {
			if !strings.ContainsAny(t, "<{") && alike(t, s) > 0 {
				return true
			}
		}
	}
	return false
}

// alike scores two segments: 6 for the same word, 5 for singular and plural or
// another spelling, 4 for a parameter, 0 for strangers.
func alike(template, segment string) int {
	switch {
	case template == segment:
		return 6
	case strings.ContainsAny(template, "<{"):
		if matchSegment(template, segment) {
			return 4
		}
		return 0
	case plain(template) == plain(segment):
		return 5
	case len(segment) > 3 && (strings.HasPrefix(template, segment) || strings.HasPrefix(segment, template)):
		return 3
	}
	return 0
}

func plain(s string) string {
	s = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(s))
	return strings.TrimSuffix(s, "s")
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
