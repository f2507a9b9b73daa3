package dotenv

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

func TestParsePlacesAndValues(t *testing.T) {
	src := strings.Join([]string{
		"# comment",              // 1
		"A=1",                    // 2
		"export B = 'two words'", // 3
		"",                       // 4
		"C=\"x",                  // 5
		"y\" # tail",             // 6
		"D=${A:-9},${Z:-dflt}",   // 7
		"E=v # comment",          // 8
		"F='$A'",                 // 9
		"A=3",                    // 10
		"G",                      // 11
		"H=a#b\r",                // 12
	}, "\n")
	got := Parse([]byte(src), nil)
	if len(got.Errors) != 0 {
		t.Fatalf("errors %v, want none", got.Errors)
	}
	want := []Entry{
		{Key: "A", Value: "1", Raw: "1", Line: 2, End: 2},
		{Key: "B", Value: "two words", Raw: "two words", Line: 3, End: 3},
		{Key: "C", Value: "x\ny", Raw: "x\ny", Line: 5, End: 6},
		{Key: "D", Value: "1,dflt", Raw: "${A:-9},${Z:-dflt}", Line: 7, End: 7},
		{Key: "E", Value: "v", Raw: "v", Line: 8, End: 8},
		{Key: "F", Value: "$A", Raw: "$A", Line: 9, End: 9},
		{Key: "A", Value: "3", Raw: "3", Line: 10, End: 10},
		{Key: "G", Line: 11, End: 11, Bare: true},
		{Key: "H", Value: "a#b", Raw: "a#b", Line: 12, End: 12},
	}
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Error(diff)
	}
	if e, _ := got.Last("A"); e.Line != 10 {
		t.Errorf("last A on line %d, want 10", e.Line)
	}
	if d := got.Duplicates(); len(d) != 1 || d[0].Line != 2 {
		t.Errorf("duplicates %v, want the one of line 2", d)
	}
}

// A dollar in a password takes what follows it away, and nobody says so.
func TestParseReferencesWithoutValue(t *testing.T) {
	for _, tt := range []struct {
		text, value string
		unset       []string
	}{
		{"A=ab$cd", "ab", []string{"cd"}},
		{"A=ab${cd}e", "abe", []string{"cd"}},
		{`A="ab$cd"`, "ab", []string{"cd"}},
		{"A='ab$cd'", "ab$cd", nil},
		{"A=ab${cd:-x}", "abx", nil},
		{"A=${cd:-$ef}", "", nil},
		{"A=${known}$known", "vv", nil},
	} {
		f := Parse([]byte("known=v\n"+tt.text+"\n"), nil)
		e, _ := f.Last("A")
		if len(f.Errors) > 0 || e.Value != tt.value || !slices.Equal(e.Unset, tt.unset) {
			t.Errorf("%s: value %q, unset %v (%v), want %q, %v", tt.text, e.Value, e.Unset, f.Errors, tt.value, tt.unset)
		}
	}
	for text, want := range map[string]string{
		"A=${X:?give it}":  "want that one set",
		"a line of prose":  "want NAME=value",
		"<<<<<<< HEAD":     "want NAME=value",
		"A=\"never closed": "closing quote",
	} {
		if f := Parse([]byte(text+"\n"), nil); len(f.Errors) != 1 || !strings.Contains(f.Errors[0].Text, want) {
			t.Errorf("%s: %v, want %q", text, f.Errors, want)
		}
	}
}

func TestParseKeepsGoingAfterErrors(t *testing.T) {
	const secret = "hunter2hunter2"
	got := Parse([]byte("A=1\nB D="+secret+"\nPW=\""+secret+"\nC=2\n"), nil)
	var lines []int
	for _, e := range got.Errors {
		lines = append(lines, e.Line)
		if strings.Contains(e.Text, secret) {
			t.Errorf("error shows the value: %s", e.Text)
		}
	}
	if diff := cmp.Diff([]int{2, 3}, lines); diff != "" {
		t.Error(diff)
	}
	if _, ok := got.Last("C"); !ok {
		t.Error("C after the errors was not read")
	}
}

