package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretName matches the variables of the example whose values are secrets.
var secretName = regexp.MustCompile(`(PASSWORD|SECRET|_KEY|_TOKEN|_KEYS)$`)

// No value of a secret of the operator's .env appears in any report, log or
// error: every secret of Dify's own example gets a value of its own, broken in
// ways that yield findings, and all that the gate writes is searched for them.
func TestNoSecretInAnyOutput(t *testing.T) {
	for _, version := range []string{"1.9.2", "1.16.0"} {
		example, err := os.ReadFile(filepath.Join("../../../shared/dify", version, "env.example"))
		if err != nil {
			t.Skip("no release folders in ../shared/dify")
		}
		compose, err := os.ReadFile(filepath.Join("../../../shared/dify", version, "docker-compose.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, own := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s own=%v", version, own), func(t *testing.T) {
				t.Parallel()
				text, secrets := string(example), publishedSecrets(string(example))
				if own {
					text, secrets = ownSecrets(text)
				}
				searchOutputs(t, text, string(compose), secrets)
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
	args := []string{"run", "--dir", "docker", "--from", "1.9.1", "--to", "1.16.0", "--changelog", "notes.json", "--url", server.URL, "-v", "--timeout", "60s", "--no-color"}
	files := map[string]string{"json": "r.json", "junit": "r.xml", "sarif": "r.sarif", "codequality": "cq.json", "html": "r.html", "markdown": "r.md", "metrics": "r.txt", "dotenv": "r.env"}
	for format, file := range files {
		args = append(args, "--report", format+"="+file)
	}
	for _, extra := range [][]string{{"--format", "text"}, {"--format", "json"}, {"--dry-run"}} {
		for _, github := range []string{"", "true"} {
			p := &process{args: append(append([]string{}, args...), extra...), stdin: strings.NewReader(""), stdout: &out, stderr: &out, dir: dir,
				lookup: func(name string) (string, bool) {
					switch name {
					case "GITHUB_ACTIONS":
						return github, github != ""
					case "GITHUB_STEP_SUMMARY":
						return filepath.Join(dir, "summary.md"), true
					case "GITHUB_OUTPUT":
						return filepath.Join(dir, "output"), true
					}
					return "", false
				}}
			if code := p.main(t.Context()); code != exitBlock && code != exitPass {
				t.Errorf("%v: exit %d\n%s", extra, code, out.String())
			}
		}
	}
	for _, command := range [][]string{{"init", "--dir", "docker", "--url", server.URL}, {"validate"}} {
		p := &process{args: command, stdin: strings.NewReader(""), stdout: &out, stderr: &out, dir: dir, lookup: func(string) (string, bool) { return "", false }}
		if code := p.main(t.Context()); code != exitPass {
			t.Errorf("%v: exit %d", command, code)
		}
	}
	texts := map[string][]byte{"streams": out.Bytes()}
	for _, name := range append([]string{"summary.md", "output", "gate.yaml"}, valuesOf(files)...) {
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
		for _, s := range secrets {
			if i := bytes.Index(text, []byte(s)); i >= 0 {
				t.Errorf("%s shows a secret: …%s…", name, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
}

func valuesOf(m map[string]string) []string {
	var out []string
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
