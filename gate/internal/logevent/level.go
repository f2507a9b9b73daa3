package logevent

import "bytes"

// Level is how bad an event is by its own account.
type Level int

// The levels; everything worse than an error is an error too.
const (
	None Level = iota // the line does not say
	Debug
	Info
	Warning
	Error
)

// named is the level of a word in any case, None for other words.
func named(w []byte) Level {
	if len(w) < 3 || len(w) > 9 {
		return None
	}
	var upper [9]byte
	for i, c := range w {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	switch string(upper[:len(w)]) {
	case "ERROR", "ERR", "CRITICAL", "CRIT", "FATAL", "PANIC", "ALERT", "EMERG", "EMERGENCY", "SEVERE", "DPANIC":
		return Error
	case "WARNING", "WARN":
		return Warning
	case "INFO", "NOTICE", "LOG", "STATEMENT", "HINT", "DETAIL":
		return Info
	case "DEBUG", "TRACE", "VERBOSE":
		return Debug
	}
	return None
}

// levelIn finds the level among the first words of what follows the time.
func levelIn(rest []byte) Level {
	const words = 6
	for range words {
		rest = bytes.TrimLeft(rest, " \t:|-")
		if len(rest) == 0 {
			return None
		}
		if level := word(rest, false); level != None {
			return level
		}
		i := bytes.IndexByte(rest, ' ')
		if i < 0 {
			return None
		}
		rest = rest[i:]
	}
	return None
}

// word is the level that a text begins with: ERROR, ERROR:, [error], [ERROR]x,
// ERROR/MainProcess. In lower case only brackets make a word a level. At the
// beginning of a line (strict) a bare word is none: "ERROR handling" may be
// anybody's sentence, "ERROR:" and "[ERROR]" are not.
func word(text []byte, strict bool) Level {
	bracket := len(text) > 0 && text[0] == '['
	if bracket {
		text = text[1:]
	}
	n, lower := 0, false
	for n < len(text) && n < 12 && (text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z') {
		lower = lower || text[n] >= 'a'
		n++
	}
	if n == 0 || lower && !bracket {
		return None
	}
	var next byte = ' '
	if n < len(text) {
		next = text[n]
	}
	switch {
	case bracket && next != ']':
		return None
	case bracket:
	case next == ':', next == '/':
	case strict, next != ' ' && next != '\t' && next != ']' && next != '|' && next != '-':
		return None
	}
	return named(text[:n])
}
