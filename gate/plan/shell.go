package plan

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote makes one word of the shell of any text. Words that mean themselves stay as
// they are; what cannot be shown is written $'…', so that one line stays one line.
func quote(s string) string {
	switch {
	case s == "":
		return "''"
	case strings.IndexFunc(s, special) < 0 && s[0] != '~' && s[0] != '#':
		return s
	case strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(rune(c)))
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// special reports whether the shell may read a rune as more than itself.
func special(r rune) bool {
	return r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./:=@%+,#~", r)
}

// hidden reports whether a rune does something else than being shown.
func hidden(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError }

// line joins words to one command, each of them quoted.
func line(words ...string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}

// file is quote for a path: one that begins with a dash is no flag.
func file(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return quote(path)
}

// files are paths as words.
func files(paths []string) string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = file(p)
	}
	return strings.Join(out, " ")
}

// comment is a line that the shell passes over.
func comment(text string) string {
	return "# " + strings.Join(strings.FieldsFunc(text, func(r rune) bool { return hidden(r) || r == ' ' }), " ")
}

// patience is how often a wait looks, every five seconds: 15 minutes.
const patience = 180

// until repeats a command until it succeeds, or patience is at an end.
func until(command string) string {
	return fmt.Sprintf("for try in $(seq %d); do %s && break; [ \"$try\" -lt %d ] || echo 'not ready: stop here'; sleep 5; done", patience, command, patience)
}
