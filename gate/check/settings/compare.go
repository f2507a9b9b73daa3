package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// maskedValue is shown instead of the value of a secret.
const maskedValue = `"***"`

// shownValue quotes a value for a message; the value of a setting whose name says
// that it is secret is masked.
func shownValue(path string, v any) string {
	name := strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(path))
	text, ok := v.(string)
	if !ok {
		text = fmt.Sprint(v)
	}
	if dotenv.IsSecret(name, text) {
		return maskedValue
	}
	if ok {
		return fmt.Sprintf("%q", quote.Clip(text))
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return quote.Clip(text)
	}
	return quote.Clip(string(encoded))
}

// at is the place of a path, or of its nearest parent in the file.
func (e *effective) at(path string) *gate.Location {
	for p := path; ; {
		if place, ok := e.doc.Places[p]; ok {
			return &gate.Location{File: e.file, Line: place.Line, Column: place.Column, EndLine: place.Line}
		}
		dot := strings.LastIndexByte(p, '.')
		if dot < 0 {
			return &gate.Location{File: e.file, Line: 1, Column: 1, EndLine: 1}
		}
		p = p[:dot]
	}
}

// place is where the effective value of a path is to be changed.
func (e *effective) place(path string) *gate.Location {
	if o, ok := e.from[path]; ok && o.at != nil {
		return o.at
	}
	return e.at(path)
}

// source says in brackets which variable a value comes from.
func (e *effective) source(path string) string {
	if o, ok := e.from[path]; ok {
		return " (" + o.name + ")"
	}
	return ""
}

func (e *effective) overridden(path string, before any, o override) gate.Finding {
	f := ruleOverridden.Finding(
		fmt.Sprintf("%s: %s says %s, %s says %s and wins", path, e.file, shownValue(path, before), o.name, shownValue(path, o.value)),
		"remove the variable, or set both to the same value")
	f.Location, f.Subject = e.at(path), path
	if o.at != nil {
		f.Related = []gate.Location{*o.at}
	}
	return f
}

// compareValues compares the effective values with those wanted.
func (s *Settings) compareValues(e *effective) []gate.Finding {
	if len(s.Expect) == 0 {
		return nil
	}
	body, err := e.doc.JSON()
	if err != nil {
		return nil // what encoding/json decoded it can encode
	}
	var out []gate.Finding
	for _, path := range slices.Sorted(maps.Keys(s.Expect)) {
		want := s.Expect[path]
		value, ok := e.doc.Get(path)
		if e.doc.Text && ok {
			want = asText(want)
		}
		if _, matches := want.Match(body, path); matches {
			continue
		}
		got := "not set"
		if ok {
			got = shownValue(path, value)
		}
		f := ruleValue.Finding(
			fmt.Sprintf("%s is %s%s, expected %s", path, got, e.source(path), s.Expect[path]),
			"set the value in the file or in the variable named here")
		f.Location, f.Subject = e.place(path), path
		out = append(out, f)
	}
	return out
}

// comparePrefix compares the effective API prefix with the route given and with
// the proxy's files.
func (s *Settings) comparePrefix(env *check.Env, e *effective) ([]gate.Finding, error) {
	if s.Route == "" && len(s.Proxy) == 0 {
		return nil, nil
	}
	key := s.PrefixKey
	if key == "" {
		key = "api.prefix"
	}
	value, ok := e.doc.Get(key)
	prefix, text := value.(string)
	if !ok || !text {
		return nil, fmt.Errorf("%s: %s is not set to a path, so there is nothing to compare with the route", e.file, key)
	}
	message := fmt.Sprintf("%s is %q%s", key, prefix, e.source(key))
	if o, ok := e.from[key]; ok && fmt.Sprint(e.written[key]) != o.value {
		message += fmt.Sprintf(", %s says %s", e.file, shownValue(key, e.written[key]))
	}
	if s.Route != "" && trimSlash(prefix) != trimSlash(s.Route) {
		return []gate.Finding{s.mismatch(e, key, message+fmt.Sprintf(", the route is %q: expected one value", s.Route))}, nil
	}
	if len(s.Proxy) == 0 {
		return nil, nil
	}
	return s.compareProxy(env, e, key, trimSlash(prefix), message)
}

func (s *Settings) mismatch(e *effective, key, message string) gate.Finding {
	f := rulePrefixMismatch.Finding(message, "set the same value in the file, the environment and the proxy")
	f.Location, f.Subject = e.place(key), key
	if f.Location != nil && *f.Location != *e.at(key) {
		f.Related = []gate.Location{*e.at(key)}
	}
	return f
}

// compareProxy asks nginx's files where the prefix goes: the same place as "/"
// means that no location serves it, and a shorter URI that the proxy cuts it.
func (s *Settings) compareProxy(env *check.Env, e *effective, key, prefix, message string) ([]gate.Finding, error) {
	var files []string
	for _, p := range s.Proxy {
		files = append(files, s.ResolvePath(env, p))
	}
	config, err := nginxroute.Load(files, nginxroute.Options{})
	var refused nginxroute.Errors
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &refused):
		return nil, fmt.Errorf("the proxy's files cannot be read: %s", refused[0].Error())
	case errors.As(err, &pathErr):
		return nil, fmt.Errorf("%s: %w", pathErr.Path, pathErr.Err)
	case err != nil:
		return nil, err
	}
	ask := func(uri string) nginxroute.Answer {
		return config.Route(nginxroute.Request{Method: "GET", Host: "localhost", URI: uri})
	}
	answer, root := ask(prefix+"/probe"), ask("/")
	if answer.Kind == nginxroute.Unknown {
		return nil, fmt.Errorf("where the proxy sends %s is unknown: %s", prefix, answer.Why)
	}
	switch {
	case answer.Kind == nginxroute.Proxied && answer.Upstream != root.Upstream && answer.URI == prefix+"/probe":
		return nil, nil
	case answer.Kind == nginxroute.Proxied && answer.Upstream != root.Upstream:
		message += fmt.Sprintf(", and the proxy passes %s/probe as %s", prefix, answer.URI)
	default:
		message += ", and the proxy has no route of its own for it"
	}
	f := s.mismatch(e, key, message)
	if answer.Decided.File != "" {
		f.Related = append(f.Related, gate.Location{File: check.ShowPath(env, answer.Decided.File), Line: answer.Decided.Line, Column: answer.Decided.Col})
	}
	return []gate.Finding{f}, nil
}

func trimSlash(p string) string { return "/" + strings.Trim(p, "/") }

// asText is the same expectation for a file in which every value is text.
func asText(w check.Want) check.Want {
	if w.Comparisons == nil && w.Value != nil {
		return check.Want{Value: fmt.Sprint(w.Value)}
	}
	return w
}
