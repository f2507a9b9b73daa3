package testserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// celeryApp is a Celery application with one task that sleeps.
const celeryApp = `
import os, time
from celery import Celery

app = Celery("app", broker=os.environ["BROKER"])
app.conf.broker_connection_retry_on_startup = True

@app.task
def nap(seconds):
    time.sleep(seconds)
`

// Celery is an application whose workers run on a broker.
type Celery struct {
	t      testing.TB
	dir    string
	python string
	env    []string
}

// NewCelery makes an application for the broker. It needs a Python that has
// celery: Debian's, which need not be the first on PATH.
func NewCelery(t testing.TB, broker string) *Celery {
	t.Helper()
	c := &Celery{t: t, dir: t.TempDir(), env: []string{"BROKER=" + broker, "PYTHONDONTWRITEBYTECODE=1"}}
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import celery, redis").Run() == nil { //nolint:gosec // fixed names
			c.python = python
			break
		}
	}
	if c.python == "" {
		Missing(t, "no python3 with celery and redis is installed")
	}
	if err := os.WriteFile(filepath.Join(c.dir, "app.py"), []byte(celeryApp), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// Worker starts a worker of the name on the queues and waits until it is
// ready.
func (c *Celery) Worker(name string, queues ...string) *Process {
	c.t.Helper()
	p := Start(c.t, Command{
		Path: c.python, Dir: c.dir, Env: c.env,
		Args: []string{
			"-m", "celery", "-A", "app", "worker", "--loglevel", "info", "--concurrency", "1", "--prefetch-multiplier", "1",
			"--without-mingle", "-n", name, "-Q", strings.Join(queues, ","),
		},
	})
	p.Wait(func() error {
		if !strings.Contains(p.Log(), " ready.") {
			return fmt.Errorf("no ready in its log")
		}
		return nil
	})
	return p
}

// Send queues the sleeping task.
func (c *Celery) Send(queue string, seconds, priority int) {
	c.t.Helper()
	Run(c.t, Command{Path: c.python, Dir: c.dir, Env: c.env, Args: []string{
		"-c", fmt.Sprintf("from app import nap; nap.apply_async((%d,), queue=%q, priority=%d)", seconds, queue, priority),
	}})
}
