package alembic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, source string
		want         script
	}{
		{"old template", "\"\"\"add x\n\nRevision ID: a1\nrevision = 'wrong'\n\"\"\"\nfrom alembic import op\n\n# revision identifiers\nrevision = 'a1'\ndown_revision = None\nbranch_labels = None\ndepends_on = None\n",
			script{revision: "a1", line: 9}},
		{"annotated", "revision: str = \"b2\"\ndown_revision: Union[str, Sequence[str], None] = \"a1\"\n",
			script{revision: "b2", down: []string{"a1"}, line: 1}},
		{"merge", "revision = 'c3'\ndown_revision = (\n    'a1',  # one\n    \"b2\",\n)\ndepends_on = ['d4']\n",
			script{revision: "c3", down: []string{"a1", "b2"}, deps: []string{"d4"}, line: 1}},
		{"inside a function", "revision = 'a1'\ndef f():\n    revision = 'b2'\n    down_revision = x\n",
			script{revision: "a1", line: 1}},
		{"CRLF and byte order mark", "\xef\xbb\xbfrevision = 'a1'\r\ndown_revision = \\\r\n  'b2'\r\n",
			script{revision: "a1", down: []string{"b2"}, line: 1}},
		{"prefixes and joined strings", "revision = u'a' r'1'; down_revision = 'b2'\n",
			script{revision: "a1", down: []string{"b2"}, line: 1}},
		{"one line inside a function", "revision = 'a1'\ndef f():\n  x = 1; down_revision = 'b2'\n", script{revision: "a1", line: 1}},
		{"hash in a string", "x = '# revision = '\nrevision = 'a1'\n", script{revision: "a1", line: 2}},
	}
	for _, tt := range tests {
		got, ok, err := parse(tt.source)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(script{})); !ok || err != nil || diff != "" {
			t.Errorf("%s: ok %v, error %v (-want +got)\n%s", tt.name, ok, err, diff)
		}
	}
	for source, want := range map[string]string{
		"revision = make_id()\n":          "scripts are read, not run",
		"revision = f'{x}'\n":             "an f-string",
		"revision = 'a', 'b'\n":           "want one string",
		"revision='a'\ndown_revision=x+1": `down_revision is "x"`,
	} {
		if _, _, err := parse(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", source, err, want)
		}
	}
	if _, ok, err := parse("import os\n"); ok || err != nil {
		t.Errorf("no migration: ok %v, error %v", ok, err)
	}
}

// write makes a folder of scripts, each "id: parent parent…".
func write(t *testing.T, revisions ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, r := range revisions {
		id, parents, _ := strings.Cut(r, ":")
		down := "None"
		if f := strings.Fields(parents); len(f) == 1 {
			down = fmt.Sprintf("%q", f[0])
		} else if len(f) > 1 {
			down = `("` + strings.Join(f, `", "`) + `")`
		}
		source := fmt.Sprintf("revision = %q\ndown_revision = %s\n", id, down)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d_%s.py", i, id)), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestHistory(t *testing.T) {
	h, err := Read(write(t, "a:", "b: a", "c: a", "m: b c", "d: m"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"d"}, h.Heads()); diff != "" || h.Len() != 5 {
		t.Errorf("heads (-want +got)\n%s", diff)
	}
	for _, tt := range []struct {
		from, to string
		want     int
	}{{"a", "d", 4}, {"b", "d", 3}, {"m", "d", 1}, {"d", "d", 0}, {"d", "a", 0}} {
		if got := h.Steps(tt.from, tt.to); got != tt.want {
			t.Errorf("steps from %s to %s: got %d, want %d", tt.from, tt.to, got, tt.want)
		}
	}
	if !h.Contains("d", "c") || h.Contains("c", "b") {
		t.Error("Contains: d comes after c, c does not after b")
	}
	two, err := Read(write(t, "a:", "b: a", "c: a"))
	if err != nil || len(two.Heads()) != 2 {
		t.Errorf("heads %v, error %v: want two", two.Heads(), err)
	}
}

func TestReadErrors(t *testing.T) {
	for want, dir := range map[string]string{
		"which no script of the folder has": write(t, "a:", "b: x"),
		"form a circle":                     write(t, "a: b", "b: a"),
		"stands in 00_a.py as well":         write(t, "a:", "a:"),
		"no script that assigns a revision": t.TempDir(),
		"no such file":                      "/no/such/folder",
	} {
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("revision: str = 'a'\ndown_revision = ('b',\n'c')\n")
	f.Add("\"\"\"x\nrevision='a'\\\n'''")
	f.Add("revision = rb'\\'")
	f.Fuzz(func(t *testing.T, source string) {
		if s, ok, err := parse(source); ok && err == nil && s.revision == "" {
			t.Errorf("%q: a script without a revision", source)
		}
	})
}
