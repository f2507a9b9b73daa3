package testserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// MariaDBUser and MariaDBPassword are an account with all privileges.
const (
	MariaDBUser     = "admin"
	MariaDBPassword = "sesame-mariadb"
)

// MariaDB is a MariaDB server that runs.
type MariaDB struct {
	*Process
	t       testing.TB
	Port    int
	Address string // host:port
	dir     string
}

// StartMariaDB starts a MariaDB server with further options, each a flag of
// mariadbd. Share one among the parts of a test: it takes seconds to make.
func StartMariaDB(t testing.TB, options ...string) *MariaDB {
	t.Helper()
	server := Find(t, "mariadbd", "mysqld")
	install := Find(t, "mariadb-install-db", "mysql_install_db")
	m := &MariaDB{t: t, Port: Port(t), dir: Dir(t, "mysql")}
	m.Address = loopback(m.Port)
	data := filepath.Join(m.dir, "data")
	Run(t, Command{Path: install, Dir: m.dir, User: "mysql", Args: []string{
		"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
	}})
	init := filepath.Join(m.dir, "init.sql")
	script := fmt.Sprintf("grant all on *.* to '%s'@'%%' identified by '%s' with grant option;\n", MariaDBUser, MariaDBPassword)
	if err := os.WriteFile(init, []byte(script), 0o644); err != nil { //nolint:gosec // read by another user
		t.Fatal(err)
	}
	m.Process = Start(t, Command{Path: server, Dir: m.dir, User: "mysql", Args: append([]string{
		"--no-defaults", "--datadir=" + data, "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", m.Port),
		"--socket=" + filepath.Join(m.dir, "socket"), "--pid-file=" + filepath.Join(m.dir, "pid"), "--skip-name-resolve",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--skip-log-bin", "--init-file=" + init,
		"--general-log=1", "--general-log-file=" + m.log(),
	}, options...)})
	m.Wait(func() error {
		if !strings.Contains(m.Log(), "ready for connections") {
			return fmt.Errorf("not ready")
		}
		return nil
	})
	return m
}

func (m *MariaDB) log() string { return filepath.Join(m.dir, "general.log") }

// Statements returns the server's log of what it was sent.
func (m *MariaDB) Statements() string {
	m.t.Helper()
	b, err := os.ReadFile(m.log())
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// URL names a database of the server, for the account with all privileges or,
// with user and password, for another one.
func (m *MariaDB) URL(database string, login ...string) string {
	user, password := MariaDBUser, MariaDBPassword
	if len(login) == 2 {
		user, password = login[0], login[1]
	}
	return fmt.Sprintf("mysql://%s:%s@%s/%s", user, password, m.Address, database)
}

// Exec runs SQL and returns what it prints.
func (m *MariaDB) Exec(sql string) string {
	m.t.Helper()
	return strings.TrimSpace(Run(m.t, Command{Path: Find(m.t, "mariadb", "mysql"), Args: append(m.client(MariaDBUser, MariaDBPassword), "-e", sql)}))
}

func (m *MariaDB) client(user, password string) []string {
	return []string{"--no-defaults", "-h", "127.0.0.1", "-P", fmt.Sprint(m.Port), "-u", user, "-p" + password, "-N", "-B", "--unbuffered"}
}

// Hold opens a session that runs SQL and then stays open until the test ends
// or it is killed.
func (m *MariaDB) Hold(user, password, sql string) *Process {
	m.t.Helper()
	h := Start(m.t, Command{
		Path: "/bin/sh",
		Args: append([]string{"-c", `(printf '%s\n' "$SQL" "select 'held';"; exec sleep 600) | "$0" "$@"`, Find(m.t, "mariadb", "mysql")}, m.client(user, password)...),
		Env:  []string{"SQL=" + sql},
	})
	h.Wait(func() error {
		if !strings.Contains(h.Log(), "held") {
			return fmt.Errorf("not held")
		}
		return nil
	})
	return h
}
