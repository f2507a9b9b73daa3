package changelog

import (
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// statement is a sentence with all that its meaning depends on.
type statement struct {
	sentence
	entry   *Entry
	commit  commit
	topics  []topic         // the headings above it, outermost first
	section section         // what they say together
	parent  []lexicon.Token // of the bullet or table head above it
	lead    []lexicon.Token // of the entry's label
	index   int             // among the sentences of its entry
	others  []sentence      // all sentences of its entry
	before  *statement      // the statement before it in the same entry
	trouble bool            // the entry before spoke of errors that one may meet
	size    int             // entries of its section
	doc     document        // what the whole body is like
}

// document is what a body is like as a whole.
type document struct {
	entries  int
	breaking bool // it has a section that calls itself breaking
	sizes    map[string]int
}

// survey looks over all entries of a body.
func (u *understander) survey(entries []Entry) document {
	d := document{entries: len(entries), sizes: map[string]int{}}
	for i := range entries {
		e := &entries[i]
		if e.Block == Title {
			d.breaking = d.breaking || u.topic(e.Text).section.breaking
			continue
		}
		d.sizes[e.sectionKey()]++
	}
	return d
}

// listKey names the list that an entry stands in.
func (e *Entry) listKey() string {
	return e.sectionKey() + "\x00" + e.Parent + "\x00" + leadingTag(e.Text)
}

// sectionKey names the section that an entry stands in.
func (e *Entry) sectionKey() string { return strings.Join(e.Path, "\x01") }

// understander turns entries into statements. It keeps what it read of
// headings and parents, which many entries share.
type understander struct {
	v       vocabulary
	topics  map[string]topic
	parents map[string][]lexicon.Token
	doc     document
}

func newUnderstander() *understander {
	return &understander{v: classes(), topics: map[string]topic{}, parents: map[string][]lexicon.Token{}}
}

func (u *understander) topic(title string) topic {
	t, ok := u.topics[title]
	if !ok {
		t = u.v.readTopic(title)
		u.topics[title] = t
	}
	return t
}

// path reads the headings above an entry; a parent bullet that is only a title
// ("Breaking changes:") and a label that says what sort its entry is count too.
func (u *understander) path(e *Entry) []topic {
	path := make([]topic, 0, len(e.Path)+1)
	for _, title := range e.Path {
		path = append(path, u.topic(title))
	}
	if titleLike(e.Parent) {
		path = append(path, u.topic(e.Parent))
	}
	if tag := leadingTag(e.Text); tag != "" {
		path = append(path, u.topic(tag))
	}
	if e.Label != "" && len(e.Label) < 60 && strings.Count(e.Label, " ") < 5 {
		if t := u.topic(e.Label); t.section.breaking || t.section.deprecated || t.section.action || t.section.removed && strings.Count(e.Label, " ") == 0 {
			path = append(path, t)
		}
	}
	return path
}

// leadingTag is the sort that an entry is marked with: "CHANGE" of
// "[CHANGE] API: …".
func leadingTag(text string) string {
	if !strings.HasPrefix(text, "[") {
		return ""
	}
	end := strings.IndexByte(text, ']')
	if end < 4 || end > 20 || end+2 > len(text) || text[end+1] != ' ' && text[end+1] != ':' {
		return ""
	}
	for _, c := range text[1:end] {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == ' ' || c == '-') {
			return ""
		}
	}
	return text[1:end]
}

// titleLike reports whether a parent's text heads its children.
func titleLike(parent string) bool {
	return parent != "" && len(parent) < 80 && (endsInColon(parent) || strings.Count(strings.TrimSpace(parent), " ") <= 3)
}

// maxParent bounds what is read of a parent's text.
const maxParent = 400

func (u *understander) parent(text string) []lexicon.Token {
	if text == "" {
		return nil
	}
	tokens, ok := u.parents[text]
	if !ok {
		tokens = lexicon.Tokenize(clip(text, maxParent))
		u.parents[text] = tokens
	}
	return tokens
}

// statements reads an entry.
func (u *understander) statements(e *Entry) []statement {
	c := readCommit(e)
	topics := u.path(e)
	list := sentences(e, c, &u.v)
	out := make([]statement, len(list))
	base := statement{entry: e, commit: c, topics: topics, section: joinTopics(topics), parent: u.parent(e.Parent), others: list,
		size: u.doc.sizes[e.sectionKey()], doc: u.doc}
	if labelLength(e) > 0 {
		base.lead = u.parent(e.Label)
	}
	for i, s := range list {
		out[i] = base
		out[i].sentence, out[i].index = s, i
		if i > 0 {
			out[i].before = &out[i-1]
		}
	}
	return out
}
