package release

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// answer is whether a condition holds for the deployment.
type answer int

const (
	answerUnknown answer = iota + 1
	answerYes
	answerNo
	answerHandled // it would hold, but what it asks for is there already
)

// String is the answer as reports have it.
func (a answer) String() string {
	switch a {
	case answerYes:
		return "yes"
	case answerNo, answerHandled:
		return "no"
	}
	return "unknown"
}

// evidence is what was seen, where, and the edit that would fix it; fix is empty
// where only the entry can say.
type evidence struct {
	text string
	at   deployment.Place
	fix  string
}

// short words evidence for a finding at its place: the file's name is enough.
func (e evidence) short() string {
	if e.at.File == "" {
		return e.text
	}
	return filepath.Base(e.at.File) + ": " + e.text
}

// match is the outcome of a condition, with what it rests on.
type match struct {
	answer   answer
	evidence []evidence
}

// long words evidence with its place, as reports list it.
func (r *changelogRun) long(e evidence) string {
	if l := r.env.Place(e.at); l != nil {
		if l.Line > 0 {
			return fmt.Sprintf("%s:%d: %s", l.File, l.Line, e.text)
		}
		return l.File + ": " + e.text
	}
	return e.text
}

// operatorFiles are the operator's files; d is nil without any.
type operatorFiles struct {
	d     *deployment.Deployment
	note  string // why there are none
	texts func() operatorTexts
}

func readOperatorFiles(env *check.Env) operatorFiles {
	d, err := env.Deployment()
	switch {
	case errors.Is(err, check.ErrNoDir):
		return operatorFiles{}
	case err != nil:
		return operatorFiles{note: err.Error() + ": the operator's files were not read"}
	}
	return operatorFiles{d: d, texts: sync.OnceValue(func() operatorTexts { return readTexts(d) })}
}

// match evaluates a condition against the files. Without files, or without a
// condition, nothing is known.
func (f operatorFiles) match(c *changelog.Condition) match {
	if c == nil || f.d == nil {
		return match{answer: answerUnknown}
	}
	return f.eval(*c)
}

// eval evaluates a condition; there are files.
func (f operatorFiles) eval(c changelog.Condition) match {
	switch c.Op {
	case changelog.OpAll:
		return f.all(c.Of)
	case changelog.OpAny:
		return f.any(c.Of)
	case changelog.OpNot:
		return f.not(c.Of)
	case changelog.OpAlways:
		return match{answer: answerYes}
	case changelog.OpEnvSet:
		return f.envSet(c.Name)
	case changelog.OpEnvUnset:
		return f.envUnset(c.Name)
	case changelog.OpEnvIs:
		return f.envIs(c.Name, c.Value)
	case changelog.OpEnvNot:
		return f.envNot(c.Name, c.Value)
	case changelog.OpEnvHas:
		return f.not([]changelog.Condition{{Op: changelog.OpEnvLacks, Name: c.Name, Value: c.Value}})
	case changelog.OpEnvLacks:
		return f.envLacks(c.Name, c.Value)
	case changelog.OpQueue:
		return f.queue(c.Name)
	case changelog.OpFileExists, changelog.OpFileHas, changelog.OpFileLacks:
		return f.file(c)
	case changelog.OpOwnerNot:
		return f.owner(c.Name, c.Value)
	case changelog.OpService:
		return f.service(c.Name, answerYes, answerNo)
	case changelog.OpNoService:
		return f.service(c.Name, answerHandled, answerYes)
	case changelog.OpMigrates:
		return f.envIs("MIGRATION_ENABLED", "true")
	}
	return f.uses(c)
}

// all is yes when every condition is; no and unknown win over it.
func (f operatorFiles) all(of []changelog.Condition) match {
	if items, same := oneOf(of); same {
		return f.envLacks(of[0].Name, items...)
	}
	out := match{answer: answerYes}
	for _, c := range of {
		h := f.eval(c)
		switch {
		case h.answer == answerNo:
			return h
		case h.answer == answerHandled:
			out = h
		case h.answer == answerUnknown && out.answer == answerYes:
			out.answer = answerUnknown
		case out.answer != answerHandled:
			out.evidence = append(h.evidence, out.evidence...) // the last condition is the one to fix
		}
	}
	return out
}

