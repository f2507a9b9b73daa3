package probe

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// TestLocalhostInAContainerAction plays the runner with 127.0.0.2 and the
// container with 127.0.0.1.
func TestLocalhostInAContainerAction(t *testing.T) {
	t.Parallel()
	runner, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		testserver.Missing(t, "127.0.0.2 is no address here: "+err.Error())
	}
	t.Cleanup(func() { _ = runner.Close() })
	_, port, _ := net.SplitHostPort(runner.Addr().String())
	for name, c := range map[string]struct {
		host, address string
		reached       bool
		says          string
	}{
		"the runner answers": {"127.0.0.2", "localhost:" + port, true, ""},
		"an address":         {"127.0.0.2", "127.0.0.1:" + port, true, ""},
		"no container":       {"", "127.0.0.1:" + port, false, "refused"},
		"neither answers":    {"127.0.0.3", "127.0.0.1:" + port, false, "is the action's container here, and the runner around it (127.0.0.3)"},
		"a mapped address":   {"127.0.0.2", "[::ffff:127.0.0.4]:" + port, true, ""},
	} {
		n, err := NewNetwork(NetworkOptions{HostAddress: c.host})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := n.Dial(context.Background(), "tcp", c.address)
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != c.reached || n.HostReached() != c.reached {
			t.Errorf("%s: error %v, reached %v, want reached %v", name, err, n.HostReached(), c.reached)
		}
		if err != nil && (!strings.Contains(err.Error(), c.says) || !errors.Is(err, syscall.ECONNREFUSED)) {
			t.Errorf("%s: %v, want %q and a refused connection", name, err, c.says)
		}
	}
	// What listens inside is what answers.
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inside.Close() })
	n, err := NewNetwork(NetworkOptions{HostAddress: "127.0.0.2"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := n.Dial(context.Background(), "tcp", inside.Addr().String())
	if err != nil || n.HostReached() {
		t.Fatalf("error %v, reached the runner: %v", err, n.HostReached())
	}
	_ = conn.Close()
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST.": true, "dify.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"localhost.example.com": false, "10.0.0.1": false, "api": false, "": false} {
		if got := isLoopback(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
