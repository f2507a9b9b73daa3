package rotate

import (
	"fmt"
	"strings"
)

// parser walks over the text of one file.
type parser struct {
	loader *loader
	file   string
	text   string
	at     int // the next byte
	line   int
	begin  int // where the line begins
	global Policy
	depth  int

	stanza *Stanza
	broken bool // the stanza has a mistake for which logrotate skips it
}

func (p *parser) mistake(format string, args ...any) {
	p.mistakeAt(p.line, p.at-p.begin+1, format, args...)
}

func (p *parser) mistakeAt(line, column int, format string, args ...any) {
	const enough = 100
	if c := &p.loader.config; len(c.Mistakes) < enough {
		c.Mistakes = append(c.Mistakes, Mistake{p.file, line, max(column, 1), fmt.Sprintf(format, args...)})
	}
}

// next moves over one byte and counts lines.
func (p *parser) next() {
	if p.text[p.at] == '\n' {
		p.line++
		p.begin = p.at + 1
	}
	p.at++
}

func (p *parser) more() bool { return p.at < len(p.text) }

func (p *parser) blanks() {
	for p.more() && (p.text[p.at] == ' ' || p.text[p.at] == '\t' || p.text[p.at] == '\r') {
		p.next()
	}
}

// rest takes what is left of the line, trimmed.
func (p *parser) rest() string {
	end := strings.IndexByte(p.text[p.at:], '\n')
	if end < 0 {
		end = len(p.text) - p.at
	}
	out := p.text[p.at : p.at+end]
	p.at += end
	return strings.TrimSpace(out)
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// all reads the file to its end.
func (p *parser) all() {
	for {
		p.blanks()
		if !p.more() {
			break
		}
		switch c := p.text[p.at]; {
		case c == '\n':
			p.next()
		case c == '#':
			p.rest()
		case letter(c):
			p.keyword()
		case c == '}':
			p.close()
		case (c == '/' || c == '"' || c == '\'' || c == '~') && p.stanza == nil:
			p.names()
		case c == '/' || c == '"' || c == '\'' || c == '~':
			p.mistake("a log name inside of the stanza that begins in line %d, want } before it", p.stanza.Line)
			p.rest()
		default:
			p.mistake("%q, want a directive, or a log name that begins with / or a quote", string(rune(c)))
			p.rest()
		}
	}
	if p.stanza != nil {
		p.mistakeAt(p.stanza.Line, 1, "the stanza is not closed, want }")
		p.loader.config.Refused = append(p.loader.config.Refused, *p.stanza)
	}
}

// names reads the log names of a stanza up to its brace.
func (p *parser) names() {
	line := p.line
	end := strings.IndexByte(p.text[p.at:], '{')
	if end < 0 {
		p.mistake("no { after the log names")
		p.at = len(p.text)
		return
	}
	text := p.text[p.at : p.at+end]
	column := p.at - p.begin + 1
	for range end + 1 {
		p.next()
	}
	policy := p.global
	p.stanza = &Stanza{File: p.file, Line: line, Patterns: words(text), Policy: policy}
	p.broken = false
	for _, name := range p.stanza.Patterns {
		if !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "~") {
			p.mistakeAt(line, column, "log name %q, want an absolute path", name)
		}
		for _, other := range p.loader.config.Stanzas {
			for _, used := range other.Patterns {
				if used == name {
					p.mistakeAt(line, column, "log name %s a second time, the first is at %s:%d", name, other.File, other.Line)
				}
			}
		}
	}
}

// words splits as a shell does: quotes and backslashes group.
func words(text string) []string {
	var out []string
	var b strings.Builder
	var quote byte
	begun := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
			begun = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, begun = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if begun {
				out = append(out, b.String())
				b.Reset()
				begun = false
			}
		default:
			b.WriteByte(c)
			begun = true
		}
	}
	if begun {
		out = append(out, b.String())
	}
	return out
}

// close ends the stanza.
func (p *parser) close() {
	if p.stanza == nil {
		p.mistake("} without a {")
		p.next()
		return
	}
	p.stanza.EndLine = p.line
	into := &p.loader.config.Stanzas
	if p.broken {
		into = &p.loader.config.Refused
	}
	*into = append(*into, *p.stanza)
	p.stanza = nil
	p.next()
	p.blanks()
	if p.more() && p.text[p.at] != '\n' {
		p.mistake("text after }, want it on a line of its own")
		p.rest()
	}
}

// keyword reads a directive.
func (p *parser) keyword() {
	start := p.at
	for p.more() && letter(p.text[p.at]) {
		p.next()
	}
	word := p.text[start:p.at]
	line, column := p.line, start-p.begin+1
	if p.more() && !strings.ContainsRune(" \t\r\n=}{", rune(p.text[p.at])) {
		p.mistakeAt(line, column, "directive %q is followed by %q, want a blank", word, string(rune(p.text[p.at])))
		p.broken = true
		p.rest()
		return
	}
	fail := func(format string, args ...any) {
		p.mistakeAt(line, column, format, args...)
		p.broken = true
	}
	switch sort, known := directives()[word]; {
	case !known:
		// logrotate goes on behind the line, and so does the stanza.
		p.mistakeAt(line, column, "unknown directive %q", word)
		p.rest()
	case sort == script:
		p.script(word, fail)
	case sort == flag:
		p.flag(word)
	case sort == optional:
		p.period(word, fail)
	default:
		p.blanks()
		if p.more() && p.text[p.at] == '=' {
			p.next()
		}
		value := p.rest()
		if value == "" && sort != maybe {
			fail("directive %s without a value", word)
			return
		}
		if err := p.set(word, value); err != nil {
			fail("%s %q: %v", word, value, err)
		}
	}
}

// script passes over a script, which ends with endscript on a line of its own.
func (p *parser) script(word string, fail func(string, ...any)) {
	p.rest()
	for p.more() {
		p.next()
		if p.rest() == "endscript" {
			return
		}
	}
	fail("%s without endscript", word)
}
