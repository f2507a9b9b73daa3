package caddyroute

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/routing"
)

// Bounds of what is read: bytes of a file, words in all, blocks in blocks, imports in imports.
const (
	maxFile    = 4 << 20
	maxWords   = 200_000
	maxDepth   = 64
	maxImports = 20
)

// segment is a line of words, with the block that it opens.
type segment struct {
	words []token
	block []segment
	has   bool // a block, if only an empty one
}

func (s segment) name() string     { return s.words[0].text }
func (s segment) pos() routing.Pos { return s.words[0].pos }
func (s segment) args() []token    { return s.words[1:] }
func (s segment) arg(i int) string { return textAt(s.args(), i) }
func textAt(words []token, i int) string {
	if i < len(words) {
		return words[i].text
	}
	return ""
}

// parser nests words and puts imports in.
type parser struct {
	opt        Options
	snippets   map[string][]token // the words between its braces
	files      []string
	notFound   []token // imports whose file is not at hand
	words      int
	expansions int
	errs       routing.Errors
}

func (p *parser) fail(at routing.Pos, format string, args ...any) {
	p.errs = append(p.errs, routing.SyntaxError{Pos: at, Msg: fmt.Sprintf(format, args...)})
}

// file reads a file's words.
func (p *parser) file(path string) ([]token, error) {
	shown := filepath.ToSlash(path)
	if p.opt.Show != nil {
		shown = p.opt.Show(path)
	}
	data, err := readfile.Text(path, maxFile)
	if err != nil {
		return nil, readfile.At(shown, err)
	}
	p.files = append(p.files, path)
	return lex(shown, expand(string(data), p.opt.Env)), nil
}

// imports replaces import lines, in a file at path, by what they name.
func (p *parser) imports(words []token, path string, depth int) []token {
	var out []token
	for i := 0; i < len(words); i++ {
		w := words[i]
		lineStart := i == 0 || !goesOn(words[i-1], w) || opens(words[i-1])
		if p.words++; p.words > maxWords || len(p.errs) > 0 {
			break
		}
		if w.text != "import" || w.quoted || !lineStart {
			out = append(out, w)
			continue
		}
		end := i + 1
		for end < len(words) && words[end].pos.Line == w.pos.Line && words[end].text != "{" {
			end++
		}
		args := words[i+1 : end]
		i = end - 1
		if len(args) == 0 {
			p.fail(w.pos, "import without a name, want a snippet or a file")
			continue
		}
		if depth >= maxImports {
			p.fail(w.pos, "import %s is nested too deeply: does it import itself?", args[0].text)
			continue
		}
		p.expansions++
		for _, made := range p.imported(w, args, path, depth) {
			if made.from == 0 {
				made.from = p.expansions
			}
			out = append(out, made)
		}
	}
	if p.words > maxWords && len(p.errs) == 0 {
		p.fail(words[0].pos, "more than %d words, imports put in", maxWords)
	}
	return out
}

func (p *parser) imported(at token, args []token, path string, depth int) []token {
	name := args[0].text
	if body, ok := p.snippets[name]; ok {
		return p.imports(withArgs(body, args[1:]), path, depth+1)
	}
	pattern := name
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(path), pattern)
	}
	found, err := readfile.Glob(pattern)
	if err != nil {
		p.fail(at.pos, "import %s: %s", name, readfile.Reason(err))
		return nil
	}
	if len(found) == 0 && !strings.ContainsAny(name, "*?[") {
		p.notFound = append(p.notFound, args[0])
		return []token{{text: notAtHand, pos: at.pos, line: at.line}, args[0]}
	}
	var out []token
	for _, f := range found {
		if folder, err := readfile.IsDir(f); err == nil && folder {
			continue
		}
		words, err := p.file(f)
		if err != nil {
			p.fail(at.pos, "import %s: %s", name, readfile.Reason(err))
			return nil
		}
		out = append(out, p.imports(withArgs(words, args[1:]), f, depth+1)...)
	}
	return out
}

// notAtHand stands for an import whose file is not at hand.
const notAtHand = "import (not at hand)"

// withArgs puts the arguments of an import in: {args[0]}, and {args.0} of before.
func withArgs(words, args []token) []token {
	out := make([]token, 0, len(words))
	for _, w := range words {
		if w.text == "{args[:]}" {
			out = append(out, args...)
			continue
		}
		if strings.Contains(w.text, "{args") {
			for i, a := range args {
				n := strconv.Itoa(i)
				w.text = strings.NewReplacer("{args["+n+"]}", a.text, "{args."+n+"}", a.text).Replace(w.text)
			}
		}
		out = append(out, w)
	}
	return out
}

// takeSnippets cuts the snippets out, (name) { … }, which later words import.
func (p *parser) takeSnippets(words []token) []token {
	var out []token
	depth := 0
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case opens(w):
			depth++
		case closes(w):
			depth--
		}
		snippet := depth == 0 && !w.quoted && len(w.text) > 2 && w.text[0] == '(' && w.text[len(w.text)-1] == ')'
		if !snippet || i+1 >= len(words) || !opens(words[i+1]) {
			out = append(out, w)
			continue
		}
		end, inner := i+2, 1
		for ; end < len(words) && inner > 0; end++ {
			if opens(words[end]) {
				inner++
			} else if closes(words[end]) {
				inner--
			}
		}
		if inner > 0 {
			p.fail(w.pos, "the snippet %s is not closed", w.text)
			return nil
		}
		p.snippets[w.text[1:len(w.text)-1]] = words[i+2 : end-1]
		i = end - 1
	}
	return out
}

func opens(t token) bool  { return t.text == "{" && !t.quoted }
func closes(t token) bool { return t.text == "}" && !t.quoted }

// nester makes segments of words.
type nester struct {
	p     *parser
	words []token
	at    int
}

// block reads segments up to the brace that closes the block which open opened; nil is the file itself.
func (n *nester) block(open *token, depth int) []segment {
	var out []segment
	for n.at < len(n.words) && len(n.p.errs) == 0 {
		if w := n.words[n.at]; closes(w) {
			n.at++
			if open == nil {
				n.p.fail(w.pos, "unexpected }, no block is open")
			}
			return out
		}
		out = append(out, n.segment(depth))
	}
	if open != nil && len(n.p.errs) == 0 {
		n.p.fail(open.pos, "the block is not closed, want }")
	}
	return out
}

// segment reads a line, and the block at its end.
func (n *nester) segment(depth int) segment {
	var s segment
	for n.at < len(n.words) {
		w := n.words[n.at]
		switch {
		case closes(w):
			return s
		case opens(w):
			if depth >= maxDepth {
				n.p.fail(w.pos, "blocks are nested deeper than %d", maxDepth)
			}
			if n.at++; len(s.words) == 0 {
				s.words = []token{w} // the global options
			}
			s.has, s.block = true, n.block(&w, depth+1)
			return s
		case len(s.words) > 0 && !goesOn(s.words[len(s.words)-1], w):
			return s
		}
		s.words = append(s.words, w)
		n.at++
	}
	return s
}

// goesOn reports whether a word is of the line of the one before it. A comma at the end of a line lets addresses go on.
func goesOn(before, w token) bool {
	sameLine := before.from == w.from && before.line == w.pos.Line && before.pos.File == w.pos.File
	return sameLine || strings.HasSuffix(before.text, ",") && !before.quoted
}
