package database

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func postgresSpec(url string) *Postgres {
	return &Postgres{DatabaseAccess: DatabaseAccess{URL: gate.NewSecret(url)}}
}

// TestPostgres shares one server among its parts: making one takes seconds.
func TestPostgres(t *testing.T) {
	t.Parallel()
	server := testserver.StartPostgres(t, "max_connections = 20", "wal_level = replica", "max_wal_senders = 3")
	server.Exec("postgres", `create role dify login password 'sesame-1'`)
	server.Exec("postgres", `create role mute login password 'sesame-2' connection limit 3`)
	server.Exec("postgres", `create role frozen login password 'sesame-3'`)
	server.Exec("postgres", `alter role frozen set default_transaction_read_only = on`)
	server.Exec("postgres", "create database dify owner dify")
	dify := server.URL("dify", "dify", "sesame-1")
	env := checktest.Env(t, probe.NetworkOptions{})

	t.Run("passes", func(t *testing.T) {
		spec := postgresSpec(strings.Replace(dify, "postgres://", "postgresql+psycopg2://", 1) + "?client_encoding=utf8")
		spec.MinVersion = "13"
		res := checktest.Want(t, env, spec, "")
		if res.Evidence["user"] != "dify" || res.Evidence["max_connections"] != 20 {
			t.Errorf("evidence %v", res.Evidence)
		}
	})
	t.Run("auth", func(t *testing.T) {
		checktest.Want(t, env, postgresSpec(server.URL("dify", "dify", "sesame-x")), "postgres/auth", `password of user "dify" was refused`, "DB_PASSWORD")
		checktest.Want(t, env, postgresSpec(server.URL("dify", "nobody", "sesame-x")), "postgres/auth")
	})
	t.Run("database", func(t *testing.T) {
		checktest.Want(t, env, postgresSpec(server.URL("diffy")), "postgres/unreachable", `no database "diffy"`, "DB_DATABASE")
	})
	t.Run("version", func(t *testing.T) {
		spec := postgresSpec(dify)
		spec.MinVersion = "99"
		checktest.Want(t, env, spec, "postgres/version", "expected 99 or newer")
		spec.MinVersion = ""
		env := checktest.Env(t, probe.NetworkOptions{})
		env.To = "1.13.2"
		checktest.Want(t, env, spec, "")
	})
	t.Run("read-only", func(t *testing.T) {
		checktest.Want(t, env, postgresSpec(server.URL("dify", "frozen", "sesame-3")), "postgres/read-only", "default_transaction_read_only")
		replica := server.Replica()
		checktest.Want(t, env, postgresSpec(strings.Replace(dify, server.Address, replica.Address, 1)), "postgres/read-only", "it is a replica")
	})
	t.Run("extensions", func(t *testing.T) {
		spec := postgresSpec(dify)
		spec.Extensions = check.Strings{"uuid-ossp", "plpgsql", "no_such"}
		checktest.Want(t, env, spec, "postgres/extension-missing postgres/extension-missing", "uuid-ossp is not installed", `the server has the package: run CREATE EXTENSION "uuid-ossp"`)
		server.Exec("dify", `create extension "uuid-ossp"`)
		spec.Extensions = check.Strings{"uuid-ossp"}
		checktest.Want(t, env, spec, "")
	})
	t.Run("the plugin daemon's database", func(t *testing.T) {
		spec := postgresSpec(dify)
		spec.PluginDatabase = "dify_plugin"
		checktest.Want(t, env, spec, "postgres/unreachable", "there is no database dify_plugin (DB_PLUGIN_DATABASE), and user dify may not create it", "CREATE DATABASE dify_plugin OWNER dify")
		server.Exec("postgres", "alter role dify createdb")
		checktest.Want(t, env, spec, "")
		server.Exec("postgres", "alter role dify nocreatedb")
		server.Exec("postgres", "create database dify_plugin owner dify")
		checktest.Want(t, env, spec, "")
	})
	t.Run("long transaction", func(t *testing.T) {
		holder := server.Hold(dify, "begin; select 1;")
		spec := postgresSpec(dify)
		checktest.Want(t, env, spec, "")
		short := check.Duration(100 * time.Millisecond)
		spec.LongTransaction = &short
		time.Sleep(300 * time.Millisecond)
		checktest.Want(t, env, spec, "postgres/long-transaction", "a transaction of dify psql is open", "idle in transaction")
		holder.Kill()
		checktest.WaitFor(t, func() bool { return len(checktest.Run(t, env, spec).Findings) == 0 })
	})
	t.Run("connections", func(t *testing.T) {
		mute := server.URL("dify", "mute", "sesame-2")
		spec := postgresSpec(mute)
		half := check.Percent(0.5)
		spec.MaxActiveRatio = &half
		checktest.Want(t, env, spec, "")
		one := server.Hold(mute, "select 1;")
		checktest.Want(t, env, spec, "")
		two := server.Hold(mute, "select 1;")
		checktest.Want(t, env, spec, "postgres/pool-exhausted", "2 of the 3 connections of user mute are in use")
		three := server.Hold(mute, "select 1;")
		checktest.Want(t, env, spec, "postgres/pool-exhausted", "no connection is left", `role "mute"`)
		for _, h := range []*testserver.Process{one, two, three} {
			h.Kill()
		}
		checktest.WaitFor(t, func() bool {
			return server.Exec("dify", "select count(*) from pg_stat_activity where usename = 'mute'") == "0"
		})

		var held []*testserver.Process
		for range 9 {
			held = append(held, server.Hold(dify, "select 1;"))
		}
		spec = postgresSpec(dify)
		spec.MaxActiveRatio = &half
		checktest.Want(t, env, spec, "postgres/pool-exhausted", "9 of the 17 connections of the server are in use (9 by user dify, 0 of them at work)")
		// A login without pg_read_all_stats sees no more of others than that they are there.
		spec.URL = gate.NewSecret(mute)
		res := checktest.Want(t, env, spec, "postgres/pool-exhausted", "9 of the 17 connections of the server are in use (0 by user mute")
		if !strings.Contains(fmt.Sprint(res.Evidence["long_transactions"]), "pg_read_all_stats") {
			t.Errorf("evidence %v: want it to say what was not seen", res.Evidence)
		}
		for _, h := range held {
			h.Kill()
		}
		checktest.WaitFor(t, func() bool { return len(checktest.Run(t, env, spec).Findings) == 0 })
	})
	t.Run("socket", func(t *testing.T) {
		target, _ := sqlurl.Parse("postgres://dify@/dify?host=/run/pg&port=5433")
		c, err := newPostgresSession(env.Network, target, time.Second).config()
		if err != nil || c.Host != "/run/pg/" || c.Port != 5433 {
			t.Errorf("got %+v %v, want the folder and the port", c, err)
		}
		checktest.Want(t, env, postgresSpec("postgres://dify@/dify?host=/no/such/folder"), "postgres/unreachable", "/no/such/folder/.s.PGSQL.5432/dify: ")
	})
	t.Run("lock", func(t *testing.T) {
		server.Exec("dify", "create table alembic_version (version_num text); grant select on alembic_version to dify")
		holder := server.Hold(server.URL("dify"), "begin; lock table alembic_version;")
		spec := &Migration{Base: check.Base{Timeout: check.Duration(time.Second)}, URL: gate.NewSecret(dify), Head: "6b5f9f8b1a2c"}
		checktest.WaitFor(t, func() bool { return checktest.Run(t, env, spec).Err != nil })
		if res := checktest.Run(t, env, spec); res.Err == nil || !strings.Contains(res.Err.Error(), "a lock blocks the table") || res.Retry != gate.RetrySoon {
			t.Errorf("got %+v, want no decision, to be tried again", res)
		}
		holder.Kill()
		checktest.WaitFor(t, func() bool { return checktest.Rules(checktest.Run(t, env, spec)) == "migration/not-initialised" })
	})
	t.Run("writes nothing", func(t *testing.T) { postgresWritesNothing(t, env, server, dify) })
}

