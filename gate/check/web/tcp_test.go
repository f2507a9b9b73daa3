//go:build unix

package web

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func TestTCP(t *testing.T) {
	t.Parallel()
	env := checktest.EnvAt(t, "")
	open, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Close() }()
	res := checktest.Run(t, env, &TCP{Address: open.Addr().String()})
	checktest.WantRules(t, res)
	if res.Evidence["address"] != open.Addr().String() {
		t.Errorf("got evidence %v, want the address", res.Evidence)
	}

	res = checktest.Run(t, env, &TCP{Address: checktest.Closed(t)})
	checktest.WantRules(t, res, "tcp/refused")
	if res.Retry != gate.RetrySoon || res.Findings[0].Symptom != gate.SymptomDown {
		t.Errorf("got retry %v, symptom %q, want soon and down", res.Retry, res.Findings[0].Symptom)
	}

	res = checktest.Run(t, env, &TCP{Address: "no-such-name.invalid:5432"})
	checktest.WantRules(t, res, "tcp/dns")

	res = checktest.Run(t, env, &TCP{Base: checktest.Short(), Address: full(t)})
	checktest.WantRules(t, res, "tcp/timeout")
	if res.Retry != gate.RetryTimeout {
		t.Errorf("got retry %v, want that of a time-out", res.Retry)
	}
	if got := (&TCP{Address: "db:5432"}).Check(env).Component; got != "postgres" {
		t.Errorf("component of db:5432 %q, want postgres by its port", got)
	}
	for _, bad := range []string{"", "db", ":5432", "db:notaport", "db:70000"} {
		if ms := (&TCP{Address: bad}).Validate(); len(ms) != 1 {
			t.Errorf("%q: mistakes %v, want one", bad, ms)
		}
	}
}

// full is the address of a listener whose backlog is full, so that the kernel
// drops what else wants to connect.
func full(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	t.Cleanup(func() { _ = file.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}).String()
	for range 4 {
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatal("the backlog never filled")
	return ""
}
