package probe

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

// Peer is a server that a check talks to in the server's own protocol. It
// remembers what was seen of the connection, so that a failure can be sorted:
// no such name, refused, silent, or something else behind the port.
type Peer struct {
	Product string // Redis, PostgreSQL, MySQL: who is expected there
	Address string
	Network *Network
	TLS     *tls.Config // when set, the connection begins with a TLS handshake

	mu    sync.Mutex
	tap   *wire.Tap
	conns []net.Conn
	open  bool // a TCP connection came about
	shut  bool
}

// errShut ends what a driver still tries in the background.
var errShut = errors.New("the check has ended")

// Dial connects. Drivers use it instead of their own dialler.
func (p *Peer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.Network.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	tap := &wire.Tap{Conn: conn}
	if !p.keep(tap) {
		_ = conn.Close()
		return nil, errShut
	}
	if p.TLS == nil {
		return tap, nil
	}
	config := p.TLS.Clone()
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
func (p *Peer) keep(tap *wire.Tap) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return false
	}
	p.tap, p.open = tap, true
	p.conns = append(p.conns, tap)
	return true
}

// End closes every connection that a driver may still hold, and lets it make
// no further one: drivers tidy up in the background for longer than a check.
func (p *Peer) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// Head is the beginning of what the server said, before any decryption.
func (p *Peer) Head() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tap == nil {
		return nil
	}
	return p.tap.Head()
}

// Broke is the error that ended the last connection.
func (p *Peer) Broke() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tap == nil || p.tap.Err() == nil {
		return io.ErrUnexpectedEOF
	}
	return p.tap.Err()
}

// Speaks names the protocol of what answered, "" when that is not known.
func (p *Peer) Speaks() string { return wire.Speaks(p.Head()) }

// provokeWait bounds the second look at a server that stayed silent.
const provokeWait = 200 * time.Millisecond

// provoke sends a line that most text protocols answer at once, to a server
// that did not answer what was expected there. It asks for nothing.
func (p *Peer) provoke(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), provokeWait)
	defer cancel()
	conn, err := p.Network.Dial(ctx, "tcp", p.Address)
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

// shakesHands reports whether the address answers a TLS handshake: servers that
// expect one close the connection on plain text without an answer.
func (p *Peer) shakesHands(ctx context.Context) bool {
	conn, err := p.Network.Dial(ctx, "tcp", p.Address)
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
func (p *Peer) alert(ctx context.Context, t Failure) error {
	if p.TLS == nil || t.Class != FailReset {
		return nil
	}
	conn, err := p.Dial(ctx, "tcp", p.Address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(provokeWait))
	_, err = conn.Read(make([]byte, 1))
	return err
}

// connected reports whether a TCP connection came about.
func (p *Peer) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// Reason sorts the ways in which a server cannot be used. Each kind maps it to
// a rule of its own.
type Reason int

const (
	// ReasonUnreachable: no connection, or something else answers.
	ReasonUnreachable Reason = iota
	// ReasonAuth: the server refuses the login, or a permission is missing.
	ReasonAuth
	// ReasonReadOnly: the server takes no writes.
	ReasonReadOnly
	// ReasonExhausted: the server takes no further connection.
	ReasonExhausted
)

// PeerFailure is why a server could not be used, in an operator's words.
type PeerFailure struct {
	Reason     Reason
	Text, Hint string
	Retry      gate.Retry
	// Err is set instead when nothing can be said of the target.
	Err error
}

// After puts what led to the server before the hint, "" for nothing: the address
// that failed may not be the one that the operator wrote.
func (f PeerFailure) After(note string) PeerFailure {
	if note != "" {
		f.Hint = note + "; " + f.Hint
	}
	return f
}

// Unreachable sorts an error of the connection itself.
func (p *Peer) Unreachable(ctx context.Context, err error, timeout time.Duration) PeerFailure {
	t := Classify(err)
	f := PeerFailure{Reason: ReasonUnreachable, Text: t.Text, Retry: t.Retry()}
	speaks := p.Speaks()
	if alert := p.alert(ctx, t); wantsClientCertificate(alert) {
		t = Classify(alert)
		err, f.Text, f.Retry = alert, t.Text, t.Retry()
	}
	if speaks == "" && t.Class == FailTimeout && p.connected() && p.TLS == nil {
		speaks = p.provoke(ctx)
	}
	switch {
	case p.TLS != nil && t.Class == FailTLS && speaks != wire.TLS && speaks != "":
		f.Text = fmt.Sprintf("the port speaks %s without TLS", speaks)
		f.Hint = "give the URL without TLS, or switch TLS on in the server"
	case p.TLS == nil && (speaks == wire.TLS || t.Class == FailReset && p.shakesHands(ctx)):
		f.Text, f.Retry = "the port speaks TLS", gate.RetryNever
		f.Hint = "give the URL with TLS (rediss://, sslmode=require, tls=true)"
	case speaks != "" && speaks != p.Product && speaks != wire.TLS:
		f.Text, f.Retry = fmt.Sprintf("what listens there speaks %s, not %s", speaks, p.Product), gate.RetryNever
		f.Hint = "check host and port: another server listens there"
	case t.Class == FailTLS && wantsClientCertificate(err):
		f.Hint = "give the client's with --client-cert and --client-key"
	case t.Class == FailTLS:
		f.Hint = "fix the certificate, or pass the authority with --ca-cert"
	case t.Class == FailDNS:
		f.Hint = "check the name, run the gate inside the network that knows it, or use --resolve"
	case t.Class == FailRefused:
		f.Hint = "start the service (docker compose ps), and check host, port and the address that it listens on"
	case t.Class == FailTimeout && p.connected() && p.TLS != nil && len(p.Head()) == 0:
		f.Text = fmt.Sprintf("nothing answered the TLS handshake within %s", timeout)
		f.Hint = "the port may speak " + p.Product + " without TLS: give the URL without TLS, or switch TLS on in the server"
	case t.Class == FailTimeout && p.connected():
		f.Text = fmt.Sprintf("the connection stands, but nothing was answered within %s", timeout)
		f.Hint = "the server hangs or is overloaded, or another one stands behind the port; look at its log"
	case t.Class == FailTimeout, t.Class == FailUnreachable:
		f.Text = fmt.Sprintf("no connection within %s", timeout)
		if t.Class == FailUnreachable {
			f.Text = t.Text
		}
		f.Hint = "check firewalls, security groups and the route to the host"
	case t.Class == FailReset:
		f.Hint = "the server, or a proxy in front of it, closes connections from here; look at its log and its list of allowed clients"
	default:
		f.Hint = "check host, port and the server's log"
	}
	return f
}
