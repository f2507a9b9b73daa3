package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

var fingerprint = lazyregexp.New(`^[0-9a-f]{16}$`)

// Check finds what is wrong with a waiver that is about to be written.
func (w Waiver) Check(now time.Time) error {
	today := now.UTC().Truncate(24 * time.Hour)
	last := today.AddDate(1, 0, 0)
	for _, one := range w.prints() {
		if !fingerprint().MatchString(one) {
			return fmt.Errorf("fingerprint %q: want the 16 hex digits that a report shows with the finding", one)
		}
	}
	switch {
	case len(w.prints()) == 0 && w.Rule == "":
		return errors.New("it names nothing: want a fingerprint or a rule")
	case strings.TrimSpace(w.Reason) == "":
		return errors.New("reason: empty, want why the finding may stay")
	case w.Expires.Before(today):
		return fmt.Errorf("expires %s: lies in the past, want a day to come", w.Expires.Format(time.DateOnly))
	case w.Expires.After(last):
		return fmt.Errorf("expires %s: more than a year ahead, want %s at the latest", w.Expires.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	return nil
}

// prints are the findings that a waiver names one by one.
func (w Waiver) prints() []string {
	if w.Fingerprint != "" {
		return append([]string{w.Fingerprint}, w.Fingerprints...)
	}
	return w.Fingerprints
}

// NewWaiver is a waiver to be written, with the lines of the comment above it.
type NewWaiver struct {
	Waiver
	Comment []string
}

// AddWaivers returns the file's content with waivers added, and everything else,
// comments and layout, as it was.
func AddWaivers(file string, data []byte, list []NewWaiver) ([]byte, error) {
	d := &decoder{file: file}
	root := d.parse(data)
	if err := d.mistakes.err(); err != nil {
		return nil, err
	}
	if root.Kind != yaml.MappingNode {
		return nil, Mistakes{{File: file, Line: root.Line, Column: root.Column, Message: kindWord(root) + ", want a mapping that begins with \"version: 1\""}}
	}
	out := data
	for _, w := range slices.Backward(list) { // each goes in front of those before it
		for _, one := range w.prints() {
			if n := waived(root, one); n != nil {
				return nil, Mistakes{{File: file, Line: n.Line, Column: n.Column, Message: "a waiver for " + one + " already exists, want it edited manually"}}
			}
		}
		text := strings.TrimSuffix(string(out), "\n")
		before := &decoder{file: file}
		edited := insertWaiver(strings.Split(text, "\n"), before.parse(out), w)
		out = []byte(strings.Join(edited, "\n") + "\n")
		// Lines were moved by hand, so the result is read back: the waiver is in it,
		// and all the rest says what it said.
		after := &decoder{file: file}
		grown := after.parse(out)
		if grown == nil || !holds(grown, w.Waiver) || !sameBesides(root, grown, "waivers") {
			return nil, Mistakes{{File: file, Message: "the file is laid out in a way that a waiver cannot be added to, want it written by hand under waivers"}}
		}
	}
	return out, nil
}

// holds reports whether a document has a waiver.
func holds(root *yaml.Node, w Waiver) bool {
	for _, one := range w.prints() {
		if waived(root, one) == nil {
			return false
		}
	}
	list := child(root, "waivers")
	return list != nil && len(list.Content) > 0 && (len(w.prints()) > 0 || valueOf(list.Content[0], "rule") == w.Rule && valueOf(list.Content[0], "match") == strings.ReplaceAll(w.Match, "$", "$$"))
}

func valueOf(n *yaml.Node, key string) string {
	if v := child(n, key); v != nil {
		return v.Value
	}
	return ""
}

// waived is the entry that waives a fingerprint, nil when none does.
func waived(root *yaml.Node, print string) *yaml.Node {
	list := child(root, "waivers")
	if list == nil {
		return nil
	}
	for _, n := range list.Content {
		if f := child(n, "fingerprint"); f != nil && strings.EqualFold(f.Value, print) {
			return n
		}
		if many := child(n, "fingerprints"); many != nil && slices.ContainsFunc(many.Content, func(f *yaml.Node) bool { return strings.EqualFold(f.Value, print) }) {
			return n
		}
	}
	return nil
}

// insertWaiver puts the entry in front of those that are there, or begins the
// list.
func insertWaiver(lines []string, root *yaml.Node, w NewWaiver) []string {
	eol := ""
	if strings.HasSuffix(lines[0], "\r") {
		eol = "\r"
	}
	i := slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "waivers" && n.Column == root.Column })
	if root.Style&yaml.FlowStyle != 0 {
		return lines // refused by the caller, which finds no waiver in it
	}
	if i < 0 || i%2 != 0 {
		for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
			lines = lines[:len(lines)-1]
		}
		return append(append(lines, eol, "waivers:"+eol), w.block("  ", eol)...)
	}
	key, list := root.Content[i], root.Content[i+1]
	if list.Style&yaml.FlowStyle != 0 && list.Kind == yaml.SequenceNode {
		return insertFlow(lines, key, list, w, eol)
	}
	indent := "  "
	if len(list.Content) > 0 && list.Line > key.Line {
		first := lines[list.Content[0].Line-1]
		indent = first[:len(first)-len(strings.TrimLeft(first, " "))]
	}
	return slices.Insert(lines, key.Line, w.block(indent, eol)...)
}

