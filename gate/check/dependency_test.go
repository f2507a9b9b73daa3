package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// depEnv is an Env as a run has it, with a network of its own.
func depEnv(t *testing.T, opts NetworkOptions) *Env {
	t.Helper()
	network, err := NewNetwork(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(network.Close)
	return &Env{Network: network, Now: time.Now(), Getenv: func(string) string { return "" }}
}

// depRun validates a spec, runs its check once within its timeout, and holds
// what it reports against the rules that it lists.
func depRun(t *testing.T, env *Env, spec Spec) gate.Result {
	t.Helper()
	if ms := spec.Validate(); len(ms) > 0 {
		t.Fatalf("%s: %+v", spec.Kind(), ms)
	}
	c := spec.Check(env)
	if len(c.Probes) == 0 || c.Phase != gate.PhasePost {
		t.Errorf("%s: probes %v, phase %q: want probes of the post phase", c.Name, c.Probes, c.Phase)
	}
	ctx, cancel := context.WithTimeout(t.Context(), c.Timeout)
	defer cancel()
	res := c.Run(ctx)
	for _, f := range res.Findings {
		listed := false
		for _, id := range c.Rules {
			listed = listed || id == f.Rule
		}
		if !listed || f.Hint == "" || f.Subject == "" || !strings.Contains(f.Message, ", want ") {
			t.Errorf("finding %+v: want a listed rule, a hint, a subject and a message that says what was wanted", f)
		}
	}
	if _, err := json.Marshal(res.Evidence); err != nil {
		t.Errorf("evidence: %v", err)
	}
	for _, s := range c.Secrets {
		if v := s.Reveal(); v != "" && strings.Contains(fmt.Sprintf("%+v %+v %v %v %v", res, res.Evidence, res.Err, c.Name, c.Probes), v) {
			t.Errorf("the result shows a secret: %+v", res)
		}
	}
	return res
}

// depRules are the rules of a result's findings.
func depRules(res gate.Result) string {
	var out []string
	for _, f := range res.Findings {
		out = append(out, f.Rule)
	}
	return strings.Join(out, " ")
}

// depWant runs a spec and wants exactly these rules, no error, and the words
// in the first finding.
func depWant(t *testing.T, env *Env, spec Spec, rules string, words ...string) gate.Result {
	t.Helper()
	res := depRun(t, env, spec)
	if res.Err != nil || depRules(res) != rules {
		t.Errorf("got rules %q, error %v, want %q\n%+v", depRules(res), res.Err, rules, res.Findings)
		return res
	}
	for _, w := range words {
		if f := res.Findings[0]; !strings.Contains(f.Message+" | "+f.Hint, w) {
			t.Errorf("%s: %s | %s: want %q in it", f.Rule, f.Message, f.Hint, w)
		}
	}
	return res
}

// depDeaf is a listener that accepts and never says a word.
func depDeaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, conn)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
		for _, conn := range open {
			_ = conn.Close()
		}
	})
	return l.Addr().String()
}

// depHTTP is a web server where something else is expected.
func depHTTP(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// depClosed is an address that refuses connections.
func depClosed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func depShort() Base { return Base{Timeout: Duration(300 * time.Millisecond)} }

// depRude is a listener that hangs up on everybody.
func depRude(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			// What was sent is read first, or the hang-up would be a reset.
			_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, _ = conn.Read(make([]byte, 1024))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}
