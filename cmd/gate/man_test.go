package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestManPage holds the page against the commands: all that help shows is in it,
// and no line is a request that nobody meant.
func TestManPage(t *testing.T) {
	t.Parallel()
	root := newRoot(&process{})
	page := manPage(root, build{Version: "1.2.3", Date: "2026-11-25T10:00:00Z"})
	if !strings.HasPrefix(page, `.TH GATE 1 "2026-11-25" "gate 1.2.3"`) {
		t.Errorf("the page begins with %.80q", page)
	}
	for _, c := range root.Commands() {
		if want := roff(strings.TrimSuffix(c.UseLine(), " [flags]")); c.IsAvailableCommand() && !strings.Contains(page, ".SS "+want+"\n") {
			t.Errorf("no section of %s", c.CommandPath())
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if c.IsAvailableCommand() && f.Name != "help" && !strings.Contains(page, roff("--"+f.Name)) {
				t.Errorf("%s --%s is missing", c.CommandPath(), f.Name)
			}
		})
	}
	requests := map[string]bool{"TH": true, "SH": true, "SS": true, "TP": true, "PP": true, "B": true, "BR": true, "I": true, "br": true, "EX": true, "EE": true}
	for line := range strings.Lines(page) {
		request, isRequest := strings.CutPrefix(strings.TrimSpace(line), ".")
		if name, _, _ := strings.Cut(request, " "); isRequest && !requests[name] || strings.HasPrefix(line, "'") {
			t.Errorf("line %q", line)
		}
	}
	if got := roff(".x 'y' --z \\n"); got != `\&.x 'y' \-\-z \en` {
		t.Errorf("roff escapes to %q", got)
	}
}

// TestManPageRenders formats the page with groff, without a warning.
func TestManPageRenders(t *testing.T) {
	t.Parallel()
	groff := program(t, "groff")
	cmd := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z")
	cmd.Stdin = strings.NewReader(manPage(newRoot(&process{}), build{Version: "1.2.3", Date: "2026-11-25"}))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
