// Package sqlurl reads the URLs that name a PostgreSQL or MySQL database, as
// SQLAlchemy, libpq and Dify's settings write them:
//
//	postgres://user:password@host:5432/database?sslmode=require
//	postgresql+psycopg2://…   mysql://…   mysql+pymysql://…   mariadb://…
//	postgres://user@/database?host=/run/postgresql              a socket's folder
//	mysql+pymysql://user@/database?unix_socket=/run/mysqld/mysqld.sock
//	postgres://user@host1:5432,host2:5432/database              libpq tries each
//
// Errors never hold the URL, for it holds a password.
package sqlurl

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Engine is the sort of a database.
type Engine string

// The engines.
const (
	Postgres Engine = "postgres"
	MySQL    Engine = "mysql"
)

// Port is the engine's default port.
func (e Engine) Port() string {
	if e == MySQL {
		return "3306"
	}
	return "5432"
}

// Target is what a URL names.
type Target struct {
	Engine   Engine
	Address  string // host:port, several of them by commas, or the path of a Unix socket
	User     string
	Password string
	Database string
	Query    url.Values
}

// Label names the database without its credentials.
func (t Target) Label() string { return t.Address + "/" + t.Database }

// Socket reports whether the address is the path of a Unix socket.
func (t Target) Socket() bool { return strings.HasPrefix(t.Address, "/") }

// Host is the address's host.
func (t Target) Host() string {
	host, _, _ := net.SplitHostPort(t.Address)
	return host
}

// Parse reads a URL.
func Parse(raw string) (Target, error) {
	var t Target
	scheme, rest, ok := strings.Cut(strings.TrimSpace(raw), "://")
	dialect, _, _ := strings.Cut(strings.ToLower(scheme), "+")
	switch {
	case !ok:
		return t, errors.New("no scheme, want postgres://USER:PASSWORD@HOST:PORT/DATABASE or mysql://…")
	case dialect == "postgres", dialect == "postgresql":
		t.Engine = Postgres
	case dialect == "mysql", dialect == "mariadb":
		t.Engine = MySQL
	default:
		return t, fmt.Errorf("scheme %q: want postgres, postgresql or mysql", scheme)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, password, _ := strings.Cut(authority[:at], ":")
		authority = authority[at+1:]
		var err1, err2 error
		t.User, err1 = url.PathUnescape(user)
		t.Password, err2 = url.PathUnescape(password)
		if err1 != nil || err2 != nil {
			return t, errors.New("user or password: a % that is not followed by two hexadecimal digits, want it written as %25")
		}
	}
	path, query, _ := strings.Cut(tail, "?")
	var err error
	if t.Database, err = url.PathUnescape(strings.Trim(path, "/")); err != nil || strings.ContainsAny(t.Database, "@/") {
		return t, errors.New("the path is no name of a database; a / or # of a password has to be written as %2F or %23")
	}
	if t.Query, err = url.ParseQuery(query); err != nil {
		return t, errors.New("the query after ? is not understood")
	}
	return t, t.address(authority)
}

// address sets host and port, or the socket; libpq takes both from the query,
// too, as it does user and password.
func (t *Target) address(authority string) error {
	if t.Engine == Postgres {
		t.User, t.Password = or(t.User, t.Query.Get("user")), or(t.Password, t.Query.Get("password"))
		authority = or(authority, t.Query.Get("host"))
	}
	hosts := []string{authority}
	if t.Engine == Postgres {
		hosts = strings.Split(authority, ",")
	}
	for i, h := range hosts {
		address, err := t.one(h)
		if err != nil {
			return err
		}
		hosts[i] = address
	}
	t.Address = strings.Join(hosts, ",")
	return nil
}

// one completes a single host, or the folder of a socket.
func (t *Target) one(authority string) (string, error) {
	host, port, err := net.SplitHostPort(authority)
	if err != nil {
		host, port = strings.Trim(authority, "[]"), t.Query.Get("port")
	}
	port = or(port, t.Engine.Port())
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", errors.New("the port is no number from 1 to 65535; a / or # of a password has to be written as %2F or %23")
	}
	switch socket := t.Query.Get("unix_socket"); {
	case t.Engine == MySQL && strings.HasPrefix(socket, "/"):
		return socket, nil
	case t.Engine == Postgres && strings.HasPrefix(host, "/"):
		return strings.TrimSuffix(host, "/") + "/.s.PGSQL." + port, nil // as libpq names it
	case host == "" || strings.Contains(host, "/"):
		return "", errors.New("no host, want SCHEME://USER:PASSWORD@HOST:PORT/DATABASE; a / or # of a password has to be written as %2F or %23")
	}
	return net.JoinHostPort(host, port), nil
}

// or returns the first text that is not empty.
func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