// postgresWritesNothing reads the server's own log of the gate's statements.
func postgresWritesNothing(t *testing.T, env *check.Env, server *testserver.Postgres, url string) {
	before := len(server.Log())
	spec := postgresSpec(url)
	spec.Extensions = check.Strings{"uuid-ossp"}
	checktest.Want(t, env, spec, "")
	begin := regexp.MustCompile(`(?i)^(begin read only|set local |select |rollback)`)
	seen := 0
	for line := range strings.Lines(server.Log()[before:]) {
		statement, ok := strings.CutPrefix(line, "dify-gate|dify|LOG:  statement: ")
		if !ok {
			continue
		}
		if seen++; !begin.MatchString(statement) {
			t.Errorf("the server was sent %s", statement)
		}
	}
	if seen < 6 {
		t.Errorf("%d statements in the log, want the whole look:\n%s", seen, server.Log()[before:])
	}
}

// PgBouncer answers with codes of its own.
func TestPostgresReplies(t *testing.T) {
	for message, want := range map[string]probe.Reason{
		"password authentication failed": probe.ReasonAuth, "no such database: dify": probe.ReasonUnreachable, "bouncer config error": probe.ReasonUnreachable,
	} {
		f := postgresReplyFailure(&pgconn.PgError{Code: "08P01", Message: message}, sqlurl.Target{User: "dify", Password: "x", Database: "dify"})
		if f.Reason != want || strings.Contains(f.Text, "08P01") != (message == "bouncer config error") {
			t.Errorf("%s: got %+v, want reason %d", message, f, want)
		}
	}
}

