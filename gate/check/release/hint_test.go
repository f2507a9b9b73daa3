package release

import (
	"testing"
)

// TestChangelogHints wants the edit where the files show what to edit, and the
// advice of the kind where they don't.
func TestChangelogHints(t *testing.T) {
	files := map[string]string{".env": "CELERY_QUEUES=dataset,mail\nVECTOR_LEGACY_PREFIX=old\n"}
	held, blind := readNotes(t, inventedNotes, "90.2.0", "90.3.0", files), readNotes(t, inventedNotes, "90.2.0", "90.3.0", nil)
	for _, c := range []struct{ rule, held, blind string }{
		{"changelog/action", "add trace_export to CELERY_QUEUES", "read the entry, do what it asks, then waive the finding with a reason"},
		{"changelog/deprecation", "replace VECTOR_LEGACY_PREFIX by VECTOR_PREFIX", "move to what replaces it before the upgrade"},
		// Held to be needed since nothing sets MIGRATION_ENABLED: what is undone must not be the advice.
		{"changelog/migration", "back up the database, and make sure that the migration runs with the upgrade (MIGRATION_ENABLED=true, or run flask db upgrade)",
			"back up the database, and make sure that the migration runs with the upgrade (MIGRATION_ENABLED=true, or run flask db upgrade)"},
	} {
		if got := find(t, held, c.rule).Hint; got != c.held {
			t.Errorf("%s with the files: hint %q, want %q", c.rule, got, c.held)
		}
		if got := find(t, blind, c.rule).Hint; got != c.blind {
			t.Errorf("%s without files: hint %q, want %q", c.rule, got, c.blind)
		}
	}
}
