package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/wire"
)

// peer is a server that a check talks to in the server's own protocol. It
// remembers what was seen of the connection, so that a failure can be told
// apart: no such name, refused, silent, or something else behind the port.
type peer struct {
	product string // Redis, PostgreSQL, MySQL: who is expected there
	address string
	network *Network
	tls     *tls.Config // when set, the connection begins with a TLS handshake

	mu    sync.Mutex
	tap   *wire.Tap
	conns []net.Conn
	open  bool // a TCP connection came about
	shut  bool
}

// errShut ends what a driver still tries in the background.
var errShut = errors.New("the check has ended")

// dial connects; it is what drivers are given in the place of their own.
func (p *peer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.network.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	tap := &wire.Tap{Conn: conn}
	if !p.keep(tap) {
		_ = conn.Close()
		return nil, errShut
	}
	if p.tls == nil {
		return tap, nil
	}
	config := p.tls.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	secure := tls.Client(tap, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// keep remembers a connection, unless the check has ended.
func (p *peer) keep(tap *wire.Tap) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return false
	}
	p.tap, p.open = tap, true
	p.conns = append(p.conns, tap)
	return true
}

// end closes every connection that a driver may still hold, and lets it make
// no further one: drivers tidy up in the background for longer than a check.
func (p *peer) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// head is the beginning of what the server said, before any decryption.
func (p *peer) head() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tap == nil {
		return nil
	}
	return p.tap.Head()
}

// broke is the error that ended the last connection.
func (p *peer) broke() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tap == nil || p.tap.Err() == nil {
		return io.ErrUnexpectedEOF
	}
	return p.tap.Err()
}

// speaks names the protocol of what answered, "" when that is not known.
func (p *peer) speaks() string { return wire.Speaks(p.head()) }

// provokeWait bounds the second look at a server that stayed silent.
const provokeWait = 200 * time.Millisecond

// provoke sends a line that most text protocols answer at once, to a server
// that did not answer what was expected there. It asks for nothing.
func (p *peer) provoke(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), provokeWait)
	defer cancel()
	conn, err := p.network.Dial(ctx, "tcp", p.address)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(provokeWait))
	if _, err := conn.Write([]byte("HEAD / HTTP/1.0\r\n\r\n")); err != nil {
		return ""
	}
	head := make([]byte, 64)
	n, _ := conn.Read(head)
	return wire.Speaks(head[:n])
}

// shakesHands tells whether the address answers a TLS handshake: servers that
// expect one hang up on plain text without a word.
func (p *peer) shakesHands(ctx context.Context) bool {
	conn, err := p.network.Dial(ctx, "tcp", p.address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	config := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // only whether it is TLS is asked; nothing is sent over it
	return tls.Client(conn, config).HandshakeContext(ctx) == nil
}

// alert is what a server says after a TLS handshake that seemed to end well, and
// before it resets the connection: with TLS 1.3 it looks at the client's
// certificate only then, and what the client writes meanwhile loses the alert.
func (p *peer) alert(ctx context.Context, t trouble) error {
	if p.tls == nil || t.class != troubleReset {
		return nil
	}
	conn, err := p.dial(ctx, "tcp", p.address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(provokeWait))
	_, err = conn.Read(make([]byte, 1))
	return err
}

func (p *peer) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// failure is why a server could not be used, in an operator's words. rule is
// the part after the slash, so that kinds may share it.
type failure struct {
	rule, text, hint string
	retry            gate.Retry
	// err is set instead when nothing can be said of the target.
	err error
}

// after puts what led to the server before the hint, "" for nothing: the address
// that failed may not be the one that the operator wrote.
func (f failure) after(note string) failure {
	if note != "" {
		f.hint = note + "; " + f.hint
	}
	return f
}

// unreachable sorts an error of the connection itself.
func (p *peer) unreachable(ctx context.Context, err error, timeout time.Duration) failure {
	t := classify(err)
	f := failure{rule: "unreachable", text: t.text, retry: t.retry()}
	speaks := p.speaks()
	if alert := p.alert(ctx, t); wantsClientCertificate(alert) {
		t = classify(alert)
		err, f.text, f.retry = alert, t.text, t.retry()
	}
	if speaks == "" && t.class == troubleTimeout && p.connected() && p.tls == nil {
		speaks = p.provoke(ctx)
	}
	switch {
	case p.tls != nil && t.class == troubleTLS && speaks != wire.TLS && speaks != "":
		f.text = fmt.Sprintf("the port speaks %s without TLS", speaks)
		f.hint = "give the URL without TLS, or switch TLS on in the server"
	case p.tls == nil && (speaks == wire.TLS || t.class == troubleReset && p.shakesHands(ctx)):
		f.text, f.retry = "the port speaks TLS", gate.RetryNever
		f.hint = "give the URL with TLS (rediss://, sslmode=require, tls=true)"
	case speaks != "" && speaks != p.product && speaks != wire.TLS:
		f.text, f.retry = fmt.Sprintf("what listens there speaks %s, not %s", speaks, p.product), gate.RetryNever
		f.hint = "check host and port: another server stands behind the port"
	case t.class == troubleTLS && wantsClientCertificate(err):
		f.hint = "give the client's with --client-cert and --client-key"
	case t.class == troubleTLS:
		f.hint = "mend the certificate, or give the authority with --ca-cert"
	case t.class == troubleDNS:
		f.hint = "check the name, run the gate inside the network that knows it, or use --resolve"
	case t.class == troubleRefused:
		f.hint = "start the service (docker compose ps), and check host, port and the address that it listens on"
	case t.class == troubleTimeout && p.connected() && p.tls != nil && len(p.head()) == 0:
		f.text = fmt.Sprintf("nothing answered the TLS handshake within %s", timeout)
		f.hint = "the port may speak " + p.product + " without TLS: give the URL without TLS, or switch TLS on in the server"
	case t.class == troubleTimeout && p.connected():
		f.text = fmt.Sprintf("the connection stands, but nothing was answered within %s", timeout)
		f.hint = "the server hangs or is overloaded, or another one stands behind the port; look at its log"
	case t.class == troubleTimeout, t.class == troubleUnreachable:
		f.text = fmt.Sprintf("no connection within %s", timeout)
		if t.class == troubleUnreachable {
			f.text = t.text
		}
		f.hint = "check firewalls, security groups and the route to the host"
	case t.class == troubleReset:
		f.hint = "the server, or a proxy in front of it, closes connections from here; look at its log and its list of allowed clients"
	default:
		f.hint = "check host, port and the server's log"
	}
	return f
}

// result makes the result of a check that could not use its server.
func (f failure) result(kind, subject string, rules []gate.Rule, want string) gate.Result {
	if f.err != nil {
		return gate.Result{Err: f.err, Retry: f.retry}
	}
	found := finding(rules, kind+"/"+f.rule, fmt.Sprintf("%s: %s, want %s", subject, f.text, want), f.hint)
	found.Subject, found.Symptom = subject, gate.SymptomDown
	return gate.Result{Findings: []gate.Finding{found}, Retry: f.retry, Evidence: map[string]any{"error": f.text}}
}
