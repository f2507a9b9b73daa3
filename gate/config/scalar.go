package config

import (
	"encoding"
	"errors"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
)

// textOf is a scalar's text with its variables replaced; ok is false when the
// node is none, or when that was a mistake.
func (d *decoder) textOf(n *yaml.Node, path, want string) (text string, ok bool) {
	switch {
	case n.Kind != yaml.ScalarNode, isNull(n):
		d.add(n, path, "%s, want %s", kindWord(n), want)
		return "", false
	case d.slips && strings.ContainsRune(n.Value, slip):
		d.unread = append(d.unread, path)
		return "", false
	case !knownTag(n):
		d.add(n, path, "the tag %s, want a plain value", n.Tag)
		return "", false
	}
	text, mistakes := d.expanded(n, path)
	for _, m := range mistakes {
		d.add(n, path, "%s", m)
	}
	return text, len(mistakes) == 0
}

func knownTag(n *yaml.Node) bool {
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!null":
		return true
	}
	return false
}

// unexpanded puts the reference back where a message quotes its value, which
// may be a secret.
func (d *decoder) unexpanded(n *yaml.Node, message string) string {
	if n.Kind != yaml.ScalarNode {
		return message
	}
	text, _ := expand(n.Value, d.lookup)
	if text == n.Value || text == "" {
		return message
	}
	message = strings.ReplaceAll(message, strconv.Quote(text), strconv.Quote(n.Value))
	return strings.ReplaceAll(message, text, n.Value)
}

// text decodes into a type that reads text.
func (d *decoder) text(t encoding.TextUnmarshaler, n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	text, ok := d.textOf(n, path, "a value")
	if !ok {
		return
	}
	if !d.inEnum(n, text, path, tag) {
		return
	}
	if err := t.UnmarshalText([]byte(text)); err != nil {
		d.add(n, path, "%s", d.unexpanded(n, err.Error()))
		return
	}
	d.finish(n, v, path, tag)
}

// scalar decodes into a bool, a number or a string.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	text, ok := d.textOf(n, path, scalarWord(v.Kind()))
	if !ok || !d.inEnum(n, text, path, tag) {
		return
	}
	// A quoted word is text, unless it is quoted because a variable has to be.
	quoted := n.ShortTag() == "!!str" && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && text == n.Value
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		d.finish(n, v, path, tag)
		return
	case reflect.Bool:
		err = setBool(v, text)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		if i, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(i)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var u uint64
		if u, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(u)
		}
	case reflect.Float32, reflect.Float64:
		var f float64
		if f, err = strconv.ParseFloat(text, v.Type().Bits()); err == nil {
			v.SetFloat(f)
		}
	default:
		d.add(n, path, "cannot be set from a file")
		return
	}
	if err != nil || quoted {
		d.add(n, path, "%s, want %s", quoteShort(n.Value), scalarWord(v.Kind()))
	}
}

func setBool(v reflect.Value, text string) error {
	switch text {
	case "true", "True", "TRUE":
		v.SetBool(true)
	case "false", "False", "FALSE":
		v.SetBool(false)
	default:
		return strconv.ErrSyntax
	}
	return nil
}

func scalarWord(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of 0 or more"
	}
	return "a whole number"
}

func quoteShort(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// inEnum checks a value against its closed set. Case counts, but a class of
// words (methods) may be written either way.
func (d *decoder) inEnum(n *yaml.Node, text, path string, tag reflect.StructTag) bool {
	enum := tag.Get("enum")
	if enum == "" {
		return true
	}
	valid := strings.Split(enum, ",")
	if slices.Contains(valid, text) {
		return true
	}
	d.add(n, path, "%s, %s", quoteShort(n.Value), Want(n.Value, valid))
	return false
}

// anyScalar is a scalar by YAML's rules. One whose variables were replaced is
// read like a plain word when it stands unquoted, else as text.
func (d *decoder) anyScalar(n *yaml.Node, path string) any {
	if isNull(n) {
		return nil
	}
	text, ok := d.textOf(n, path, "a value")
	if !ok {
		return nil
	}
	if text != n.Value {
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			return text
		}
		return plainWord(text)
	}
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool":
		var v any
		if err := n.Decode(&v); err == nil {
			return v
		}
	}
	return text
}

