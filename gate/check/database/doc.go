// Package database holds the kinds postgres, mysql and migration: the database
// of Dify's API, and the revision of its schema.
//
// A session (postgres_session.go, mysql_session.go) is one connection with one
// read-only transaction and a statement time-out. It sorts what keeps it from
// reading into a [probe.PeerFailure].
//
// postgres.go and mysql.go ask a session for the server's figures; database.go
// compares them with the entry, the same way for both. Their rules (rules.go)
// come as one set for each engine.
//
// The kind migration reads Alembic's table (migration.go), finds the wanted head
// (migration_plan.go) in the entry, in the target's source or in the catalogue,
// whose revisions migration_ladder.go orders, and compares the two
// (migration_judge.go).
package database
