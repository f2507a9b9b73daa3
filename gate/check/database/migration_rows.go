package database

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// several judges a table of more than one row. Alembic stops at two rows of one
// line ("overlaps with other requested revisions"): the newest says what the
// schema is, and the others are left over. Rows of two branches are another thing:
// nobody can tell from the table what the schema is.
func (l comparison) several(rows []string, res *gate.Result) {
	add := func(seen, hint string) {
		res.Findings = append(res.Findings, l.found(ruleMigrationSeveralHeads, seen, hint))
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(rows)))
	seen := fmt.Sprintf("%s has %d revisions (%s), expected one", l.table, len(rows), quote.Clip(strings.Join(rows, ", ")))
	if len(distinct) == 1 {
		add(seen+": the same one is there more than once",
			fmt.Sprintf("back up the database, then empty %s and write revision %s into it once, in one transaction, with api and workers stopped", l.table, quote.Clip(distinct[0])))
		return
	}
	newest, ok := l.plan.newestOf(distinct)
	if !ok {
		add(seen, "images of different releases or forks migrated this database; find out which one is Dify's own for the target and have it migrate from a backup that has one revision")
		return
	}
	var older, words, quoted []string
	for _, id := range distinct {
		if id != newest {
			older, words, quoted = append(older, id), append(words, l.shown(id)), append(quoted, "'"+id+"'")
		}
	}
	res.Evidence["newest"], res.Evidence["ancestors"] = newest, older
	verb := "is an ancestor"
	if len(older) > 1 {
		verb = "are ancestors"
	}
	hint := fmt.Sprintf("nothing is lost: back up the database, stop api and workers, and delete the ancestors: DELETE FROM %s WHERE version_num IN (%s)", l.table, strings.Join(quoted, ", "))
	if at, _ := l.plan.placeOf(newest); at == behindHead {
		hint += "; then " + l.how()
	}
	add(fmt.Sprintf("%s: %s %s of %s", seen, strings.Join(words, ", "), verb, l.shown(newest)), hint)
}

// shown is a revision with the release that brought it.
func (l comparison) shown(id string) string {
	if release := l.plan.ladder.release(id); release != "" {
		return fmt.Sprintf("%s (first in Dify %s)", quote.Clip(id), release)
	}
	return quote.Clip(id)
}
