//go:build linux

package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"encoding/json"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify/learn/learntest"
)

// fileDoor is a file that the gate reads, and a run that reads it.
type fileDoor struct {
	file   string
	good   string
	args   string            // beside --format json --from --to --changelog --dir
	config string            // gate.yaml after "version: 1"
	others map[string]string // files beside it
	// absent: without it the run says nothing, and is right.
	absent bool
	// silent are states that its form cannot show: a log may end anywhere.
	silent string
	// refused are states that the file's own program refuses, so that they are findings.
	refused string
}

const (
	composeText = "services:\n  api:\n    image: langgenius/dify-api:1.13.2\n    environment:\n      A: ${A:-x}\n  web:\n    image: langgenius/dify-web:1.13.2\n"
	notesText   = "# Changelog\n\n## 1.13.2\n\n- fix: a typo (#1)\n\n## 1.13.1\n\n- fix: another (#2)\n"
	siteText    = "server {\n  listen 80;\n  location / {\n    proxy_pass http://web:3000;\n  }\n}\n"
	accessText  = "10.0.0.1 - - [25/Nov/2026:07:08:49 +0000] \"GET /v1/parameters HTTP/1.1\" 200 12 \"-\" \"curl\" \"-\"\n"
	lockText    = `{"name":"x","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"x","version":"1.0.0"},` + "\n" +
		`"node_modules/a":{"version":"1.0.0","resolved":"https://registry.example/a/-/a-1.0.0.tgz","integrity":"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="}}}` + "\n"
	apiText = `{"openapi":"3.0.0","info":{"title":"t","version":"1"},` + "\n" + `"paths":{"/v1/parameters":{"get":{"responses":{"200":{"description":"ok"}}}}}}` + "\n"
)

func doors(t *testing.T) map[string]fileDoor {
	live := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, apiText)
	}))
	t.Cleanup(live.Close)
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: live.Certificate().Raw}))
	compose := map[string]string{"dify/docker-compose.yaml": composeText}
	return map[string]fileDoor{
		"gate.yaml":         {file: "gate.yaml", good: "version: 1\npolicy:\n  fail_on: error\n", args: "--phase pre --only upgrade", others: compose, absent: true, silent: "cut"},
		".env":              {file: "dify/.env", good: "A=1\nB=2\n", args: "--phase pre --only env", others: compose, absent: true, silent: "cut"},
		"env_file":          {file: "dify/own.env", good: "A=1\nB=2\n", args: "--phase pre --only env", others: map[string]string{"dify/docker-compose.yaml": composeText + "    env_file: [own.env]\n"}, silent: "cut empty"},
		"compose":           {file: "dify/docker-compose.yaml", good: composeText, args: "--phase pre --only upgrade", others: map[string]string{"dify/.env": "SECRET_KEY=a\n"}, absent: true},
		"compose env":       {file: "dify/docker-compose.yaml", good: composeText, args: "--phase pre --only env", others: map[string]string{"dify/.env": "A=1\n"}, absent: true},
		"override":          {file: "dify/docker-compose.override.yaml", good: "services:\n  api:\n    environment:\n      B: b\n", args: "--phase pre --only upgrade", others: compose, absent: true},
		"template":          {file: "dify/nginx/conf.d/default.conf.template", good: siteText, args: "--phase pre --only proxy", others: compose, absent: true, refused: "BOM"},
		"include":           {file: "dify/nginx/proxy.inc", good: "proxy_set_header Host $host;\nproxy_http_version 1.1;\n", args: "--phase pre --only proxy", others: map[string]string{"dify/docker-compose.yaml": composeText, "dify/nginx/conf.d/default.conf": strings.Replace(siteText, "proxy_pass", "include proxy.inc; proxy_pass", 1)}, absent: true, silent: "empty cut", refused: "BOM"},
		"apache":            {file: "dify/apache/site.conf", good: "<VirtualHost *:80>\nProxyPass / http://web:3000/\n</VirtualHost>\n", args: "--phase pre --only proxy", others: compose, absent: true, silent: "empty"},
		"notes":             {file: "notes.md", good: notesText, args: "--phase pre --only changelog", silent: "cut"},
		"releases":          {file: "notes.json", good: `[{"tag_name":"1.13.2","body":"- fix: a typo (#1)"},` + "\n" + `{"tag_name":"1.13.1","body":"- fix"}]` + "\n", args: "--phase pre --only changelog --changelog notes.json"},
		"lockfile":          {file: "package-lock.json", good: lockText, args: "--phase pre --only lockfile", config: "checks:\n  lockfile:\n    - file: package-lock.json\n"},
		"settings":          {file: "app.yaml", good: "api:\n  prefix: /v1\nlog:\n  level: info\n", args: "--phase pre --only settings", config: "checks:\n  settings:\n    - file: app.yaml\n      expect: {api.prefix: /v1}\n", silent: "cut"},
		"schema":            {file: "app.schema.json", good: "{\"type\":\"object\",\n\"properties\":{}}\n", args: "--phase pre --only settings", config: "checks:\n  settings:\n    - {file: app.yaml, schema: app.schema.json}\n", others: map[string]string{"app.yaml": "a: 1\n"}},
		"access log":        {file: "access.log", good: accessText + accessText, args: "--phase pre --only client", config: "checks:\n  client:\n    - access_log: access.log\n", silent: "cut"},
		"paths":             {file: "client.json", good: apiText, args: "--phase pre --only client", config: "checks:\n  client:\n    - openapi: client.json\n"},
		"slo log":           {file: "access.log", good: strings.Repeat(accessText, 4), args: "--phase post --only slo", config: "checks:\n  slo:\n    - {access_log: access.log, min_samples: 2}\n", silent: "cut"},
		"log":               {file: "app.log", good: "2026-11-25 07:08:49.123 INFO [x] fine\n2026-11-25 07:08:50.123 INFO [x] fine\n", args: "--phase post --only logs", config: "checks:\n  logs:\n    - {files: app.log, max_errors: 0}\n", silent: "cut empty"},
		"baseline document": {file: "old.json", good: apiText, args: "--phase post --only openapi --insecure", config: "checks:\n  openapi:\n    - {url: " + live.URL + "/openapi.json, baseline: old.json}\n"},
		"firewall":          {file: "rules.txt", good: "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n", args: "--phase pre --only firewall", config: "checks:\n  firewall:\n    - {port: 80, dump: rules.txt}\n"},
		"logrotate":         {file: "rotate.conf", good: "/var/log/nowhere/*.log {\n  daily\n  rotate 7\n}\n", args: "--phase pre --only logrotate", config: "checks:\n  logrotate:\n    - {file: rotate.conf, covers: /var/log/nowhere/*.log}\n", refused: "BOM CRLF"},
		"CA":                {file: "ca.pem", good: cert, args: "--phase post --only http --ca-cert ca.pem", config: "checks:\n  http:\n    - {url: " + live.URL + "/v1, expect: {status: 200}}\n"},
		"facts":             {file: "facts.json", good: factsText(t), args: "--phase pre --only upgrade --catalogue facts.json", others: compose},
	}
}

