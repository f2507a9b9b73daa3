package database

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func migrationSpec(url string) *Migration { return &Migration{URL: gate.NewSecret(url)} }

// migrationSource makes a folder of scripts in the form of Alembic's template;
// each argument is "id: parent parent…".
func migrationSource(t *testing.T, revisions ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, r := range revisions {
		id, parents, _ := strings.Cut(r, ":")
		down := "None"
		if f := strings.Fields(parents); len(f) == 1 {
			down = "'" + f[0] + "'"
		} else if len(f) > 1 {
			down = "('" + strings.Join(f, "', '") + "')"
		}
		source := fmt.Sprintf(`"""step %d

Revision ID: %s
Revises: %s
Create Date: 2025-01-01 20:00:00

"""
from alembic import op
import sqlalchemy as sa

# revision identifiers, used by Alembic.
revision = '%s'
down_revision = %s
branch_labels = None
depends_on = None

def upgrade():
    op.add_column('apps', sa.Column('x%d', sa.Integer()))
`, i, id, parents, id, down, i)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("2025_01_%02d_%s_step.py", i+1, id)), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// migrationDatabase sets a database to the revisions and returns its URL; nil
// means that the table is missing.
type migrationDatabase func(revisions []string) (url string)

// TestMigration goes through the seven states, on PostgreSQL and MariaDB.
func TestMigration(t *testing.T) {
	t.Parallel()
	postgres := testserver.StartPostgres(t)
	postgres.Exec("postgres", "create database dify")
	mariadb := testserver.StartMariaDB(t)
	mariadb.Exec("create database dify")
	engines := map[string]migrationDatabase{
		"postgres": func(revisions []string) string {
			postgres.Exec("dify", testserver.AlembicState(revisions))
			return postgres.URL("dify")
		},
		"mysql": func(revisions []string) string {
			mariadb.Exec("use dify;" + testserver.AlembicState(revisions))
			return mariadb.URL("dify")
		},
	}
	for engine, database := range engines {
		t.Run(engine, func(t *testing.T) { migrationStates(t, engine, database) })
	}
	t.Run("writes nothing", func(t *testing.T) {
		url := engines["postgres"]([]string{"a1"})
		before := len(postgres.Log())
		spec := migrationSpec(url)
		spec.Head = "a1"
		checktest.Want(t, checktest.Env(t, probe.NetworkOptions{}), spec, "")
		reads := regexp.MustCompile(`(?i)^(begin read only|set local |select |rollback)`)
		for line := range strings.Lines(postgres.Log()[before:]) {
			if statement, ok := strings.CutPrefix(line, "dify-gate|postgres|LOG:  statement: "); ok && !reads.MatchString(statement) {
				t.Errorf("the server was sent %s", statement)
			}
		}
	})
}

func migrationStates(t *testing.T, engine string, database migrationDatabase) {
	env := checktest.Env(t, probe.NetworkOptions{})
	env.To = "1.13.2"
	linear := migrationSource(t, "a1:", "b2: a1", "c3: a1", "d4: b2 c3", "e5: d4")
	forked := migrationSource(t, "a1:", "b2: a1", "c3: a1")
	const head, old, later = "6b5f9f8b1a2c", "a91b476a53de", "d9e8f7a6b5c4" // of 1.13.2, 0.15.8 and 1.15.0
	tests := []struct {
		name          string
		rows          []string
		source, head  string
		rules         string
		words, hint   string
		stateEvidence string
	}{
		{name: "at head", rows: []string{head}},
		{name: "at head of source", rows: []string{"e5"}, source: linear},
		{name: "at given head", rows: []string{"b2"}, source: linear, head: "b2"},
		{name: "behind", rows: []string{old}, rules: "migration/behind", words: "(first in Dify 0.15.0) is 50 migrations behind " + head + ", the head of Dify 1.13.2", hint: "uv run flask db upgrade"},
		{name: "behind by one", rows: []string{"d4"}, source: linear, rules: "migration/behind", words: "d4 is 1 migration behind e5"},
		{name: "behind a merge", rows: []string{"b2"}, source: linear, rules: "migration/behind", words: "b2 is 3 migrations behind e5", hint: "MIGRATION_ENABLED=true"},
		{name: "ahead", rows: []string{later}, rules: "migration/ahead", words: "migrated by Dify 1.15.0 or newer", hint: "restore the backup"},
		{name: "ahead of given head", rows: []string{"e5"}, source: linear, head: "d4", rules: "migration/ahead", words: "e5 is later than d4"},
		{name: "unknown", rows: []string{"deadbeef0001"}, rules: "migration/unknown-revision", words: "deadbeef0001", hint: "Can't locate revision identified by 'deadbeef0001'"},
		{name: "unknown to source", rows: []string{"zz"}, source: linear, rules: "migration/unknown-revision", words: "zz"},
		{name: "several rows", rows: []string{"b2", "c3"}, source: linear, rules: "migration/several-heads", words: "alembic_version has 2 revisions (b2, c3)"},
		{name: "a row and its ancestor", rows: []string{head, old}, rules: "migration/several-heads", words: old + " (first in Dify 0.15.0) is an ancestor of " + head, hint: "DELETE FROM alembic_version WHERE version_num IN ('" + old + "')"},
		{name: "a row and its ancestor, both behind", rows: []string{"b2", "a1"}, source: linear, rules: "migration/several-heads", words: "a1 is an ancestor of b2", hint: "version_num IN ('a1'); then set MIGRATION_ENABLED=true"},
		{name: "a row and one of another", rows: []string{head, "deadbeef0001"}, rules: "migration/several-heads", words: "has 2 revisions", hint: "from a backup that has one revision"},
		{name: "several heads in source", rows: []string{"b2"}, source: forked, rules: "migration/several-heads", words: "the source has 2 heads (b2, c3)", hint: "merge heads"},
		{name: "another branch", rows: []string{"c3"}, source: forked, head: "b2", rules: "migration/several-heads", words: "a different branch"},
		{name: "no table", rules: "migration/not-initialised", words: "the table alembic_version does not exist", hint: "DB_DATABASE"},
		{name: "empty table", rows: []string{}, rules: "migration/not-initialised", words: "is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := migrationSpec(database(tt.rows))
			spec.Source, spec.Head = tt.source, tt.head
			var words []string
			if tt.rules != "" {
				words = []string{tt.words, tt.hint}
			}
			res := checktest.Want(t, env, spec, tt.rules, words...)
			for _, f := range res.Findings {
				ancestor := strings.Contains(f.Message, "an ancestor of") // deleting its row destroys nothing
				if !ancestor && regexp.MustCompile(`(?i)delete|drop|truncate|stamp|remove`).MatchString(f.Hint) {
					t.Errorf("the hint would destroy what is known: %s", f.Hint)
				}
			}
		})
	}
	t.Run("no connection", func(t *testing.T) {
		good := migrationSpec(database([]string{head}))
		checktest.Want(t, env, good, "")
		_, rest, _ := strings.Cut(good.URL.Reveal(), "@")
		address, name, _ := strings.Cut(rest, "/")
		for url, rule := range map[string]string{
			engine + "://x:sesame-x@" + checktest.Closed(t) + "/" + name: engine + "/unreachable",
			engine + "://x:sesame-x@" + address + "/" + name:             engine + "/auth",
			strings.TrimSuffix(good.URL.Reveal(), name) + "no_such":      engine + "/unreachable",
		} {
			res := checktest.Want(t, env, migrationSpec(url), rule)
			if len(res.Findings) == 1 && res.Findings[0].Symptom != gate.SymptomDown {
				t.Errorf("%s: symptom %q, want down, so that the database explains it", rule, res.Findings[0].Symptom)
			}
		}
	})
	t.Run("another release's command", func(t *testing.T) {
		env := checktest.Env(t, probe.NetworkOptions{})
		env.To = "1.2.0"
		checktest.Want(t, env, migrationSpec(database([]string{old})), "migration/behind", "8 migrations behind", "poetry run flask db upgrade", "Failed to execute database migration")
	})
	t.Run("beyond the catalogue", func(t *testing.T) {
		env := checktest.Env(t, probe.NetworkOptions{})
		env.To = "99.0.0"
		catalogue, _ := dify.Load()
		newest := migrationSpec(database([]string{catalogue.Newest().Head()}))
		if res := checktest.Run(t, env, newest); !strings.Contains(res.Skip, "newer than the catalogue") {
			t.Errorf("got %+v, want it skipped with the reason", res)
		}
		newest.Base.Source = &gate.Location{File: "gate.yaml"}
		if res := checktest.Run(t, env, newest); res.Err == nil {
			t.Errorf("got %+v, want no decision for an entry of gate.yaml", res)
		}
		checktest.Want(t, env, migrationSpec(database([]string{head})), "migration/behind", "at least")
	})
}

