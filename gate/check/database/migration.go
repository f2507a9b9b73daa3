package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// Migration compares the database's revision, the row of Alembic's table
// alembic_version, with the head of the target release's migrations. Every upgrade of a release that changes the schema needs it: until
// Dify 1.12.1 a migration that failed was only logged, and the API started on
// the old schema.
type Migration struct {
	check.Base `yaml:",inline"`
	URL        gate.Secret `yaml:"url" help:"the database of Dify's API: postgres://… or mysql://…" required:"true"`
	Head       string      `yaml:"head" help:"the wanted revision; auto (default): the head of source, or else of the target release"`
	Source     string      `yaml:"source" help:"folder api/migrations/versions of the target's source; its scripts are read, not run" kind:"dir"`
	Table      string      `yaml:"table" help:"Alembic's table, by default alembic_version"`
}

var (
	revisionWord = lazyregexp.New(`^[0-9A-Za-z_.-]{1,64}$`)
	tableWord    = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)
)

// Kind is migration.
func (m *Migration) Kind() string { return "migration" }

// Rules are those of migration.
func (m *Migration) Rules() []gate.Rule { return migrationRules() }

// Validate checks the URL and the names.
func (m *Migration) Validate() []check.Mistake {
	ms := m.Mistakes()
	if m.URL.Empty() {
		ms = append(ms, check.Mistakef("", "url is required"))
	} else if _, err := sqlurl.Parse(m.URL.Reveal()); err != nil {
		ms = append(ms, check.Mistakef("url", "url: %s", err))
	}
	if m.Head != "" && !revisionWord().MatchString(m.Head) {
		ms = append(ms, check.Mistakef("head", "head %q: want auto or the id of a revision, like 6b5f9f8b1a2c", m.Head))
	}
	if m.Table != "" && !tableWord().MatchString(m.Table) {
		ms = append(ms, check.Mistakef("table", "table %q: want a table's name, like alembic_version", m.Table))
	}
	return ms
}

func (m *Migration) table() string {
	if m.Table != "" {
		return m.Table
	}
	return "alembic_version"
}

// Check makes the check.
func (m *Migration) Check(env *check.Env) gate.Check {
	target, err := sqlurl.Parse(m.URL.Reveal())
	if err != nil {
		return m.Broken("migration", migrationRules(), err)
	}
	engine, rules := string(target.Engine), rulesOf(target.Engine)
	c := m.NewCheck("migration", "migration "+target.Label(), gate.PhasePost, append(migrationRules(), rules.connection()...))
	c.Component, c.Secrets = "migration", []gate.Secret{gate.NewSecret(target.Password)}
	c.Probes = []string{fmt.Sprintf("%s %s: SELECT version_num FROM %s in a read-only transaction", engine, target.Label(), m.table())}
	connection := inspection{kind: engine, label: target.Label(), rules: rules}
	comparison := comparison{label: target.Label(), table: m.table(), builtIn: m.Base.Source == nil}
	c.Run = func(ctx context.Context) gate.Result {
		plan, err := m.plan(env)
		if err != nil {
			return gate.Undecided(err)
		}
		rows, found, fail := m.rows(ctx, env, target, c)
		if fail != nil {
			return connection.result(*fail)
		}
		comparison := comparison
		comparison.plan = plan
		return comparison.judge(rows, found)
	}
	return c
}

// maxRows bounds what is read of a table that ought to have one row.
const maxRows = 20

// rows reads the revisions of the table; found is false when there is none.
func (m *Migration) rows(ctx context.Context, env *check.Env, target sqlurl.Target, c gate.Check) (rows []string, found bool, fail *probe.PeerFailure) {
	if target.Engine == sqlurl.MySQL {
		s := newMySQLSession(env.Network, target, c.Timeout)
		defer s.close()
		err := s.open(ctx)
		if err == nil {
			rows, err = s.revisions(ctx, m.table())
		}
		var reply *mysql.MySQLError
		if errors.As(err, &reply) && reply.Number == 1146 { // no such table
			return nil, false, nil
		}
		if err != nil {
			f := s.failure(ctx, err)
			fail = &f
		}
		return rows, err == nil, fail
	}
	s := newPostgresSession(env.Network, target, c.Timeout)
	defer s.close()
	err := s.open(ctx)
	if err == nil {
		rows, err = s.revisions(ctx, m.table())
	}
	var reply *pgconn.PgError
	if errors.As(err, &reply) && (reply.Code == "42P01" || reply.Code == "3F000") { // no such table, no such schema
		return nil, false, nil
	}
	if err != nil {
		f := s.failure(ctx, err)
		fail = &f
	}
	return rows, err == nil, fail
}

// The table's name was matched against tableWord: it needs no quotes.
func revisionQuery(table string) string {
	return fmt.Sprintf("select version_num from %s order by version_num limit %d", table, maxRows)
}

func (s *postgresSession) revisions(ctx context.Context, table string) ([]string, error) {
	return s.names(ctx, revisionQuery(table))
}

func (s *mysqlSession) revisions(ctx context.Context, table string) ([]string, error) {
	rows, err := s.tx.QueryContext(ctx, revisionQuery(table))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