// factsText is what gate learn prints of a tree.
func factsText(t *testing.T) string {
	dir := t.TempDir()
	learntest.Write(t, dir, learntest.Files())
	var out, errs bytes.Buffer
	p := &process{args: []string{"learn", learntest.Version, "--source", "."}, stdout: &out, stderr: &errs, dir: dir, lookup: none}
	if code := p.main(t.Context()); code != exitPass {
		t.Fatalf("exit %d\n%s", code, errs.String())
	}
	return out.String()
}

// state is what stands at a file's path.
type state struct {
	name string
	read bool // it is read as the good one
	make func(path, good string) error
}

func states() []state {
	text := func(change func(string) string) func(string, string) error {
		return func(path, good string) error { return os.WriteFile(path, []byte(change(good)), 0o644) }
	}
	return []state{
		{"missing", false, func(string, string) error { return nil }},
		{"empty", false, text(func(string) string { return "" })},
		{"unreadable", false, func(path, good string) error { return os.WriteFile(path, []byte(good), 0) }},
		{"dangling", false, func(path, _ string) error { return os.Symlink("nowhere", path) }},
		{"folder", false, func(path, _ string) error { return os.Mkdir(path, 0o755) }},
		{"FIFO", false, func(path, _ string) error { return syscall.Mkfifo(path, 0o644) }},
		{"binary", false, text(func(s string) string { return "\x7fELF\x02\x01\x01\x00\x00\x00" + s })},
		{"UTF-16", false, text(utf16LE)},
		{"BOM", true, text(func(s string) string { return "\ufeff" + s })},
		{"CRLF", true, text(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })},
		{"cut", false, text(func(s string) string { return s[:len(s)/2] })},
		{"100 MB", false, func(path, good string) error {
			if err := os.WriteFile(path, []byte(good), 0o644); err != nil {
				return err
			}
			return os.Truncate(path, 100<<20)
		}},
	}
}

func utf16LE(s string) string {
	b := []byte{0xff, 0xfe}
	for _, c := range []byte(s) { // ASCII
		b = append(b, c, 0)
	}
	return string(b)
}

