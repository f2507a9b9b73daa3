// Package wire tells what a server speaks by the first bytes that it sends, so
// that a check whose protocol nobody understood can name what it found.
package wire

import (
	"bytes"
	"net"
	"sync"
)

// headSize is how much of what a server sends is kept.
const headSize = 128

// Tap is a connection that keeps the first bytes read from it.
type Tap struct {
	net.Conn
	mu   sync.Mutex
	head []byte
	err  error
}

// Read reads from the connection and keeps the first bytes.
func (t *Tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := headSize - len(t.head); room > 0 {
		t.head = append(t.head, b[:min(n, room)]...)
	}
	if err != nil && t.err == nil {
		t.err = err
	}
	return n, err
}

// Head returns the first bytes that were read.
func (t *Tap) Head() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.head)
}

// Err returns the first error of reading.
func (t *Tap) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// The protocols that Speaks knows, in the words of a finding.
const (
	HTTP     = "HTTP"
	TLS      = "TLS"
	SSH      = "SSH"
	SMTP     = "SMTP"
	Redis    = "Redis"
	Postgres = "PostgreSQL"
	MySQL    = "MySQL"
)

// Speaks names the protocol of a server by its first bytes, or returns "".
func Speaks(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("HTTP/")), bytes.HasPrefix(bytes.ToLower(head), []byte("<!doctype html")), bytes.HasPrefix(bytes.ToLower(head), []byte("<html")):
		return HTTP
	case len(head) > 2 && (head[0] == 0x15 || head[0] == 0x16) && head[1] == 3 && head[2] <= 4:
		return TLS // an alert or a handshake record (RFC 8446, 5.1)
	case bytes.HasPrefix(head, []byte("SSH-")):
		return SSH
	case bytes.HasPrefix(head, []byte("220 ")), bytes.HasPrefix(head, []byte("220-")):
		return SMTP
	case mysqlGreeting(head):
		return MySQL
	case bytes.HasPrefix(head, []byte("-ERR")), bytes.HasPrefix(head, []byte("-NOAUTH")), bytes.HasPrefix(head, []byte("-DENIED")), bytes.HasPrefix(head, []byte("+OK\r\n")), bytes.HasPrefix(head, []byte("+PONG")):
		return Redis
	case postgresError(head):
		return Postgres
	}
	return ""
}

// mysqlGreeting matches the first packet of MySQL and MariaDB: a length of
// three bytes, sequence number 0, protocol 10 or an error (255).
func mysqlGreeting(head []byte) bool {
	return len(head) > 5 && head[2] == 0 && head[3] == 0 && (head[4] == 10 || head[4] == 255) && head[0] > 5
}

// postgresError matches PostgreSQL's ErrorResponse: E, a length of four bytes,
// and the field S; to what is no start-up packet it answers with that.
func postgresError(head []byte) bool {
	return len(head) > 5 && head[0] == 'E' && head[1] == 0 && head[5] == 'S'
}
