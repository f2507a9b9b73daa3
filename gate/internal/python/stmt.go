package python

import "slices"

// StmtKind is the sort of a statement.
type StmtKind int

// The sorts of statements.
const (
	Class  StmtKind = iota + 1 // Name, Bases, Decorators, Body
	Def                        // Name, Params, Decorators, Body
	Assign                     // Name = Value, for a lone name
	Import                     // Module, Names
	Block                      // if, for, while, with, try …: Name is the keyword, Body
	Action                     // Value: an expression, also of return and of other assignments
)

// Stmt is a statement.
type Stmt struct {
	Kind       StmtKind
	Name       string
	Line       int // from 1
	Decorators []Expr
	Bases      []Expr
	Params     []string
	Value      Expr
	Body       []Stmt
	// Module of "from MODULE import NAMES", with its leading dots; "" for
	// "import NAMES".
	Module string
	Names  []Imported
}

// Imported is "Name as As"; without an "as" both are the same. Name "*" is all.
type Imported struct{ Name, As string }

// MaxTokens is how much of a file is read. Dify's largest has 20,000 tokens; in
// memory each takes a hundred times of what it takes in the file.
const MaxTokens = 250_000

// File is what a source holds.
type File struct {
	Body   []Stmt
	Tokens int
	// Cut: it has more tokens than MaxTokens, and the rest was not read.
	Cut bool
}

// Parse reads source.
func Parse(src string) File {
	tokens, cut := lex(src)
	p := &parser{tokens: tokens}
	f := File{Tokens: len(tokens), Cut: cut}
	for p.at < len(p.tokens) {
		f.Body = append(f.Body, p.block(p.peek().column, 0)...)
	}
	return f
}

type parser struct {
	tokens []token
	at     int
}

// end is what follows the last token.
var end = token{kind: tokNewline, column: -1}

func (p *parser) peek() token { return p.peekAt(0) }

func (p *parser) peekAt(n int) token {
	if p.at+n < len(p.tokens) {
		return p.tokens[p.at+n]
	}
	return end
}

// block reads the statements of one indentation, up to a smaller one.
func (p *parser) block(column, depth int) []Stmt {
	var out []Stmt
	var decorators []Expr
	for p.at < len(p.tokens) && p.peek().column >= column {
		if p.peek().kind == tokNewline {
			p.at++
			continue
		}
		if p.peek().is("@") {
			p.at++
			decorators = append(decorators, p.expression(0))
			p.line()
			continue
		}
		s := p.statement(depth)
		s.Decorators, decorators = decorators, nil
		out = append(out, s)
	}
	return out
}

// line goes behind the end of the logical line.
func (p *parser) line() {
	for p.at < len(p.tokens) && p.peek().kind != tokNewline {
		p.at++
	}
	p.at++
}

// compound are the keywords that open a block.
var compound = []string{"if", "elif", "else", "for", "while", "with", "try", "except", "finally", "match", "case"}

func (p *parser) statement(depth int) Stmt {
	t := p.peek()
	s := Stmt{Line: t.line}
	if t.word("async") {
		p.at++
		t = p.peek()
	}
	switch {
	case t.word("class") && p.peekAt(1).kind == tokName:
		s.Kind, s.Name = Class, p.peekAt(1).text
		p.at += 2
		if p.peek().is("[") { // type parameters
			p.at++
			p.balance(1)
		}
		if p.peek().is("(") {
			s.Bases = p.call(Expr{Kind: Name, Text: s.Name, Line: s.Line}, 0).Args
		}
		s.Body = p.suite(t.column, depth)
	case t.word("def") && p.peekAt(1).kind == tokName:
		s.Kind, s.Name = Def, p.peekAt(1).text
		p.at += 2
		if p.peek().is("[") {
			p.at++
			p.balance(1)
		}
		s.Params = p.params()
		s.Body = p.suite(t.column, depth)
	case t.word("from") || t.word("import"):
		p.imports(&s)
	case t.kind == tokName && slices.Contains(compound, t.text) && p.opens():
		s.Kind, s.Name = Block, t.text
		p.at++
		s.Value = p.expression(0)
		s.Body = p.suite(t.column, depth)
	default:
		p.simple(&s)
	}
	return s
}

