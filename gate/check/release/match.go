package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// applies is whether a change concerns the deployment.
type applies int

const (
	answerUnknown applies = iota + 1
	answerYes
	answerNo
	answerHandled // it would, and what it asks for is there already
)

func (a applies) String() string {
	switch a {
	case answerYes:
		return "yes"
	case answerNo, answerHandled:
		return "no"
	}
	return "unknown"
}

// sighting is what was seen, where, and what would change it; mend is empty
// where only the entry can say.
type sighting struct {
	text string
	at   deployment.Place
	mend string
}

// here words a sighting for a finding that stands at its place: the file's name
// is enough.
func (s sighting) here() string {
	if s.at.File == "" {
		return s.text
	}
	return filepath.Base(s.at.File) + ": " + s.text
}

// holding is the outcome of holding a condition against the files.
type holding struct {
	answer applies
	seen   []sighting
}

func (r *changelogRun) sight(s sighting) string {
	if l := r.env.Place(s.at); l != nil {
		if l.Line > 0 {
			return fmt.Sprintf("%s:%d: %s", l.File, l.Line, s.text)
		}
		return l.File + ": " + s.text
	}
	return s.text
}

// heldFiles are the operator's files; d is nil without any.
type heldFiles struct {
	d    *deployment.Deployment
	note string // why there are none
}

func readHeldFiles(env *check.Env) heldFiles {
	d, err := env.Deployment()
	switch {
	case errors.Is(err, check.ErrNoDir):
		return heldFiles{}
	case err != nil:
		return heldFiles{note: err.Error() + ": the operator's files were not looked at"}
	}
	return heldFiles{d: d}
}

// hold evaluates a condition in three values. Without files, or without a
// condition, nothing is known.
func (f heldFiles) hold(c *changelog.Condition) holding {
	if c == nil || f.d == nil {
		return holding{answer: answerUnknown}
	}
	return f.eval(*c)
}

func (f heldFiles) eval(c changelog.Condition) holding {
	switch c.Op {
	case changelog.OpAll:
		return f.all(c.Of)
	case changelog.OpAny:
		return f.any(c.Of)
	case changelog.OpNot:
		return f.not(c.Of)
	case changelog.OpAlways:
		return holding{answer: answerYes}
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
	return holding{answer: answerUnknown}
}

func (f heldFiles) all(of []changelog.Condition) holding {
	out := holding{answer: answerYes}
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
			out.seen = append(h.seen, out.seen...) // the last condition is the one to mend
		}
	}
	return out
}

func (f heldFiles) any(of []changelog.Condition) holding {
	out := holding{answer: answerNo}
	order := map[applies]int{answerNo: 1, answerHandled: 2, answerUnknown: 3, answerYes: 4}
	for _, c := range of {
		h := f.eval(c)
		switch {
		case h.answer == out.answer:
			out.seen = append(out.seen, h.seen...)
		case order[h.answer] > order[out.answer]:
			out = h
		}
	}
	return out
}

func (f heldFiles) not(of []changelog.Condition) holding {
	if len(of) != 1 {
		return holding{answer: answerUnknown}
	}
	h := f.eval(of[0])
	for i := range h.seen {
		h.seen[i].mend = "" // it would bring about what must not be
	}
	switch h.answer {
	case answerYes:
		h.answer = answerNo
	case answerNo, answerHandled:
		h.answer = answerYes
	}
	return h
}

// file looks at a file below the operator's directory.
func (f heldFiles) file(c changelog.Condition) holding {
	path := filepath.Join(f.d.Dir, filepath.FromSlash(c.Name))
	_, err := os.Stat(path)
	at := deployment.Place{File: path}
	switch {
	case err != nil && errors.Is(err, os.ErrNotExist):
		return holding{answer: answerNo, seen: []sighting{{text: c.Name + " is not there"}}}
	case err != nil:
		return holding{answer: answerUnknown}
	case c.Op == changelog.OpFileExists:
		return holding{answer: answerYes, seen: []sighting{{text: "is there", at: at}}}
	}
	text, err := readfile.Text(path, 1<<20)
	if err != nil {
		return holding{answer: answerUnknown}
	}
	has := strings.Contains(string(text), c.Value)
	switch {
	case c.Op == changelog.OpFileHas && has:
		return holding{answer: answerYes, seen: []sighting{{text: "has " + c.Value, at: at}}}
	case c.Op == changelog.OpFileHas:
		return holding{answer: answerNo, seen: []sighting{{text: "lacks " + c.Value, at: at}}}
	case has:
		return holding{answer: answerHandled, seen: []sighting{{text: "has " + c.Value, at: at}}}
	}
	at.Line = 1
	return holding{answer: answerYes, seen: []sighting{{"lacks " + c.Value + ", want it", at, "add " + c.Value + " to " + c.Name}}}
}

func (f heldFiles) owner(name, uid string) holding {
	path := filepath.Join(f.d.Dir, filepath.FromSlash(name))
	owner, known := deployment.Owner(path)
	if !known {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return holding{answer: answerNo, seen: []sighting{{text: name + " is not there"}}}
		}
		return holding{answer: answerUnknown}
	}
	if strconv.Itoa(owner) == uid {
		return holding{answer: answerHandled, seen: []sighting{{text: "belongs to user " + uid, at: deployment.Place{File: path}}}}
	}
	return holding{answer: answerYes, seen: []sighting{{text: fmt.Sprintf("belongs to user %d, want %s", owner, uid), at: deployment.Place{File: path}}}}
}

// service answers by whether the compose files define a service.
func (f heldFiles) service(name string, there, missing applies) holding {
	if s, ok := f.d.Service(name); ok {
		return holding{answer: there, seen: []sighting{{text: "defines " + name, at: s.Place}}}
	}
	if len(f.d.Services) == 0 {
		return holding{answer: answerUnknown}
	}
	return holding{answer: missing, seen: []sighting{{"does not define " + name, deployment.Place{File: f.d.ComposeFiles[0]}, "add the service " + name + " to your own compose file"}}}
}
