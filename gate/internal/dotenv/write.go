package dotenv

import "strings"

// WithValue returns the line of an assignment with another value, written as Raw has it:
// ${…} is left alone. Quotes, blanks and the comment behind the value stay; a bare
// value gets quotes where it needs them. false where the value cannot be written on
// this line so that it reads back.
func WithValue(line, value string) (string, bool) {
	name, assigned := key(line)
	at := strings.IndexAny(line, "=:")
	if !assigned || at < 0 || strings.ContainsAny(value, "\r\n") {
		return "", false
	}
	rest := line[at+1:]
	blank := rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
	old := rest[len(blank):]
	text, tail := "", ""
	switch {
	case old != "" && (old[0] == '"' || old[0] == '\''):
		end := closingQuote(old)
		if end < 0 {
			return "", false
		}
		text, tail = quoted(value, old[0]), old[end+1:]
	default:
		bare := old
		if c := strings.Index(old, " #"); c >= 0 {
			bare = old[:c]
		}
		bare = strings.TrimRight(bare, " \t")
		text, tail = bareOrQuoted(value), old[len(bare):]
		if strings.HasPrefix(old, "#") { // a comment where a value could stand
			text, tail = bareOrQuoted(value), " "+old
		}
	}
	out := line[:at+1] + blank + text + tail
	return out, readsBack(out, name, value)
}

// readsBack reports whether a line assigns the value, without its quotes.
func readsBack(line, name, value string) bool {
	f := Parse([]byte(line), func(string) (string, bool) { return "", true })
	return len(f.Errors) == 0 && len(f.Entries) == 1 && f.Entries[0].Key == name && !f.Entries[0].Bare && f.Entries[0].Raw == value
}

// closingQuote is where the quote that a text begins with ends, -1 for nowhere.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i
		}
	}
	return -1
}

func quoted(value string, quote byte) string {
	if quote == '"' {
		value = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
	}
	return string(quote) + value + string(quote)
}

func bareOrQuoted(value string) string {
	if !strings.ContainsAny(value, " \t#\"'\\") {
		return value
	}
	if !strings.ContainsAny(value, "'$") {
		return quoted(value, '\'')
	}
	return quoted(value, '"')
}
