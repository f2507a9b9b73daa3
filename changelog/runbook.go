package changelog

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog/internal/lexicon"
)

// Step is one command of the run-book.
type Step struct {
	Version Version // the release that asks for it
	Command Command
	// Condition of the change that asks for it; nil: not known.
	Condition *Condition
}

// savesData reports whether a command saves what there is.
func savesData(line string) bool {
	for _, program := range []string{"pg_dump", "mysqldump", "mariadb-dump", "restic backup", "borg create", "redis-cli save", "redis-cli bgsave", "mongodump", "backup", "back-up"} {
		if strings.Contains(line, program) {
			return true
		}
	}
	rest, ok := strings.CutPrefix(line, "tar ")
	return ok && strings.Contains(strings.SplitN(rest, " ", 2)[0], "c")
}

// saysBefore reports whether a reason says that the command is for before the
// upgrade.
func saysBefore(why string) bool {
	tokens := lexicon.Tokenize(why)
	for i, t := range tokens {
		if t.Stem == "befor" || t.Stem == "prior_to" {
			for _, next := range tokens[i+1 : min(len(tokens), i+4)] {
				if strings.HasPrefix(next.Stem, "upgrad") || strings.HasPrefix(next.Stem, "updat") || next.Stem == "restart" || next.Stem == "deploi" || next.Stem == "start" {
					return true
				}
			}
		}
	}
	return strings.Contains(why, "升级前") || strings.Contains(why, "升级之前")
}

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
	case when == "before" && savesData(s.Command.Line):
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
	if !flaskCommand(bare) {
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
	case savesData(s.Command.Line), saysBefore(s.Command.Why):
		return "before"
	}
	return "after"
}
