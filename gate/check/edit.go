package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/textfile"
)

// Text is an operator's file that edits are made for. The zero value, and nil, is a
// file that could not be read: then nothing is proposed.
type Text struct {
	*textfile.File
}

// ReadEditable reads a text file to propose edits of it; nil when it cannot be read,
// which the check that judges its content reports.
func ReadEditable(path string) *Text {
	if path == "" {
		return nil
	}
	f, err := textfile.Read(path, readfile.MaxText)
	if err != nil {
		return nil
	}
	return &Text{f}
}

// Line is the text of a line, from 1; "" outside of the file.
func (t *Text) Line(n int) string {
	if n < 1 || n > len(t.Lines) {
		return ""
	}
	return t.Lines[n-1].Text
}

// Replace proposes other lines for those from first to last.
func (t *Text) Replace(first, last int, text ...string) gate.Edit {
	return gate.Edit{File: t.Path, Sum: t.Sum, Line: first, Lines: last - first + 1, Text: text}
}

// Insert proposes lines that come before a line, under a title of their own or none.
func (t *Text) Insert(before int, title string, text ...string) gate.Edit {
	return gate.Edit{File: t.Path, Sum: t.Sum, Line: before, Text: text, Title: title}
}

// EnvText is an env file that edits are made for.
type EnvText struct {
	*Text
	file dotenv.File
	room int // the line before which new variables come
}

// ReadEnvText reads an env file to propose edits of it; nil when it cannot be read.
func ReadEnvText(path string) *EnvText {
	t := ReadEditable(path)
	if t == nil {
		return nil
	}
	data := textfile.Bytes(t.Lines, false)
	e := &EnvText{Text: t, file: dotenv.Parse(data, func(string) (string, bool) { return "", true })}
	e.room = e.findRoom()
	return e
}

// Entry is the entry that counts for a variable.
func (e *EnvText) Entry(name string) (dotenv.Entry, bool) { return e.file.Last(name) }

// Entries are all entries for a variable.
func (e *EnvText) Entries(name string) []dotenv.Entry {
	return slices.DeleteFunc(slices.Clone(e.file.Entries), func(o dotenv.Entry) bool { return o.Key != name })
}

// Has reports whether the file sets a variable, or has it in a comment as a variable
// that is to be set.
func (e *EnvText) Has(name string) bool {
	if _, ok := e.Entry(name); ok {
		return true
	}
	commented := regexp.MustCompile(`^\s*#\s*(?:export\s+)?` + regexp.QuoteMeta(name) + `\s*=`)
	return slices.ContainsFunc(e.Lines, func(l textfile.Line) bool { return commented.MatchString(l.Text) })
}

// Set proposes another value for a variable that the file sets; its quotes and the
// comment behind it stay. false where the value cannot be written there.
func (e *EnvText) Set(name, value string) (gate.Edit, bool) {
	entry, ok := e.Entry(name)
	if !ok || entry.Bare || entry.End != entry.Line {
		return gate.Edit{}, false
	}
	text, ok := dotenv.WithValue(e.Line(entry.Line), value)
	return e.Replace(entry.Line, entry.Line, text), ok
}

// Add proposes a variable that the file does not set; false where its value cannot be
// written so that it reads back. note is a comment behind nothing: a line before it.
func (e *EnvText) Add(name, value, title string) (gate.Edit, bool) {
	text, ok := dotenv.WithValue(name+"=", value)
	return e.Insert(e.room, title, text), ok
}

// AddComment proposes comment lines where new variables come.
func (e *EnvText) AddComment(title string, lines ...string) gate.Edit {
	for i, l := range lines {
		lines[i] = "# " + l
	}
	return e.Insert(e.room, title, lines...)
}

// Comment proposes that the lines of an entry become comments, with the reason.
func (e *EnvText) Comment(entry dotenv.Entry, reason string) gate.Edit {
	var text []string
	for n := entry.Line; n <= entry.End; n++ {
		line := "# " + e.Line(n)
		if n == entry.Line {
			line = "# " + reason + ": " + strings.TrimLeft(e.Line(n), " \t")
		}
		text = append(text, line)
	}
	return e.Replace(entry.Line, entry.End, text...)
}

// Rename proposes another name for an entry, whose value, quotes and comment stay.
func (e *EnvText) Rename(entry dotenv.Entry, name string) gate.Edit {
	line := e.Line(entry.Line)
	at := strings.Index(line, entry.Key) // nothing but "export" can come before it
	return e.Replace(entry.Line, entry.Line, line[:at]+name+line[at+len(entry.Key):])
}

// findRoom is the place for new variables: the end of the file, or, where a secret
// stands there, the last place before it that has none on either side. The lines
// around a change are shown with it.
func (e *EnvText) findRoom() int {
	secret := map[int]bool{}
	inside := map[int]bool{} // not before this line: it is within a value
	for _, entry := range e.file.Entries {
		for n := entry.Line; n <= entry.End; n++ {
			secret[n] = dotenv.IsSecret(entry.Key, entry.Raw)
			inside[n] = n > entry.Line
		}
	}
	last := len(e.Lines)
	for n := last + 1; n > 1; n-- {
		if !secret[n-1] && !secret[n] && !inside[n] {
			return n
		}
	}
	return last + 1
}
