package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate/config"
)

var update = flag.Bool("update", false, "write the messages to testdata/bad/*.err")

// today is the day of the tests: waivers depend on it.
var today = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func options(dir string, env map[string]string) config.Options {
	return config.Options{
		WorkDir: dir, Now: today,
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}
}

// TestBadFiles holds one file a defect against its exact messages.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("got %d files (%v), want the bad ones", len(files), err)
	}
	dir, err := filepath.Abs("testdata/bad")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SECRET": "s3cr3t-value", "DIFY_URL": "http://dify"}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load(name+".yaml", options(dir, env))
			if err == nil {
				t.Fatalf("got a configuration %+v, want mistakes", cfg)
			}
			if strings.Contains(err.Error(), env["SECRET"]) {
				t.Errorf("a message holds the value of a variable: %s", err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".err"
			got := err.Error() + "\n"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "large.yaml"), []byte("version: 1\n#"+strings.Repeat("x", 1<<20)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"none.yaml":   "none.yaml: no such file or directory",
		"folder.yaml": "folder.yaml: a directory, want a file (Docker makes a directory where a file to mount is missing)",
		"large.yaml":  "large.yaml: larger than 1024 KiB, want a gate.yaml",
	} {
		if _, err := config.Load(file, options(dir, nil)); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
}
