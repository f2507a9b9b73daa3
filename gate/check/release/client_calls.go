package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/accesslog"
	"github.com/dify-gate/dify-gate/gate/internal/apicalls"
	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// clientCall is a request of a client, as often as it was seen.
type clientCall struct {
	apicalls.Call
	at    *gate.Location
	count int
}

// callSet joins calls that are the same but for ids.
type callSet struct {
	prefix string   // path of dify.url, cut off
	known  []string // API prefixes of the target
	byKey  map[string]int
	list   []clientCall
	served func(clientCall) bool
	left   int // further calls that the target does not serve
}

// maxCallSet bounds what is kept of a log: ids that look like words would make it grow
// with the log. A call beyond it is judged at once, and kept only when the target does
// not serve it, as long as it can become a finding.
const maxCallSet = 20_000

// add counts a call; it is kept as it was first seen.
func (s *callSet) add(c apicalls.Call, at *gate.Location) {
	c.Path = s.clean(c)
	key := c.Method + " " + c.Path
	if i, ok := s.byKey[key]; ok {
		s.list[i].count++
		return
	}
	call := clientCall{Call: c, at: at, count: 1}
	if len(s.list) >= maxCallSet && s.served(call) {
		return
	}
	if len(s.list) >= maxCallSet+maxClientFindings {
		s.left++
		return
	}
	s.byKey[key] = len(s.list)
	s.list = append(s.list, call)
}

// clean cuts the path of dify.url, and puts /v1, the service API's base, before
// a path whose base is not known.
func (s *callSet) clean(c apicalls.Call) string {
	p := c.Path
	if rest, ok := strings.CutPrefix(p, s.prefix); ok && s.prefix != "" && strings.HasPrefix(rest, "/") {
		p = rest
	}
	if c.Loose && !s.api(p) {
		p = "/v1" + p
	}
	return p
}

// api reports whether a path is below one of the API's prefixes.
func (s *callSet) api(p string) bool {
	for _, k := range s.known {
		if p == k || strings.HasPrefix(p, k+"/") {
			return true
		}
	}
	return false
}

// pathMistakes reports paths that are none.
func (c *Client) pathMistakes() []check.Mistake {
	var ms []check.Mistake
	for _, p := range c.Paths {
		if _, err := apicalls.Written(p); err != nil {
			ms = append(ms, check.Mistakef("paths", "%s", err))
		}
	}
	return ms
}

// calls reads all sources.
func (c *Client) calls(ctx context.Context, env *check.Env, to dify.Release) ([]clientCall, map[string]any, error) {
	s := &callSet{byKey: map[string]int{}}
	s.served = func(call clientCall) bool { return served(to.Lookup(call.Method, call.Path), call) }
	if env.URL != nil {
		s.prefix = strings.TrimSuffix(env.URL.Path, "/")
	}
	for _, r := range to.PublicRoutes() {
		if r.Service == "api" {
			s.known = append(s.known, strings.TrimSuffix(r.Prefix, "/"))
		}
	}
	evidence := map[string]any{}
	for _, p := range c.Paths {
		if call, err := apicalls.Written(p); err == nil {
			s.add(call, c.Source)
		}
	}
	for _, files := range []check.Strings{c.OpenAPI, c.Postman} {
		if err := c.documents(env, files, s); err != nil {
			return nil, nil, err
		}
	}
	if len(c.AccessLog) > 0 {
		if err := c.logs(ctx, env, s, evidence); err != nil {
			return nil, nil, err
		}
	}
	return s.list, evidence, nil
}

// documents adds the calls of OpenAPI documents and Postman collections.
func (c *Client) documents(env *check.Env, files check.Strings, s *callSet) error {
	if len(files) == 0 {
		return nil
	}
	names, err := check.Expand(&c.Base, env, files)
	if err != nil {
		return err
	}
	for _, name := range names {
		src, err := readfile.Text(name, apicalls.Limit)
		if err != nil {
			return err
		}
		calls, err := apicalls.Document(src)
		if err != nil {
			return fmt.Errorf("%s: %w", check.ShowPath(env, name), err)
		}
		for _, call := range calls {
			s.add(call, &gate.Location{File: check.ShowPath(env, name), Line: call.Line})
		}
	}
	return nil
}

