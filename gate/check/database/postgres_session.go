package database

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
	"github.com/dify-gate/dify-gate/gate/internal/wire"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// postgresSession is one connection with one read-only transaction on it. It
// speaks by pgconn: pgx above it knows every type of PostgreSQL, 2 MB of which
// the gate reads text.
type postgresSession struct {
	*probe.Peer
	target  sqlurl.Target
	timeout time.Duration
	conn    *pgconn.PgConn
}

func newPostgresSession(network *probe.Network, target sqlurl.Target, timeout time.Duration) *postgresSession {
	return &postgresSession{
		Peer:   &probe.Peer{Product: wire.Postgres, Address: target.Address, Network: network},
		target: target, timeout: timeout,
	}
}

// maxMessage bounds what a server may send in one message.
const maxMessage = 4 << 20

// config builds what pgconn connects with. Credentials are set as fields, so that
// no error of the parser can hold them.
func (s *postgresSession) config() (*pgconn.Config, error) {
	query := url.Values{}
	for _, key := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation", "options", "target_session_attrs"} {
		if v := s.target.Query.Get(key); v != "" {
			query.Set(key, v)
		}
	}
	address := s.target.Address
	if s.target.Socket() {
		dir, file := path.Split(address)
		query.Set("host", dir)
		query.Set("port", strings.TrimPrefix(path.Ext(file), "."))
		address = ""
	}
	u := url.URL{Scheme: "postgres", Host: address, Path: "/" + s.target.Database, RawQuery: query.Encode()}
	c, err := pgconn.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("the url's parameters are not understood: %s", probe.LastPart(err))
	}
	c.User, c.Password = s.target.User, s.target.Password
	c.DialFunc = s.Dial
	// Names are left to the network's dialler, which knows --resolve.
	c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	c.ConnectTimeout, c.MaxProtocolMessageBodyLen = s.timeout, maxMessage
	c.RuntimeParams["application_name"] = ownName
	s.trust(c.TLSConfig, query.Get("sslrootcert") != "")
	for _, f := range c.Fallbacks {
		s.trust(f.TLSConfig, query.Get("sslrootcert") != "")
	}
	return c, nil
}

// trust gives the connection's TLS the gate's own authorities and client certificate.
// Whether the server is verified stays what sslmode says.
func (s *postgresSession) trust(c *tls.Config, ownRoots bool) {
	if c == nil {
		return
	}
	own := s.Network.TLS
	if !ownRoots {
		c.RootCAs = own.RootCAs
	}
	if len(c.Certificates) == 0 {
		c.Certificates = own.Certificates
	}
	if own.InsecureSkipVerify {
		c.InsecureSkipVerify, c.VerifyPeerCertificate = true, nil
	}
}

// open connects and begins the transaction.
func (s *postgresSession) open(ctx context.Context) error {
	config, err := s.config()
	if err != nil {
		return err
	}
	if s.conn, err = pgconn.ConnectConfig(ctx, config); err != nil {
		return err
	}
	// Shorter than the check's own, so that the server says what it waits for.
	ms := s.timeout.Milliseconds()
	if _, err = s.rows(ctx, "begin read only"); err != nil {
		return err
	}
	_, err = s.rows(ctx, fmt.Sprintf("set local statement_timeout = %d; set local lock_timeout = %d", ms*3/4, ms/2))
	return err
}

// rows returns the rows of a query as text, NULL as "". By the simple protocol
// it prepares nothing, so that poolers in between will do.
func (s *postgresSession) rows(ctx context.Context, query string) ([][]string, error) {
	results, err := s.conn.Exec(ctx, query).ReadAll()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, values := range results[len(results)-1].Rows {
		row := make([]string, len(values))
		for i, value := range values {
			row[i] = string(value)
		}
		out = append(out, row)
	}
	return out, nil
}

