package fix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/textfile"
)

// document is a file with the edits so far.
type document struct {
	path   string
	read   *textfile.File // as it is on the disk
	old    []textfile.Line
	secret []bool // lines of old that no patch shows, once they are known
	// gone says for each line of old which finding took it away, "" for none.
	gone []string
	now  []line
	sum  [32]byte // of now
}

// line is a line of a file as it would be.
type line struct {
	textfile.Line
	from int    // its index in the file as it is, -1 for a new one
	by   string // the finding that brought a new one
}

// open reads a file for edits.
func open(path string) (*document, error) {
	f, err := textfile.Read(path, readfile.MaxText)
	if err != nil {
		return nil, err
	}
	d := &document{path: path, read: f, old: f.Lines, gone: make([]string, len(f.Lines)), sum: f.Sum}
	for i, l := range f.Lines {
		d.now = append(d.now, line{Line: l, from: i})
	}
	return d, nil
}

// bytes is the content as it would be.
func (d *document) bytes() []byte {
	lines := make([]textfile.Line, len(d.now))
	for i, l := range d.now {
		lines[i] = l.Line
	}
	return textfile.Bytes(lines, d.read.Mark)
}

// owned is an edit and the finding that proposes it.
type owned struct {
	gate.Edit
	by string
}

// conflicts reports whether two edits of one file cannot both be made at once. The same
// change twice is no conflict.
func conflicts(a, b gate.Edit) bool {
	if a.Line == b.Line && a.Lines == b.Lines && slices.Equal(a.Text, b.Text) {
		return false
	}
	if a.Lines == 0 && b.Lines == 0 {
		return false
	}
	if a.Lines == 0 {
		return a.Line > b.Line && a.Line < b.Line+b.Lines
	}
	if b.Lines == 0 {
		return b.Line > a.Line && b.Line < a.Line+a.Lines
	}
	return a.Line < b.Line+b.Lines && b.Line < a.Line+a.Lines
}

// apply makes edits that do not conflict.
func (d *document) apply(edits []owned) error {
	for _, e := range edits {
		if e.Sum != d.sum {
			return fmt.Errorf("%s: changed since it was read; run gate fix again", d.path)
		}
		if e.Line < 1 || e.Lines < 0 || e.Line+e.Lines > len(d.now)+1 {
			return fmt.Errorf("%s: an edit of line %d, and it has %d", d.path, e.Line, len(d.now))
		}
	}
	slices.SortStableFunc(edits, func(a, b owned) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return min(a.Lines, 1) - min(b.Lines, 1) // what comes before a line, then its replacement
	})
	edits = slices.CompactFunc(edits, func(a, b owned) bool {
		return a.Line == b.Line && a.Lines == b.Lines && a.Title == b.Title && slices.Equal(a.Text, b.Text)
	})
	edits = gathered(edits)
	var out []line
	at, title := 0, "" // title: the one that the inserted lines before this one stand under
	for i, e := range edits {
		out = append(out, d.now[at:e.Line-1]...)
		at = e.Line - 1
		if i > 0 && (edits[i-1].Line != e.Line || e.Lines > 0) {
			title = ""
		}
		if e.Title != "" && e.Title != title && !d.under(out, e.Title) {
			out = append(out, d.titled(out, e)...)
		}
		title = e.Title
		for ; at < e.Line-1+e.Lines; at++ {
			if from := d.now[at].from; from >= 0 {
				d.gone[from] = e.by
			}
		}
		for _, text := range e.Text {
			out = append(out, d.fresh(text, e.by))
		}
	}
	d.now = append(out, d.now[at:]...)
	d.closeLines()
	d.sum = textfile.Parse(d.bytes()).Sum
	return nil
}

// gathered brings the insertions at one place that have one title together.
func gathered(edits []owned) []owned {
	var out []owned
	for i := 0; i < len(edits); {
		j := i
		for j < len(edits) && edits[j].Line == edits[i].Line && edits[j].Lines == 0 {
			j++
		}
		if j == i {
			out = append(out, edits[i])
			i++
			continue
		}
		var titles []string
		for _, e := range edits[i:j] {
			if !slices.Contains(titles, e.Title) {
				titles = append(titles, e.Title)
			}
		}
		for _, title := range titles {
			for _, e := range edits[i:j] {
				if e.Title == title {
					out = append(out, e)
				}
			}
		}
		i = j
	}
	return out
}

// titled is the title of an insertion as a comment, after a blank line.
func (d *document) titled(before []line, e owned) []line {
	var out []line
	if n := len(before); n > 0 && strings.TrimSpace(before[n-1].Text) != "" {
		out = append(out, d.fresh("", e.by))
	}
	return append(out, d.fresh("# "+e.Title, e.by))
}

// under reports whether the lines that end here stand under a title already.
func (d *document) under(lines []line, title string) bool {
	for i := len(lines) - 1; i >= 0 && strings.TrimSpace(lines[i].Text) != ""; i-- {
		if lines[i].Text == "# "+title {
			return true
		}
	}
	return false
}

func (d *document) fresh(text, by string) line {
	return line{Line: textfile.Line{Text: text, End: d.read.End()}, from: -1, by: by}
}

// closeLines gives a line end to a line that was the last one and no longer is, and
// counts the first line of a file with a byte order mark as changed when another comes
// before it, since the mark moves.
func (d *document) closeLines() {
	if d.read.Mark && len(d.now) > 0 && d.now[0].from < 0 {
		for i, l := range d.now {
			if l.from == 0 {
				d.gone[0] = d.now[0].by
				d.now[i].from, d.now[i].by = -1, d.now[0].by
			}
		}
	}
	for i := range d.now[:max(0, len(d.now)-1)] {
		l := &d.now[i]
		if l.End != "" {
			continue
		}
		next := d.now[i+1]
		if l.from >= 0 {
			d.gone[l.from] = next.by
		}
		*l = d.fresh(l.Text, next.by)
	}
}