// logs reads access logs. Only what lies below an API prefix counts: the rest
// is the front end's. The status is no guide: what answers 404 today may be
// just what the operator wants to know.
func (c *Client) logs(ctx context.Context, env *check.Env, s *callSet, evidence map[string]any) error {
	format, err := accesslog.Compile(c.LogFormat)
	if err != nil {
		return err
	}
	names, err := check.Expand(&c.Base, env, c.AccessLog)
	if err != nil {
		return err
	}
	read, unread := 0, 0
	for _, name := range names {
		r, u, err := s.log(ctx, format, env, name)
		if err != nil {
			return fmt.Errorf("%s: %w", check.ShowPath(env, name), err)
		}
		read, unread = read+r, unread+u
	}
	evidence["lines"] = read
	if s.left > 0 {
		evidence["paths_kept"], evidence["calls_left_out"] = len(s.list), s.left
	}
	if unread > 0 {
		evidence["lines_unread"] = unread
	}
	if read == 0 {
		return fmt.Errorf("%s: none of %d lines is of the log format; want log_format to name it", strings.Join(c.AccessLog, ", "), unread)
	}
	if unread > read {
		return fmt.Errorf("%s: %d of %d lines are not of the log format; want log_format to name it", strings.Join(c.AccessLog, ", "), unread, read+unread)
	}
	sort.SliceStable(s.list, func(i, j int) bool { return s.list[i].count > s.list[j].count })
	return nil
}

// log adds the calls of one access log; read and unread count its lines.
func (s *callSet) log(ctx context.Context, format *accesslog.Format, env *check.Env, name string) (read, unread int, err error) {
	f, err := lines.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	r := lines.NewReader(f, check.MaxLogLine)
	var line accesslog.Line
	for {
		raw, _, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return read, unread, nil
		case err != nil:
			return read, unread, err
		case r.Number()%4096 == 0 && ctx.Err() != nil:
			return read, unread, fmt.Errorf("line %d: not read to its end in time", r.Number())
		case len(raw) == 0:
			continue
		}
		raw, _ = accesslog.StripPrefix(raw)
		if !format.Parse(raw, &line) || len(line.Path) == 0 {
			unread++
			continue
		}
		read++
		call := apicalls.Call{Method: strings.ToUpper(string(line.Method)), Path: generalise(string(line.Path))}
		if p := s.clean(call); call.Method == "OPTIONS" || !s.api(p) || s.bare(p) || frontEnd(p, raw) {
			continue
		}
		s.add(call, &gate.Location{File: check.ShowPath(env, name), Line: r.Number()})
	}
}

// bare reports whether a path is a prefix itself: probes ask for those.
func (s *callSet) bare(p string) bool { return slices.Contains(s.known, strings.TrimRight(p, "/")) }

// frontEnd reports whether Dify's own pages made a request. They change together
// with the API, and what they call is no client of the operator's.
func frontEnd(p string, line []byte) bool {
	own := strings.HasPrefix(p, "/console/api/") || strings.HasPrefix(p, "/api/") || strings.HasPrefix(p, "/socket.io/")
	return own && bytes.Contains(line, []byte("Mozilla/"))
}

// generalise cuts the query of a logged path, joins doubled slashes as the
// client's 308 does, and writes ids as {id}.
func generalise(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	if raw == "" || raw[0] != '/' {
		return raw
	}
	slash := strings.HasSuffix(raw, "/") && len(raw) > 1
	raw = path.Clean(raw)
	segments := strings.Split(raw, "/")
	for i, s := range segments {
		if isID(s) {
			segments[i] = "{id}"
		}
	}
	raw = strings.Join(segments, "/")
	if slash {
		raw += "/"
	}
	return raw
}

// isID reports whether a segment of a path is a UUID or a number.
func isID(s string) bool {
	switch {
	case s == "":
		return false
	case strings.Trim(s, "0123456789") == "":
		return true
	}
	return len(s) == 36 && strings.Count(s, "-") == 4 && strings.Trim(strings.ToLower(s), "0123456789abcdef-") == ""
}
