// Package plan writes an upgrade down as an ordered run-book: what to do before,
// during and after it, and the way back. Nothing is executed.
//
//	Plan      the document: hops, steps in their order, the point of no return
//	Step      {phase, what, commands, why, since, required}
//	Hop       from one release to the next stop; most ways are one hop
//	Input     what the command line knows: versions, notes, how the gate is called
//
// The flow, in this order:
//
//	Input, check.Env ─> site        site.go      how Dify runs here: compose, helm, source; names, profiles, mounts
//	                 ─> hops        hops.go      stops that a release or its notes demand
//	each hop         ─> before      before.go    gate pre, dump, files, patch, edits by hand
//	                 ─> during      compose.go, helm.go, source.go
//	                    commands    commands.go  the notes' commands, as the target has them
//	                 ─> after       after.go     gate post, checks by hand
//	                 ─> rollback    rollback.go, noreturn.go
//	Plan             ─> Text, Markdown, JSON     text.go, markdown.go
//
// Every text that comes from a file or from release notes is quoted by shell.go
// before it becomes part of a command: a command is one or more whole lines of
// POSIX shell (and $'…' of bash where a name holds control characters).
package plan
