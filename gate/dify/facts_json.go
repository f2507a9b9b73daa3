package dify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// maxFacts bounds one file of facts; 1.16.0's has 0.2 MB.
const maxFacts = 8 << 20

// Encode writes facts as JSON with one item of a list on each line, so that a
// diff of two releases shows what changed.
func (f *Facts) Encode(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("{")
	v := reflect.ValueOf(*f)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n%q: ", name)
		if err := encodeField(&b, v.Field(i)); err != nil {
			return err
		}
	}
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func encodeField(b *bytes.Buffer, v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		return encodeItem(b, v)
	}
	b.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n  ")
		if err := encodeItem(b, v.Index(i)); err != nil {
			return err
		}
	}
	if v.Len() > 0 {
		b.WriteByte('\n')
	}
	b.WriteByte(']')
	return nil
}

// encodeItem writes a value on one line, with <, > and & as they are: they are
// part of nearly every route.
func encodeItem(b *bytes.Buffer, v reflect.Value) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line feed
	return nil
}

// DecodeFacts reads the facts of one release. Fields that it does not know are
// left out: they belong to a later gate.
func DecodeFacts(r io.Reader) (*Facts, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxFacts+1))
	if err != nil {
		return nil, err
	}
	if len(src) > maxFacts {
		return nil, fmt.Errorf("larger than %d MiB, want the facts of one release", maxFacts>>20)
	}
	var f Facts
	if err := json.Unmarshal(src, &f); err != nil {
		return nil, fmt.Errorf("not the facts of a release: %w", err)
	}
	return &f, f.check()
}

// Bundle is a file of the facts of several releases.
type Bundle struct {
	Schema   int      `json:"schema"`
	Releases []*Facts `json:"releases"`
}

// maxBundle bounds a file of the facts of several releases.
const maxBundle = 64 << 20

// DecodeAll reads a file of facts: of one release, or a [Bundle].
func DecodeAll(r io.Reader) ([]*Facts, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxBundle+1))
	if err != nil {
		return nil, err
	}
	if len(src) > maxBundle {
		return nil, fmt.Errorf("larger than %d MiB, want the facts of releases", maxBundle>>20)
	}
	var b Bundle
	if err := json.Unmarshal(src, &b); err != nil {
		return nil, fmt.Errorf("not the facts of a release: %w", err)
	}
	if b.Releases == nil {
		f, err := DecodeFacts(bytes.NewReader(src))
		return []*Facts{f}, err
	}
	if b.Schema != FactsSchema {
		return nil, fmt.Errorf("schema %d, want %d: update the gate", b.Schema, FactsSchema)
	}
	for i, f := range b.Releases {
		if f == nil {
			return nil, fmt.Errorf("releases[%d] is empty", i)
		}
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("releases[%d]: %w", i, err)
		}
	}
	return b.Releases, nil
}

// check reports what makes facts of no use.
func (f *Facts) check() error {
	switch {
	case f.Schema == 0:
		return errors.New(`not the facts of a release: no "schema"`)
	case f.Schema != FactsSchema:
		return fmt.Errorf("schema %d, want %d: update the gate", f.Schema, FactsSchema)
	case !IsVersion(f.Version):
		return fmt.Errorf("version %q, want one like 1.16.0", f.Version)
	case len(f.Services) == 0 && len(f.Env) == 0 && len(f.Routes) == 0:
		return fmt.Errorf("the facts of %s are empty", f.Version)
	}
	return nil
}

// Sort puts the lists into the order in which facts are written, without
// doubles, and makes empty lists of nil ones: JSON then has [] and not null.
func (f *Facts) Sort() {
	f.Prefixes = sorted(f.Prefixes, func(a, b PrefixFact) int { return cmp.Compare(a.Path, b.Path) })
	f.Templates = sorted(f.Templates, func(a, b TemplateFact) int { return cmp.Compare(a.Name, b.Name) })
	f.Routes = sorted(f.Routes, func(a, b RouteFact) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	f.Services = sorted(f.Services, func(a, b ServiceFact) int { return cmp.Compare(a.Name, b.Name) })
	f.Env = sorted(f.Env, func(a, b EnvFact) int { return cmp.Compare(a.Name, b.Name) })
	f.Migrations.Heads = sorted(f.Migrations.Heads, strings.Compare)
	f.Migrations.Revisions = sorted(f.Migrations.Revisions, strings.Compare)
	f.Queues, f.Commands = sorted(f.Queues, strings.Compare), sorted(f.Commands, strings.Compare)
	f.MinVersions = sorted(f.MinVersions, func(a, b MinVersion) int { return cmp.Compare(a.Product, b.Product) })
	f.Secrets = sorted(f.Secrets, func(a, b SecretFact) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Sum, b.Sum))
	})
	f.Unread = sorted(f.Unread, strings.Compare)
}

func sorted[T any](list []T, compare func(a, b T) int) []T {
	slices.SortStableFunc(list, compare)
	list = slices.CompactFunc(list, func(a, b T) bool { return compare(a, b) == 0 })
	if list == nil {
		return []T{}
	}
	return list
}