// plainWord is what an unquoted word means in YAML: a boolean, a number or text.
func plainWord(s string) any {
	switch s {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if i, err := strconv.Atoi(s); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		return f
	}
	return s
}

// finish resolves what a field's kind tag says of its texts.
func (d *decoder) finish(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	kind := tag.Get("kind")
	if kind == "" {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(d.reference(n, v.String(), path, kind))
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.String {
			return
		}
		for i := range v.Len() {
			at := n
			if n.Kind == yaml.SequenceNode && i < len(n.Content) {
				at = n.Content[i]
			}
			v.Index(i).SetString(d.reference(at, v.Index(i).String(), path+"["+strconv.Itoa(i)+"]", kind))
		}
	}
}

// reference resolves a path, or checks a URL.
func (d *decoder) reference(n *yaml.Node, value, path, kind string) string {
	switch kind {
	case "url":
		if value != "" && !absoluteURL(value) {
			d.add(n, path, "%s", d.unexpanded(n, strconv.Quote(gate.RedactURL(value))+": want a URL like https://dify.example.com"))
		}
		return value
	case "probe":
		if u, err := url.Parse(value); err != nil || u.IsAbs() && !absoluteURL(value) || u.Host != "" && !u.IsAbs() {
			d.add(n, path, "%s", d.unexpanded(n, strconv.Quote(gate.RedactURL(value))+": want a URL like https://dify.example.com/v1, or a path below dify.url like /v1"))
		}
		return value
	case "glob":
		if strings.ContainsAny(value, "*?[") {
			return d.resolve(value)
		}
	case "source":
		if value == "" || !IsPath(value) {
			d.source(n, value, path)
			return value
		}
	case "catalogue":
		if strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://") {
			return d.reference(n, value, path, "url")
		}
		abs := d.resolve(value)
		if _, err := os.Stat(abs); err != nil || value == "" {
			d.add(n, path, "%s: want a file of facts or a folder of them that is there (paths begin at the folder of gate.yaml), or a URL", quoteShort(n.Value))
		}
		return abs
	case "path", "dir":
	default:
		return value
	}
	if value == "" {
		d.add(n, path, "an empty path, want a file or a directory")
		return value
	}
	abs := d.resolve(value)
	if reason := unusable(abs, kind); reason != "" {
		d.add(n, path, "%s: %s", quoteShort(n.Value), reason)
	}
	return abs
}

// unusable says what is wrong with a file, or with a directory for the kind dir;
// "" when it can be read.
func unusable(path, kind string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil && kind == "dir":
		return bareError(err).Error() + ", want a directory that is there (paths begin at the folder of gate.yaml)"
	case err != nil:
		return bareError(err).Error() + ", want a file that is there (paths begin at the folder of gate.yaml)"
	case kind == "dir" && !info.IsDir():
		return "a file, want a directory"
	case kind != "dir" && info.IsDir():
		return "a directory, want a file"
	case !info.Mode().IsRegular():
		return "" // a directory that is wanted, or a pipe, which opening would block
	}
	f, err := os.Open(path)
	if err != nil {
		return bareError(err).Error() + ", want a file that can be read"
	}
	_ = f.Close()
	return ""
}

// source checks a source of release notes that is no file.
func (d *decoder) source(n *yaml.Node, value, path string) {
	var input *changelog.InputError
	if _, err := changelog.OpenSource(value, changelog.Options{}); errors.As(err, &input) {
		d.add(n, path, "%s", d.unexpanded(n, input.Err.Error()))
	}
}

// IsPath tells a file from GitHub and from URLs in a "source".
func IsPath(source string) bool {
	return !strings.Contains(source, "://") && source != "github" && !strings.HasPrefix(source, "github:")
}

// resolve makes a path absolute: from the folder of gate.yaml, or from
// dify.dir when it is only there.
func (d *decoder) resolve(value string) string {
	abs := inDir(d.folder, value)
	if d.dir == "" || filepath.IsAbs(value) || there(abs) {
		return abs
	}
	if other := filepath.Join(d.dir, value); there(other) {
		return other
	}
	return abs
}

// there reports whether a path, or anything that a pattern names, exists.
func there(path string) bool {
	if _, err := os.Stat(path); err == nil {
		return true
	}
	found, err := filepath.Glob(path)
	return err == nil && len(found) > 0
}
