package lockfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixtures were written by the package managers themselves (npm 11, Yarn 1.22
// and 4.5, pnpm 7, 8 and 9); only the registry's host was replaced.
var fixtures = []struct{ file, format string }{
	{"npm1/package-lock.json", "npm lockfile v1"},
	{"npm2/package-lock.json", "npm lockfile v2"},
	{"npm3/package-lock.json", "npm lockfile v3"},
	{"yarn1/yarn.lock", "yarn lockfile v1"},
	{"berry/yarn.lock", "yarn lockfile berry 8"},
	{"pnpm7/pnpm-lock.yaml", "pnpm lockfile 5.4"},
	{"pnpm8/pnpm-lock.yaml", "pnpm lockfile 6.0"},
	{"pnpm9/pnpm-lock.yaml", "pnpm lockfile 9.0"},
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRealFiles(t *testing.T) {
	for _, fx := range fixtures {
		t.Run(fx.file, func(t *testing.T) {
			f, err := Parse(fx.file, read(t, fx.file))
			if err != nil {
				t.Fatal(err)
			}
			if f.Format != fx.format {
				t.Errorf("format %q, want %q", f.Format, fx.format)
			}
			found := map[string]Package{}
			for _, p := range f.Packages {
				found[p.Name] = p
			}
			for name, version := range map[string]string{"@types/ms": "0.7.34", "debug": "4.", "ms": "2.1."} {
				p := found[name]
				if !strings.HasPrefix(p.Version, version) {
					t.Errorf("%s has version %q, want %s", name, p.Version, version)
				}
				if p.Algorithm != "sha512" || p.BadHash != "" {
					t.Errorf("%s: algorithm %q, bad hash %q, want sha512", name, p.Algorithm, p.BadHash)
				}
				if line := strings.Split(string(read(t, fx.file)), "\n")[p.Line-1]; !strings.Contains(line, name) {
					t.Errorf("%s: line %d is %q, want its entry", name, p.Line, line)
				}
			}
			wanted, err := ParseManifest("package.json", read(t, filepath.Dir(fx.file)+"/package.json"))
			if err != nil || len(wanted) != 2 {
				t.Fatalf("manifest: %v, %v", wanted, err)
			}
			if out := f.InStep(wanted); len(out) != 0 {
				t.Errorf("out of step: %v", out)
			}
			wanted[0].Range = "^9.9.9"
			if out := f.InStep(wanted); fx.format != "npm lockfile v1" && len(out) != 1 {
				t.Errorf("a changed range gives %v, want one request out of step", out)
			}
			if out := f.InStep([]Request{{Name: "left-pad", Range: "^1.0.0"}}); len(out) != 1 {
				t.Error("a new request should be out of step")
			}
		})
	}
}

func TestUV(t *testing.T) {
	f, err := Parse("uv.lock", read(t, "uv/uv.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Packages) != 4 || f.Packages[1].Resolved != "https://files.example/anyio-4.4.0-py3-none-any.whl" || f.Packages[1].Algorithm != "sha256" || f.Packages[1].Line != 5 {
		t.Errorf("packages: %+v", f.Packages)
	}
	wanted, err := ParseManifest("pyproject.toml", read(t, "uv/pyproject.toml"))
	if err != nil || len(f.InStep(wanted)) != 0 {
		t.Errorf("in step: %v %v", f.InStep(wanted), err)
	}
	wanted[1].Range = ">=4"
	if len(f.InStep(wanted)) != 1 {
		t.Error("a changed range should be out of step")
	}
}

func TestBroken(t *testing.T) {
	npm, yarn, berry, pnpm, uv := string(read(t, "npm3/package-lock.json")), string(read(t, "yarn1/yarn.lock")), string(read(t, "berry/yarn.lock")), string(read(t, "pnpm9/pnpm-lock.yaml")), string(read(t, "uv/uv.lock"))
	half := func(s string) string { return s[:len(s)/2] }
	cut := func(s, before string) string { return s[:strings.Index(s, before)] }
	for _, c := range []struct {
		name, file, text, want string
		line                   int
	}{
		{"empty", "package-lock.json", " \n", "empty", 1},
		{"conflict", "yarn.lock", "# yarn lockfile v1\n<<<<<<< HEAD\n", "conflict mark", 2},
		{"npm cut", "package-lock.json", half(npm), "not valid JSON", 0},
		{"npm without version", "package-lock.json", "{}", "no lockfileVersion", 1},
		{"yarn cut in an entry", "yarn.lock", cut(yarn, "  version"), "no version", 5},
		{"yarn cut after an entry", "yarn.lock", cut(yarn, "\nms@"), "has no entry", 0},
		{"berry cut", "yarn.lock", cut(berry, "\n\"ms@"), "has no entry", 0},
		{"pnpm cut", "pnpm-lock.yaml", cut(pnpm, "  debug@"), "has no entry", 0},
		{"pnpm broken", "pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages: [", "not valid YAML", 0},
		{"uv cut", "uv.lock", cut(uv, "[[package]]\nname = \"idna\""), "has no entry", 5},
		{"uv broken", "uv.lock", "version = 1\n[[package]\n", "not valid TOML", 2},
		{"not UTF-8", "uv.lock", "version = 1 # \xff\n", "UTF-8", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.file, []byte(c.text))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !strings.Contains(syntax.Message, c.want) {
				t.Fatalf("got %v, want a syntax error with %q", err, c.want)
			}
			if c.line != 0 && syntax.Line != c.line || syntax.Line == 0 {
				t.Errorf("line %d, want %d", syntax.Line, c.line)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	for name, text := range map[string]string{
		"package-lock.json": `{"lockfileVersion": 4}`,
		"yarn.lock":         "__metadata:\n  version: 99\n",
		"pnpm-lock.yaml":    "lockfileVersion: '12.0'\n",
		"uv.lock":           "version = 7\n",
		"poetry.lock":       "x",
	} {
		_, err := Parse(name, []byte(text))
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) {
			t.Errorf("%s: got %v, want unsupported", name, err)
		}
	}
}

func TestHashes(t *testing.T) {
	good := "sha512-" + strings.Repeat("A", 86) + "=="
	for _, c := range []struct{ hash, algorithm, bad string }{
		{good, "sha512", ""},
		{good[:60], "", "cut"},
		{"sha1-" + strings.Repeat("A", 27) + "=", "sha1", ""},
		{"sha1-" + strings.Repeat("A", 27) + "= " + good, "sha512", ""},
		{"sha9-AAAA", "", "no known algorithm"},
	} {
		var p Package
		p.setHash(c.hash)
		if p.Algorithm != c.algorithm || !strings.Contains(p.BadHash, c.bad) || c.bad == "" && p.BadHash != "" {
			t.Errorf("%s: %q, %q; want %q, %q", c.hash, p.Algorithm, p.BadHash, c.algorithm, c.bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	names := []string{"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "uv.lock"}
	for i, fx := range fixtures {
		data, err := os.ReadFile(filepath.Join("testdata", fx.file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), data)
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		file, err := Parse(names[int(which)%len(names)], data)
		if (file == nil) == (err == nil) && err == nil {
			t.Fatal("neither a file nor an error")
		}
		var syntax *SyntaxError
		if errors.As(err, &syntax) && syntax.Line < 1 {
			t.Fatalf("a syntax error without a line: %v", err)
		}
	})
}
