package host

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// listenAs starts a Python process that listens on an address and does nothing
// else; its command line contains the mark.
func listenAs(t *testing.T, host, mark string) (port int, stop func()) {
	t.Helper()
	port = testserver.Port(t)
	code := "import socket,sys,time\nfamily = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET\ns = socket.socket(family)\ns.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\ns.bind((sys.argv[1], int(sys.argv[2])))\ns.listen()\ntime.sleep(600)"
	cmd := exec.Command(testserver.Find(t, "python3"), "-c", code, host, fmt.Sprint(port), mark)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	target := net.JoinHostPort(map[string]string{"0.0.0.0": "127.0.0.1", "::": "::1"}[host], fmt.Sprint(port))
	if strings.HasPrefix(target, ":") {
		target = net.JoinHostPort(host, fmt.Sprint(port))
	}
	testserver.Await(t, target, func() string { return host })
	return port, stop
}

// TestPort: a server on 127.0.0.1 is distinguished from one on all addresses, the
// wrong process from the right one, and a dead one from both.
func TestPort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, host string
		spec       Port
		rules      []string
		text       string
	}{
		{"loopback is enough", "127.0.0.1", Port{}, nil, ""},
		{"loopback is not enough", "127.0.0.1", Port{Exposed: true}, []string{"port/loopback-only"}, "on 127.0.0.1 only"},
		{"another loopback address", "127.0.0.2", Port{Exposed: true}, []string{"port/loopback-only"}, "on 127.0.0.2 only"},
		{"IPv6 loopback", "::1", Port{Exposed: true}, []string{"port/loopback-only"}, "on ::1 only"},
		{"all addresses", "0.0.0.0", Port{Exposed: true}, nil, ""},
		{"all addresses of both families", "::", Port{Exposed: true}, nil, ""},
		{"the right process by its command line", "127.0.0.1", Port{Process: "gunicorn.*app:app"}, nil, ""},
		{"the right process by its name", "127.0.0.1", Port{Process: "^python3"}, nil, ""},
		{"another process", "127.0.0.1", Port{Process: "uwsgi"}, []string{"port/other-process"}, `belongs to "python3`},
		{"two things at once", "127.0.0.1", Port{Process: "uwsgi", Exposed: true}, []string{"port/loopback-only", "port/other-process"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stop func()
			c.spec.Port, stop = listenAs(t, c.host, "gunicorn --bind x app:app")
			res := checktest.Run(t, checktest.EnvAt(t, ""), &c.spec)
			checktest.WantRules(t, res, c.rules...)
			if c.rules != nil && len(res.Findings) > 0 && !strings.Contains(res.Findings[0].Message, c.text) {
				t.Errorf("message %q, want %q in it", res.Findings[0].Message, c.text)
			}
			stop()
			res = checktest.Run(t, checktest.EnvAt(t, ""), &c.spec)
			checktest.WantRules(t, res, "port/closed")
			if res.Retry != gate.RetrySoon {
				t.Error("a closed port is worth a further try")
			}
		})
	}
}

// sleeper starts a process whose command line contains the mark.
func sleeper(t *testing.T, mark string) (stop func()) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "sleep 600; : "+mark)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func TestProcess(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("celery-%d worker", time.Now().UnixNano())
	match := strings.ReplaceAll(mark, " ", ".*")
	missing := checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match})
	checktest.WantRules(t, missing, "process/missing")
	if m := missing.Findings[0].Message; !strings.HasPrefix(m, "no process matches ") || missing.Retry != gate.RetrySoon {
		t.Errorf("message %q, retry %v", m, missing.Retry)
	}
	stopFirst := sleeper(t, mark)
	checktest.WantRules(t, checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match}))
	few := checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match, Min: 2})
	checktest.WantRules(t, few, "process/missing")
	if m := few.Findings[0].Message; !strings.HasPrefix(m, "1 of the processes match") {
		t.Errorf("message %q", m)
	}
	sleeper(t, mark)
	checktest.WantRules(t, checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match, Min: 2}))
	young := checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match, MinUptime: check.Duration(time.Hour)})
	checktest.WantRules(t, young, "process/restarting")
	time.Sleep(1100 * time.Millisecond) // the kernel counts the start in hundredths, the boot time in seconds
	checktest.WantRules(t, checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match, MinUptime: check.Duration(50 * time.Millisecond)}))

	// One that dies and is replaced while the gate watches; and one that stays.
	checktest.WantRules(t, checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match, Watch: check.Duration(300 * time.Millisecond)}))
	time.AfterFunc(2*time.Second, func() {
		stopFirst()
		sleeper(t, mark)
	})
	watched := checktest.Run(t, checktest.EnvAt(t, ""), &Process{Match: match, Watch: check.Duration(4 * time.Second)})
	checktest.WantRules(t, watched, "process/restarting")
	if m := checktest.Message(watched, "process/restarting"); !strings.Contains(m, "replaced it within 4s") {
		t.Errorf("message %q", m)
	}
}

// TestProcessLeavesOutItself: the gate's own command line and that of the shell
// which started it are no proof.
func TestProcessLeavesOutItself(t *testing.T) {
	t.Parallel()
	list, err := matching(t.Context(), regexp.MustCompile("."))
	if err != nil || len(list) == 0 {
		t.Fatalf("%d processes, %v", len(list), err)
	}
	for _, r := range list {
		if int(r.pid) == os.Getpid() || int(r.pid) == os.Getppid() {
			t.Errorf("pid %d (%s) is the gate or started it", r.pid, r.name)
		}
	}
}

func TestPortAndProcessMistakes(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]check.Spec{
		"port 0: want 1 to 65535":        &Port{},
		`process "(": not a regular`:     &Port{Port: 1, Process: "("},
		"match is required":              &Process{},
		`match "(": not a regular`:       &Process{Match: "("},
		"min -1: want 1 or more":         &Process{Match: "x", Min: -1},
		"less than the timeout of 1s":    &Process{Match: "x", Watch: check.Duration(time.Second), Base: check.Base{Timeout: check.Duration(time.Second)}},
		"want positive durations":        &Process{Match: "x", Watch: -1},
		`phase "all": a check runs in o`: &Port{Port: 1, Base: check.Base{Phase: gate.PhaseAll}},
	} {
		if ms := spec.Validate(); len(ms) != 1 || !strings.Contains(ms[0].Message, want) {
			t.Errorf("mistakes %v, want one with %q", ms, want)
		}
	}
}
