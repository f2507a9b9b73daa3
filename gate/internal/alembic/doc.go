// Package alembic reads a folder of Alembic's migration scripts without
// running them: of each file only the literals that it assigns to revision,
// down_revision and depends_on.
//
//	revision: str = "6b5f9f8b1a2c"
//	down_revision: Union[str, None] = ("fce013ca180e", "788d3099ae3a")
//
// From these the history is a graph: a head is a revision that no other one
// comes after, and what an upgrade runs is what the target's ancestors have
// and the database's revisions lack.
package alembic
