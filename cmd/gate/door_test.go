package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/dify-gate/dify-gate/gate"
)

// shout is what a hostile server sends without being asked: a workflow command, and
// the key that it was sent.
const shout = "##[set-output name=verdict]pass ##[add-mask]e "

// hostileServer answers each request and sends more behind the answer, while the
// connection idles. /slow takes its time, so that the client is still there.
func hostileServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerAndShout(conn)
		}
	}()
	return listener.Addr().String()
}

func answerAndShout(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		_, _ = io.WriteString(conn, shout+"\r\n::set-output name=verdict::pass\r\n")
		return
	}
	if strings.HasSuffix(req.URL.Path, "/slow") {
		time.Sleep(600 * time.Millisecond)
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
	if req.Method != http.MethodHead {
		_, _ = io.WriteString(conn, "ok")
	}
	time.Sleep(50 * time.Millisecond)
	_, _ = fmt.Fprintf(conn, "%s Authorization: %s\r\n", shout, req.Header.Get("Authorization"))
	time.Sleep(100 * time.Millisecond)
}

// hostileConfig asks the server as each kind of client that has a logger of its own.
func hostileConfig(t *testing.T, addr string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	config := `
version: 1
dify: {profile: none}
checks:
  http:
    - {url: "http://ADDR/get", headers: {Authorization: "Bearer app-hostileSecret99"}}
    - {url: "http://ADDR/head", method: HEAD, headers: {Authorization: "Bearer app-hostileSecret99"}}
    - {url: "http://ADDR/slow", headers: {Authorization: "Bearer app-hostileSecret99"}}
  redis: [{url: "redis://:hostileSecret98@ADDR/0", retries: 0}]
  celery: [{url: "redis://:hostileSecret98@ADDR/1", retries: 0}]
  postgres: [{url: "postgres://u:hostileSecret97@ADDR/db", retries: 0}]
  mysql: [{url: "mysql://u:hostileSecret96@ADDR/db", retries: 0}]
  env: [{file: docker/.env}]
`
	for name, text := range map[string]string{
		"gate.yaml":                  strings.ReplaceAll(config, "ADDR", addr),
		"docker/.env":                "A=${UNSET}\n",
		"docker/docker-compose.yaml": "version: '3'\nservices:\n  api: {image: 'langgenius/dify-api:1.13.1', environment: {X: '${UNSET}', Y: '${ALSO_UNSET}'}, ports: ['80:80']}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOneDoor swaps the streams of the process, and the loggers that libraries
// share, around a run: no byte comes past the gate's own writers.
func TestOneDoor(t *testing.T) {
	dir := hostileConfig(t, hostileServer(t))
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, errs, logger, logs := os.Stdout, os.Stderr, log.Writer(), logrus.StandardLogger().Out
	os.Stdout, os.Stderr = write, write
	// As the libraries come: bound to stderr. What main does silences them.
	log.SetOutput(write)
	logrus.SetOutput(write)
	silenceLibraries()
	var stdout, stderr bytes.Buffer
	p := &process{
		args: []string{"run", "--dir", "docker", "--phase", "all", "--format", "json", "--timeout", "60s"}, stdin: strings.NewReader(""),
		stdout: &stdout, door: newDoor(&stderr), lookup: func(string) (string, bool) { return "", false }, dir: dir,
	}
	p.stderr = p.door
	code := p.main(context.Background())
	os.Stdout, os.Stderr = out, errs
	log.SetOutput(logger)
	logrus.SetOutput(logs)
	_ = write.Close()
	past, err := io.ReadAll(read)
	if err != nil || len(past) > 0 {
		t.Errorf("%d bytes came past the door: %q (%v)", len(past), past, err)
	}
	var rep gate.Report
	if err := json.Unmarshal(stdout.Bytes(), &rep); err != nil || rep.Counts.Checks < 7 {
		t.Errorf("exit %d, %d checks, %v\n%s\n%s", code, rep.Counts.Checks, err, stdout.String(), stderr.String())
	}
	wantHarmless(t, stdout.Bytes(), stderr.Bytes())
}

// TestHostileServer is the same with the program itself, as GitHub's runner sees it.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	dir := hostileConfig(t, hostileServer(t))
	cmd := exec.Command("gate", "run", "--phase", "post", "--format", "text", "-v", "--timeout", "60s")
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = dir, &stdout, &stderr, []string{"HOME=" + dir, "GITHUB_ACTIONS=true"}
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != exitBlock {
		t.Errorf("exit %d (%v), want 1\n%s", cmd.ProcessState.ExitCode(), err, stderr.String())
	}
	_, rest := splitMasks(stderr.Bytes())
	wantHarmless(t, stdout.Bytes(), rest)
}

// wantHarmless wants neither secrets nor live commands of the server's.
func wantHarmless(t *testing.T, texts ...[]byte) {
	t.Helper()
	for _, text := range texts {
		for _, bad := range []string{"hostileSecret", "Unsolicited", "\n::set-output", "\n##["} {
			if bytes.Contains(text, []byte(bad)) {
				t.Errorf("%q is in %s", bad, text)
			}
		}
	}
}
