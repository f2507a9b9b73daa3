package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
)

// Postgres checks a PostgreSQL database, in one read-only transaction with a
// statement time-out.
type Postgres struct {
	check.Base     `yaml:",inline"`
	DatabaseAccess `yaml:",inline"`
	Extensions     check.Strings `yaml:"extensions" help:"extensions that have to be installed in the database, like uuid-ossp or vector"`
	// PluginDatabase is the plugin daemon's database on the same server, which it
	// creates itself where its user may; "" when there is none.
	PluginDatabase string `yaml:"-"`
}

// Kind is postgres.
func (p *Postgres) Kind() string { return "postgres" }

// Rules are those of postgres.
func (p *Postgres) Rules() []gate.Rule { return postgresRules() }

// Validate checks the URL and the numbers.
func (p *Postgres) Validate() []check.Mistake {
	return append(p.Mistakes(), p.AccessMistakes(sqlurl.Postgres)...)
}

// Check makes the check.
func (p *Postgres) Check(env *check.Env) gate.Check {
	rules := postgresRules()
	target, err := sqlurl.Parse(p.URL.Reveal())
	if err != nil {
		return p.Broken("postgres", rules, err)
	}
	c := p.NewCheck("postgres", "postgres "+target.Label(), gate.PhasePost, rules)
	c.Component, c.Secrets = "postgres", []gate.Secret{gate.NewSecret(target.Password)}
	c.Probes = []string{"postgres " + target.Label() + ": SELECT from pg_stat_activity and pg_roles in a read-only transaction"}
	inspection := inspection{kind: "postgres", label: target.Label(), spec: &p.DatabaseAccess, rules: rulesPostgres, want: env.Minimum("postgres", p.MinVersion)}
	c.Run = func(ctx context.Context) gate.Result {
		s := newPostgresSession(env.Network, target, c.Timeout)
		defer s.close()
		if err := s.open(ctx); err != nil {
			return inspection.result(s.failure(ctx, err))
		}
		got, err := s.figures(ctx, p.long().Seconds())
		if err != nil {
			return inspection.result(s.failure(ctx, err))
		}
		res := inspection.judge(got)
		found, err := s.extensions(ctx, inspection, p.Extensions)
		if err != nil {
			return inspection.result(s.failure(ctx, err))
		}
		res.Findings = append(res.Findings, found...)
		lacking, err := s.pluginDatabase(ctx, inspection, p.PluginDatabase, res.Evidence)
		if err != nil {
			return inspection.result(s.failure(ctx, err))
		}
		res.Findings = append(res.Findings, lacking...)
		return res
	}
	return c
}

// extensions finds those that are not installed.
func (s *postgresSession) extensions(ctx context.Context, l inspection, wanted []string) ([]gate.Finding, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	installed, err := s.names(ctx, "select extname from pg_catalog.pg_extension")
	if err != nil {
		return nil, err
	}
	offered, err := s.names(ctx, "select name from pg_catalog.pg_available_extensions")
	if err != nil {
		return nil, err
	}
	var out []gate.Finding
	for _, name := range wanted {
		if slices.Contains(installed, name) {
			continue
		}
		hint := fmt.Sprintf("install the server's package for it (for pgvector use its image, or postgresql-NN-pgvector), then run CREATE EXTENSION %q in the database", name)
		if slices.Contains(offered, name) {
			hint = fmt.Sprintf("the server has the package: run CREATE EXTENSION %q in the database, as a superuser or its owner", name)
		}
		out = append(out, l.found(rulePostgresExtensionMissing, " "+name, fmt.Sprintf("extension %s is not installed", quote.Clip(name)), hint))
	}
	return out, nil
}

// names reads a column of names.
func (s *postgresSession) names(ctx context.Context, query string) ([]string, error) {
	rows, err := s.rows(ctx, query)
	var out []string
	for _, row := range rows {
		out = append(out, row[0])
	}
	return out, err
}

// ownName is how the gate's connections call themselves, so that those of its
// other checks are left out as well.
const ownName = "dify-gate"

