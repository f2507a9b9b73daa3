package testserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// PostgresUser and PostgresPassword are the superuser of a server.
const (
	PostgresUser     = "postgres"
	PostgresPassword = "sesame-postgres"
)

// Postgres is a PostgreSQL server that runs.
type Postgres struct {
	*Process
	t       testing.TB
	Port    int
	Address string // host:port
	data    string
}

// StartPostgres starts a PostgreSQL server that logs every statement, with
// further lines of postgresql.conf. Making its data directory takes a second
// or more: share a server among the parts of a test.
func StartPostgres(t testing.TB, config ...string) *Postgres {
	t.Helper()
	initdb := Find(t, "initdb")
	dir := Dir(t, "postgres")
	password := filepath.Join(dir, "password")
	p := &Postgres{t: t, Port: Port(t), data: filepath.Join(dir, "data")}
	p.Address = loopback(p.Port)
	if err := os.WriteFile(password, []byte(PostgresPassword), 0o644); err != nil { //nolint:gosec // read by another user
		t.Fatal(err)
	}
	Run(t, Command{Path: initdb, Dir: dir, User: "postgres", Args: []string{
		"-D", p.data, "-U", PostgresUser, "--pwfile", password, "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync",
	}})
	p.run(config)
	return p
}

// run starts the server on its data directory.
func (p *Postgres) run(config []string) {
	p.t.Helper()
	lines := append([]string{
		fmt.Sprintf("port = %d", p.Port), "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''",
		"fsync = off", "synchronous_commit = off", "full_page_writes = off", "shared_buffers = 16MB",
		"log_statement = all", "log_line_prefix = '%a|%u|'",
	}, config...)
	if err := appendFile(filepath.Join(p.data, "postgresql.conf"), strings.Join(lines, "\n")+"\n"); err != nil {
		p.t.Fatal(err)
	}
	p.Process = Start(p.t, Command{Path: Find(p.t, "postgres"), Args: []string{"-D", p.data}, Dir: p.data, User: "postgres"})
	p.Wait(func() error {
		if !strings.Contains(p.Log(), "ready to accept") {
			return fmt.Errorf("not ready")
		}
		return nil
	})
}

// Replica starts a second server that follows this one.
func (p *Postgres) Replica() *Postgres {
	p.t.Helper()
	dir := Dir(p.t, "postgres")
	r := &Postgres{t: p.t, Port: Port(p.t), data: filepath.Join(dir, "data")}
	r.Address = loopback(r.Port)
	Run(p.t, Command{
		Path: Find(p.t, "pg_basebackup"), Dir: dir, User: "postgres", Env: []string{"PGPASSWORD=" + PostgresPassword},
		Args: []string{"-h", "127.0.0.1", "-p", fmt.Sprint(p.Port), "-U", PostgresUser, "-D", r.data, "-R", "-c", "fast", "-X", "stream", "--no-sync"},
	})
	r.run(nil)
	return r
}

// URL names a database of the server, for the superuser or, with user and
// password, for another one.
func (p *Postgres) URL(database string, login ...string) string {
	user, password := PostgresUser, PostgresPassword
	if len(login) == 2 {
		user, password = login[0], login[1]
	}
	return fmt.Sprintf("postgres://%s:%s@%s/%s", user, password, p.Address, database)
}

// Exec runs SQL with psql as the superuser and returns what it prints.
func (p *Postgres) Exec(database, sql string) string {
	p.t.Helper()
	return strings.TrimSpace(Run(p.t, Command{Path: Find(p.t, "psql"), Args: []string{"-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, p.URL(database)}}))
}

// Hold opens a session that runs SQL and then stays open until the test ends
// or it is killed.
func (p *Postgres) Hold(url, sql string) *Process {
	p.t.Helper()
	h := Start(p.t, Command{Path: "/bin/sh", Args: []string{"-c", `(printf '%s\n' "$SQL" '\echo held'; exec sleep 600) | "$PSQL" -XqAt "$URL"`}, Env: []string{
		"SQL=" + sql, "URL=" + url, "PSQL=" + Find(p.t, "psql"),
	}})
	h.Wait(func() error {
		if !strings.Contains(h.Log(), "held") {
			return fmt.Errorf("not held")
		}
		return nil
	})
	return h
}

func appendFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	return f.Close()
}

// Secure restarts the server with TLS, on another port.
func (p *Postgres) Secure(cert Certificate) {
	p.t.Helper()
	p.Stop()
	key := filepath.Join(p.data, "server.key")
	pem, err := os.ReadFile(cert.Key)
	if err != nil {
		p.t.Fatal(err)
	}
	// PostgreSQL takes a key only from its own user and hidden from others.
	if err := os.WriteFile(key, pem, 0o600); err != nil {
		p.t.Fatal(err)
	}
	if c := credential(p.t, "postgres"); c != nil {
		if err := os.Chown(key, int(c.Uid), int(c.Gid)); err != nil {
			p.t.Fatal(err)
		}
	}
	p.Port = Port(p.t)
	p.Address = loopback(p.Port)
	p.run([]string{"ssl = on", "ssl_cert_file = '" + cert.Cert + "'", "ssl_key_file = '" + key + "'"})
}
