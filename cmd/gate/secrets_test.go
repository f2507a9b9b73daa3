package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/dify/releasedir"
)

// secretName matches the variables of the example whose values are secrets.
var secretName = regexp.MustCompile(`(PASSWORD|SECRET|_KEY|_TOKEN|_KEYS)$`)

// No value of a secret of the operator's .env appears in any report, log or
// error: every secret of Dify's own example gets a value of its own, broken in
// ways that yield findings, and all that the gate writes is searched for them.
func TestNoSecretInAnyOutput(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.9.2", "1.16.0"} {
		files := releasedir.Files(t, version)
		for _, own := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s own=%v", version, own), func(t *testing.T) {
				t.Parallel()
				// One file with all settings, as most operators have it.
				text := files[".env"] + files["envs/core-services/shared.env"]
				secrets := publishedSecrets(text)
				if own {
					text, secrets = ownSecrets(text)
				}
				searchOutputs(t, text, files["docker-compose.yaml"], secrets)
			})
		}
	}
}

// ownSecrets gives each secret a value that cannot be anything else.
func ownSecrets(example string) (string, []string) {
	var secrets []string
	lines := strings.Split(example, "\n")
	for i, line := range lines {
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") || value == "" || strings.Contains(value, "$") {
			continue
		}
		secret := fmt.Sprintf("zq%dSecretOf%d", i, i*7919)
		switch {
		case name == "CELERY_BROKER_URL":
			lines[i] = name + "=redis://:" + secret + "@redis:6379/1"
		case secretName.MatchString(name):
			lines[i] = name + "=" + secret
		default:
			continue
		}
		secrets = append(secrets, secret)
	}
	broken := "zqBrokenSecret77"
	return strings.Join(append(lines, "BROKEN SECRET_KEY="+broken, "DB_PASSWORD=\""+broken), "\n"), append(secrets, broken)
}

// publishedSecrets are the values of the example as it is, those that are no
// ordinary word.
func publishedSecrets(example string) []string {
	var secrets []string
	for _, line := range strings.Split(example, "\n") {
		name, value, ok := strings.Cut(line, "=")
		if ok && secretName.MatchString(name) && len(value) > 11 && !strings.Contains(value, "$") && !strings.HasPrefix(value, "your-") && value != "dify-"+"sandbox" {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

func searchOutputs(t *testing.T, env, compose string, secrets []string) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("docker/.env", env)
	write("docker/docker-compose.yaml", compose)
	write("notes.json", `[{"tag_name":"1.16.0","body":"- **Breaking change:** SECRET_KEY and DB_PASSWORD must be set"}]`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Version", "1.9.1")
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	var out bytes.Buffer
	gate := func(env []string, args ...string) int {
		cmd := exec.Command("gate", args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
		cmd.Env = append([]string{"HOME=" + dir}, env...)
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode()
	}
	args := []string{"run", "--dir", "docker", "--from", "1.9.1", "--to", "1.16.0", "--changelog", "notes.json", "--url", server.URL, "-v", "--timeout", "60s", "--no-color"}
	files := map[string]string{"json": "r.json", "junit": "r.xml", "sarif": "r.sarif", "codequality": "cq.json", "html": "r.html", "markdown": "r.md", "metrics": "r.txt", "dotenv": "r.env"}
	for format, file := range files {
		args = append(args, "--report", format+"="+file)
	}
	written := []string{"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary.md"), "GITHUB_OUTPUT=" + filepath.Join(dir, "output")}
	for _, extra := range [][]string{{"--format", "text"}, {"--format", "json"}, {"--dry-run"}} {
		for _, github := range [][]string{nil, {"GITHUB_ACTIONS=true"}} {
			if code := gate(slices.Concat(written, github), slices.Concat(args, extra)...); code != exitBlock && code != exitPass {
				t.Errorf("%v: exit %d\n%s", extra, code, out.String())
			}
		}
	}
	for _, command := range [][]string{{"init", "--dir", "docker", "--url", server.URL}, {"validate"}} {
		if code := gate(nil, command...); code != exitPass {
			t.Errorf("%v: exit %d", command, code)
		}
	}
	texts := map[string][]byte{"streams": out.Bytes()}
	for _, name := range append([]string{"summary.md", "output", "gate.yaml"}, slices.Collect(maps.Values(files))...) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(b) == 0 {
			t.Errorf("%s: %v, %d bytes", name, err, len(b))
		}
		texts[name] = b
	}
	if len(secrets) < 5 {
		t.Fatalf("only %d secrets to search for", len(secrets))
	}
	for name, text := range texts {
		_, text = splitMasks(text)
		for _, s := range secrets {
			if i := bytes.Index(text, []byte(s)); i >= 0 {
				t.Errorf("%s shows a secret: …%s…", name, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
}
