package changelog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentence is a part of an entry's text that is judged on its own.
type sentence struct {
	text   string // as written
	fold   string // for the forms, without the entry's label
	offset int    // in the entry's text
	label  bool   // the entry's label stands in it
}

var (
	abbreviation = expr(`(?i)(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|resp|no|cf|al)|\bv)\.$`)
	thanks       = expr(
		`(?i)^(?:thanks|thank you|credits?|contributed by|by)\b.{0,40}@`,
		`^(?:many |big |huge |special )?(?:thank you|thanks (?:to|for|again)|kudos)\b`,
		`^(?:感谢|致谢)`,
	)
	attribution = expr(`\s+[Bb]y @[^\n]*? in (?:https?://\S+|#\d+)(?:(?:,? and|,) (?:https?://\S+|#\d+))*\.?\s*$`)
	// A list of past deeds: "fixed a, restored b, and removed c". Each deed is judged alone.
	deedList  = expr(`(?i)^(?:[^a-z]*)(?:[a-z-]+ed|rewrote|made|set|split|kept|put|hid|sent|built|ran|let|cut|brought|took|gave)\b`)
	deedBreak = expr(`(?:,\s+and|,|;|\s+and|\s+plus)\s+(?:also\s+|now\s+)?([a-z-]{2,}ed|rewrote|made|split|kept|hid|sent|built|brought|took|gave|cut|put|let|ran)\s`)
)

// sentences cuts an entry's text into sentences, and lists of deeds into
// clauses. Thanks and attributions are left out.
func sentences(e Entry) []sentence {
	text := e.Text
	if cut := attribution.FindStringIndex(text); cut != nil {
		text = text[:cut[0]]
	}
	var out []sentence
	labelEnd := labelLength(e)
	for start := 0; start < len(text); {
		end := sentenceEnd(text, start)
		if start == 0 && end <= labelEnd && labelEnd < len(text) {
			end = sentenceEnd(text, labelEnd) // the label alone is no sentence
		}
		out = appendClauses(out, text, start, end, labelEnd)
		start = end
		for start < len(text) && text[start] == ' ' {
			start++
		}
	}
	return out
}

// appendClauses adds one sentence, or its clauses when it is a list of deeds.
func appendClauses(out []sentence, text string, start, end, labelEnd int) []sentence {
	body := start
	if start == 0 {
		body = labelEnd
	}
	add := func(from, to int) {
		s := strings.TrimSpace(text[from:to])
		if s == "" || thanks.MatchString(s) {
			return
		}
		judged := from
		if from == 0 {
			judged = min(labelEnd, to)
		}
		folded := strings.TrimLeft(fold(text[judged:to]), " -—:：•·)）")
		out = append(out, sentence{text: s, fold: folded, offset: from, label: from == 0 && labelEnd > 0})
	}
	if !deedList.MatchString(strings.TrimLeft(text[body:end], " -—:")) {
		add(start, end)
		return out
	}
	from := start
	for _, m := range deedBreak.FindAllStringSubmatchIndex(text[body:end], -1) {
		word := text[body+m[2] : body+m[3]]
		if inCode(text, body+m[2]) || adjective[word] || body+m[0] <= from {
			continue
		}
		add(from, body+m[0])
		from = body + m[2]
	}
	add(from, end)
	return out
}

// adjective are words in -ed that rarely begin a deed.
var adjective = map[string]bool{"related": true, "need": true, "embed": true, "feed": true, "seed": true, "shared": true,
	"nested": true, "indeed": true, "speed": true, "advanced": true, "associated": true, "unused": true, "required": true,
	"dedicated": true, "hosted": true, "self-hosted": true, "managed": true, "structured": true, "unified": true, "detailed": true}

// inCode tells whether an offset lies in a code span.
func inCode(text string, offset int) bool { return strings.Count(text[:offset], "`")%2 == 1 }

// labelLength is the length of "Label:" or "Label — " at the start of the
// text. A bold word in running text is no label.
func labelLength(e Entry) int {
	if e.Label == "" {
		return 0
	}
	at := strings.Index(e.Text, e.Label)
	if at < 0 || at > 8 {
		return 0
	}
	end := at + len(e.Label)
	rest := strings.TrimLeft(e.Text[end:], " ")
	for _, mark := range []string{":", "：", "—", "–", "- "} {
		if strings.HasPrefix(rest, mark) {
			return len(e.Text) - len(strings.TrimLeft(rest[len(mark):], " "))
		}
	}
	return 0
}

// sentenceEnd returns where the sentence that begins at start ends.
func sentenceEnd(text string, start int) int {
	code := false
	for i, r := range text[start:] {
		at := start + i
		if r == '`' {
			code = !code
			continue
		}
		if code {
			continue
		}
		after := at + utf8.RuneLen(r)
		switch r {
		case '。', '！', '？', '；':
			return after
		case '.', '!', '?':
			if after >= len(text) {
				return len(text)
			}
			next, size := utf8.DecodeRuneInString(text[after:])
			if next == ')' || next == '"' || next == '”' || next == '*' {
				after += size
				next, _ = utf8.DecodeRuneInString(text[after:])
			}
			if next != ' ' || abbreviation.MatchString(text[start:at+1]) {
				continue
			}
			first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text[after:], " "))
			if unicode.IsLower(first) && r == '.' {
				continue
			}
			return after
		}
	}
	return len(text)
}

// line returns the line of the source at which an offset of the text stands.
func (e Entry) lineAt(offset int) int {
	line := e.Location.Line
	for _, b := range e.breaks {
		if b <= offset {
			line++
		}
	}
	return line
}
