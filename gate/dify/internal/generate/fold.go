package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// folded is the file of a release: what differs from the release before it. A
// reviewer sees in it what the release changed, and all files together take a
// twentieth of what whole ones would.
type folded struct {
	Version string            `json:"version"`
	After   string            `json:"after"` // the release before; "" for the first
	Source  dify.Source       `json:"source"`
	Heads   []string          `json:"heads"`
	Unread  []string          `json:"unread"`
	Lists   map[string]change `json:"lists"`
}

// change is what a list lost and gained. Removed holds keys, added whole items.
type change struct {
	Removed []json.RawMessage `json:"removed,omitempty"`
	Added   []json.RawMessage `json:"added,omitempty"`
}

// lists are the lists of facts by name, as pointers to slices.
func lists(f *dify.Facts) map[string]reflect.Value {
	out := map[string]reflect.Value{"revisions": reflect.ValueOf(&f.Migrations.Revisions)}
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if v.Field(i).Kind() == reflect.Slice && name != "unread" {
			out[name] = v.Field(i).Addr()
		}
	}
	return out
}

// item is an element of a list as JSON, and the key by which it is removed: its
// name, or all of it where names are not unique.
type item struct{ key, text string }

func items(list reflect.Value, version string) ([]item, error) {
	var out []item
	for i := range list.Elem().Len() {
		value := list.Elem().Index(i).Interface()
		if s, ok := value.(dify.ServiceFact); ok {
			s.Image = marked(s.Image, version)
			value = s
		}
		text, err := compact(value)
		if err != nil {
			return nil, err
		}
		key := text
		switch v := value.(type) {
		case dify.ServiceFact:
			key, err = compact(v.Name)
		case dify.EnvFact:
			key, err = compact(v.Name)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, item{key, text})
	}
	return out, nil
}

// marked is an image without the release's own version, so that a tag that only
// follows the release is no change.
func marked(image, version string) string {
	if name, ok := strings.CutSuffix(image, ":"+version); ok {
		return name + ":" + dify.ReleaseMark
	}
	return image
}

func compact(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// fold writes the file of a release.
func fold(f, last *dify.Facts) ([]byte, error) {
	out := folded{Version: f.Version, Source: f.Source, Heads: f.Migrations.Heads, Unread: f.Unread, Lists: map[string]change{}}
	if last == nil {
		last = &dify.Facts{}
	}
	out.After = last.Version
	old := lists(last)
	for name, list := range lists(f) {
		have, err := items(list, f.Version)
		if err != nil {
			return nil, err
		}
		had, err := items(old[name], last.Version)
		if err != nil {
			return nil, err
		}
		var c change
		for _, i := range had {
			if !slices.ContainsFunc(have, func(h item) bool { return h.key == i.key }) {
				c.Removed = append(c.Removed, json.RawMessage(i.key))
			}
		}
		for _, i := range have {
			if !slices.Contains(had, i) {
				c.Added = append(c.Added, json.RawMessage(i.text))
			}
		}
		if len(c.Removed)+len(c.Added) > 0 {
			out.Lists[name] = c
		}
	}
	return format(out)
}

// unfold reads the file of a release; last is the release before it.
func unfold(src []byte, last *dify.Facts) (*dify.Facts, error) {
	var in folded
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, err
	}
	if last == nil {
		last = &dify.Facts{}
	}
	if in.After != last.Version {
		return nil, fmt.Errorf("it says what changed after %q, and the release before it is %q", in.After, last.Version)
	}
	out := &dify.Facts{Schema: dify.FactsSchema, Version: in.Version, Source: in.Source, Unread: in.Unread}
	out.Migrations.Heads = in.Heads
	old := lists(last)
	for name, list := range lists(out) {
		had, err := items(old[name], last.Version)
		if err != nil {
			return nil, err
		}
		added, err := keyed(name, in.Lists[name].Added)
		if err != nil {
			return nil, err
		}
		gone := func(i item) bool {
			return slices.ContainsFunc(in.Lists[name].Removed, func(r json.RawMessage) bool { return string(r) == i.key }) ||
				slices.ContainsFunc(added, func(a item) bool { return a.key == i.key })
		}
		var texts []string
		for _, i := range append(slices.DeleteFunc(had, gone), added...) {
			texts = append(texts, i.text)
		}
		if err := json.Unmarshal([]byte("["+strings.Join(texts, ",")+"]"), list.Interface()); err != nil {
			return nil, err
		}
	}
	for i := range out.Services {
		s := &out.Services[i]
		s.Image = strings.ReplaceAll(s.Image, dify.ReleaseMark, out.Version)
	}
	out.Sort()
	return out, nil
}

// keyed gives added items their keys.
func keyed(name string, added []json.RawMessage) ([]item, error) {
	var out []item
	for _, raw := range added {
		i := item{string(raw), string(raw)}
		if name == "services" || name == "env" {
			var named struct{ Name string }
			if err := json.Unmarshal(raw, &named); err != nil {
				return nil, err
			}
			key, err := compact(named.Name)
			if err != nil {
				return nil, err
			}
			i.key = key
		}
		out = append(out, i)
	}
	return out, nil
}

// format writes JSON with one item on each line.
func format(f folded) ([]byte, error) {
	var b bytes.Buffer
	field := func(name string, value any) error {
		text, err := compact(value)
		fmt.Fprintf(&b, "  %q: %s,\n", name, text)
		return err
	}
	b.WriteString("{\n")
	for _, e := range []struct {
		name  string
		value any
	}{{"version", f.Version}, {"after", f.After}, {"source", f.Source}, {"heads", f.Heads}, {"unread", f.Unread}} {
		if err := field(e.name, e.value); err != nil {
			return nil, err
		}
	}
	b.WriteString("  \"lists\": {")
	names := make([]string, 0, len(f.Lists))
	for name := range f.Lists {
		names = append(names, name)
	}
	slices.Sort(names)
	for n, name := range names {
		fmt.Fprintf(&b, "%s\n    %q: {", comma(n), name)
		parts := 0
		for _, part := range []struct {
			name string
			list []json.RawMessage
		}{{"removed", f.Lists[name].Removed}, {"added", f.Lists[name].Added}} {
			if len(part.list) == 0 {
				continue
			}
			fmt.Fprintf(&b, "%s\n      %q: [", comma(parts), part.name)
			for i, raw := range part.list {
				fmt.Fprintf(&b, "%s\n        %s", comma(i), raw)
			}
			b.WriteString("\n      ]")
			parts++
		}
		b.WriteString("\n    }")
	}
	b.WriteString("\n  }\n}\n")
	return b.Bytes(), nil
}

func comma(n int) string {
	if n == 0 {
		return ""
	}
	return ","
}
