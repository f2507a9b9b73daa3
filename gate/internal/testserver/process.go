package testserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startLimit is how long a server may take to come up on a busy machine.
const startLimit = 60 * time.Second

// Dir makes a directory that belongs to the user, removed when the test ends.
// t.TempDir lies in a directory that only the current user may enter.
func Dir(t testing.TB, owner string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gate-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if cred := credential(t, owner); cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// credential is the user to run as: nil when it is the current one, or when
// the current one cannot become another.
func credential(t testing.TB, name string) *syscall.Credential {
	t.Helper()
	if name == "" || os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// Command says what Start runs.
type Command struct {
	Path string
	Args []string
	Dir  string
	Env  []string // added to the test's own
	User string   // to run as, when the test runs as root
}

func (c Command) cmd(t testing.TB) *exec.Cmd {
	cmd := exec.Command(c.Path, c.Args...) //nolint:gosec // tests start what they name
	cmd.Dir, cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: credential(t, c.User)}
	return cmd
}

// Run carries a command out to its end and fails the test when it fails.
func Run(t testing.TB, c Command) string {
	t.Helper()
	out, err := c.cmd(t).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(c.Path), err, out)
	}
	return string(out)
}

// Process is a server that runs.
type Process struct {
	t    testing.TB
	cmd  *exec.Cmd
	log  string
	done chan struct{}
	stop sync.Once
}

// Start runs a server until the test ends.
func Start(t testing.TB, c Command) *Process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := c.cmd(t)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", c.Path, err)
	}
	p := &Process{t: t, cmd: cmd, log: log.Name(), done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		_ = log.Close()
		close(p.done)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Kill ends the server and all of its children at once.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Stop asks the server to end, and waits until it has.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

func (p *Process) end(sig syscall.Signal) {
	p.stop.Do(func() {
		_ = syscall.Kill(-p.cmd.Process.Pid, sig)
		select {
		case <-p.done:
		case <-time.After(20 * time.Second):
		}
		// Children that outlived their parent.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	})
}

// Log returns what the server has printed so far.
func (p *Process) Log() string {
	b, _ := os.ReadFile(p.log)
	return string(b)
}

// Wait calls ready until it returns nil; the test fails when the server ends
// or takes too long.
func (p *Process) Wait(ready func() error) {
	p.t.Helper()
	err := errors.New("not tried")
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		if err = ready(); err == nil {
			return
		}
		select {
		case <-p.done:
			p.t.Fatalf("%s ended early:\n%s", p.cmd.Path, p.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.t.Fatalf("%s is not ready: %v\n%s", p.cmd.Path, err, p.Log())
}

// Connects returns a func for Wait that is content when the address accepts a
// connection.
func Connects(address string) func() error {
	return func() error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
