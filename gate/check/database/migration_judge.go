package database

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// comparison compares the rows of the table with the plan.
type comparison struct {
	label, table string
	plan         migrationPlan
	builtIn      bool // made by the profile, not listed by the operator
}

// found is a finding of a rule about the database.
func (l comparison) found(rule gate.Rule, seen, hint string) gate.Finding {
	f := rule.Finding(fmt.Sprintf("migration %s: %s", l.label, seen), hint)
	f.Subject, f.Location, f.Symptom = l.label, l.plan.file, gate.SymptomDown
	if rule.ID == ruleMigrationBehind.ID {
		f.Symptom = gate.SymptomOldRelease
	}
	return f
}

func (l comparison) judge(rows []string, found bool) gate.Result {
	p := l.plan
	res := gate.Result{Evidence: map[string]any{"table": l.table, "revisions": rows, "head": p.head, "head_of": p.of}}
	if p.guess != "" {
		res.Evidence["note"] = p.guess
	}
	add := func(f gate.Finding) { res.Findings = append(res.Findings, f) }
	switch {
	case p.history != nil && len(p.heads) > 1 && p.head == "":
		add(l.found(ruleMigrationSeveralHeads, fmt.Sprintf("the source has %d heads (%s), expected one", len(p.heads), strings.Join(p.heads, ", ")),
			"flask db upgrade fails on this: a fork or a patch added its own migrations; merge them with `flask db merge heads` in the source, build the image from it, then migrate"))
	case !found:
		add(l.found(ruleMigrationNotInitialised, fmt.Sprintf("the table %s does not exist; expected revision %s, %s", l.table, l.want(), p.of),
			"if the deployment is new, run the migrations: "+l.how()+"; if it is not, the URL names a different database than the API uses (DB_DATABASE), or the table is in a schema that is not on the user's search path (table: SCHEMA."+l.table+")"))
	case len(rows) == 0:
		add(l.found(ruleMigrationNotInitialised, fmt.Sprintf("the table %s is empty; expected revision %s, %s", l.table, l.want(), p.of),
			"the first migration was interrupted, or the schema was loaded without this table: read the API's log, and restore a backup if the tables contain data; for a new deployment run the migrations: "+l.how()))
	case len(rows) > 1:
		l.several(rows, &res)
	default:
		l.one(rows[0], &res)
	}
	return res
}

// one judges the single revision of a database.
func (l comparison) one(id string, res *gate.Result) {
	p := l.plan
	at, steps := p.placeOf(id)
	release := p.ladder.release(id)
	shown := quote.Clip(id)
	if release != "" {
		res.Evidence["revision_since"] = release
		shown += fmt.Sprintf(" (first in Dify %s)", release)
	}
	add := func(f gate.Finding) { res.Findings = append(res.Findings, f) }
	switch at {
	case atHead:
	case behindHead:
		res.Evidence["behind"] = steps
		add(l.found(ruleMigrationBehind, fmt.Sprintf("revision %s is %s behind %s, %s", shown, steps, l.want(), p.of),
			"back up the database, then "+l.how()+l.silent()))
	case aheadOfHead:
		newer := "a newer release"
		if release != "" {
			newer = "Dify " + release + " or newer"
		}
		add(l.found(ruleMigrationAhead, fmt.Sprintf("revision %s is later than %s, %s: the database was migrated by %s", shown, l.want(), p.of, newer),
			"run "+newer+" again, or restore the backup from before that upgrade; there is no way back by switching images"))
	case besideHead:
		add(l.found(ruleMigrationSeveralHeads, fmt.Sprintf("revision %s is on a different branch than %s, %s", shown, l.want(), p.of),
			"the source has several branches: merge them with `flask db merge heads` in the source, build the image from it, then migrate"))
	case unknownPlace:
		add(l.found(ruleMigrationUnknownRevision, fmt.Sprintf("revision %s belongs to neither the target's migrations nor those of a known release%s; expected %s, %s", shown, l.dropped(id), l.want(), p.of),
			fmt.Sprintf("api and worker exit with: Can't locate revision identified by '%s'. Find out which image wrote it (a fork, a pre-release, or a release newer than this gate knows) and run that image or its successor, or restore the backup from before", quote.Clip(id))))
	default:
		l.undecided(id, res)
	}
}

// undecided is for a target that the catalogue does not have: the head of the
// release that is used instead proves nothing.
func (l comparison) undecided(id string, res *gate.Result) {
	reason := fmt.Sprintf("revision %s cannot be compared with the target's head: %s; set head: or source:", quote.Clip(id), l.plan.guess)
	if l.plan.guess == "" {
		reason = fmt.Sprintf("revision %s and head %s belong to the same release, and their order is not known; set source:", quote.Clip(id), l.plan.head)
	}
	if l.builtIn {
		res.Skip = reason
		return
	}
	res.Err = errors.New(reason)
}

func (l comparison) want() string {
	if l.plan.head == "" {
		return "a head"
	}
	return l.plan.head
}

// dropped names the pre-release that alone had a revision.
func (l comparison) dropped(id string) string {
	if release := l.plan.ladder.abandoned[id]; release != "" {
		return fmt.Sprintf(" (only Dify %s had it, and no later release kept it)", release)
	}
	return ""
}

// how says what runs the migrations, in the form of the target release: the
// images changed from Poetry to uv with 1.3.0 (langgenius/dify#22173).
func (l comparison) how() string {
	runner := "uv run"
	if l.before("1.3.0") {
		runner = "poetry run"
	}
	return fmt.Sprintf("set MIGRATION_ENABLED=true and restart the api container, or run it manually: docker compose exec api %s flask db upgrade", runner)
}

// silent warns of the releases that log a failed migration and start all the
// same (langgenius/dify#32021, fixed in 1.13.0).
func (l comparison) silent() string {
	if !l.before("1.13.0") {
		return "; a migration that fails stops the api container: its log says why"
	}
	return "; this release starts even when its migration failed: search for 'Failed to execute database migration' in the api container's log"
}

// before reports whether the target is older than a release; false without a
// target.
func (l comparison) before(release string) bool {
	to, err1 := changelog.ParseVersion(l.plan.to)
	v, err2 := changelog.ParseVersion(release)
	return err1 == nil && err2 == nil && to.Compare(v) < 0
}
