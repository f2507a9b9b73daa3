package fix

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
)

// Judge runs the checks of the operator's files below a root that looks like the file
// system, "" for the files themselves, and returns what they find.
type Judge func(ctx context.Context, root string) ([]gate.Finding, error)

// Options say how a plan is made.
type Options struct {
	Judge Judge
	// Base is the folder that the patch's names are relative to, Dirs the folders
	// whose files may be changed. All are absolute.
	Base string
	Dirs []string
	// Secrets are those of the run. Show leaves out what only --apply may write: a
	// change whose lines hold a secret.
	Secrets Secrets
	Show    bool
}

// Plan is what would be changed.
type Plan struct {
	// Fixed are the findings that the changes take away, Left those that stay, with
	// the reason in Unfixed.
	Fixed, Left []gate.Finding
	files       []*document
	base        string
	secrets     Secrets
}

// maxPasses bounds the passes until nothing is left to edit, maxStarts how often it is
// begun anew with an edit refused.
const (
	maxPasses = 8
	maxStarts = 60
)

// planner makes a plan.
type planner struct {
	Options
	first   []gate.Finding // of the files as they are
	known   map[string]bool
	refused map[string]string // findings by key, with the reason
	judged  map[[32]byte][]gate.Finding
	docs    map[string]*document
	edited  []gate.Finding
	done    map[string]bool
	last    []gate.Finding
}

// Make plans what can be changed.
func Make(ctx context.Context, o Options) (*Plan, error) {
	p := &planner{Options: o, known: map[string]bool{}, refused: map[string]string{}, judged: map[[32]byte][]gate.Finding{}}
	first, err := o.Judge(ctx, "")
	if err != nil {
		return nil, err
	}
	p.first = first
	for _, f := range first {
		p.known[key(f)] = true
	}
	for range maxStarts {
		if err := p.passes(ctx); err != nil {
			return nil, err
		}
		again, err := p.refuse(ctx)
		if err != nil {
			return nil, err
		}
		if !again {
			return p.plan(), nil
		}
	}
	return nil, fmt.Errorf("the edits of %d findings stand in each other's way", len(p.refused))
}

// key names a finding in every pass.
func key(f gate.Finding) string {
	subject := f.Subject
	if subject == "" {
		subject = f.Message
	}
	if f.Location != nil {
		subject += "\x00" + f.Location.File
	}
	return f.Check + "\x00" + f.Rule + "\x00" + subject
}

// passes edits until no finding proposes anything more.
func (p *planner) passes(ctx context.Context) error {
	p.docs, p.edited, p.done = map[string]*document{}, nil, map[string]bool{}
	found := p.first
	for range maxPasses {
		more, err := p.pass(found)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if found, err = p.judge(ctx); err != nil {
			return err
		}
	}
	p.last = found
	return nil
}

// pass makes the edits that findings propose, as far as they do not conflict.
func (p *planner) pass(found []gate.Finding) (more bool, err error) {
	taken := map[string][]owned{}
	now := map[string]bool{}
	for _, f := range found {
		k := key(f)
		if len(f.Edits) == 0 || p.refused[k] != "" || p.done[k] {
			continue
		}
		if clash(taken, f.Edits) {
			continue // its turn comes in the next pass
		}
		for _, e := range f.Edits {
			if err := p.allowed(e.File); err != nil {
				return false, err
			}
			taken[e.File] = append(taken[e.File], owned{e, k})
		}
		now[k] = true
		p.edited = append(p.edited, f)
	}
	maps.Copy(p.done, now) // several findings of one place may have the same key
	for _, path := range slices.Sorted(maps.Keys(taken)) {
		if p.docs[path] == nil {
			if p.docs[path], err = open(path); err != nil {
				return false, err
			}
		}
		if err := p.docs[path].apply(taken[path]); err != nil {
			return false, err
		}
	}
	return len(taken) > 0, nil
}

func clash(taken map[string][]owned, edits []gate.Edit) bool {
	for _, e := range edits {
		for _, o := range taken[e.File] {
			if conflicts(o.Edit, e) {
				return true
			}
		}
	}
	return false
}

// allowed wants a file to be within the folders whose files may be changed.
func (p *planner) allowed(path string) error {
	where, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, dir := range p.Dirs {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			if rel, err := filepath.Rel(real, where); err == nil && filepath.IsLocal(rel) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s: a link to %s, outside of %s: nothing is changed; change that file by hand, or name its folder", path, where, strings.Join(p.Dirs, " and "))
}

// judge runs the checks on the files as they would be.
func (p *planner) judge(ctx context.Context) ([]gate.Finding, error) {
	files := map[string][]byte{}
	sum := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(p.docs)) {
		files[path] = p.docs[path].bytes()
		fmt.Fprintf(sum, "%s\x00%d\x00", path, len(files[path]))
		sum.Write(files[path])
	}
	state := [32]byte(sum.Sum(nil))
	if found, ok := p.judged[state]; ok {
		return found, nil
	}
	s, err := newShadow(files)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.remove() }() // in the system's folder for such files
	found, err := p.Judge(ctx, s.root)
	if err != nil {
		return nil, err
	}
	for i := range found {
		for j := range found[i].Edits {
			e := &found[i].Edits[j]
			e.File = strings.TrimPrefix(e.File, s.root)
		}
	}
	p.judged[state] = found
	return found, nil
}

