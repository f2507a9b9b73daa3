package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Apache starts Debian's apache2 with the text as the rest of its configuration, and waits until it listens on port.
// The directory has to be readable for www-data: take ApacheDir.
func Apache(t testing.TB, dir string, port int, text string) {
	t.Helper()
	program := Find(t, "apache2", "httpd")
	run(t, fmt.Sprintf("127.0.0.1:%d", port), program, "-f", apacheConf(t, dir, port, text), "-DFOREGROUND")
}

// ApacheTest is what "apache2 -t" says of the text: nil, or its message.
func ApacheTest(t testing.TB, dir, text string) error {
	t.Helper()
	out, err := exec.Command(Find(t, "apache2", "httpd"), "-f", apacheConf(t, dir, 1, text), "-t").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// ApacheDir is a temporary directory that Apache's own user can read.
func ApacheDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate-apache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func apacheConf(t testing.TB, dir string, port int, text string) string {
	t.Helper()
	modules := "/usr/lib/apache2/modules/"
	var b strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "alias", "rewrite", "proxy", "proxy_http", "dir", "slotmem_shm", "proxy_balancer", "lbmethod_byrequests", "headers"} {
		if _, err := os.Stat(modules + "mod_" + m + ".so"); err == nil {
			fmt.Fprintf(&b, "LoadModule %s_module %smod_%s.so\n", m, modules, m)
		}
	}
	if os.Geteuid() == 0 {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	fmt.Fprintf(&b, "ServerRoot %s\nPidFile %s/apache.pid\nListen 127.0.0.1:%d\nErrorLog %s/error.log\nLogLevel crit\n", dir, dir, port, dir)
	fmt.Fprintf(&b, "DefaultRuntimeDir %s\nMutex file:%s default\nServerName main.example\nStartServers 1\n", dir, dir)
	conf := filepath.Join(dir, "httpd.test.conf")
	if err := os.WriteFile(conf, []byte(b.String()+text), 0o644); err != nil {
		t.Fatal(err)
	}
	return conf
}
