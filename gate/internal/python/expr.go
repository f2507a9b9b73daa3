package python

// Kind is the sort of an expression.
type Kind int

// The sorts of expressions.
const (
	Name    Kind = iota + 1 // Text
	Attr                    // Of.Text
	Call                    // Of(Args, Keywords)
	String                  // Text
	FString                 // Args are its parts
	List                    // a list or tuple of Args
	Sum                     // Args, joined by +
	Other                   // anything else
)

// Expr is an expression.
type Expr struct {
	Kind     Kind
	Text     string
	Of       *Expr
	Args     []Expr
	Keywords []Keyword
	Line     int // from 1, where it begins
}

// Keyword is name=value of a call. The name of **value is "**".
type Keyword struct {
	Name  string
	Value Expr
}

// Keyword returns the value of a call's keyword argument.
func (e Expr) Keyword(name string) (Expr, bool) {
	for _, k := range e.Keywords {
		if k.Name == name {
			return k.Value, true
		}
	}
	return Expr{}, false
}

// Function is the last name of what is called: "route" for a.b.route(…), ""
// when it is no call of a name.
func (e Expr) Function() string {
	if e.Kind != Call || e.Of.Kind != Name && e.Of.Kind != Attr {
		return ""
	}
	return e.Of.Text
}

// Dotted is a.b.c of names and attributes, "" for any other expression.
func (e Expr) Dotted() string {
	switch e.Kind {
	case Name:
		return e.Text
	case Attr:
		if of := e.Of.Dotted(); of != "" {
			return of + "." + e.Text
		}
	}
	return ""
}

// Walk calls visit for the expression and all below it.
func (e Expr) Walk(visit func(Expr)) {
	visit(e)
	if e.Of != nil {
		e.Of.Walk(visit)
	}
	for _, a := range e.Args {
		a.Walk(visit)
	}
	for _, k := range e.Keywords {
		k.Value.Walk(visit)
	}
}

// maxDepth bounds how deep expressions and blocks nest: Python itself gives up
// at 200 brackets and 100 blocks.
const maxDepth = 200

// expression reads an expression up to what cannot belong to it: a comma, a
// closing bracket, "=", ":" or the end of the line.
func (p *parser) expression(depth int) Expr {
	from := p.at
	line := p.peek().line
	if p.peek().word("lambda") {
		return p.lambda(depth)
	}
	e, ok := p.operand(depth)
	for ok && p.peek().is("+") {
		p.at++
		right, fine := p.operand(depth)
		if e.Kind != Sum {
			e = Expr{Kind: Sum, Args: []Expr{e}, Line: line}
		}
		e.Args = append(e.Args, right)
		ok = fine
	}
	if ok && p.stops() {
		return e
	}
	p.skip()
	if p.at == from && !p.stops() {
		p.at++
	}
	// What a conditional or a comparison holds is still looked at by Walk.
	return Expr{Kind: Other, Args: nonzero(e), Line: line}
}

// lambda goes behind the parameters, whose commas and colon are its own, and
// reads the body.
func (p *parser) lambda(depth int) Expr {
	e := Expr{Kind: Other, Line: p.peek().line}
	p.at++
	for !p.peek().is(":") && p.peek().kind != tokNewline {
		switch t := p.peek(); {
		case t.is("("), t.is("["), t.is("{"):
			p.at++
			p.balance(1)
		case t.is(")"), t.is("]"), t.is("}"):
			return e
		default:
			p.at++
		}
	}
	if p.peek().is(":") && depth < maxDepth {
		p.at++
		e.Args = []Expr{p.expression(depth + 1)}
	}
	return e
}

func nonzero(e Expr) []Expr {
	if e.Kind == 0 {
		return nil
	}
	return []Expr{e}
}

// stops reports whether an expression ends before the next token.
func (p *parser) stops() bool {
	t := p.peek()
	if t.kind == tokNewline {
		return true
	}
	if t.kind != tokOp {
		return false
	}
	switch t.text {
	case ",", ")", "]", "}", "=", ":", ":=", "->":
		return true
	}
	return false
}

// skip goes to the next stop at this level of brackets.
func (p *parser) skip() {
	depth := 0
	for p.at < len(p.tokens) {
		t := p.peek()
		if depth == 0 && p.stops() || t.kind == tokNewline {
			return
		}
		switch {
		case t.is("("), t.is("["), t.is("{"):
			depth++
		case t.is(")"), t.is("]"), t.is("}"):
			depth--
		}
		p.at++
	}
}

