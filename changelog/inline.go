package changelog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// inlineText is the inline content of a block.
type inlineText struct {
	text    string
	label   string // bold text at the start, when more follows
	link    string
	allBold bool
	breaks  []int // offsets in text at which a further line of the source begins
	skipped int   // lines cut from the start
}

// cut drops the first n bytes.
func (in *inlineText) cut(n int) {
	in.text = in.text[n:]
	var breaks []int
	for _, b := range in.breaks {
		if b <= n {
			in.skipped++
			continue
		}
		breaks = append(breaks, b-n)
	}
	in.breaks = breaks
}

type inliner struct {
	source []byte
	b      strings.Builder
	link   string
	broken bool // the last thing written was a line break
	breaks []int
}

// inline collects the text of a block: code spans keep their backquotes,
// emphasis, images and HTML tags vanish, links keep their text.
func (w *walker) inline(block ast.Node) inlineText {
	in := &inliner{source: w.source}
	label, bold, plain := "", 0, 0
	for n := block.FirstChild(); n != nil; n = n.NextSibling() {
		before := in.b.Len()
		in.node(n)
		written := strings.TrimSpace(in.b.String()[before:])
		if written == "" {
			continue
		}
		e, ok := n.(*ast.Emphasis)
		if ok && e.Level == 2 {
			if bold == 0 && plain == 0 {
				label = written
			}
			bold++
			continue
		}
		if strings.IndexFunc(written, isWordRune) < 0 && bold == 0 {
			continue // an emoji before a bold heading
		}
		if bold == 0 || strings.Trim(written, ":：.!。！ ") != "" {
			plain++
		}
	}
	out := inlineText{text: strings.TrimSpace(in.b.String()), link: in.link, breaks: in.breaks, allBold: bold == 1 && plain == 0}
	if bold > 0 && !out.allBold && label != "" && strings.HasPrefix(out.text, label) && len(label) <= 160 {
		out.label = strings.Trim(label, ":：—- ")
	}
	return out
}

func (in *inliner) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		value := util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(n.Segment.Value(in.source))))
		in.write(string(value))
		if n.SoftLineBreak() || n.HardLineBreak() {
			in.broken = true
		}
	case *ast.String:
		in.write(string(n.Value))
	case *ast.CodeSpan:
		in.write("`")
		in.codeSpan(n)
		in.write("`")
	case *ast.AutoLink:
		in.write(string(n.Label(in.source)))
	case *ast.Image:
		return
	case *ast.RawHTML:
		if n.Segments.Len() > 0 {
			segment := n.Segments.At(0)
			if strings.HasPrefix(strings.ToLower(string(segment.Value(in.source))), "<br") {
				in.broken = true
			}
		}
	case *ast.Link:
		if in.link == "" {
			in.link = string(n.Destination)
		}
		in.children(n)
	default:
		in.children(n)
	}
}

func (in *inliner) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		in.node(c)
	}
}

func (in *inliner) codeSpan(n *ast.CodeSpan) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			in.b.WriteString(strings.ReplaceAll(string(t.Segment.Value(in.source)), "\n", " "))
		}
	}
}

// write appends text and closes a pending line break: with a blank, except
// between Chinese characters and where a hard wrap cut a word after its first
// letter ("we are making h⏎uman").
func (in *inliner) write(s string) {
	if s == "" {
		return
	}
	if in.broken {
		in.broken = false
		have := strings.TrimRight(in.b.String(), " ")
		s = strings.TrimLeft(s, " ")
		last, _ := utf8.DecodeLastRuneInString(have)
		first, _ := utf8.DecodeRuneInString(s)
		if have != "" && !(isCJK(last) && isCJK(first)) && !cutWord(have, first) {
			in.b.WriteByte(' ')
		}
		in.breaks = append(in.breaks, in.b.Len())
	}
	in.b.WriteString(s)
}

// cutWord tells whether a line ends in a single lower-case letter that is no
// word of its own while the next line goes on in lower case.
func cutWord(line string, next rune) bool {
	last, size := utf8.DecodeLastRuneInString(line)
	before, _ := utf8.DecodeLastRuneInString(line[:len(line)-size])
	return unicode.IsLower(last) && last != 'a' && before == ' ' && unicode.IsLower(next) && !isCJK(next)
}

func isCJK(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || 0x3000 <= r && r <= 0x303f || 0xff00 <= r && r <= 0xffef
}

// endsSentence tells a bold sentence from a bold heading.
func endsSentence(s string) bool {
	return strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "。") || strings.HasSuffix(s, "！")
}

func endsInColon(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }
