package changelog

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// ParseEntries reads a release's body as CommonMark with tables. It returns
// the entries in the order of the text, and what was cut before parsing.
func ParseEntries(r Release) ([]Entry, []Cut) {
	source, cuts, shifts := bound(r)
	md := goldmark.New(goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(wildcard{}, beforeEmphasis))))
	w := &walker{release: r, source: source, starts: lineStarts(source), shifts: shifts}
	w.blocks(md.Parser().Parse(text.NewReader(source)), scope{})
	if len(w.entries) > maxEntries {
		cuts = append(cuts, Cut{Version: r.Version, Line: w.entries[maxEntries].Location.Line, Reason: fmt.Sprintf("more than %d entries", maxEntries)})
		w.entries = w.entries[:maxEntries]
	}
	return w.entries, cuts
}

// beforeEmphasis puts an inline parser before CommonMark's own for stars (500).
const beforeEmphasis = 450

// scope is what a block inherits from the blocks around it.
type scope struct {
	parent  string // text of the list item or table head above
	alert   string
	quoted  bool
	bullet  bool
	ordered bool
	item    int // index+1 of the entry that the list item made
}

type walker struct {
	release Release
	source  []byte
	starts  []int
	shifts  map[int]int // columns by which lines were moved, see admonished
	path    []pathPart
	entries []Entry
}

type pathPart struct {
	level int // 1 to 6; 7 for a bold pseudo-heading; 0 for the summary of an open <details>
	title string
}

const pseudoLevel = 7

// blocks walks over the children of a container block.
func (w *walker) blocks(parent ast.Node, sc scope) {
	last := 0 // index+1 of the entry right before
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		before := len(w.entries)
		switch n := n.(type) {
		case *ast.Heading:
			w.heading(n.Level, w.inline(n).text, n, sc)
		case *ast.Paragraph, *ast.TextBlock:
			sc = w.paragraph(n, sc)
		case *ast.List:
			inner := sc
			if last > 0 && endsInColon(w.entries[last-1].Text) && w.entries[last-1].Block != Title {
				inner.parent = w.entries[last-1].Text
			}
			w.list(n, inner)
		case *ast.Blockquote:
			inner := sc
			inner.quoted, inner.item = true, 0
			w.blocks(n, inner)
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			w.fence(n, sc, last)
		case *ast.HTMLBlock:
			w.html(n, sc)
		case *extast.Table:
			w.table(n, sc)
		}
		if len(w.entries) > before {
			last = len(w.entries)
		}
	}
}

func (w *walker) list(list *ast.List, sc scope) {
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		inner := sc
		inner.bullet, inner.ordered, inner.item = true, list.IsOrdered(), 0
		w.blocks(item, inner)
	}
}

var alertForm = expr(`^\[!([A-Za-z]+)\]\s*`)

// paragraph adds an entry; in a list item, what follows its first paragraph
// gets that paragraph as parent.
func (w *walker) paragraph(n ast.Node, sc scope) scope {
	in := w.inline(n)
	if m := alertForm.FindStringSubmatch(in.text); m != nil && sc.quoted {
		sc.alert = strings.ToUpper(m[1])
		in.cut(len(m[0]))
	}
	if in.text == "" {
		return sc
	}
	if in.allBold && !sc.bullet && len(in.text) <= 200 && !endsSentence(in.text) {
		w.heading(pseudoLevel, strings.TrimRight(in.text, ":： "), n, sc)
		return sc
	}
	e := w.entry(n, sc)
	e.Text, e.Label, e.Link, e.breaks = in.text, in.label, in.link, in.breaks
	e.Location.Line += in.skipped
	e.Block = Paragraph
	if sc.bullet {
		e.Block = Bullet
	}
	if in.allBold && sc.bullet && sc.item == 0 && n.NextSibling() != nil && !endsSentence(in.text) {
		e.Block = Title // heads the rest of its item
	}
	w.entries = append(w.entries, e)
	if sc.bullet && sc.item == 0 {
		sc.item = len(w.entries)
		sc.parent = e.Text
	}
	return sc
}

// heading opens a new section and is an entry of its own.
func (w *walker) heading(level int, title string, n ast.Node, sc scope) {
	for len(w.path) > 0 && w.path[len(w.path)-1].level >= max(level, 1) {
		w.path = w.path[:len(w.path)-1]
	}
	e := w.entry(n, sc)
	e.Text, e.Block = title, Title
	w.entries = append(w.entries, e)
	w.path = append(w.path, pathPart{level, title})
}

// fence gives its code to the entry before it, or is an entry of its own.
func (w *walker) fence(n ast.Node, sc scope, last int) {
	var b bytes.Buffer
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		b.Write(segment.Value(w.source))
	}
	code := Code{Text: strings.TrimRight(b.String(), "\n"), Line: w.locate(n).Line}
	if fenced, ok := n.(*ast.FencedCodeBlock); ok {
		code.Lang = string(fenced.Language(w.source))
	}
	if last == 0 {
		last = sc.item
	}
	if last > 0 && w.entries[last-1].Block != Title {
		w.entries[last-1].Code = append(w.entries[last-1].Code, code)
		return
	}
	e := w.entry(n, sc)
	e.Block, e.Text, e.Code = Fence, "", []Code{code}
	w.entries = append(w.entries, e)
}

var (
	tagForm     = expr(`<[^<>]*>`)
	commentForm = expr(`(?s)<!--.*?-->`)
	summaryForm = expr(`(?is)<summary[^>]*>(.*?)</summary>`)
)

// html keeps the text of a raw HTML block: the summary of a <details> heads
// what follows, other lines are entries.
func (w *walker) html(n *ast.HTMLBlock, sc scope) {
	var b bytes.Buffer
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		b.Write(segment.Value(w.source))
	}
	raw := commentForm.ReplaceAllString(b.String(), "")
	if m := summaryForm.FindStringSubmatch(raw); m != nil {
		title := strings.TrimSpace(tagForm.ReplaceAllString(m[1], ""))
		w.heading(pseudoLevel, title, n, sc)
		w.path[len(w.path)-1].level = 0
		raw = strings.Replace(raw, m[0], "", 1)
	}
	defer w.closeDetails(strings.Count(strings.ToLower(raw), "</details>"))
	for _, line := range strings.Split(raw, "\n") {
		plain := strings.TrimSpace(tagForm.ReplaceAllString(line, ""))
		plain = strings.TrimLeft(plain, "-* ")
		if plain == "" || strings.HasPrefix(plain, "<") {
			continue
		}
		e := w.entry(n, sc)
		e.Block, e.Text = Raw, plain
		w.entries = append(w.entries, e)
	}
}

// closeDetails leaves the sections of <details> blocks that end.
func (w *walker) closeDetails(n int) {
	for ; n > 0; n-- {
		for i := len(w.path) - 1; i >= 0; i-- {
			if w.path[i].level == 0 {
				w.path = w.path[:i]
				break
			}
		}
	}
}

func (w *walker) table(table *extast.Table, sc scope) {
	head := ""
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		link := ""
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			in := w.inline(cell)
			cells = append(cells, in.text)
			if link == "" {
				link = in.link
			}
		}
		joined := strings.Trim(strings.Join(cells, " | "), " |")
		if _, ok := row.(*extast.TableHeader); ok {
			head = joined
			continue
		}
		if joined == "" {
			continue
		}
		e := w.entry(row, sc)
		e.Block, e.Text, e.Parent, e.Link = TableRow, joined, head, link
		w.entries = append(w.entries, e)
	}
}

// entry prepares an entry at the place of n.
func (w *walker) entry(n ast.Node, sc scope) Entry {
	e := Entry{Alert: sc.alert, Parent: sc.parent, Ordered: sc.ordered, Quoted: sc.quoted, Location: w.locate(n)}
	for _, p := range w.path {
		e.Path = append(e.Path, p.title)
	}
	return e
}

// locate finds the place of a block by its first and last text segment.
func (w *walker) locate(n ast.Node) Location {
	first, last := -1, -1
	if lines := n.Lines(); n.Type() == ast.TypeBlock && lines != nil && lines.Len() > 0 {
		first, last = lines.At(0).Start, max(lines.At(0).Start, lines.At(lines.Len()-1).Stop-1)
	} else if first = n.Pos(); first < 0 {
		if t := firstText(n); t != nil {
			first = t.Segment.Start
		}
	}
	last = max(first, last)
	if first < 0 {
		return Location{File: w.release.File, Line: w.release.Line, Column: 1, EndLine: w.release.Line}
	}
	line, column := w.place(first)
	end, _ := w.place(last)
	return Location{File: w.release.File, Line: line, Column: column, EndLine: end}
}

func (w *walker) place(offset int) (line, column int) {
	i := sort.SearchInts(w.starts, offset+1) - 1
	return w.release.Line + i, max(1, offset-w.starts[i]+1-w.shifts[i+1])
}

func firstText(n ast.Node) *ast.Text {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			return t
		}
		if t := firstText(c); t != nil {
			return t
		}
	}
	return nil
}

func lineStarts(source []byte) []int {
	starts := []int{0}
	for i, c := range source {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
