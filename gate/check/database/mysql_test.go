package database

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func mysqlSpec(url string) *MySQL {
	return &MySQL{DatabaseAccess: DatabaseAccess{URL: gate.NewSecret(url)}}
}

// TestMySQL shares one MariaDB among its parts: making one takes seconds.
func TestMySQL(t *testing.T) {
	t.Parallel()
	server := testserver.StartMariaDB(t, "--max-connections=10")
	server.Exec("create database dify")
	server.Exec("create user 'dify'@'%' identified by 'sesame-1'; grant all on dify.* to 'dify'@'%'; grant process on *.* to 'dify'@'%'")
	server.Exec("create user 'mute'@'%' identified by 'sesame-2' with max_user_connections 3; grant select on dify.* to 'mute'@'%'")
	server.Exec("create user 'blind'@'%' identified by 'sesame-3'")
	server.Exec("create user 'far'@'10.9.8.7' identified by 'sesame-4'")
	dify := server.URL("dify", "dify", "sesame-1")
	env := checktest.Env(t, probe.NetworkOptions{})

	t.Run("passes", func(t *testing.T) {
		spec := mysqlSpec(strings.Replace(dify, "mysql://", "mysql+pymysql://", 1) + "?charset=utf8mb4")
		spec.MinVersion = "10.4"
		res := checktest.Want(t, env, spec, "")
		if !strings.HasPrefix(fmt.Sprint(res.Evidence["user"]), "dify@") || res.Evidence["max_connections"] != 10 {
			t.Errorf("evidence %v", res.Evidence)
		}
	})
	t.Run("auth", func(t *testing.T) {
		checktest.Want(t, env, mysqlSpec(server.URL("dify", "dify", "sesame-x")), "mysql/auth", `password of user "dify" was refused`, "DB_PASSWORD")
		checktest.Want(t, env, mysqlSpec(server.URL("dify", "blind", "sesame-3")), "mysql/auth", "lacks a permission")
		checktest.Want(t, env, mysqlSpec(server.URL("dify", "far", "sesame-4")), "mysql/auth")
		server.Exec("create user 'stuck'@'%' identified by 'sesame-5' account lock; create user 'late'@'%' identified by 'sesame-6' password expire; grant all on dify.* to 'late'@'%'")
		checktest.Want(t, env, mysqlSpec(server.URL("dify", "stuck", "sesame-5")), "mysql/auth", `user "stuck" is locked`)
		checktest.Want(t, env, mysqlSpec(server.URL("dify", "late", "sesame-6")), "mysql/auth", `user "late" has expired`)
	})
	t.Run("database", func(t *testing.T) {
		checktest.Want(t, env, mysqlSpec(server.URL("diffy")), "mysql/unreachable", `no database "diffy"`, "DB_DATABASE")
	})
	t.Run("version", func(t *testing.T) {
		spec := mysqlSpec(dify)
		spec.MinVersion = "99.1"
		checktest.Want(t, env, spec, "mysql/version", "expected 99.1 or newer")
	})
	t.Run("long transaction", func(t *testing.T) {
		server.Exec("create table dify.t (id int primary key) engine=innodb; insert into dify.t values (1)")
		holder := server.Hold("dify", "sesame-1", "begin; select * from dify.t for update;")
		spec := mysqlSpec(dify)
		checktest.Want(t, env, spec, "")
		short := check.Duration(100 * time.Millisecond)
		spec.LongTransaction = &short
		checktest.WaitFor(t, func() bool { return checktest.Rules(checktest.Run(t, env, spec)) == "mysql/long-transaction" })
		checktest.Want(t, env, spec, "mysql/long-transaction", "a transaction of dify is open", "idle in transaction")
		// Without PROCESS others' transactions are not seen; nothing fails for it.
		spec.URL = gate.NewSecret(server.URL("dify", "mute", "sesame-2"))
		if res := checktest.Want(t, env, spec, ""); !strings.Contains(fmt.Sprint(res.Evidence["long_transactions"]), "PROCESS") {
			t.Errorf("evidence %v: want it to say what was not seen", res.Evidence)
		}
		holder.Kill()
		spec.URL = gate.NewSecret(dify)
		checktest.WaitFor(t, func() bool { return len(checktest.Run(t, env, spec).Findings) == 0 })
	})
	t.Run("connections", func(t *testing.T) { mysqlConnections(t, env, server) })
	t.Run("read-only", func(t *testing.T) {
		server.Exec("set global read_only = 1")
		checktest.Want(t, env, mysqlSpec(dify), "mysql/read-only", "read_only is on")
		server.Exec("set global read_only = 0")
		checktest.Want(t, env, mysqlSpec(dify), "")
	})
	t.Run("writes nothing", func(t *testing.T) {
		before := len(server.Statements())
		checktest.Want(t, env, mysqlSpec(dify), "")
		reads := regexp.MustCompile(`(?i)^(START TRANSACTION READ ONLY|set session max_statement_time|SET NAMES|select |show |ROLLBACK)`)
		seen := 0
		for _, m := range regexp.MustCompile(`(?m)\d (?:Query|Execute|Prepare)\t(.*)$`).FindAllStringSubmatch(server.Statements()[before:], -1) {
			if seen++; !reads.MatchString(m[1]) {
				t.Errorf("the server was sent %s", m[1])
			}
		}
		if seen < 6 {
			t.Errorf("%d statements in the log, want the whole look:\n%s", seen, server.Statements()[before:])
		}
	})
}