// insertFlow adds to a list in flow style; an empty one becomes a block.
func insertFlow(lines []string, key, list *yaml.Node, w NewWaiver, eol string) []string {
	line := []rune(lines[list.Line-1])
	at := list.Column - 1
	if at >= len(line) || line[at] != '[' {
		return lines
	}
	if len(list.Content) == 0 && list.Line == key.Line {
		head, rest, ok := strings.Cut(string(line[at:]), "]")
		if !ok || strings.TrimSpace(head) != "[" {
			return lines
		}
		lines[list.Line-1] = strings.TrimRight(string(line[:at]), " ") + rest
		return slices.Insert(lines, key.Line, w.block("  ", eol)...)
	}
	lines[list.Line-1] = string(line[:at+1]) + "{" + strings.Join(w.fields(), ", ") + "}, " + string(line[at+1:])
	return lines
}

// block is the entry in lines.
func (w NewWaiver) block(indent, eol string) []string {
	var out []string
	for _, line := range w.Comment {
		out = append(out, indent+"# "+strings.Join(strings.Fields(line), " ")+eol)
	}
	for i, field := range w.fields() {
		lead := indent + "  "
		if i == 0 {
			lead = indent + "- "
		}
		out = append(out, lead+field+eol)
	}
	return out
}

// fields are the entry's keys and values. Text is quoted: it may hold what YAML
// or the expansion of variables would read.
func (w Waiver) fields() []string {
	var out []string
	if w.Fingerprint != "" {
		out = append(out, "fingerprint: "+quoted(w.Fingerprint))
	}
	if w.Rule != "" {
		out = append(out, "rule: "+w.Rule)
	}
	if w.Match != "" {
		b, _ := json.Marshal(strings.ReplaceAll(w.Match, "$", "$$")) // a string always encodes
		out = append(out, "match: "+string(b))
	}
	if len(w.Fingerprints) > 0 {
		list := make([]string, len(w.Fingerprints))
		for i, one := range w.Fingerprints {
			list[i] = quoted(one)
		}
		out = append(out, "fingerprints: ["+strings.Join(list, ", ")+"]")
	}
	out = append(out, "reason: "+quoted(w.Reason))
	if w.Owner != "" {
		out = append(out, "owner: "+quoted(w.Owner))
	}
	return append(out, "expires: "+w.Expires.Format(time.DateOnly))
}

// quoted is a text as a double-quoted scalar; JSON's escapes are YAML's too.
func quoted(s string) string {
	s = strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "$", "$$")
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}

// sameBesides reports whether two documents say the same but for one key.
func sameBesides(a, b *yaml.Node, key string) bool {
	strip := func(n *yaml.Node) []*yaml.Node {
		var out []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value != key {
				out = append(out, n.Content[i], n.Content[i+1])
			}
		}
		return out
	}
	return b.Kind == yaml.MappingNode && slices.EqualFunc(strip(a), strip(b), sameNode)
}

func sameNode(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Tag == b.Tag && a.Value == b.Value && a.Anchor == b.Anchor && slices.EqualFunc(a.Content, b.Content, sameNode)
}
