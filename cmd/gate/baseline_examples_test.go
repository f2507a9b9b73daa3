package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.yaml.in/yaml/v4"
)

// deploying is a deployment with a standing failure, and another one since the deploy when
// it is broken by it.
type deploying struct {
	deployed, broken atomic.Bool
}

func (d *deploying) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version := "1.13.0"
	if d.deployed.Load() {
		version = "1.14.2"
	}
	w.Header().Set("X-Version", version)
	if r.URL.Path == "/standing" || r.URL.Path == "/new" && d.deployed.Load() && d.broken.Load() {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// workplace is a working directory as the examples want it.
func workplace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"gate.yaml":                  "version: 1\ndify: {profile: none}\nchecks:\n  http:\n    - {name: standing, url: /standing, retries: 0}\n    - {name: new, url: /new, retries: 0}\n",
		"docker/docker-compose.yaml": "services:\n  api: {image: langgenius/dify-api:1.14.2}\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// gateAt runs the gate in a directory.
func gateAt(dir string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := &process{args: args, stdin: strings.NewReader(""), stdout: &out, stderr: &errs, lookup: func(string) (string, bool) { return "", false }, dir: dir}
	code = p.main(context.Background())
	return code, out.String(), errs.String()
}

// example reads a YAML file of the examples.
func example(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at goes down a document by keys and indices.
func at(t *testing.T, v any, keys ...any) any {
	t.Helper()
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			list, _ := v.([]any)
			if key >= len(list) {
				t.Fatalf("no item %d in %v", key, v)
			}
			v = list[key]
		}
	}
	return v
}

// githubCalls are the flags that the action hands on in a job of an example.
func githubCalls(t *testing.T, doc map[string]any, job string) []string {
	t.Helper()
	steps, _ := at(t, doc, "jobs", job, "steps").([]any)
	for _, step := range steps {
		uses, _ := at(t, step, "uses").(string)
		with, _ := at(t, step, "with").(map[string]any)
		if !strings.HasPrefix(uses, "dify-gate/") {
			continue
		}
		args := []string{"run"}
		for key, value := range with {
			args = append(args, "--"+key, strings.NewReplacer("${{ inputs.from }}", "1.13.0", "${{ inputs.to }}", "1.14.2").Replace(fmt.Sprint(value)))
		}
		return args
	}
	t.Fatalf("job %s does not use the action", job)
	return nil
}

func gitlabCalls(t *testing.T, doc map[string]any, job string) []string {
	t.Helper()
	variables, _ := at(t, doc, "variables").(map[string]any)
	line, _ := at(t, doc, job, "script", 0).(string)
	args := strings.Fields(line)[1:]
	for name, value := range variables {
		args = append(args, "--"+strings.ToLower(strings.TrimPrefix(name, "GATE_")), fmt.Sprint(value))
	}
	return args
}

func argoCalls(t *testing.T, doc map[string]any, containers string) []string {
	t.Helper()
	list, _ := at(t, doc, "spec", "metrics", 0, "provider", "job", "spec", "template", "spec", containers, 0, "command").([]any)
	var args []string
	for _, word := range list[1:] {
		args = append(args, fmt.Sprint(word))
	}
	return args
}

// TestBaselineExamples runs what the examples run, around a deploy that breaks nothing
// and around one that does: the standing failure never blocks, the new one does.
func TestBaselineExamples(t *testing.T) {
	t.Parallel()
	github, gitlab, argo := example(t, "github/baseline.yml"), example(t, "gitlab/baseline.gitlab-ci.yml"), example(t, "kubernetes/analysis-canary.yaml")
	for name, calls := range map[string][2][]string{
		"github": {githubCalls(t, github, "before"), githubCalls(t, github, "after")},
		"gitlab": {gitlabCalls(t, gitlab, "gate before"), gitlabCalls(t, gitlab, "gate after")},
		"argo":   {argoCalls(t, argo, "initContainers"), argoCalls(t, argo, "containers")},
	} {
		for _, broken := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s broken %t", name, broken), func(t *testing.T) {
				t.Parallel()
				dir := workplace(t)
				stable, canary := &deploying{}, &deploying{}
				canary.deployed.Store(true)
				canary.broken.Store(broken)
				first := httptest.NewServer(stable)
				defer first.Close()
				// The canary answers at the same port of another address, as a Service does.
				_, port, _ := net.SplitHostPort(first.Listener.Addr().String())
				listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.2", port))
				if err != nil {
					t.Skipf("127.0.0.2 is not this host's: %v", err)
				}
				second := &http.Server{Handler: canary} //nolint:gosec // a test's
				go func() { _ = second.Serve(listener) }()
				defer func() { _ = second.Close() }()
				run := func(args []string, address string) (int, string, string) {
					fit := strings.NewReplacer("https://dify.example.com", "http://dify:"+port, "http://dify", "http://dify:"+port, "dify:80:", "dify:"+port+":",
						"{{args.stable}}", "127.0.0.1", "{{args.canary}}", "127.0.0.2", "{{args.from}}", "1.13.0", "{{args.to}}", "1.14.2", "/reports/", "", "3m", "1s")
					words := []string{}
					for _, w := range args {
						words = append(words, fit.Replace(w))
					}
					if name != "argo" {
						words = append(words, "--resolve", "dify:"+port+":"+address)
					}
					return gateAt(dir, words...)
				}
				if code, out, errs := run(calls[0], "127.0.0.1"); code != 0 {
					t.Fatalf("before: exit %d\n%s%s", code, out, errs)
				}
				code, out, errs := run(calls[1], "127.0.0.2")
				want, says := 0, "nothing new"
				if broken {
					want, says = 1, "1 new"
				}
				if code != want || !strings.Contains(out, says) {
					t.Errorf("after: exit %d, want %d and %q\n%s%s", code, want, says, out, errs)
				}
			})
		}
	}
}