// row scans the only row of a query into strings, ints and bools.
func (s *postgresSession) row(ctx context.Context, query string, to ...any) error {
	rows, err := s.rows(ctx, query)
	if err != nil {
		return err
	}
	if len(rows) != 1 || len(rows[0]) != len(to) {
		return fmt.Errorf("the server answered %d rows to a query for one", len(rows))
	}
	for i, text := range rows[0] {
		switch to := to[i].(type) {
		case *string:
			*to = text
		case *bool:
			*to = text == "t"
		case *int:
			if *to, err = strconv.Atoi(text); err != nil {
				return fmt.Errorf("the server answered %s, want a number", quote.Clip(text))
			}
		}
	}
	return nil
}

// close ends the transaction and the connection.
func (s *postgresSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.conn != nil {
		_, _ = s.rows(ctx, "rollback")
		_ = s.conn.Close(ctx)
	}
	s.End()
}

// failure sorts an error of connecting or reading.
func (s *postgresSession) failure(ctx context.Context, err error) probe.PeerFailure {
	var reply *pgconn.PgError
	if errors.As(err, &reply) {
		return postgresReplyFailure(reply, s.target)
	}
	if strings.HasPrefix(err.Error(), "the url's parameters") {
		return probe.PeerFailure{Err: err}
	}
	f := s.Unreachable(ctx, err, s.timeout)
	if s.Speaks() == "" && strings.Contains(err.Error(), "refused TLS connection") {
		f.Text, f.Hint = "the server does not offer TLS, which sslmode asks for", "switch ssl on in the server, or use sslmode=prefer"
	}
	return f
}

// postgresReplyFailure words the error codes that keep the gate from reading
// (PostgreSQL manual, appendix A).
func postgresReplyFailure(e *pgconn.PgError, t sqlurl.Target) probe.PeerFailure {
	code := e.Code
	switch {
	// PgBouncer before 1.19 has one code for all (src/client.c, disconnect_client).
	case code == "08P01" && strings.Contains(e.Message, "authentication failed"):
		code = "28P01"
	case code == "08P01" && strings.HasPrefix(e.Message, "no such database"):
		code = "3D000"
	}
	switch code {
	case "28P01":
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: refusedLogin(t), Hint: "compare DB_USERNAME and DB_PASSWORD with the server's role; POSTGRES_PASSWORD only counts when the data directory is first created"}
	case "28000":
		hint := "create the role with LOGIN, or correct DB_USERNAME"
		if strings.Contains(e.Message, "pg_hba") {
			hint = "allow the client's address and user in pg_hba.conf, and use TLS if the matching line requires it (sslmode=require)"
		}
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: "the login was refused (" + quote.Clip(e.Message) + ")", Hint: hint}
	case "42501":
		return probe.PeerFailure{Reason: probe.ReasonAuth, Text: "user lacks a permission (" + quote.Clip(e.Message) + ")", Hint: fmt.Sprintf("grant it to %q; reading needs no more than CONNECT and SELECT", t.User)}
	case "3D000":
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: fmt.Sprintf("the server has no database %q", t.Database), Hint: "correct the name (DB_DATABASE), or create the database and run the migrations"}
	case "53300":
		return probe.PeerFailure{Reason: probe.ReasonExhausted, Text: e.Message, Retry: gate.RetrySoon}
	case "57P03":
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "the server is not ready (" + quote.Clip(e.Message) + ")", Hint: "wait until it has started; --wait keeps retrying", Retry: gate.RetrySoon}
	case "55P03":
		return probe.PeerFailure{Err: errors.New("a lock blocks the table: a migration is running, or a transaction was left open; see pg_locks and pg_stat_activity"), Retry: gate.RetrySoon}
	case "57014":
		return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: "reading its tables took longer than the timeout", Hint: "the server is overloaded, or something holds a lock: see pg_locks", Retry: gate.RetryTimeout}
	}
	return probe.PeerFailure{Reason: probe.ReasonUnreachable, Text: fmt.Sprintf("the server answered %s (%s)", quote.Clip(e.Message), e.Code), Hint: "look up the code in PostgreSQL's manual, and read the server's log"}
}

// secondsOf makes a duration of a number of seconds.
func secondsOf(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
