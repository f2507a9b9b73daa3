package changelog

import (
	"math"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
	"github.com/dify-gate/dify-gate/changelog/internal/model"
)

// verdict is what the judge makes of one statement.
type verdict struct {
	kind   Kind
	signal string
	score  float64 // log-odds that it concerns an operator; authors' labels count as sure
}

// judge weighs statements by a linear model. Labels that authors set
// themselves are rules above it.
type judge struct {
	model    *model.Model
	concern  int
	blocking int
	kinds    []int // heads, in the order of Kinds()
	marks    []uint32
	turn     uint32
	rows     []int
	writer   signWriter
	v        vocabulary
	only     Part
	watch    func(*statement) // the trainer looks on
}

// Part names what a judge uses, for measuring.
type Part int

// What a judge uses.
const (
	All Part = iota
	RulesOnly
	ModelOnly
)

func newJudge(m *model.Model) *judge {
	j := &judge{v: classes(), model: m, concern: m.Head("concern"), blocking: m.Head("blocking"), marks: make([]uint32, m.Rows())}
	for _, k := range Kinds() {
		j.kinds = append(j.kinds, m.Head(string(k)))
	}
	j.writer.emit = j.mark
	return j
}

// mark takes a sign's row once a statement.
func (j *judge) mark(sign []byte) {
	if row := j.model.Row(sign); row >= 0 && j.marks[row] != j.turn {
		j.marks[row] = j.turn
		j.rows = append(j.rows, row)
	}
}

// weigh collects a statement's rows.
func (j *judge) weigh(st *statement) {
	j.turn++
	j.rows = j.rows[:0]
	st.write(&j.writer)
}

// threshold is the log-odds from which on a statement is a change, and further
// the one for sentences that go on with a change of the same entry. They were
// chosen by cross-validation (see changelog/internal/measure).
const (
	threshold = -0.36
	further   = -0.80
)

// grave is how much less is enough for a statement that, if it is a change,
// breaks an installation for sure: to miss it costs more. It counts by the
// probability of that.
const grave = 1.2

// lookedUp is what a variable of the environment adds: it can be looked up in an
// operator's files, so that it costs little to report and much to miss.
const lookedUp = 0.8

// namesVariable reports whether a statement names a variable and is no fix.
func (st *statement) namesVariable() bool {
	if st.section.fixes || st.commit.kind == "fix" || st.commit.kind == "test" || st.commit.kind == "docs" || st.commit.kind == "refactor" {
		return false
	}
	return slices.ContainsFunc(st.tokens, func(t lexicon.Token) bool { return t.Kind == lexicon.Variable })
}

// score weighs a statement by itself.
func (j *judge) score(st *statement) float64 {
	if j.watch != nil {
		j.watch(st)
		return math.Inf(-1)
	}
	j.weigh(st)
	return j.model.Sum(j.rows, j.concern)
}

// decide judges a statement by its score; goesOn: sentences before it in its
// entry are a change.
func (j *judge) decide(st *statement, score float64, goesOn bool) (verdict, bool) {
	if j.only != ModelOnly {
		if v, ok := j.declared(st); ok {
			return v, true
		}
	}
	filed := ""
	if j.only != ModelOnly {
		filed = st.filed()
	}
	if st.namesVariable() && j.only != ModelOnly {
		score += lookedUp
	}
	least := threshold
	if goesOn {
		least = further
	}
	if score < least && score > least-grave && j.only != RulesOnly {
		j.weigh(st)
		least -= grave / (1 + math.Exp(-j.model.Sum(j.rows, j.blocking)))
	}
	switch {
	case filed == "" && (j.only == RulesOnly || score < least):
		return verdict{}, false
	case filed == "security":
		return verdict{kind: Security, signal: "listed under a heading of security", score: max(score, sure)}, true
	case j.only == RulesOnly:
		return verdict{kind: Breaking, signal: "listed under a heading of breaking", score: sure}, true
	}
	j.weigh(st)
	v := verdict{kind: j.kind(), signal: j.explain(), score: score}
	if filed != "" {
		v.signal, v.score = "listed under a heading of breaking; "+v.signal, max(score, sure)
	}
	if st.section.breaking && j.only != ModelOnly && (v.kind == Config || v.kind == Security) {
		v.kind = Breaking // what its author calls breaking is no mere matter of configuration
	}
	return v, true
}

