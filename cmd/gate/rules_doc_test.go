package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dify-gate/dify-gate/gate/kinds"
)

// TestRulesPage: docs/rules.md is what gate rules prints, so that a rule's page
// and its explanation never part.
func TestRulesPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != rulesMarkdown(kinds.Rules()) {
		t.Error("docs/rules.md is out of step, write it anew: go run ./cmd/gate rules --format markdown >docs/rules.md")
	}
}