// figures asks what the server knows of itself. long is in seconds.
func (s *postgresSession) figures(ctx context.Context, long float64) (figures, error) {
	d := figures{evidence: map[string]any{}}
	var recovery bool
	var readOnly, user, database string
	var most, reserved, roleLimit, databaseLimit, number int
	err := s.row(ctx, `select current_setting('server_version'), current_setting('server_version_num')::int,
		pg_is_in_recovery(), current_setting('default_transaction_read_only'), current_user::text, current_database()::text,
		current_setting('max_connections')::int,
		current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true), '0')::int,
		coalesce((select rolconnlimit from pg_catalog.pg_roles where rolname = current_user), -1),
		coalesce((select datconnlimit from pg_catalog.pg_database where datname = current_database()), -1)`,
		&d.version, &number, &recovery, &readOnly, &user, &database, &most, &reserved, &roleLimit, &databaseLimit)
	if err != nil {
		return d, err
	}
	// Only client connections count against the limits; before PostgreSQL 10
	// the view listed no others. Of other users' backends a login without
	// pg_read_all_stats sees no more than user and database: what has both is a
	// client.
	clients := "(backend_type = 'client backend' or backend_type is null and usesysid is not null and datid is not null)"
	if number < 100000 {
		clients = "true"
	}
	var total, mine, here, running, hidden int
	err = s.row(ctx, `select count(*), count(*) filter (where usename = current_user),
		count(*) filter (where datname = current_database()), count(*) filter (where usename = current_user and state = 'active'),
		count(*) filter (where datname = current_database() and state is null and query = '<insufficient privilege>')
		from pg_catalog.pg_stat_activity where application_name is distinct from '`+ownName+`' and `+clients,
		&total, &mine, &here, &running, &hidden)
	if err != nil {
		return d, err
	}
	switch {
	case recovery:
		d.readOnly = "it is a replica that replays its primary's log (pg_is_in_recovery)"
	case readOnly == "on":
		d.readOnly = "default_transaction_read_only is on for this login"
	}
	detail := fmt.Sprintf(" (%d by user %s, %d of them at work)", mine, quote.Clip(user), running)
	d.uses = []connectionUse{
		{"user " + user, mine, roleLimit, ""}, {"database " + database, here, databaseLimit, ""},
		{"the server", total, most - reserved, detail},
	}
	d.evidence = map[string]any{
		"version": d.version, "user": user, "recovery": recovery, "connections": total, "connections_of_user": mine,
		"active_of_user": running, "max_connections": most, "reserved": reserved, "role_limit": roleLimit, "database_limit": databaseLimit,
	}
	if hidden > 0 {
		d.evidence["long_transactions"] = fmt.Sprintf("not visible: %d connections of other users; the user needs the role pg_read_all_stats to see them", hidden)
	}
	d.long, err = s.longTransactions(ctx, long, clients)
	return d, err
}

// longTransactions lists the oldest ones of the database. Their text is left
// alone: it may hold data.
func (s *postgresSession) longTransactions(ctx context.Context, seconds float64, clients string) ([]longTransaction, error) {
	rows, err := s.rows(ctx, `select pid, coalesce(usename::text, ''), coalesce(application_name, ''), coalesce(state, 'state hidden'),
		extract(epoch from clock_timestamp() - xact_start)::float8
		from pg_catalog.pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()
		and xact_start < clock_timestamp() - make_interval(secs => `+strconv.FormatFloat(seconds, 'f', -1, 64)+`) and `+clients+`
		order by xact_start limit 5`)
	var out []longTransaction
	for _, row := range rows {
		id, idErr := strconv.ParseInt(row[0], 10, 64)
		age, ageErr := strconv.ParseFloat(row[4], 64)
		if err := errors.Join(idErr, ageErr); err != nil {
			return nil, err
		}
		out = append(out, longTransaction{id: id, who: strings.TrimSpace(row[1] + " " + row[2]), state: row[3], age: secondsOf(age)})
	}
	return out, err
}