// TestBaselineScript runs examples/compose/baseline.sh with a docker that deploys.
func TestBaselineScript(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs(filepath.Join(root, "examples/compose/baseline.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []bool{false, true} {
		d := &deploying{}
		d.broken.Store(broken)
		mux := http.NewServeMux()
		mux.Handle("/", d)
		mux.HandleFunc("/deploy", func(http.ResponseWriter, *http.Request) { d.deployed.Store(true) })
		server := httptest.NewServer(mux)
		defer server.Close()
		dir, bin := workplace(t), t.TempDir()
		stub := "#!/bin/sh\ncase $2 in up) exec curl -fsS " + server.URL + "/deploy ;; esac\n"
		if err := os.WriteFile(filepath.Join(bin, "docker"), []byte(stub), 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
		notes := filepath.Join(dir, "notes.md")
		if err := os.WriteFile(notes, []byte("## 1.14.2\n- New.\n## 1.14.1\n- New.\n## 1.14.0\n- New.\n## 1.13.3\n- New.\n## 1.13.2\n- New.\n## 1.13.1\n- New.\n## 1.13.0\n- Old.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", script, "1.13.0", "1.14.2")
		cmd.Dir = filepath.Join(dir, "docker")
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DIFY_URL="+server.URL, "GATE_CONFIG="+filepath.Join(dir, "gate.yaml"), "GATE_CHANGELOG="+notes,
			"GATE_SKIP=upgrade", "DIFY_WAIT=1s")
		out, err := cmd.CombinedOutput()
		says := "nothing new"
		if broken {
			says = "1 new"
		}
		if (err != nil) != broken || !strings.Contains(string(out), says) {
			t.Errorf("broken %t: %v, want %q\n%s", broken, err, says, out)
		}
	}
}

// TestBaselineHostile: a file of 1 GB, and one with forged fingerprints and markup, do
// no harm.
func TestBaselineHostile(t *testing.T) {
	t.Parallel()
	d := &deploying{}
	server := httptest.NewServer(d)
	defer server.Close()
	dir := workplace(t)
	run := func(words ...string) (int, string, string) {
		return gateAt(dir, append([]string{"run", "--phase", "post", "--from", "1.13.0", "--to", "1.13.0", "--url", server.URL, "--dir", "docker", "--baseline", "b.json"}, words...)...)
	}
	path := filepath.Join(dir, "b.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<30); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := run(); code != exitUsage || !strings.Contains(errs, "larger than") {
		t.Errorf("1 GB: exit %d, %s", code, errs)
	}
	// All fingerprints are those of nothing, and the messages are markup.
	forged := `{"schema":1,"tool":{"name":"gate"},"started":"2026-01-01T00:00:00Z","checks":[{"kind":"http","name":"new","outcome":"fail","evidence":{"status":"<script>alert(1)</script>"}}],"findings":[` +
		strings.Repeat(`{"rule":"http/status","check":"new","severity":"error","message":"<script>alert(2)</script>\u001b[31m::error::x","fingerprint":"*"},`, 100) +
		`{"rule":"http/status","check":"new","severity":"error","message":"x","fingerprint":""}]}`
	if err := os.WriteFile(path, []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := run("--report", "html=r.html", "--report", "markdown=r.md")
	if code != exitBlock || !strings.Contains(out, "1 new") || strings.Contains(out, "\x1b[31m") {
		t.Errorf("forged: exit %d\n%s%s", code, out, errs)
	}
	for _, name := range []string{"r.html", "r.md"} {
		page, err := os.ReadFile(filepath.Join(dir, name))
		page = bytes.ReplaceAll(page, []byte(`\<`), nil) // escaped in Markdown
		if err != nil || bytes.Contains(page, []byte("<script>alert")) || bytes.Contains(page, []byte("\x1b")) {
			t.Errorf("%s: %v, markup of the baseline is in it", name, err)
		}
	}
}
