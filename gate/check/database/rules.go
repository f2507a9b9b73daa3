package database

import (
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// engineRules are the rules that the kinds postgres and mysql share: each kind
// has its own set, with its own ids and examples.
type engineRules struct {
	unreachable, auth, version, poolExhausted, longTransaction, readOnly gate.Rule
}

var (
	rulesPostgres = newEngineRules(engineWords{
		kind: "postgres", product: "PostgreSQL", place: "db_postgres:5432/dify", old: "9.6.24, expected 13 or newer (for Dify 1.13.2)",
		authFix: "Compare DB_USERNAME and DB_PASSWORD with the server's role, and the client's address with pg_hba.conf.",
	})
	rulesMySQL = newEngineRules(engineWords{
		kind: "mysql", product: "MySQL", place: "db_mysql:3306/dify", old: "5.7.44, expected 8.0 or newer (for Dify 1.13.2)",
		authFix: "Compare DB_USERNAME and DB_PASSWORD with the server's account; in MySQL an account is valid for certain client hosts only.",
	})
)

var rulePostgresExtensionMissing = gate.Rule{
	ID: "postgres/extension-missing", Severity: gate.Error, Phase: gate.PhasePost,
	Title:   "an extension is missing",
	What:    "An extension that gate.yaml lists is not installed in the database.",
	Why:     "Dify's first migration needs uuid-ossp, and pgvector as a vector store needs vector.",
	Fix:     "Install the package on the server if it lacks it, then run CREATE EXTENSION as a superuser in this database.",
	Example: `postgres db:5432/dify: extension vector is not installed`,
}

// engineWords is where the texts of the two engines differ.
type engineWords struct {
	kind    string // the section of gate.yaml
	product string
	place   string // a server, for examples
	old     string // a version that is too old, for examples
	authFix string // the fix of a refused login
}

func newEngineRules(w engineWords) engineRules {
	return engineRules{
		unreachable: gate.Rule{
			ID: w.kind + "/unreachable", Severity: gate.Error, Phase: gate.PhasePost,
			Title:   w.product + " does not answer",
			What:    "The name did not resolve, the connection failed, something else listens there, the server is starting, or it has no such database.",
			Why:     "Without its database the API returns 500 for every request.",
			Fix:     "Start the server; check host, port, TLS and the database's name. From Dify 1.10.1 on the compose service is db_postgres or db_mysql, no longer db, and needs its profile.",
			Example: w.place + ": the connection was refused, expected a database that answers",
		},
		auth: gate.Rule{
			ID: w.kind + "/auth", Severity: gate.Error, Phase: gate.PhasePost,
			Title:   w.product + " refuses the login",
			What:    "The password, the user or the client's address was refused, or the user lacks a permission.",
			Why:     "The API and the workers use the same credentials.",
			Fix:     w.authFix,
			Example: w.place + `: the password of user "dify" was refused, expected a database that answers`,
		},
		version: gate.Rule{
			ID: w.kind + "/version", Severity: gate.Error, Phase: gate.PhasePost,
			Title:   w.product + " is too old",
			What:    "The server's version is older than min_version, or older than what the target release requires.",
			Why:     "The release's migrations use features that the server does not have, and stop half-way.",
			Fix:     "Upgrade the database before Dify.",
			Example: w.kind + " " + w.place + ": version " + w.old,
		},
		poolExhausted: gate.Rule{
			ID: w.kind + "/pool-exhausted", Severity: gate.Error, Phase: gate.PhasePost,
			Title:   "almost no free connections are left",
			What:    "More than max_active_ratio of the connections of the server, the user or the database are in use, or a new connection was refused.",
			Why:     "The next process that starts gets no connection, and requests wait until they time out.",
			Fix:     "Raise the limit, or lower the pools of the API and the workers.",
			Example: w.kind + " " + w.place + ": 95 of the 97 connections of the server are in use (95 by user dify), expected at most 80 %",
		},
		longTransaction: gate.Rule{
			ID: w.kind + "/long-transaction", Severity: gate.Warning, Phase: gate.PhasePost,
			Title:   "a transaction has been open for too long",
			What:    "A transaction has been open for longer than long_transaction.",
			Why:     "It holds locks that a migration waits for, and keeps old rows from being cleaned up.",
			Fix:     "Find out what keeps it open, and end it.",
			Example: w.kind + " " + w.place + ": a transaction of dify is open for 1h2m3s (idle in transaction, process 4711), the limit is 5m0s",
		},
		readOnly: gate.Rule{
			ID: w.kind + "/read-only", Severity: gate.Error, Phase: gate.PhasePost,
			Title:   "the database accepts no writes",
			What:    "The server is a replica, or read-only by its settings.",
			Why:     "Dify can read from it and fails on the first write.",
			Fix:     "Point DB_HOST at the primary.",
			Example: w.kind + " " + w.place + ": it is a replica; it accepts no writes",
		},
	}
}

// all are the rules in the order in which they are documented.
func (r engineRules) all() []gate.Rule {
	return []gate.Rule{r.unreachable, r.auth, r.version, r.poolExhausted, r.longTransaction, r.readOnly}
}

// connection are the rules of a database that cannot be read.
func (r engineRules) connection() []gate.Rule {
	return []gate.Rule{r.unreachable, r.auth, r.poolExhausted}
}

// of is the rule of a database that could not be used.
func (r engineRules) of(reason probe.Reason) gate.Rule {
	switch reason {
	case probe.ReasonAuth:
		return r.auth
	case probe.ReasonReadOnly:
		return r.readOnly
	case probe.ReasonExhausted:
		return r.poolExhausted
	}
	return r.unreachable
}

// rulesOf are the rules of an engine.
func rulesOf(e sqlurl.Engine) engineRules {
	if e == sqlurl.MySQL {
		return rulesMySQL
	}
	return rulesPostgres
}

// postgresRules are the rules of the kind postgres.
func postgresRules() []gate.Rule { return append(rulesPostgres.all(), rulePostgresExtensionMissing) }

// mysqlRules are the rules of the kind mysql.
func mysqlRules() []gate.Rule { return rulesMySQL.all() }
