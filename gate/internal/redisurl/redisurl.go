// Package redisurl reads the URLs that name a Redis: those of redis-py and
// Celery, which Dify is configured with.
//
//	redis://[user[:password]@]host[:port][,host[:port]…][/db][?ssl_cert_reqs=none]
//	rediss://…                                              over TLS
//	redis+sentinel://[user:password@]host[:port],…/master[/db]
//	rediss+sentinel://…, sentinel://…
//	sentinel://:pw@host:26379/0;sentinel://host2:26379/0    Celery's list; master given apart
//
// Errors never hold the URL, for it holds a password.
package redisurl

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// The default ports of a server and of a sentinel.
const (
	ServerPort   = "6379"
	SentinelPort = "26379"
)

// Target is what a URL names.
type Target struct {
	Addresses []string // host:port, at least one; the sentinels when Sentinel is set
	Sentinel  bool
	Master    string // the name that the sentinels know the master by
	DB        int
	User      string
	Password  string
	TLS       bool
	// SkipVerify: the certificate is not checked (ssl_cert_reqs=none).
	SkipVerify bool
}

// Parse reads a URL.
func Parse(raw string) (Target, error) {
	var t Target
	for i, part := range strings.Split(strings.TrimSpace(raw), ";") {
		next, err := parse(strings.TrimSpace(part))
		if err != nil {
			return Target{}, err
		}
		if i == 0 {
			t = next
			continue
		}
		t.Addresses = append(t.Addresses, next.Addresses...)
		if t.Password == "" {
			t.User, t.Password = next.User, next.Password
		}
	}
	return t, nil
}

func parse(raw string) (Target, error) {
	var t Target
	scheme, rest, _ := strings.Cut(raw, "://")
	switch strings.ToLower(scheme) {
	case "redis":
	case "rediss":
		t.TLS = true
	case "sentinel", "redis+sentinel":
		t.Sentinel = true
	case "rediss+sentinel":
		t.Sentinel, t.TLS = true, true
	default:
		return t, fmt.Errorf("scheme %q: want redis, rediss, sentinel, redis+sentinel or rediss+sentinel", schemeOf(raw))
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if err := t.credentials(authority[:at]); err != nil {
			return t, err
		}
		authority = authority[at+1:]
	}
	if err := t.hosts(authority); err != nil {
		return t, err
	}
	path, query, _ := strings.Cut(tail, "?")
	if err := t.path(strings.Trim(path, "/")); err != nil {
		return t, err
	}
	return t, t.query(query)
}

// schemeOf is what may be printed of a URL that was not understood.
func schemeOf(raw string) string {
	scheme, _, ok := strings.Cut(raw, "://")
	if !ok {
		return ""
	}
	return scheme
}

func (t *Target) credentials(userinfo string) error {
	user, password, _ := strings.Cut(userinfo, ":")
	var err1, err2 error
	t.User, err1 = url.PathUnescape(user)
	t.Password, err2 = url.PathUnescape(password)
	if err1 != nil || err2 != nil {
		return errors.New("user or password: a % that is not followed by two hexadecimal digits, want it written as %25")
	}
	return nil
}

func (t *Target) hosts(list string) error {
	port := ServerPort
	if t.Sentinel {
		port = SentinelPort
	}
	for _, h := range strings.Split(list, ",") {
		address, err := withPort(strings.TrimSpace(h), port)
		if err != nil {
			return err
		}
		t.Addresses = append(t.Addresses, address)
	}
	return nil
}

// withPort adds the default port where there is none.
func withPort(h, port string) (string, error) {
	host, given, err := net.SplitHostPort(h)
	if err != nil {
		host, given = strings.Trim(h, "[]"), port
	}
	if host == "" {
		return "", errors.New("no host, want redis://HOST:PORT/DB; a / or # of a password has to be written as %2F or %23")
	}
	if n, err := strconv.Atoi(given); err != nil || n < 1 || n > 65535 {
		// What stands there may be part of a password with an unescaped / or #.
		return "", errors.New("the port is no number from 1 to 65535; a / or # of a password has to be written as %2F or %23")
	}
	return net.JoinHostPort(host, given), nil
}

// path reads /db, or /master[/db] for sentinels.
func (t *Target) path(path string) error {
	db := path
	if t.Sentinel {
		name, rest, _ := strings.Cut(path, "/")
		if _, err := strconv.Atoi(name); err == nil && rest == "" {
			name, rest = "", name // Celery gives the master's name apart
		}
		t.Master, db = name, rest
	}
	return t.database(db)
}

func (t *Target) database(db string) error {
	if db == "" {
		return nil
	}
	n, err := strconv.Atoi(db)
	if err != nil || n < 0 {
		return errors.New("the path is no number of a database, want redis://HOST:PORT/0")
	}
	t.DB = n
	return nil
}

func (t *Target) query(raw string) error {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return errors.New("the query after ? is not understood")
	}
	for _, key := range []string{"master", "master_name", "service_name"} {
		if v := q.Get(key); v != "" && t.Sentinel {
			t.Master = v
		}
	}
	switch strings.ToLower(q.Get("ssl_cert_reqs")) {
	case "none", "cert_none":
		t.SkipVerify = true
	}
	if strings.EqualFold(q.Get("ssl"), "true") {
		t.TLS = true
	}
	return t.database(q.Get("db"))
}
