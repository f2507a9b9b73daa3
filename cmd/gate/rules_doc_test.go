package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/config"
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

// TestConfigurationPage: docs/configuration.md is what the decoder knows of each
// key, and each key says what it is.
func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != config.Reference() {
		t.Error("docs/configuration.md is out of date: go run ./cmd/gate schema config --format markdown >docs/configuration.md")
	}
	for _, line := range strings.Split(string(page), "\n") {
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| `") && (len(cells) < 5 || cells[1] == "" || cells[2] == "") {
			t.Errorf("a key without words or a type: %s", line)
		}
	}
}