// opens reports whether the logical line has a colon outside of brackets: match
// and case are names elsewhere.
func (p *parser) opens() bool {
	depth := 0
	for i := p.at; i < len(p.tokens) && p.tokens[i].kind != tokNewline; i++ {
		switch t := p.tokens[i]; {
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		case depth == 0 && t.is(":"):
			return true
		case i == p.at+1 && (t.is("=") || t.is(".")):
			return false
		}
	}
	return false
}

// params reads the names of a function's parameters.
func (p *parser) params() []string {
	if !p.peek().is("(") {
		return nil
	}
	var out []string
	p.at++
	depth := 1
	fresh := true
	for p.at < len(p.tokens) && depth > 0 && p.peek().kind != tokNewline {
		t := p.peek()
		switch {
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		case t.is(",") && depth == 1:
			fresh = true
		case t.kind == tokName && fresh:
			out, fresh = append(out, t.text), false
		}
		p.at++
	}
	return out
}

// suite reads what follows the colon of a compound statement: the rest of its
// line, or a block that is indented deeper.
func (p *parser) suite(column, depth int) []Stmt {
	for p.at < len(p.tokens) && !p.peek().is(":") && p.peek().kind != tokNewline {
		from := p.at
		p.skip()
		if p.peek().is(":") || p.peek().kind == tokNewline {
			break
		}
		p.at = max(p.at, from) + 1
	}
	if !p.peek().is(":") {
		p.line()
		return nil
	}
	p.at++
	if p.peek().kind != tokNewline {
		if depth >= maxDepth {
			p.line()
			return nil
		}
		return []Stmt{p.statement(depth + 1)}
	}
	p.at++
	if next := p.peek(); next.column > column && depth < maxDepth {
		return p.block(next.column, depth+1)
	}
	return nil
}

// imports reads both forms of import.
func (p *parser) imports(s *Stmt) {
	s.Kind = Import
	from := p.peek().word("from")
	p.at++
	if from {
		for p.peek().is(".") || p.peek().kind == tokName && !p.peek().word("import") {
			s.Module += p.peek().text
			p.at++
		}
		p.at++
	}
	for p.at < len(p.tokens) && p.peek().kind != tokNewline {
		t := p.peek()
		p.at++
		switch {
		case t.is("*"):
			s.Names = append(s.Names, Imported{"*", "*"})
		case t.word("as") && len(s.Names) > 0 && p.peek().kind == tokName:
			s.Names[len(s.Names)-1].As = p.peek().text
			p.at++
		case t.kind == tokName:
			name := t.text
			for p.peek().is(".") && p.peekAt(1).kind == tokName {
				name += "." + p.peekAt(1).text
				p.at += 2
			}
			s.Names = append(s.Names, Imported{name, name})
		}
	}
	p.at++
}

// simple reads an assignment or an expression.
func (p *parser) simple(s *Stmt) {
	s.Kind = Action
	t := p.peek()
	if t.word("return") || t.word("yield") || t.word("raise") || t.word("assert") || t.word("await") {
		p.at++
	}
	first := p.expression(0)
	if p.peek().is(":") { // an annotation
		p.at++
		p.skip()
	}
	s.Value = first
	for p.peek().is("=") {
		p.at++
		s.Value = p.expression(0)
		if first.Kind == Name {
			s.Kind, s.Name = Assign, first.Text
		}
	}
	if p.peek().is(",") && p.at > 0 { // a tuple without brackets
		s.Value = Expr{Kind: List, Args: append([]Expr{s.Value}, p.rest()...), Line: s.Line}
	}
	p.line()
}

// rest reads the other elements of a tuple without brackets.
func (p *parser) rest() []Expr {
	var out []Expr
	for p.peek().is(",") {
		p.at++
		if p.peek().kind != tokNewline {
			out = append(out, p.expression(0))
		}
	}
	return out
}
