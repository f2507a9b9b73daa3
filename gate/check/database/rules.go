package database

import (
	"github.com/dify-gate/dify-gate/gate"
)

// databaseRules are the rules of a kind for a database: postgres and mysql
// have the same ones.
func databaseRules(kind, product, auth string) []gate.Rule {
	rule := func(id string, severity gate.Severity, title, what, why, fix, example string) gate.Rule {
		return gate.Rule{ID: kind + "/" + id, Severity: severity, Phase: gate.PhasePost, Title: title, What: what, Why: why, Fix: fix, Example: example}
	}
	place, old := "db_postgres:5432/dify", "9.6.24, want 13 or newer (for Dify 1.13.2)"
	if kind == "mysql" {
		place, old = "db_mysql:3306/dify", "5.7.44, want 8.0 or newer (for Dify 1.13.2)"
	}
	return []gate.Rule{
		rule("unreachable", gate.Error, product+" does not answer",
			"The name did not resolve, the connection failed, something else listens there, the server is starting, or it has no such database.",
			"Without its database the API answers every request with a 500.",
			"Start the server; check host, port, TLS and the database's name. From Dify 1.10.1 on the compose service is db_postgres or db_mysql, no longer db, and needs its profile.",
			place+": the connection was refused, want a database that answers"),
		rule("auth", gate.Error, product+" refuses the login",
			"The password, the user or the client's address was refused, or the user lacks a right.",
			"The API and the workers use the same credentials.",
			auth,
			place+`: the password of user "dify" was refused, want a database that answers`),
		rule("version", gate.Error, product+" is too old",
			"The server's version is older than min_version, or than what the target release wants.",
			"Migrations of the release use what the server does not know, and stop half way.",
			"Upgrade the database before Dify.",
			kind+" "+place+": version "+old),
		rule("pool-exhausted", gate.Error, "connections are nearly used up",
			"More than max_active_ratio of the connections of the server, the user or the database are in use, or a further one was refused.",
			"The next process that starts gets no connection, and requests wait until they time out.",
			"Raise the limit, or lower the pools of the API and the workers.",
			kind+" "+place+": 95 of the 97 connections of the server are in use (95 by user dify), want at most 80 %"),
		rule("long-transaction", gate.Warning, "a transaction is open for long",
			"A transaction is open for longer than long_transaction.",
			"It holds locks that a migration waits for, and keeps old rows from being cleaned up.",
			"Find out what holds it open, and end that.",
			kind+" "+place+": a transaction of dify is open for 1h2m3s (idle in transaction, process 4711), want none over 5m0s"),
		rule("read-only", gate.Error, "the database takes no writes",
			"The server is a replica, or read-only by its settings.",
			"Dify reads fine from it and fails at the first write.",
			"Point DB_HOST at the primary.",
			kind+" "+place+": it is a replica, want one that takes writes"),
	}
}
