package alembic

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// The bounds of a folder: far beyond what any project has.
const (
	maxFiles = 20_000
	maxFile  = 4 << 20
)

// Revision is one migration.
type Revision struct {
	ID      string
	File    string // path of its script
	Line    int    // where the script names it
	Parents []string
	// Needs are revisions of depends_on: they run first, but do not make a
	// head of this one.
	Needs []string
}

// History is a folder's graph of revisions.
type History struct {
	byID map[string]Revision
}

// Read reads the scripts of a folder; folders below it are not entered, as
// Alembic does not by default. A history that Alembic could not use either is
// an error: an id twice, or a parent that is nowhere.
func Read(dir string) (*History, error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	h := &History{byID: map[string]Revision{}}
	for i, n := range names {
		if i >= maxFiles {
			return nil, fmt.Errorf("%s: more than %d files, want a folder of migrations", dir, maxFiles)
		}
		if n.IsDir() || !strings.HasSuffix(n.Name(), ".py") || strings.HasPrefix(n.Name(), "__init__") || strings.HasPrefix(n.Name(), ".#") {
			continue
		}
		if err := h.add(filepath.Join(dir, n.Name())); err != nil {
			return nil, err
		}
	}
	if len(h.byID) == 0 {
		return nil, fmt.Errorf("%s: no script that assigns a revision, want api/migrations/versions of the release's source", dir)
	}
	return h, h.complete()
}

func (h *History) add(path string) error {
	source, err := readfile.Text(path, maxFile)
	if err != nil {
		return err
	}
	r, ok, err := Parse(path, string(source))
	if err != nil || !ok {
		return err
	}
	return h.put(r)
}

// Parse reads one script; file is its name in messages. ok is false for a file
// that is no migration.
func Parse(file, source string) (r Revision, ok bool, err error) {
	s, ok, err := parse(source)
	if err != nil {
		return Revision{}, false, fmt.Errorf("%s: %w", file, err)
	}
	return Revision{s.revision, file, s.line, s.down, s.deps}, ok, nil
}

// New makes a history of revisions that were parsed one by one.
func New(revisions []Revision) (*History, error) {
	h := &History{byID: make(map[string]Revision, len(revisions))}
	for _, r := range revisions {
		if err := h.put(r); err != nil {
			return nil, err
		}
	}
	return h, h.complete()
}

func (h *History) put(r Revision) error {
	if first, dup := h.byID[r.ID]; dup {
		return fmt.Errorf("%s: revision %s stands in %s as well", r.File, r.ID, filepath.Base(first.File))
	}
	h.byID[r.ID] = r
	return nil
}

// complete looks for parents that are nowhere, and for circles.
func (h *History) complete() error {
	var missing []error
	for _, id := range h.ids() {
		r := h.byID[id]
		for _, p := range append(append([]string{}, r.Parents...), r.Needs...) {
			if _, ok := h.byID[p]; !ok {
				missing = append(missing, fmt.Errorf("%s: revision %s comes after %s, which no script of the folder has", r.File, r.ID, p))
			}
		}
	}
	if missing == nil && len(h.Heads()) == 0 {
		return errors.New("the revisions form a circle: none is a head")
	}
	return errors.Join(missing...)
}

func (h *History) ids() []string {
	out := make([]string, 0, len(h.byID))
	for id := range h.byID {
		out = append(out, id)
	}
	sort.Strings(out)
	return out
}

// Len is the number of revisions.
func (h *History) Len() int { return len(h.byID) }

// Revision looks up a revision.
func (h *History) Revision(id string) (Revision, bool) {
	r, ok := h.byID[id]
	return r, ok
}

// Heads are the revisions that no other one comes after, in order of ids.
func (h *History) Heads() []string {
	after := map[string]bool{}
	for _, r := range h.byID {
		for _, p := range r.Parents {
			after[p] = true
		}
	}
	var out []string
	for _, id := range h.ids() {
		if !after[id] {
			out = append(out, id)
		}
	}
	return out
}

// Contains reports whether an upgrade to a revision runs another one, or is it.
func (h *History) Contains(id, ancestor string) bool { return h.closure(id)[ancestor] }

// Steps is how many revisions an upgrade from one revision to another runs.
func (h *History) Steps(from, to string) int {
	have, n := h.closure(from), 0
	for id := range h.closure(to) {
		if !have[id] {
			n++
		}
	}
	return n
}

// closure is a revision with all that has to run before it.
func (h *History) closure(id string) map[string]bool {
	seen := map[string]bool{}
	for queue := []string{id}; len(queue) > 0; {
		next := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		r, ok := h.byID[next]
		if !ok || seen[next] {
			continue
		}
		seen[next] = true
		queue = append(append(queue, r.Parents...), r.Needs...)
	}
	return seen
}