// operand reads a literal, a name, a bracketed list, and what follows them:
// attributes and calls. ok is false for anything else.
func (p *parser) operand(depth int) (e Expr, ok bool) {
	if depth > maxDepth {
		return Expr{}, false
	}
	t := p.peek()
	switch {
	case t.kind == tokName && !operators[t.text]:
		p.at++
		e = Expr{Kind: Name, Text: t.text, Line: t.line}
	case t.kind == tokString || t.kind == tokFString:
		e = p.text()
	case t.is("("):
		e = p.list(")", depth)
	case t.is("["):
		e = p.list("]", depth)
	case t.is("{"):
		p.at++
		p.balance(1)
		e = Expr{Kind: Other, Line: t.line}
	default:
		return Expr{}, false
	}
	for {
		switch t := p.peek(); {
		case t.is(".") && p.peekAt(1).kind == tokName:
			of := e
			e = Expr{Kind: Attr, Text: p.peekAt(1).text, Of: &of, Line: of.Line}
			p.at += 2
		case t.is("("):
			of := e
			e = p.call(of, depth)
		case t.is("["):
			p.at++
			p.balance(1)
			e = Expr{Kind: Other, Args: []Expr{e}, Line: e.Line}
		default:
			return e, true
		}
	}
}

// operators are names that begin no operand.
var operators = map[string]bool{"not": true, "lambda": true, "await": true, "yield": true, "if": true, "else": true, "for": true, "in": true, "and": true, "or": true, "is": true}

// text reads strings that stand side by side: they are one.
func (p *parser) text() Expr {
	e := Expr{Kind: String, Line: p.peek().line}
	for {
		t := p.peek()
		switch t.kind {
		case tokString:
			e.Args = append(e.Args, Expr{Kind: String, Text: t.text, Line: t.line})
			e.Text += t.text
		case tokFString:
			e.Kind = FString
			e.Args = append(e.Args, t.parts...)
		default:
			if e.Kind == String {
				e.Args = nil
			} else {
				e.Text = ""
			}
			return e
		}
		p.at++
	}
}

// list reads the elements of a list or tuple. (x) is x.
func (p *parser) list(closing string, depth int) Expr {
	e := Expr{Kind: List, Line: p.peek().line}
	p.at++
	commas := 0
	for p.at < len(p.tokens) && !p.peek().is(closing) {
		from := p.at
		e.Args = append(e.Args, p.expression(depth+1))
		if p.peek().is(",") {
			commas++
			p.at++
		} else if !p.peek().is(closing) {
			if p.peek().kind == tokNewline {
				return Expr{Kind: Other, Line: e.Line} // not closed
			}
			p.at = max(p.at, from+1)
			p.balance(1)
			return Expr{Kind: Other, Args: e.Args, Line: e.Line}
		}
	}
	p.at++
	if closing == ")" && commas == 0 && len(e.Args) == 1 {
		return e.Args[0]
	}
	return e
}

// balance goes behind the bracket that closes the open ones.
func (p *parser) balance(open int) {
	for p.at < len(p.tokens) && open > 0 {
		switch t := p.peek(); {
		case t.is("("), t.is("["), t.is("{"):
			open++
		case t.is(")"), t.is("]"), t.is("}"):
			open--
		case t.kind == tokNewline:
			return
		}
		p.at++
	}
}

// call reads the arguments of a call.
func (p *parser) call(of Expr, depth int) Expr {
	e := Expr{Kind: Call, Of: &of, Line: of.Line}
	p.at++
	for p.at < len(p.tokens) && !p.peek().is(")") {
		from := p.at
		switch {
		case p.peek().kind == tokName && p.peekAt(1).is("="):
			name := p.peek().text
			p.at += 2
			e.Keywords = append(e.Keywords, Keyword{name, p.expression(depth + 1)})
		case p.peek().is("**"):
			p.at++
			e.Keywords = append(e.Keywords, Keyword{"**", p.expression(depth + 1)})
		case p.peek().is("*"):
			p.at++
			e.Args = append(e.Args, Expr{Kind: Other, Text: "*", Args: []Expr{p.expression(depth + 1)}, Line: p.peek().line})
		default:
			e.Args = append(e.Args, p.expression(depth+1))
		}
		switch {
		case p.peek().is(","):
			p.at++
		case p.peek().kind == tokNewline:
			return e // not closed
		case !p.peek().is(")"):
			p.at = max(p.at, from+1)
			p.skip()
			if p.peek().is("=") || p.peek().is(":") || p.peek().is(":=") {
				p.at++
			} else if p.peek().is("]") || p.peek().is("}") {
				p.at++
			}
		}
	}
	p.at++
	return e
}