// refuse looks at what the passes came to and takes edits out: of a finding that stays,
// of one whose lines may not be shown, and of those that bring a new finding. It reports
// whether the passes have to be made anew.
func (p *planner) refuse(ctx context.Context) (again bool, err error) {
	stay := map[string]bool{}
	var fresh []gate.Finding
	for _, f := range p.last {
		stay[key(f)] = true
		if !p.known[key(f)] {
			fresh = append(fresh, f)
		}
	}
	for _, f := range p.edited {
		if k := key(f); stay[k] && f.Unfixed == "" {
			p.refused[k], again = "the change that the gate knows does not take it away", true
		}
	}
	if again {
		return true, nil
	}
	if len(fresh) > 0 {
		return p.culprit(ctx, fresh)
	}
	if p.Show {
		again = p.refuseHidden()
	}
	return again, nil
}

// refuseHidden takes the edits out whose lines may not be shown.
func (p *planner) refuseHidden() (again bool) {
	docs := p.documents()
	s := p.Secrets.secretsOf(docs)
	for _, d := range docs {
		_, hidden := d.hunks(s)
		for _, c := range hidden {
			for _, by := range d.guilty(c, s) {
				if p.refused[by] == "" {
					p.refused[by], again = onlyApply, true
				}
			}
		}
	}
	return again
}

// onlyApply is the reason for a change that a patch would have to show a secret for.
const onlyApply = "its lines, or those around it, hold a secret, which no patch shows: gate fix --apply writes it"

// culprit finds one finding whose edits bring a new finding and refuses it: by halves
// of those that were edited.
func (p *planner) culprit(ctx context.Context, fresh []gate.Finding) (bool, error) {
	want := key(fresh[0])
	brings := func(edited []gate.Finding) (bool, error) {
		q := &planner{Options: p.Options, first: p.first, known: p.known, refused: maps.Clone(p.refused), judged: p.judged}
		for _, f := range p.edited {
			if !slices.ContainsFunc(edited, func(e gate.Finding) bool { return key(e) == key(f) }) {
				q.refused[key(f)] = "left out"
			}
		}
		if err := q.passes(ctx); err != nil {
			return false, err
		}
		return slices.ContainsFunc(q.last, func(f gate.Finding) bool { return key(f) == want }), nil
	}
	suspects := p.edited
	for len(suspects) > 1 {
		half := suspects[:len(suspects)/2]
		guilty, err := brings(half)
		if err != nil {
			return false, err
		}
		if guilty {
			suspects = half
			continue
		}
		rest := suspects[len(suspects)/2:]
		if guilty, err = brings(rest); err != nil {
			return false, err
		} else if !guilty {
			break // both halves together: the last one is the one to leave out
		}
		suspects = rest
	}
	f := suspects[len(suspects)-1]
	p.refused[key(f)] = fmt.Sprintf("the change would bring %s: %s", fresh[0].Rule, fresh[0].Message)
	return true, nil
}

func (p *planner) documents() []*document {
	var out []*document
	for _, path := range slices.Sorted(maps.Keys(p.docs)) {
		out = append(out, p.docs[path])
	}
	return out
}

// plan sorts the findings into those that are taken away and those that stay.
func (p *planner) plan() *Plan {
	out := &Plan{files: p.documents(), base: p.Base, secrets: p.Secrets}
	stay := map[string]gate.Finding{}
	for _, f := range p.last {
		stay[key(f)] = f
	}
	edited := map[string]bool{}
	for _, f := range p.edited {
		edited[key(f)] = true
	}
	for _, f := range p.first {
		k := key(f)
		if reason := p.refused[k]; reason != "" {
			f.Unfixed = reason
			out.Left = append(out.Left, f)
			continue
		}
		switch now, stays := stay[k]; {
		case !stays && edited[k]:
			out.Fixed = append(out.Fixed, f)
		case !stays: // went away with the change of another
		default:
			f.Unfixed = now.Unfixed
			if f.Unfixed == "" {
				f.Unfixed = f.Hint
			}
			out.Left = append(out.Left, f)
		}
	}
	for _, f := range p.edited {
		if !slices.ContainsFunc(p.first, func(o gate.Finding) bool { return key(o) == key(f) }) && f.Unfixed == "" {
			out.Fixed = append(out.Fixed, f)
		}
	}
	return out
}