// TestDoors: whatever stands at the path of a file that the gate reads, no run ends
// as if that file had been read: it exits with 2 or 3 and names the file, or a finding
// does. With a byte order mark or CRLF it says what it says of the good file.
func TestDoors(t *testing.T) {
	t.Parallel()
	top, err := os.MkdirTemp("", "gate-doors")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	gateFile := program(t, "gate")
	for _, dir := range []string{top, filepath.Dir(gateFile)} {
		if err := os.Chmod(dir, 0o755); err != nil { // the user nobody goes through
			t.Fatal(err)
		}
	}
	for name, d := range doors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := d.run(t, top, gateFile, state{"good", true, func(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) }})
			if good.code > 1 {
				t.Fatalf("the good file: exit %d\n%s", good.code, good.out)
			}
			for _, s := range states() {
				s.read = s.read && !strings.Contains(d.refused, s.name)
				got := d.run(t, top, gateFile, s)
				base := filepath.Base(d.file)
				if strings.HasPrefix(base, "notes.") && s.name == "FIFO" {
					base = "changelog: error: the check did not stop" // the engine's, which knows the check alone
				}
				switch {
				case s.read && (got.code != good.code || got.rules != good.rules):
					t.Errorf("%s: exit %d, rules %q; of the good file exit %d, %q\n%s", s.name, got.code, got.rules, good.code, good.rules, got.out)
				case s.read || s.name == "missing" && d.absent || strings.Contains(" "+d.silent+" ", " "+s.name+" "):
				case s.name == "empty" && base == ".env" && strings.Contains(got.evidence, ".env in "): // assigns nothing, which is said
				case got.code != 1 && got.code != 2 && got.code != 3:
					t.Errorf("%s: exit %d\n%s", s.name, got.code, got.out)
				case !strings.Contains(got.out, base):
					t.Errorf("%s: exit %d, and nothing names %s\n%s", s.name, got.code, base, got.out)
				case got.code == 1 && !strings.Contains(got.rules, "/syntax") && !strings.Contains(got.out, " at "+d.file):
					t.Errorf("%s: blocks by %q alone\n%s", s.name, got.rules, got.out)
				}
			}
		})
	}
}

// doorRun is what a run said.
type doorRun struct {
	code  int
	out   string // stderr, findings and reasons
	rules string
	// evidence is what the checks looked at, and what they passed over.
	evidence string
}

func (d fileDoor) run(t *testing.T, top, gateFile string, s state) doorRun {
	t.Helper()
	dir, err := os.MkdirTemp(top, "")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"gate.yaml": "version: 1\n" + d.config, "notes.md": notesText, "dify/.keep": ""}
	if !strings.HasPrefix(d.file, "dify/") {
		files["dify/docker-compose.yaml"] = composeText
	}
	for name, text := range d.others {
		files[name] = text
	}
	delete(files, d.file)
	for name, text := range files {
		putFile(t, filepath.Join(dir, name), text)
	}
	path := filepath.Join(dir, d.file)
	putFile(t, path+".parent", "")
	_ = os.Remove(path + ".parent")
	if err := s.make(path, d.good); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	limit := "30s"
	if s.name == "FIFO" {
		limit = "2s"
	}
	args := append([]string{"run", "--format", "json", "--from", "1.13.1", "--to", "1.13.2", "--dir", "dify", "--learn", "off", "--timeout", limit}, strings.Fields(d.args)...)
	if !strings.Contains(d.args, "--changelog") {
		args = append(args, "--changelog", "notes.md")
	}
	cmd := exec.Command(gateFile, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "NO_COLOR=1"}
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begun := time.Now()
	_ = cmd.Run() // the exit code says it
	got := doorRun{code: cmd.ProcessState.ExitCode(), out: stderr.String()}
	if took := time.Since(begun); took > 40*time.Second {
		t.Errorf("%s: took %s", s.name, took)
	}
	var rep gate.Report
	if err := json.Unmarshal(stdout.Bytes(), &rep); err != nil {
		return got
	}
	for _, f := range rep.Findings {
		got.rules += f.Rule + " "
		got.out += fmt.Sprintf("%s %s", f.Rule, f.Message)
		if f.Location != nil {
			got.out += " at " + f.Location.File
		}
		got.out += "\n"
	}
	for _, c := range rep.Checks {
		if text, err := json.Marshal(c.Evidence); err == nil {
			got.evidence += string(text)
		}
		if c.Reason != "" && !strings.HasPrefix(c.Reason, "left out") {
			got.out += fmt.Sprintf("%s: %s: %s\n", c.Name, c.Outcome, c.Reason)
		}
	}
	return got
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