// kind is the kind whose model likes the statement best.
func (j *judge) kind() Kind {
	best, top := Kinds()[0], math.Inf(-1)
	for i, head := range j.kinds {
		if sum := j.model.Sum(j.rows, head); sum > top {
			best, top = Kinds()[i], sum
		}
	}
	return best
}

// declared applies the labels that authors set themselves.
func (j *judge) declared(st *statement) (verdict, bool) {
	switch label := strings.ToLower(st.entry.Label); {
	case st.commit.is && st.commit.breaking:
		return verdict{kind: Breaking, signal: "the commit is marked as breaking", score: sure}, true
	case st.label && strings.HasPrefix(label, "breaking"), st.label && strings.HasPrefix(label, "破坏性"):
		return verdict{kind: Breaking, signal: "labelled as breaking", score: sure}, true
	case st.label && strings.HasPrefix(label, "deprecat"), st.label && strings.HasPrefix(label, "弃用"):
		return verdict{kind: Deprecation, signal: "labelled as deprecated", score: sure}, true
	case startsBreaking(st.tokens):
		return verdict{kind: Breaking, signal: "says that it is a breaking change", score: sure}, true
	case j.v.regression(st):
		return verdict{kind: Regression, signal: "says that a release is broken", score: sure}, true
	case namesAdvisory(st.tokens):
		return verdict{kind: Security, signal: "names an advisory (CVE or GHSA)", score: sure}, true
	}
	return verdict{}, false
}

// filed is "breaking" or "security" for the first sentence of an item of a list
// right below a short heading, or a parent, that says so: its author filed it.
func (st *statement) filed() string {
	n := len(st.topics)
	if n == 0 || st.index > 0 || st.entry.Block != Bullet || st.words() < 3 || st.colon() || st.entry.Parent != "" && !titleLike(st.entry.Parent) {
		return ""
	}
	switch top := st.topics[n-1]; {
	case len(top.tokens) > 3 || top.section.features:
	case top.section.breaking:
		return "breaking"
	case top.section.security:
		return "security"
	}
	return ""
}

// startsBreaking reports whether a statement begins with "BREAKING CHANGE".
func startsBreaking(tokens []lexicon.Token) bool {
	for i, t := range tokens {
		if i > 2 {
			return false
		}
		if t.Stem == "breaking_change" || t.Stem == "breaking_changes" {
			return i+1 < len(tokens) && tokens[i+1].Stem == ":"
		}
	}
	return false
}

// namesAdvisory reports whether a statement names a CVE or a GHSA.
func namesAdvisory(tokens []lexicon.Token) bool {
	return slices.ContainsFunc(tokens, func(t lexicon.Token) bool { return t.Kind == lexicon.Advisory })
}

// sure is the score of what an author declared.
const sure = 5

// explain names the signs that weighed most, in words.
func (j *judge) explain() string {
	type weighed struct {
		row    int
		weight float64
	}
	var list []weighed
	for _, row := range j.rows {
		if w := j.model.Weight(row, j.concern); w > 0 && j.model.Name(row) != model.Bias {
			list = append(list, weighed{row, w})
		}
	}
	slices.SortFunc(list, func(a, b weighed) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return a.row - b.row
	})
	const handful = 4
	var words []string
	for _, w := range list {
		if text := describe(j.model.Name(w.row)); text != "" && !slices.Contains(words, text) {
			words = append(words, text)
		}
		if len(words) == handful {
			break
		}
	}
	if len(words) == 0 {
		return "weighed together"
	}
	return strings.Join(words, "; ")
}