func mysqlConnections(t *testing.T, env *check.Env, server *testserver.MariaDB) {
	mute := mysqlSpec(server.URL("dify", "mute", "sesame-2"))
	half := check.Percent(0.5)
	mute.MaxActiveRatio = &half
	checktest.Want(t, env, mute, "")
	held := []*testserver.Process{server.Hold("mute", "sesame-2", ""), server.Hold("mute", "sesame-2", "")}
	checktest.Want(t, env, mute, "mysql/pool-exhausted", "2 of the 3 connections of user mute are in use")
	held = append(held, server.Hold("mute", "sesame-2", ""))
	checktest.Want(t, env, mute, "mysql/pool-exhausted", "no connection is left")
	for _, h := range held {
		h.Kill()
	}
	checktest.WaitFor(t, func() bool { return len(checktest.Run(t, env, mute).Findings) == 0 })

	held = nil
	for range 6 {
		held = append(held, server.Hold("dify", "sesame-1", ""))
	}
	dify := mysqlSpec(server.URL("dify", "dify", "sesame-1"))
	checktest.Want(t, env, dify, "")
	dify.MaxActiveRatio = &half
	checktest.Want(t, env, dify, "mysql/pool-exhausted", "6 of the 10 connections of the server are in use (6 by user dify")
	for _, h := range held {
		h.Kill()
	}
	checktest.WaitFor(t, func() bool { return len(checktest.Run(t, env, dify).Findings) == 0 })
}

func TestMySQLTLS(t *testing.T) {
	t.Parallel()
	cert := testserver.NewCertificate(t)
	server := testserver.StartMariaDB(t, "--ssl-cert="+cert.Cert, "--ssl-key="+cert.Key)
	env := checktest.Env(t, probe.NetworkOptions{})
	url := server.URL("mysql")
	checktest.Want(t, env, mysqlSpec(url), "")
	checktest.Want(t, env, mysqlSpec(url+"?tls=true"), "mysql/unreachable", "unknown authority", "--ca-cert")
	checktest.Want(t, env, mysqlSpec(url+"?ssl-mode=REQUIRED"), "")
	checktest.Want(t, checktest.Env(t, probe.NetworkOptions{CACert: cert.CA}), mysqlSpec(url+"?ssl_mode=VERIFY_IDENTITY"), "")
	checktest.Want(t, env, mysqlSpec(url+"?tls=false"), "")
}

func TestMySQLUnreachable(t *testing.T) {
	t.Parallel()
	env := checktest.Env(t, probe.NetworkOptions{})
	redis := testserver.StartRedis(t, testserver.RedisOptions{})
	rude := checktest.Rude(t)
	tests := []struct{ name, address, message, hint string }{
		{"name", "no-such-host.invalid:3306", "does not resolve", "--resolve"},
		{"refused", checktest.Closed(t), "the connection was refused", "start the service"},
		{"silent", checktest.Deaf(t), "nothing was answered within 300ms", "another one stands behind the port"},
		{"http", checktest.HTTPServer(t), "speaks HTTP, not MySQL", "another server"},
		{"redis", redis.Address, "speaks Redis, not MySQL", "another server"},
		{"hangs up", rude, "closed without an answer", "closes connections from here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			testserver.NoLeaks(t, func() {
				spec := mysqlSpec(fmt.Sprintf("mysql://dify:sesame-1@%s/dify", tt.address))
				spec.Base = checktest.Short()
				checktest.Want(t, env, spec, "mysql/unreachable", tt.message, tt.hint)
			})
		})
	}
}

func TestMySQLMistakes(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]*MySQL{
		"url is required":  mysqlSpec(""),
		"section postgres": mysqlSpec("postgres://u:sesame@h/d"),
	} {
		if got := fmt.Sprint(spec.Validate()); !strings.Contains(got, want) || strings.Contains(got, "sesame") {
			t.Errorf("got %s, want %q", got, want)
		}
	}
}
