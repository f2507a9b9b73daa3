package database

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
	"github.com/dify-gate/dify-gate/gate/internal/wire"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// mysqlSession is one connection with one read-only transaction on it.
type mysqlSession struct {
	*probe.Peer
	target  sqlurl.Target
	timeout time.Duration
	db      *sql.DB
	conn    *sql.Conn
	tx      *sql.Tx
}

func newMySQLSession(network *probe.Network, target sqlurl.Target, timeout time.Duration) *mysqlSession {
	return &mysqlSession{
		Peer:   &probe.Peer{Product: wire.MySQL, Address: target.Address, Network: network},
		target: target, timeout: timeout,
	}
}

// config builds what the driver connects with.
func (s *mysqlSession) config() *mysql.Config {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", s.target.Address, s.target.Database
	if s.target.Socket() {
		c.Net = "unix"
	}
	c.User, c.Passwd = s.target.User, s.target.Password
	c.DialFunc, c.Logger = s.Dial, &mysql.NopLogger{}
	c.MaxAllowedPacket = maxMessage
	c.Timeout, c.ReadTimeout, c.WriteTimeout = s.timeout, s.timeout, s.timeout
	if c.Net == "tcp" {
		c.TLS, c.AllowFallbackToPlaintext = s.encryption()
	}
	return c
}

// encryption reads what PyMySQL, mysqlclient and Go's driver call TLS:
// tls=true|skip-verify|preferred, ssl=true, ssl-mode=REQUIRED|VERIFY_CA|….
func (s *mysqlSession) encryption() (config *tls.Config, fallback bool) {
	q := s.target.Query
	mode := strings.ToLower(q.Get("tls") + q.Get("ssl") + strings.ReplaceAll(q.Get("ssl-mode")+q.Get("ssl_mode"), "_", "-"))
	config = s.Network.TLS.Clone()
	config.ServerName = s.target.Host()
	switch mode {
	case "true", "1", "verify-identity", "verify-ca":
		return config, false
	case "skip-verify", "required":
		config.InsecureSkipVerify = true //nolint:gosec // the URL asks for TLS without verification
		return config, false
	case "false", "0", "disabled":
		return nil, false
	}
	// As libmysqlclient has it: TLS where the server offers it, unverified.
	config.InsecureSkipVerify = true //nolint:gosec // nothing else is asked for
	return config, true
}

// open connects and begins the transaction.
func (s *mysqlSession) open(ctx context.Context) error {
	connector, err := mysql.NewConnector(s.config())
	if err != nil {
		return err
	}
	s.db = sql.OpenDB(connector)
	s.db.SetMaxOpenConns(1)
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if err := s.limit(ctx); err != nil {
		return err
	}
	s.tx, err = s.conn.BeginTx(ctx, readOnlyTx())
	return err
}

// limit sets the statement time-out of the session: MariaDB and MySQL have
// different variables for it, and of MySQL versions before 5.7.8 have none.
func (s *mysqlSession) limit(ctx context.Context) error {
	var version string
	if err := s.conn.QueryRowContext(ctx, "select version()").Scan(&version); err != nil {
		return err
	}
	// Shorter than the check's own, so that the server says that it gave up.
	limit := s.timeout * 3 / 4
	statement := fmt.Sprintf("set session max_execution_time = %d", limit.Milliseconds())
	if isMariaDB(version) {
		statement = fmt.Sprintf("set session max_statement_time = %.3f", limit.Seconds())
	}
	_, err := s.conn.ExecContext(ctx, statement)
	var reply *mysql.MySQLError
	if errors.As(err, &reply) && reply.Number == 1193 {
		return nil // no such variable
	}
	return err
}

// close ends the transaction and the connection.
func (s *mysqlSession) close() {
	if s.tx != nil {
		_ = s.tx.Rollback()
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	if s.db != nil {
		_ = s.db.Close()
	}
	s.End()
}

// failure sorts an error of connecting or reading.
func (s *mysqlSession) failure(ctx context.Context, err error) probe.PeerFailure {
	var reply *mysql.MySQLError
	switch {
	case errors.As(err, &reply):
		return mysqlReplyFailure(reply, s.target)
	case errors.Is(err, mysql.ErrNoTLS):
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "the server does not offer TLS, which the URL asks for", Hint: "switch TLS on in the server, or use tls=preferred"}
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrOldProtocol):
		if s.Speaks() == "" {
			return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "the server on this port does not speak MySQL", Hint: "check host and port: another server listens there"}
		}
	}
	if errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) {
		// The driver hides why a connection broke; the connection knows.
		if err = s.Broke(); ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	return s.Unreachable(ctx, err, s.timeout)
}

// mysqlReplyFailure words the error numbers that keep the gate from reading
// (MySQL manual, server error message reference).
func mysqlReplyFailure(e *mysql.MySQLError, t sqlurl.Target) probe.PeerFailure {
	switch e.Number {
	case 1045, 1698:
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: refusedLogin(t), Hint: "compare DB_USERNAME and DB_PASSWORD with the account; in MySQL an account is valid for certain client hosts only (select user, host from mysql.user)"}
	case 1130:
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: "the server allows no login from this host", Hint: "create the account for the client's network: 'user'@'%' or 'user'@'10.0.0.%'"}
	case 1044, 1142, 1143, 1227:
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: "the user lacks a permission (" + quote.Clip(e.Message) + ")", Hint: fmt.Sprintf("grant it to %q: GRANT SELECT ON the database", t.User)}
	case 4151, 3118: // MariaDB's number and MySQL's
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: fmt.Sprintf("the account of user %q is locked", t.User), Hint: "unlock it: ALTER USER … ACCOUNT UNLOCK"}
	case 1820, 1862:
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: fmt.Sprintf("the password of user %q has expired", t.User), Hint: "set a new one: ALTER USER … IDENTIFIED BY …, and DB_PASSWORD with it"}
	case 1049:
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: fmt.Sprintf("the server has no database %q", t.Database), Hint: "correct the name (DB_DATABASE), or create the database and run the migrations"}
	case 1040, 1203, 1226:
		return probe.PeerFailure{Reason: probe.ReasonExhausted, Text: e.Message, Retry: gate.RetrySoon}
	case 1129:
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "the server blocks this host after too many connection errors", Hint: "FLUSH HOSTS on the server, and find out what broke the connections"}
	case 3024, 1969:
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "reading its tables took longer than the timeout", Hint: "the server is overloaded, or something holds a lock, for example a running migration: SHOW FULL PROCESSLIST", Retry: gate.RetryTimeout}
	}
	return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: fmt.Sprintf("the server answered %s (%d)", quote.Clip(e.Message), e.Number), Hint: "look up the number in the server's manual, and read its log"}
}
