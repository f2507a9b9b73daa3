package database

import (
	"errors"
	"fmt"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/alembic"
)

// migrationPlan is what the database's revision is compared with.
type migrationPlan struct {
	head string // "" when the source has several, or the target's is not known
	of   string // whose head it is, in words
	// history is the source's graph, nil without a source.
	history *alembic.History
	heads   []string // of the source
	ladder  *ladder
	to      string // target version, "" when it is not known
	// guess says why the catalogue's head may not be the target's; "" when it is.
	guess string
	// beyond: the target is newer than the catalogue.
	beyond bool
	file   *gate.Location // of the source's head
}

// plan finds the wanted head: a given one, the source's, or the catalogue's.
func (m *Migration) plan(env *check.Env) (migrationPlan, error) {
	p := migrationPlan{to: env.To}
	catalogue, err := env.Facts()
	if err != nil {
		return p, err
	}
	p.ladder = newLadder(catalogue)
	if m.Source != "" {
		if p.history, err = alembic.Read(m.ResolvePath(env, m.Source)); err != nil {
			return p, fmt.Errorf("source: %w", err)
		}
		p.heads = p.history.Heads()
	}
	switch {
	case m.Head != "" && m.Head != "auto":
		p.head, p.of = m.Head, "the head that gate.yaml names"
		if _, ok := p.revision(m.Head); p.history != nil && !ok {
			return p, fmt.Errorf("head %s is not among the %d revisions of source %s", m.Head, p.history.Len(), m.Source)
		}
	case p.history != nil:
		p.of = "the head of " + m.Source
		if len(p.heads) == 1 {
			p.head = p.heads[0]
			r, _ := p.history.Revision(p.head)
			p.file = &gate.Location{File: check.ShowPath(env, r.File), Line: r.Line}
		}
	default:
		return p, p.fromCatalogue(env, catalogue)
	}
	return p, nil
}

func (p *migrationPlan) fromCatalogue(env *check.Env, c *dify.Catalogue) error {
	if env.To == "" {
		return errors.New("head auto: no target version is known; give --to, or head or source in gate.yaml")
	}
	r, err := c.Resolve(env.To)
	if err != nil {
		return err
	}
	p.head, p.of = r.Head(), "the head of Dify "+env.To
	if r.Exact && p.head == "" {
		before := r.WithHead()
		p.head, p.of, p.beyond = before.Head(), "the head of Dify "+before.Version(), true
		p.guess = fmt.Sprintf("the migrations of %s are not known: those of %s are used instead", env.To, before.Version())
		return nil
	}
	if !r.Exact {
		p.guess, p.of = r.Note, "the head of Dify "+r.Version()
		p.beyond = r.Version() == c.Newest().Version()
	}
	return nil
}

func (p *migrationPlan) revision(id string) (alembic.Revision, bool) {
	if p.history == nil {
		return alembic.Revision{}, false
	}
	return p.history.Revision(id)
}

// place is where a revision is, seen from the plan's head.
type place int

const (
	atHead place = iota + 1
	behindHead
	aheadOfHead
	besideHead // on another branch of the source
	unknownPlace
	undecidedPlace
)

// placeOf compares a revision with the head. steps words the distance.
func (p *migrationPlan) placeOf(id string) (at place, steps string) {
	if p.history != nil {
		return p.placeInSource(id)
	}
	known, headKnown := p.ladder.release(id) != "", p.ladder.release(p.head) != ""
	switch {
	case p.guess != "" && (!known || p.beyond && id == p.head):
		return undecidedPlace, ""
	case id == p.head:
		return atHead, ""
	case !known:
		return unknownPlace, ""
	case !headKnown:
		// The catalogue is complete up to its newest release: a head that it
		// does not have is newer than all that it has.
		least, _ := p.ladder.steps(id, p.ladder.newest())
		return behindHead, "at least " + migrationCount(least+1, least+1)
	}
	switch order := p.ladder.compare(id, p.head); {
	case order < 0:
		least, most := p.ladder.steps(id, p.head)
		if p.guess != "" {
			return behindHead, "at least " + migrationCount(least, least)
		}
		return behindHead, migrationCount(least, most)
	case order > 0:
		return aheadOfHead, ""
	}
	return undecidedPlace, ""
}

func (p *migrationPlan) placeInSource(id string) (at place, steps string) {
	_, known := p.history.Revision(id)
	switch {
	case id == p.head:
		return atHead, ""
	case known && p.history.Contains(p.head, id):
		n := p.history.Steps(id, p.head)
		return behindHead, migrationCount(n, n)
	case known && p.history.Contains(id, p.head):
		return aheadOfHead, ""
	case known:
		return besideHead, ""
	case p.ladder.release(id) != "" && p.ladder.release(p.head) != "" && p.ladder.compare(id, p.head) > 0:
		return aheadOfHead, ""
	}
	return unknownPlace, ""
}

// newestOf is the one of several revisions of which all others are ancestors; ok
// is false where none is, or the order is not known. Dify's own migrations are one
// line from release to release.
func (p *migrationPlan) newestOf(ids []string) (newest string, ok bool) {
	newest = ids[0]
	for _, id := range ids[1:] {
		if p.after(id, newest) {
			newest = id
		}
	}
	for _, id := range ids {
		if id != newest && !p.after(newest, id) {
			return "", false
		}
	}
	return newest, true
}

// after reports whether a revision is known to build on another.
func (p *migrationPlan) after(id, ancestor string) bool {
	if _, known := p.revision(id); known {
		if _, known = p.revision(ancestor); known {
			return p.history.Contains(id, ancestor)
		}
	}
	return p.ladder.release(id) != "" && p.ladder.release(ancestor) != "" && p.ladder.compare(id, ancestor) > 0
}

// migrationCount words a number of migrations.
func migrationCount(least, most int) string {
	switch {
	case least != most:
		return fmt.Sprintf("%d to %d migrations", least, most)
	case least == 1:
		return "1 migration"
	}
	return fmt.Sprintf("%d migrations", least)
}