// The whole of each release's example must read as compose-go reads it.
func TestParseAgreesWithCompose(t *testing.T) {
	releasedir.Each(t, func(t *testing.T, dir releasedir.Dir) {
		src, err := os.ReadFile(filepath.Join(dir.Path, ".env.example"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := dotenv.UnmarshalWithLookup(string(src), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		parsed := Parse(src, nil)
		got := map[string]string{}
		for _, e := range parsed.Entries {
			got[e.Key] = e.Value
		}
		if diff := cmp.Diff(want, got); diff != "" || len(parsed.Errors) > 0 || len(got) < 100 {
			t.Errorf("%d settings, %v %s", len(got), parsed.Errors, diff)
		}
	})
}

func TestIsSecret(t *testing.T) {
	secret := []string{"SECRET_KEY", "DB_PASSWORD", "PLUGIN_DAEMON_KEY", "API_KEY", "CODE_EXECUTION_API_KEY", "WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS", "NOTION_CLIENT_SECRET", "DIFY_AGENT_SHELLCTL_AUTH_TOKEN", "SERVER_KEY"}
	for _, name := range secret {
		if !IsSecret(name, "v") {
			t.Errorf("%s is not taken for a secret", name)
		}
	}
	for _, name := range []string{"DB_HOST", "ACCESS_TOKEN_EXPIRE_MINUTES", "REDIS_KEY_PREFIX", "NGINX_SSL_CERT_KEY_FILENAME", "INDEXING_MAX_SEGMENTATION_TOKENS_LENGTH", "GUNICORN_KEEP_ALIVE", "MONKEY"} {
		if IsSecret(name, "v") {
			t.Errorf("%s is taken for a secret", name)
		}
	}
	if !IsSecret("CELERY_BROKER_URL", "redis://:pw@redis:6379/1") || !IsSecret("X", "redis://:p/w@redis/1") {
		t.Error("a URL with a password is not taken for a secret")
	}
	if IsSecret("CONSOLE_API_URL", "https://dify.example.com/a") || IsSecret("SECRET_KEY", "") {
		t.Error("a plain URL or an empty value is taken for a secret")
	}
	if got := Shown("DB_PASSWORD", "x"); got != "***" {
		t.Errorf("shown %q", got)
	}
}

// doubled is a file of n lines, each of which doubles the value before.
func doubled(n int) string {
	var b strings.Builder
	b.WriteString("X0=aaaaaaaaaaaaaaaa\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "X%d=${X%d}${X%d}\n", i, i-1, i-1)
	}
	return b.String()
}

// TestGrowth: what would take all memory is a mistake with its line, and what stands
// around it is read.
func TestGrowth(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	many.WriteString("X=" + strings.Repeat("x", 60_000) + "\n")
	for i := range 200 {
		fmt.Fprintf(&many, "Y%d=$X\n", i)
	}
	nested := strings.Repeat("${A:-", 150) + strings.Repeat("}", 150)
	for name, c := range map[string]struct {
		text    string
		entries int
		line    int
		want    string
	}{
		"doubling":       {doubled(14), 12, 13, "grows beyond 64 KiB"},
		"doubling long":  {doubled(40), 39, 13, "grows beyond 64 KiB"},
		"braces":         {"A=" + strings.Repeat("x", 60_000) + "\nB=${C:-$A$A}\nD=1\n", 2, 2, "grows beyond 64 KiB"},
		"long":           {"A=" + strings.Repeat("x", 70_000) + "\nB=1\n", 1, 1, "longer than 64 KiB"},
		"sum":            {many.String(), 69, 70, "larger than 4 MiB together"},
		"nested":         {"A=" + nested + "\nB=1\n", 1, 1, "more than 20 deep"},
		"quoted, so not": {"A=" + strings.Repeat("x", 60_000) + "\nB='$A$A'\n", 2, 0, ""},
	} {
		f := Parse([]byte(c.text), nil)
		if len(f.Entries) < c.entries || c.line == 0 && len(f.Errors) > 0 {
			t.Errorf("%s: %d entries, want %d; %v", name, len(f.Entries), c.entries, f.Errors)
		}
		if c.line > 0 && (len(f.Errors) == 0 || f.Errors[0].Line != c.line || !strings.Contains(f.Errors[0].Text, c.want)) {
			t.Errorf("%s: %v, want line %d %q", name, f.Errors, c.line, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("A=1\nB='x\ny'\nC=${A}")
	f.Add("A=\"\\")
	f.Add(doubled(30))
	f.Add("A=${A:-${B:-$C}}\nB=${A:?x}\nC=${A+${B}}")
	f.Fuzz(func(t *testing.T, src string) {
		total := 0
		for _, e := range Parse([]byte(src), nil).Entries {
			if e.Line < 1 || e.Line > strings.Count(src, "\n")+1 {
				t.Fatalf("line %d out of range", e.Line)
			}
			if total += len(e.Value); len(e.Value) > MaxValue || total > MaxValues {
				t.Fatalf("a value of %d bytes, of %d together, from %d", len(e.Value), total, len(src))
			}
		}
	})
}
