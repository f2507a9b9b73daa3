package changelog

import (
	"bytes"
	"strings"
)

// Admonitions of other dialects than GitHub's are text as well, and are
// rewritten as its alerts before Markdown is parsed:
//
//	:::warning Title … :::        Docusaurus; MyST has :::{warning}
//	!!! warning "Title" + indent  MkDocs; ??? and ???+ for those that open
//	```{Attention} … ```          MyST
//	.. warning:: + indent         reStructuredText
//	WARNING: text                 AsciiDoc
//
// Every line stays on its line.

// alertKinds are the names of admonitions, and the alert that each is.
var alertKinds = map[string]string{
	"note": "NOTE", "info": "NOTE", "seealso": "NOTE", "abstract": "NOTE", "tip": "TIP", "hint": "TIP", "success": "TIP",
	"important": "IMPORTANT", "attention": "IMPORTANT", "warning": "WARNING", "danger": "WARNING", "error": "WARNING", "bug": "WARNING",
	"failure": "WARNING", "deprecated": "WARNING", "caution": "CAUTION",
}

// rewritten is a body with its admonitions as alerts.
type rewritten struct {
	body   []byte
	shifts map[int]int // by line from 1: how many columns its text moved to the right
}

// admonished rewrites the admonitions of a body.
func admonished(body []byte) rewritten {
	if !mayAdmonish(body) {
		return rewritten{body: body}
	}
	w := admonisher{out: make([]byte, 0, len(body)+len(body)/8), shifts: map[int]int{}}
	s := newLineScan(body)
	for s.scan() {
		w.line(s)
	}
	return rewritten{w.out, w.shifts}
}

// mayAdmonish is the cheap test before the scan.
func mayAdmonish(body []byte) bool {
	for _, sign := range []string{":::", "!!! ", "???", "```{", "~~~{", "::\n", "::\r", "WARNING: ", "IMPORTANT: ", "CAUTION: ", "NOTE: ", "TIP: "} {
		if bytes.Contains(body, []byte(sign)) {
			return true
		}
	}
	return false
}

// admonisher is inside of at most one admonition: one that ends with a line, or
// one that ends with its indentation.
type admonisher struct {
	out    []byte
	shifts map[int]int
	end    string // the line that ends it; "" for indentation
	indent int    // of the lines inside
	open   bool
}

func (w *admonisher) line(s *lineScan) {
	line := string(s.line)
	switch {
	case w.open && w.end != "":
		if strings.TrimSpace(line) == w.end {
			w.open = false
			w.emit(s.number, "", 0)
			return
		}
		w.emit(s.number, "> "+line, 2)
		return
	case w.open && strings.TrimSpace(line) == "":
		w.emit(s.number, ">", 0)
		return
	case w.open && indentation(s.line) >= w.indent:
		rest := strings.TrimLeft(line, " \t")
		if kept := indentation(s.line) - w.indent; kept > 0 {
			rest = strings.Repeat(" ", min(kept, maxIndent)) + rest
		}
		w.emit(s.number, "> "+rest, 2+len(rest)-len(line))
		return
	}
	w.open = false
	if kind, end, indent := opens(line, s.inside); kind != "" {
		w.open, w.end, w.indent = true, end, indent
		w.emit(s.number, "> [!"+kind+"]", 0)
		return
	}
	if kind, rest, ok := strings.Cut(line, ": "); ok && !s.inside && kind == strings.ToUpper(kind) && rest != "" {
		if alert := alertKinds[strings.ToLower(kind)]; alert != "" {
			text := "> [!" + alert + "] " + rest
			w.emit(s.number, text, len(text)-len(line))
			return
		}
	}
	w.emit(s.number, line, 0)
}

func (w *admonisher) emit(number int, text string, shift int) {
	if shift != 0 {
		w.shifts[number] = shift
	}
	w.out = append(append(w.out, text...), '\n')
}

// opens reads the first line of an admonition: its alert, the line that ends
// it, or the indentation of what is inside.
func opens(line string, inside bool) (alert, end string, indent int) {
	text := strings.TrimSpace(line)
	if mark := strings.TrimRight(text[:min(len(text), 8)], "{}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \""); len(mark) >= 3 && (strings.Trim(mark, "`") == "" || strings.Trim(mark, "~") == "") {
		name, ok := strings.CutPrefix(text[len(mark):], "{")
		if name, _, closed := strings.Cut(name, "}"); ok && closed && inside {
			return alertKinds[strings.ToLower(strings.TrimSpace(name))], mark, 0
		}
	}
	switch {
	case inside:
	case strings.HasPrefix(text, ":::"):
		return alertKinds[firstName(strings.TrimLeft(text, ":"))], text[:len(text)-len(strings.TrimLeft(text, ":"))], 0
	case strings.HasPrefix(text, "!!! "), strings.HasPrefix(text, "??? "), strings.HasPrefix(text, "???+ "):
		return alertKinds[firstName(text[3:])], "", 4
	case strings.HasPrefix(text, ".. ") && strings.Contains(text, "::"):
		name, _, _ := strings.Cut(text[3:], "::")
		return alertKinds[strings.ToLower(name)], "", 2
	}
	return "", "", 0
}

// firstName is the name at the start of " warning Title", "+ danger" or
// "{warning}".
func firstName(text string) string {
	text = strings.TrimLeft(text, "+ {")
	if end := strings.IndexFunc(text, func(r rune) bool { return !isWordRune(r) }); end >= 0 {
		text = text[:end]
	}
	return strings.ToLower(text)
}
