package changelog

import (
	"slices"
)

var beforeForm = expr(`\b(?:before|prior to) (?:you |the )?(?:upgrad|updat|restart|deploy|start)|升级(?:之)?前`)

// Step is one command of the run-book.
type Step struct {
	Version Version // the release that asks for it
	Command Command
	// Condition of the change that asks for it; nil: not known.
	Condition *Condition
}

// backupForm is a command that saves what there is.
var backupForm = expr(
	`\b(?:pg_dump\w*|mysqldump|mariadb-dump|restic backup|borg create|tar -?\w*c\w*|redis-cli (?:bg)?save)\b`,
	`\bback-?up\b`,
)

// RunBook lists the commands that the changes ask for, each once: those of all
// releases for before the upgrade first, backups at their head, then those for
// during and after it, each in the order of the releases and of their text. The
// steps of every upgrade (pull, start) are not in it: they are the same each time.
func RunBook(changes []Change) []Step {
	var steps []Step
	for _, ch := range changes {
		for _, c := range ch.Commands {
			known := slices.ContainsFunc(steps, func(s Step) bool { return bareCommand(s.Command.Line) == bareCommand(c.Line) })
			if !known {
				steps = append(steps, Step{Version: ch.Version, Command: withSource(c), Condition: ch.Condition})
			}
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.turn() - b.turn() })
	return steps
}

// turn is a step's place in the upgrade as a whole.
func (s Step) turn() int {
	switch when := s.When(); {
	case when == "before" && backupForm.MatchString(s.Command.Line):
		return 0
	case when == "before":
		return 1
	case when == "during":
		return 2
	}
	return 3
}

// withSource fills in what a source deployment types for a command that the
// notes give for containers, and the other way round.
func withSource(c Command) Command {
	bare := bareCommand(c.Line)
	if !customCommand.MatchString(bare) {
		return c
	}
	if c.Source == "" {
		c.Source = "uv run " + bare
	}
	if c.Line == c.Source || c.Line == bare {
		c.Line = "docker compose exec api uv run " + bare
	}
	return c
}

// When says when a step is to be done: before, during or after the upgrade.
func (s Step) When() string {
	switch {
	case s.Command.When != "":
		return s.Command.When
	case backupForm.MatchString(s.Command.Line), beforeForm.MatchString(fold(s.Command.Why)):
		return "before"
	}
	return "after"
}
