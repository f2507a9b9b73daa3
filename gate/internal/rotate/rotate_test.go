package rotate

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// cases are configurations and what is wrong with them: the line, and a part
// of the message; "" when nothing is.
func cases() map[string]string {
	return map[string]string{
		"/x/a.log { daily }\n":                                       "",
		"/x/a.log {\ndaily }\n":                                      "",
		"/x/a.log{\n  copytruncate daily\n}\n":                       "",
		"/x/a.log\n/x/b.log\n{\n rotate 4\n size=10M\n}\n":           "",
		"# c\nweekly\nrotate 4\n/x/\"a b\".log /x/c\\ d.log {\n}\n":  "",
		"/x/a.log {\n weekly 3\n}\n":                                 "",
		"/x/a.log {\n rotate -1\n create 0640 root adm\n}\n":         "",
		"/x/a.log {\n postrotate\n  kill }\n endscript\n daily\n}\n": "",
		"/x/a.log {\n create\n missingok\n}\n":                       "",
		"/x/a.log {\n maxage 9\n dateformat -%Y\n notifempty\n}\n":   "",
		"/x/a.log { rotate 3 }\n":                                    `1 rotate "3 }": want a whole number`,
		"/x/a.log {\n daily\n rotate 3 # c\n}\n":                     `3 rotate "3 # c": want a whole number`,
		"/x/a.log {\n size 10kb\n}\n":                                `2 size "10kb": want a size`,
		"/x/a.log {\n size 10m\n}\n":                                 `2 size "10m": want a size`,
		"/x/a.log {\n weekly 9\n}\n":                                 `2 weekly "9": want a day`,
		"/x/a.log {\n daily 3\n}\n":                                  `2 "3", want a directive`,
		"/x/a.log {\n rotate\n}\n":                                   "2 directive rotate without a value",
		"/x/a.log {\n postrotate\n echo\n}\n":                        "2 postrotate without endscript",
		"x.log {\n daily\n}\n":                                       `1 directive "x" is followed by "."`,
		"/x/a.log {\n daily\n} /x/b.log {\n}\n":                      "3 text after }",
		"/x/a.log {\n Daily\n}\n":                                    `2 unknown directive "Daily"`,
		"/x/a.log {\n daily;\n}\n":                                   `2 directive "daily" is followed by ";"`,
		"/x/a.log {\n{\n daily\n}\n":                                 `2 "{", want a directive`,
		"/x/a.log {\n create 999 root root\n}\n":                     `2 create "999 root root": want an octal mode`,
		"/x/a.log {\n}\n/x/a.log {\n}\n":                             "3 log name /x/a.log a second time",
		"/x/a.log {\n maxage x\n}\n":                                 `2 maxage "x": want a whole number`,
		"su root\n":                                                  `1 su "root": no group`,
		"endscript\n":                                                `1 unknown directive "endscript"`,
		"/x/a.log\n":                                                 "no { after the log names",
		"}\n":                                                        "1 } without a {",
		"include /no/such/file\n":                                    "1 include /no/such/file: no such file",
		"/x/a.log {\n compresscmd\n}\n":                              "2 directive compresscmd without a value",
	}
}

func load(t testing.TB, text string) (string, Config) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return name, c
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range cases() {
		_, c := load(t, text)
		got := ""
		if len(c.Mistakes) > 0 {
			got = strings.TrimSpace(string(rune('0'+c.Mistakes[0].Line))) + " " + c.Mistakes[0].Message
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestAgreesWithLogrotate holds the cases against logrotate's own dry run: what
// it complains of has a mistake here, and the other way round.
func TestAgreesWithLogrotate(t *testing.T) {
	t.Parallel()
	program := testserver.Find(t, "logrotate")
	for text := range cases() {
		name, c := load(t, text)
		out, _ := exec.Command(program, "-d", "-s", "/dev/null", name).CombinedOutput()
		complains := strings.Contains(string(out), "error: "+name+":") || strings.Contains(string(out), "error: cannot stat /no/such/file")
		if complains != (len(c.Mistakes) > 0) {
			t.Errorf("%q: logrotate complains: %v, mistakes here: %v\n%s", text, complains, c.Mistakes, out)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	_, c := load(t, "weekly\nrotate 4\n/x/*.log /y/\"a b\" {\n}\n/z/a {\n daily\n minsize 1k\n olddir /old\n notifempty\n}\n/s { size 2M\nrotate 0\n}\n/d {\n daily\n size 1k\n maxsize 1G\n}\n")
	want := []Stanza{
		{Line: 3, EndLine: 4, Patterns: []string{"/x/*.log", "/y/a b"}, Policy: Policy{Every: 7 * day, Size: 1 << 20, Rotate: 4}},
		{Line: 5, EndLine: 10, Patterns: []string{"/z/a"}, Policy: Policy{Every: 24 * time.Hour, Size: 1 << 20, MinSize: 1024, Rotate: 4, OldDir: "/old", NotIfEmpty: true}},
		{Line: 11, EndLine: 13, Patterns: []string{"/s"}, Policy: Policy{Size: 2 << 20}},
		{Line: 14, EndLine: 18, Patterns: []string{"/d"}, Policy: Policy{Size: 1024, MaxSize: 1 << 30, Rotate: 4}},
	}
	if len(c.Mistakes) > 0 || len(c.Stanzas) != len(want) {
		t.Fatalf("config %+v", c)
	}
	for i, w := range want {
		got := c.Stanzas[i]
		if got.Line != w.Line || got.EndLine != w.EndLine || !slices.Equal(got.Patterns, w.Patterns) || got.Policy != w.Policy {
			t.Errorf("stanza %d: got %+v, want %+v", i, got, w)
		}
	}
	for log, line := range map[string]int{"/x/a.log": 3, "/y/a b": 3, "/z/a": 5, "/x/a.txt": 0, "/x/y/a.log": 0} {
		if s, _ := c.Find(log); s.Line != line {
			t.Errorf("%s: stanza in line %d, want %d", log, s.Line, line)
		}
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main": "weekly\ninclude d\ninclude main\n", "d/a": "/a { daily\n}\n", "d/b.dpkg-old": "rubbish;", "d/c": "/c {\n}\n",
	} {
		path := filepath.Join(dir, name)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(filepath.Join(dir, "main"))
	if err != nil || len(c.Mistakes) > 0 || len(c.Stanzas) != 2 {
		t.Fatalf("config %+v, %v", c, err)
	}
	if s, ok := c.Find("/c"); !ok || s.Policy.Every != 7*day || filepath.Base(s.File) != "c" {
		t.Errorf("stanza %+v, want the global period and its own file", s)
	}
}

func FuzzLoad(f *testing.F) {
	for text := range cases() {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		p := &parser{loader: &loader{seen: map[string]bool{"x": true}}, file: filepath.Join(dir, "x"), text: strings.ReplaceAll(text, "include", "exclude"), line: 1, global: defaults()}
		p.all()
		for _, m := range p.loader.config.Mistakes {
			if m.Line < 1 || m.Line > strings.Count(text, "\n")+1 || m.Column < 1 {
				t.Errorf("place %d:%d", m.Line, m.Column)
			}
		}
	})
}
