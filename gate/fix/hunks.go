package fix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/textfile"
)

// around is how many unchanged lines a hunk shows on either side, where they hold no
// secret.
const around = 3

// change is a run of lines that differ: n lines of the file as it is, from at on, become
// others.
type change struct {
	at, n  int
	fresh  []line
	by     []string // the findings
	hidden bool     // holds a secret, or has nothing but secrets around it
}

// changes compares a document with the file as it is.
func (d *document) changes() []change {
	var out []change
	i, j := 0, 0
	for i < len(d.old) || j < len(d.now) {
		if j < len(d.now) && d.now[j].from == i {
			i, j = i+1, j+1
			continue
		}
		c := change{at: i}
		note := func(by string) {
			if !slices.Contains(c.by, by) {
				c.by = append(c.by, by)
			}
		}
		for ; j < len(d.now) && d.now[j].from < 0; j++ {
			c.fresh = append(c.fresh, d.now[j])
			note(d.now[j].by)
		}
		end := len(d.old)
		if j < len(d.now) {
			end = d.now[j].from
		}
		for ; i < end; i++ {
			note(d.gone[i])
		}
		c.n = i - c.at
		out = append(out, c)
	}
	return out
}

// hunk is a part of a patch: changes with what stands around and between them.
type hunk struct {
	changes     []change
	lead, trail int
}

// hunks groups the changes that a patch may show. Those that it may not are returned
// as hidden.
//
// git apply wants a line after each hunk that is not the file's end, and patch takes
// hunks with fewer lines before than after for the file's beginning, so that both sides
// get the same number.
func (d *document) hunks(s *secrets) (shown []hunk, hidden []change) {
	if d.secret == nil {
		d.secret = s.of(texts(d.old))
	}
	secret := d.secret
	all := d.changes()
	for i := range all {
		c := &all[i]
		c.hidden = slices.Contains(secret[c.at:c.at+c.n], true) || slices.Contains(s.of(nowTexts(c.fresh)), true)
	}
	for {
		var open []change
		for _, c := range all {
			if !c.hidden {
				open = append(open, c)
			}
		}
		shown = d.group(open, secret)
		again := false
		for _, h := range shown {
			if h.trail == 0 && !d.atEnd(h) || h.lines() == 0 && len(d.old) > 0 {
				again = true
				last := h.changes[len(h.changes)-1]
				all[slices.IndexFunc(all, func(c change) bool { return c.at == last.at })].hidden = true
			}
		}
		if !again {
			break
		}
	}
	for _, c := range all {
		if c.hidden {
			hidden = append(hidden, c)
		}
	}
	return shown, hidden
}

// lines is how many lines of the file as it is a hunk shows.
func (h hunk) lines() int {
	first, last := h.changes[0], h.changes[len(h.changes)-1]
	return last.at + last.n + h.trail - (first.at - h.lead)
}

// guilty are the findings for which a change is hidden: those whose own lines hold a
// secret, or all of them where only what stands around does.
func (d *document) guilty(c change, s *secrets) []string {
	var out []string
	fresh := s.of(nowTexts(c.fresh))
	for i, l := range c.fresh {
		if fresh[i] {
			out = append(out, l.by)
		}
	}
	for i := range c.n {
		if d.secret[c.at+i] {
			out = append(out, d.gone[c.at+i])
		}
	}
	if out == nil {
		return c.by
	}
	return out
}

func (d *document) atEnd(h hunk) bool {
	last := h.changes[len(h.changes)-1]
	return last.at+last.n+h.trail == len(d.old)
}

// group makes hunks of changes: two that are near each other, with no secret between
// them, are one.
func (d *document) group(changes []change, secret []bool) []hunk {
	var out []hunk
	for _, c := range changes {
		if n := len(out); n > 0 {
			prev := out[n-1].changes[len(out[n-1].changes)-1]
			from := prev.at + prev.n
			if c.at-from <= 2*around && !slices.Contains(secret[from:c.at], true) {
				out[n-1].changes = append(out[n-1].changes, c)
				continue
			}
		}
		out = append(out, hunk{changes: []change{c}})
	}
	for i := range out {
		h := &out[i]
		first, last := h.changes[0], h.changes[len(h.changes)-1]
		end := last.at + last.n
		for h.lead < around && first.at-h.lead > 0 && !secret[first.at-h.lead-1] {
			h.lead++
		}
		for h.trail < around && end+h.trail < len(d.old) && !secret[end+h.trail] {
			h.trail++
		}
		if first.at-h.lead > 0 && h.lead < h.trail {
			h.trail = max(h.lead, 1) // with none before, patch has to look a line less closely
		}
		if end+h.trail < len(d.old) && h.trail < h.lead {
			h.lead = h.trail
		}
	}
	return out
}

func nowTexts(lines []line) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.Text
	}
	return out
}

// diff writes the hunks as a unified diff of a file.
func (d *document) diff(name string, hunks []hunk) string {
	if len(hunks) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", quotedName("a/"+name), quotedName("b/"+name))
	shift := 0
	for _, h := range hunks {
		first, last := h.changes[0], h.changes[len(h.changes)-1]
		from, to := first.at-h.lead, last.at+last.n+h.trail
		added := 0
		for _, c := range h.changes {
			added += len(c.fresh) - c.n
		}
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", span(from, to-from), span(from+shift, to-from+added))
		at := from
		for _, c := range h.changes {
			for ; at < c.at; at++ {
				d.write(&b, ' ', d.old[at], at == 0)
			}
			for ; at < c.at+c.n; at++ {
				d.write(&b, '-', d.old[at], at == 0)
			}
			for i, l := range c.fresh {
				d.write(&b, '+', l.Line, c.at == 0 && i == 0)
			}
		}
		for ; at < to; at++ {
			d.write(&b, ' ', d.old[at], at == 0)
		}
		shift += added
	}
	return b.String()
}

// span is a range of lines as a hunk's head has it.
func span(from, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", from)
	}
	if n == 1 {
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, n)
}

// write writes a line of a hunk; the first one of a file has its byte order mark.
func (d *document) write(b *strings.Builder, sign byte, l textfile.Line, first bool) {
	b.WriteByte(sign)
	if first && d.read.Mark {
		b.WriteString("\ufeff")
	}
	b.WriteString(l.Text)
	if l.End == "" {
		b.WriteString("\n\\ No newline at end of file\n")
		return
	}
	b.WriteString(l.End)
}

// quotedName is a file's name as git and patch read it: in quotes where it holds what
// would end it, and with a tab behind it where it holds a blank.
func quotedName(name string) string {
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == '"' || c == '\\' || c == 0x7f }) {
		var b strings.Builder
		for i := range len(name) {
			switch c := name[i]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c >= 0x7f:
				fmt.Fprintf(&b, "\\%03o", c)
			default:
				b.WriteByte(c)
			}
		}
		return `"` + b.String() + `"`
	}
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}
