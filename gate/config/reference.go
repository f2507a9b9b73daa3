package config

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/kinds"
)

// Reference is the reference page of gate.yaml in Markdown: each key with what it
// is, its type, default and an example, from the structs that the file is decoded
// into. Keys that all checks share are listed once.
func Reference() string {
	var b strings.Builder
	b.WriteString("# gate.yaml\n\nAll keys of gate.yaml. `gate schema config --format markdown` writes this page; `gate schema config` prints the JSON Schema.\n" +
		"Everything but `version` is optional. Values may hold `${NAME}` or `${NAME:-default}` from the environment; in flow style, quote them.\n")
	top := reflect.TypeFor[Config]()
	referenceTable(&b, "Top level", "", fieldsOf(top))
	for _, f := range fieldsOf(top) {
		if f.name == "checks" {
			continue
		}
		if t := elementOf(f.typ); t.Kind() == reflect.Struct && !opaque(t) {
			referenceTable(&b, f.name, help(f), fieldsOf(t))
		}
	}
	base := fieldsOf(reflect.TypeFor[check.Base]())
	shared := map[string]bool{}
	for _, f := range base {
		shared[f.name] = true
	}
	referenceTable(&b, "checks: keys of every entry", "Each section under checks is a list of entries. These keys work in all of them.", base)
	for _, section := range fieldsOf(reflect.TypeFor[kinds.Sections]()) {
		referenceEntry(&b, "checks."+section.name, help(section), elementOf(section.typ), shared)
	}
	return b.String()
}

// referenceEntry lists the keys of a struct but those left out, then those of the
// structs in it.
func referenceEntry(b *strings.Builder, title, text string, t reflect.Type, leftOut map[string]bool) {
	var own []field
	for _, f := range fieldsOf(t) {
		if !leftOut[f.name] {
			own = append(own, f)
		}
	}
	referenceTable(b, title, text, own)
	for _, f := range own {
		if inner := elementOf(f.typ); inner.Kind() == reflect.Struct && !opaque(inner) {
			referenceEntry(b, title+"."+f.name, help(f), inner, nil)
		}
	}
}

func referenceTable(b *strings.Builder, title, text string, fields []field) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if text != "" {
		b.WriteString(strings.ToUpper(text[:1]) + text[1:] + "\n\n")
	}
	b.WriteString("| key | what | type | default | example |\n|---|---|---|---|---|\n")
	for _, f := range fields {
		name := "`" + f.name + "`"
		if f.tag.Get("required") == "true" {
			name += " (required)"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", name, cell(help(f)), cell(typeWord(f)), cell(defaultOf(f)), cell(exampleOf(f)))
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func help(f field) string { return strings.ReplaceAll(f.tag.Get("help"), "\n", " ") }

// elementOf is the type of the entries of a list, or of what a pointer leads to.
func elementOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// opaque reports whether a type is written as one value, though it is a struct.
func opaque(t reflect.Type) bool {
	_, shaped := reflect.New(t).Interface().(schemer)
	return shaped || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) || len(fieldsOf(t)) == 0
}

func typeWord(f field) string {
	t := f.typ
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if list := f.tag.Get("enum"); list != "" && t.Kind() != reflect.Slice {
		return "one of " + strings.ReplaceAll(list, ",", ", ")
	}
	switch t {
	case reflect.TypeFor[check.Duration]():
		return "duration"
	case reflect.TypeFor[Date]():
		return "date"
	case reflect.TypeFor[gate.Secret]():
		return "secret"
	case reflect.TypeFor[check.Strings]():
		return "text or list of texts"
	case reflect.TypeFor[check.Statuses]():
		return "status or list of statuses"
	case reflect.TypeFor[check.Pattern]():
		return "text or /regex/"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "list"
	case reflect.Map:
		return "mapping"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return "whole number"
	case reflect.Struct:
		if !opaque(t) {
			return "mapping"
		}
	}
	return "text"
}

// byDefault is how help texts name a default.
const byDefault = `by default,? ([^;]+)|([A-Za-z0-9]+) \(default\)|\(default: ([^)]+)\)`

func defaultOf(f field) string {
	if m := regexp.MustCompile(byDefault).FindStringSubmatch(f.tag.Get("help")); m != nil {
		return strings.TrimSpace(cmp.Or(m[1], m[2], m[3]))
	}
	return ""
}

// referenceExamples are examples of keys whose type does not show one.
var referenceExamples = map[string]string{
	"version": "1", "from": "1.13.0", "to": "1.14.2", "url": "https://dify.example.com/v1/parameters", "dir": "docker", "source": "github", "api": "https://api.github.com",
	"address": "dify.example.com:443", "origin": "https://console.example.com", "name": "service API requires a key", "key": "${DIFY_API_KEY}", "api_key": "${DIFY_API_KEY}", "token": "${TOKEN}",
	"rule": "changelog/breaking", "match": "HITL email", "reason": "we send no HITL mail", "owner": "ops", "expires": "2027-01-31", "versions": ">=1.13.1, <1.14", "file": ".env",
	"port": "443", "service": "weaviate", "tool": "docker-compose", "version_range": ">=2.24", "server": "nginx", "backend": "http://jaeger:16686", "prometheus": "http://prometheus:9090",
	"otlp": "http://collector:4318", "table": "alembic_version", "head": "auto", "timezone": "Asia/Shanghai", "query": "ping", "rate": "20/s", "min_version": "6.0", "baseline": "last.json",
}

func exampleOf(f field) string {
	if f.name == "url" && f.tag.Get("kind") == "url" {
		return "`https://dify.example.com`"
	}
	if e, ok := referenceExamples[f.name]; ok {
		return "`" + e + "`"
	}
	word := typeWord(f)
	switch {
	case strings.HasPrefix(word, "one of "):
		first, _, _ := strings.Cut(strings.TrimPrefix(word, "one of "), ",")
		return "`" + first + "`"
	case word == "duration":
		return "`10s`"
	case word == "true or false":
		return "`true`"
	case word == "whole number":
		return "`10`"
	case word == "number":
		return "`0.9`"
	case strings.HasPrefix(word, "status"):
		return "`[200, 2xx]`"
	case strings.HasSuffix(f.name, "url"):
		return "`https://dify.example.com`"
	}
	return ""
}