// oneOf are the items of conditions that ask for a list without any of them.
func oneOf(of []changelog.Condition) (items []string, same bool) {
	for _, c := range of {
		if c.Op != changelog.OpEnvLacks || c.Name != of[0].Name {
			return nil, false
		}
		items = append(items, c.Value)
	}
	return items, len(items) > 0
}

// any is the best answer of the conditions.
func (f operatorFiles) any(of []changelog.Condition) match {
	out := match{answer: answerNo}
	order := map[answer]int{answerNo: 1, answerHandled: 2, answerUnknown: 3, answerYes: 4}
	for _, c := range of {
		h := f.eval(c)
		switch {
		case h.answer == out.answer:
			out.evidence = append(out.evidence, h.evidence...)
		case order[h.answer] > order[out.answer]:
			out = h
		}
	}
	return out
}

// not turns the answer of a condition round.
func (f operatorFiles) not(of []changelog.Condition) match {
	if len(of) != 1 {
		return match{answer: answerUnknown}
	}
	h := f.eval(of[0])
	for i := range h.evidence {
		h.evidence[i].fix = "" // it would bring about what must not be
	}
	switch h.answer {
	case answerYes:
		h.answer = answerNo
	case answerNo, answerHandled:
		h.answer = answerYes
	}
	return h
}

// file answers by a file below the operator's directory.
func (f operatorFiles) file(c changelog.Condition) match {
	path := filepath.Join(f.d.Dir, filepath.FromSlash(c.Name))
	there, err := readfile.Taken(path)
	at := deployment.Place{File: path}
	switch {
	case err == nil && !there:
		return match{answer: answerNo, evidence: []evidence{{text: c.Name + " is missing"}}}
	case err != nil:
		return match{answer: answerUnknown}
	case c.Op == changelog.OpFileExists:
		return match{answer: answerYes, evidence: []evidence{{text: "is there", at: at}}}
	}
	text, err := readfile.Text(path, 1<<20)
	if err != nil {
		return match{answer: answerUnknown}
	}
	has := strings.Contains(string(text), c.Value)
	switch {
	case c.Op == changelog.OpFileHas && has:
		return match{answer: answerYes, evidence: []evidence{{text: "has " + c.Value, at: at}}}
	case c.Op == changelog.OpFileHas:
		return match{answer: answerNo, evidence: []evidence{{text: "lacks " + c.Value, at: at}}}
	case has:
		return match{answer: answerHandled, evidence: []evidence{{text: "has " + c.Value, at: at}}}
	}
	at.Line = 1
	return match{answer: answerYes, evidence: []evidence{{"lacks " + c.Value + ", expected it", at, "add " + c.Value + " to " + c.Name}}}
}

// owner answers by whether a file belongs to another user than uid.
func (f operatorFiles) owner(name, uid string) match {
	path := filepath.Join(f.d.Dir, filepath.FromSlash(name))
	owner, known := deployment.Owner(path)
	if !known {
		if there, err := readfile.Taken(path); err == nil && !there {
			return match{answer: answerNo, evidence: []evidence{{text: name + " is missing"}}}
		}
		return match{answer: answerUnknown}
	}
	if strconv.Itoa(owner) == uid {
		return match{answer: answerHandled, evidence: []evidence{{text: "belongs to user " + uid, at: deployment.Place{File: path}}}}
	}
	return match{answer: answerYes, evidence: []evidence{{text: fmt.Sprintf("belongs to user %d instead of %s", owner, uid), at: deployment.Place{File: path}}}}
}

// service answers by whether the compose files define a service.
func (f operatorFiles) service(name string, there, missing answer) match {
	if s, ok := f.d.Service(name); ok {
		return match{answer: there, evidence: []evidence{{text: "defines " + name, at: s.Place}}}
	}
	if len(f.d.Services) == 0 {
		return match{answer: answerUnknown}
	}
	return match{answer: missing, evidence: []evidence{{"does not define " + name, deployment.Place{File: f.d.ComposeFiles[0]}, "add the service " + name + " to your compose file"}}}
}
