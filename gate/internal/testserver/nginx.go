package testserver

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Nginx starts Debian's nginx with the text as its http block, and waits until it listens on addr. Paths in the text
// are relative to dir.
func Nginx(t testing.TB, dir, addr, http string) {
	t.Helper()
	conf := nginxConf(t, dir, http)
	run(t, addr, Find(t, "nginx"), "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log"))
}

// NginxTest is what "nginx -t" says of the http block: nil, or its message.
func NginxTest(t testing.TB, dir, http string) error {
	t.Helper()
	conf := nginxConf(t, dir, http)
	out, err := exec.Command(Find(t, "nginx"), "-t", "-q", "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func nginxConf(t testing.TB, dir, http string) string {
	t.Helper()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // the workers read and write in the test's own directory
	}
	text := user + "daemon off;\nworker_processes 1;\npid " + filepath.Join(dir, "nginx.pid") + ";\nevents { worker_connections 512; }\nhttp {\n" +
		"access_log off;\n"
	for _, k := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += k + "_temp_path " + filepath.Join(dir, k) + ";\n"
	}
	conf := filepath.Join(dir, "nginx.test.conf")
	if err := os.WriteFile(conf, []byte(text+http+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf
}

// run starts a program that stays in the foreground, waits for addr, and stops it when the test ends.
func run(t testing.TB, addr, name string, args ...string) {
	t.Helper()
	var mu sync.Mutex
	var out bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = lockedWriter{&mu, &out}, lockedWriter{&mu, &out}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	Await(t, addr, func() string { mu.Lock(); defer mu.Unlock(); return out.String() })
}

type lockedWriter struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}
