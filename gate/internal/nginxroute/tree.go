package nginxroute

import (
	"errors"
	"strings"
)

// Directive is one statement of the configuration, includes already replaced by what they hold.
type Directive struct {
	Pos    Pos
	Name   string
	Args   []string
	Block  []*Directive // nil unless it has braces
	End    Pos          // of the closing brace or semicolon
	argPos []Pos
}

func (d *Directive) String() string {
	return strings.TrimSpace(d.Name + " " + strings.Join(d.Args, " "))
}

// arg is the i-th argument, "" if there are fewer.
func (d *Directive) arg(i int) string {
	if i < len(d.Args) {
		return d.Args[i]
	}
	return ""
}

// at is the place of the i-th argument.
func (d *Directive) at(i int) Pos {
	if i < len(d.argPos) {
		return d.argPos[i]
	}
	return d.Pos
}

const (
	maxDepth = 64      // of nested blocks and of includes
	maxFile  = 4 << 20 // bytes of one file
	maxFiles = 512     // files of one configuration
)

// parser turns one file's text into directives; include is asked for what an include stands for.
type parser struct {
	lex     lexer
	include func(d *Directive, ctx string, depth int) ([]*Directive, error)
}

// parse reads directives up to a closing brace (nested) or the end of the file.
func (p *parser) parse(ctx string, open *Directive, depth int) ([]*Directive, Pos, error) {
	out := []*Directive{}
	for {
		t, err := p.lex.next()
		if err != nil {
			return nil, Pos{}, err
		}
		switch t.special {
		case 'E':
			if open != nil {
				return nil, Pos{}, SyntaxError{Pos: open.Pos, Msg: "block \"" + open.String() + "\" is never closed, want }"}
			}
			return out, p.lex.src.pos(t.off), nil
		case '}':
			if open == nil {
				return nil, Pos{}, p.lex.errorf(t.off, "unexpected }")
			}
			return out, p.lex.src.pos(t.off), nil
		case ';', '{':
			return nil, Pos{}, p.lex.errorf(t.off, "unexpected %s, want a directive", t.text)
		}
		ds, err := p.statement(t, ctx, depth)
		if err != nil {
			return nil, Pos{}, err
		}
		out = append(out, ds...)
	}
}

func (p *parser) statement(t token, ctx string, depth int) ([]*Directive, error) {
	d := &Directive{Name: t.text, Pos: p.lex.src.pos(t.off)}
	for {
		a, err := p.lex.next()
		if err != nil {
			return nil, err
		}
		switch a.special {
		case 0:
			d.Args = append(d.Args, a.text)
			d.argPos = append(d.argPos, p.lex.src.pos(a.off))
			continue
		case 'E':
			return nil, SyntaxError{Pos: d.Pos, Msg: "directive \"" + d.Name + "\" is not terminated, want ;"}
		case '}':
			return nil, SyntaxError{Pos: d.Pos, Msg: "directive \"" + d.Name + "\" is not terminated, want ; before }"}
		case ';':
			d.End = p.lex.src.pos(a.off)
			if d.Name == "include" && len(d.Args) == 1 && !mapLike(ctx) {
				return p.include(d, ctx, depth)
			}
			return []*Directive{d}, nil
		}
		return p.block(d, a, depth)
	}
}

func (p *parser) block(d *Directive, open token, depth int) ([]*Directive, error) {
	if depth >= maxDepth {
		return nil, SyntaxError{Pos: d.Pos, Msg: "blocks are nested too deeply"}
	}
	if strings.HasSuffix(d.Name, "_by_lua_block") {
		d.Block = []*Directive{}
		return []*Directive{d}, p.lex.luaBody(open.off)
	}
	var err error
	d.Block, d.End, err = p.parse(d.Name, d, depth+1)
	return []*Directive{d}, err
}

// mapLike are the blocks whose lines are data: the first word is a key, not a directive.
func mapLike(name string) bool {
	switch name {
	case "map", "geo", "split_clients", "types", "charset_map", "match", "otel_exporter":
		return true
	}
	return false
}

// asErrors makes any parse error an Errors.
func asErrors(err error) Errors {
	var all Errors
	var one SyntaxError
	switch {
	case errors.As(err, &all):
		return all
	case errors.As(err, &one):
		return Errors{one}
	}
	return Errors{{Msg: err.Error()}}
}