func TestMigrationLadder(t *testing.T) {
	t.Parallel()
	catalogue, err := dify.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := newLadder(catalogue)
	if l.abandoned["aab323465866"] != "1.14.0-rc1" || len(l.abandoned) != 1 {
		t.Errorf("abandoned %v, want aab323465866 of 1.14.0-rc1 alone", l.abandoned)
	}
	var finals []dify.Tag
	for _, tag := range catalogue.Tags {
		if !tag.Pre && l.release(tag.Head) != "" {
			finals = append(finals, tag)
		}
	}
	// Between two releases the number of their files says how many there are.
	for i, a := range finals {
		for _, b := range finals[i:] {
			if least, most := l.steps(a.Head, b.Head); least != most || least != b.Count-a.Count {
				t.Errorf("%s to %s: %d to %d steps, want %d", a.Version, b.Version, least, most, b.Count-a.Count)
			}
			if got := l.compare(a.Head, b.Head); (got < 0) != (a.Head != b.Head) {
				t.Errorf("%s against %s: %d", a.Version, b.Version, got)
			}
		}
	}
	// A revision inside a release of several: its place is a range.
	at := l.rungs[slices.IndexFunc(l.rungs, func(r rung) bool { return r.release == "1.12.0" })]
	inner := at.ids[0]
	if inner == at.head {
		inner = at.ids[1]
	}
	if least, most := l.steps(inner, at.head); least != 1 || most != len(at.ids)-1 {
		t.Errorf("inside 1.12.0: %d to %d steps, want 1 to %d", least, most, len(at.ids)-1)
	}
}

func TestMigrationMistakes(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]*Migration{
		"url is required":        migrationSpec(""),
		"want postgres":          migrationSpec("sqlite://u:sesame@h/x"),
		"the id of a revision":   {URL: gate.NewSecret("postgres://h/d"), Head: "x; drop"},
		"want a table's name":    {URL: gate.NewSecret("postgres://h/d"), Table: "a b"},
		"no target version":      migrationSpec("postgres://h/d"),
		"no such file":           {URL: gate.NewSecret("postgres://h/d"), Source: "/no/such/folder"},
		"is not among the 1 rev": {URL: gate.NewSecret("postgres://h/d"), Source: migrationSource(t, "a1:"), Head: "b2"},
	} {
		got := fmt.Sprint(spec.Validate())
		if got == "[]" {
			got = fmt.Sprint(spec.Check(checktest.Env(t, probe.NetworkOptions{})).Run(t.Context()).Err)
		}
		if !strings.Contains(got, want) || strings.Contains(got, "sesame") {
			t.Errorf("got %s, want %q", got, want)
		}
	}
}
