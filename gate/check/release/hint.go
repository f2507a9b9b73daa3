package release

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
)

// hint is what to do next: what the advisory says, else what would change what
// was seen in the operator's files, else what the kind asks for.
func (r *changelogRun) hint(ch changelog.Change, found match) string {
	var parts []string
	if ch.Todo != "" {
		parts = append(parts, ch.Todo)
	} else if found.answer == answerYes {
		parts = fixes(ch, found)
	}
	for _, c := range ch.Commands {
		parts = append(parts, "run "+c.Line)
	}
	if len(parts) > 0 {
		return strings.Join(parts, "; ")
	}
	switch ch.Kind {
	case changelog.Migration:
		return "back up the database, and make sure that the migration runs with the upgrade (MIGRATION_ENABLED=true, or run flask db upgrade)"
	case changelog.Deprecation, changelog.Removal:
		return "move to what replaces it before the upgrade"
	case changelog.Config:
		return "compare your compose file and .env with those of the release"
	case changelog.Security:
		return "upgrade; rotate what may have been exposed"
	case changelog.Regression:
		return "do not stop at the release that it names"
	}
	return "read the entry, do what it asks, then waive the finding with a reason"
}

// fixes are the edits that would fix what was seen, each once.
func fixes(ch changelog.Change, found match) []string {
	var out []string
	for _, s := range found.evidence {
		if s.fix != "" && !slices.Contains(out, s.fix) {
			out = append(out, s.fix)
		}
	}
	if out == nil {
		if line := replacement(ch); line != "" {
			return []string{line}
		}
	}
	return out
}

// replacement words a renaming: the condition names the variables that go, and
// the entry's other ones take their place.
func replacement(ch changelog.Change) string {
	old := namesSet(ch.Condition)
	if len(old) == 0 || !slices.Contains([]changelog.Kind{changelog.Deprecation, changelog.Removal, changelog.Breaking}, ch.Kind) {
		return ""
	}
	fresh := slices.DeleteFunc(slices.Clone(ch.Names.Env), func(name string) bool { return slices.Contains(old, name) })
	if len(fresh) == 0 {
		return ""
	}
	return "replace " + strings.Join(old, ", ") + " by " + strings.Join(fresh, ", ")
}

// namesSet are the variables of a condition that asks for nothing but that
// one of them is set.
func namesSet(c *changelog.Condition) []string {
	switch {
	case c == nil:
		return nil
	case c.Op == changelog.OpEnvSet:
		return []string{c.Name}
	case c.Op != changelog.OpAny:
		return nil
	}
	var out []string
	for _, one := range c.Of {
		if one.Op != changelog.OpEnvSet {
			return nil
		}
		out = append(out, one.Name)
	}
	return out
}
