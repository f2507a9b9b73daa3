package learn

import (
	"path"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/alembic"
)

// migrations reads the scripts. Where one cannot be read, or the history is not
// whole, no head is given: a wrong head would fail a good deployment.
func (r *reader) migrations() {
	m := &r.facts.Migrations
	files := r.tree.under(versionsFolder, ".py")
	if len(files) == 0 {
		r.cannot(versionsFolder, "no script")
		return
	}
	var revisions []alembic.Revision
	whole := true
	for _, name := range files {
		if path.Base(name) == "__init__.py" {
			continue
		}
		revision, ok, err := alembic.Parse(name, string(r.tree.files[name]))
		switch {
		case err != nil:
			r.unread = append(r.unread, err.Error())
			whole = false
		case ok && printable(revision.ID):
			revisions = append(revisions, revision)
			m.Revisions = append(m.Revisions, revision.ID)
		}
	}

	for _, skipped := range r.tree.unread {
		whole = whole && !strings.HasPrefix(skipped, versionsFolder)
	}
	history, err := alembic.New(revisions)
	switch {
	case err != nil:
		r.cannot(versionsFolder, "%s; the heads are unknown", oneLine(err.Error()))
	case !whole:
		r.cannot(versionsFolder, "not every script was read; the heads are unknown")
	default:
		m.Heads = history.Heads()
	}
}