func TestPostgresTLS(t *testing.T) {
	t.Parallel()
	cert := testserver.NewCertificate(t)
	server := testserver.StartPostgres(t)
	plain := server.URL("postgres")
	env := checktest.Env(t, probe.NetworkOptions{})
	checktest.Want(t, env, postgresSpec(plain+"?sslmode=prefer"), "")
	checktest.Want(t, env, postgresSpec(plain+"?sslmode=require"), "postgres/unreachable", "the server does not offer TLS")

	server.Secure(cert)
	secure := server.URL("postgres")
	checktest.Want(t, env, postgresSpec(secure+"?sslmode=require"), "")
	checktest.Want(t, env, postgresSpec(secure+"?sslmode=verify-full"), "postgres/unreachable", "unknown authority", "--ca-cert")
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{CACert: cert.CA}), postgresSpec(secure+"?sslmode=verify-full"), "")
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{Insecure: true}), postgresSpec(secure+"?sslmode=verify-full"), "")
	res := checktest.Run(t, env, postgresSpec(secure+"?sslmode=often"))
	if res.Err == nil {
		t.Errorf("an unknown sslmode: got %+v, want an error", res)
	}
}

func TestPostgresUnreachable(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	redis := testserver.StartRedis(t, testserver.RedisOptions{})
	tests := []struct{ name, address, message, hint string }{
		{"name", "no-such-host.invalid:5432", "does not resolve", "--resolve"},
		{"refused", checktest.Closed(t), "the connection was refused", "start the service"},
		{"silent", checktest.Deaf(t), "nothing was answered within 300ms", "another one stands behind the port"},
		{"http", checktest.HTTPServer(t), "speaks HTTP, not PostgreSQL", "another server"},
		{"redis", redis.Address, "speaks Redis, not PostgreSQL", "another server"},
		{"hangs up", checktest.Rude(t), "closed without an answer", "closes connections from here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			testserver.NoLeaks(t, func() {
				spec := postgresSpec(fmt.Sprintf("postgres://dify:sesame-1@%s/dify", tt.address))
				spec.Base = checktest.Short()
				checktest.Want(t, env, spec, "postgres/unreachable", tt.message, tt.hint)
			})
		})
	}
}

func TestPostgresMistakes(t *testing.T) {
	t.Parallel()
	zero := check.Duration(0)
	for want, spec := range map[string]*Postgres{
		"url is required":          postgresSpec(""),
		"section mysql":            postgresSpec("mysql://u:sesame@h/d"),
		"want postgres":            postgresSpec("oracle://u:sesame@h/d"),
		"want a positive duration": {DatabaseAccess: DatabaseAccess{URL: gate.NewSecret("postgres://h/d"), LongTransaction: &zero}},
		`like "6.0"`:               {DatabaseAccess: DatabaseAccess{URL: gate.NewSecret("postgres://h/d"), MinVersion: "x"}},
	} {
		if got := fmt.Sprint(spec.Validate()); !strings.Contains(got, want) || strings.Contains(got, "sesame") {
			t.Errorf("got %s, want %q", got, want)
		}
	}
}
