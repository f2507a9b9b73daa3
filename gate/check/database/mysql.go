package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/internal/sqlurl"
)

// MySQL checks a MySQL or MariaDB database, in one read-only transaction
// with a statement time-out.
type MySQL struct {
	check.Base     `yaml:",inline"`
	DatabaseAccess `yaml:",inline"`
}

// Kind is mysql.
func (m *MySQL) Kind() string { return "mysql" }

// Rules are those of mysql.
func (m *MySQL) Rules() []gate.Rule { return mysqlRules() }

// Validate checks the URL and the numbers.
func (m *MySQL) Validate() []check.Mistake {
	return append(m.Mistakes(), m.AccessMistakes(sqlurl.MySQL)...)
}

// Check makes the check.
func (m *MySQL) Check(env *check.Env) gate.Check {
	rules := mysqlRules()
	target, err := sqlurl.Parse(m.URL.Reveal())
	if err != nil {
		return m.Broken("mysql", rules, err)
	}
	c := m.NewCheck("mysql", "mysql "+target.Label(), gate.PhasePost, rules)
	c.Component, c.Secrets = "mysql", []gate.Secret{gate.NewSecret(target.Password)}
	c.Probes = []string{"mysql " + target.Label() + ": SELECT from information_schema in a read-only transaction"}
	inspection := inspection{kind: "mysql", label: target.Label(), spec: &m.DatabaseAccess, rules: rulesMySQL}
	c.Run = func(ctx context.Context) gate.Result {
		s := newMySQLSession(env.Network, target, c.Timeout)
		defer s.close()
		if err := s.open(ctx); err != nil {
			return inspection.result(s.failure(ctx, err))
		}
		got, err := s.figures(ctx, m.long())
		if err != nil {
			return inspection.result(s.failure(ctx, err))
		}
		inspection := inspection
		// MariaDB numbers its versions by itself: a minimum for MySQL says
		// nothing of it, unless the operator gave one.
		if inspection.want = env.Minimum("mysql", m.MinVersion); m.MinVersion == "" && isMariaDB(got.version) {
			inspection.want = check.Minimum{}
		}
		return inspection.judge(got)
	}
	return c
}

// isMariaDB reports whether a server's version is one of MariaDB.
func isMariaDB(version string) bool { return strings.Contains(strings.ToLower(version), "mariadb") }

// figures asks what the server knows of itself.
func (s *mysqlSession) figures(ctx context.Context, long time.Duration) (figures, error) {
	d := figures{evidence: map[string]any{}}
	var user, readOnly string
	var most, userMost int
	err := s.tx.QueryRowContext(ctx, "select version(), current_user(), @@global.read_only, @@global.max_connections, @@session.max_user_connections").
		Scan(&d.version, &user, &readOnly, &most, &userMost)
	if err != nil {
		return d, err
	}
	// MariaDB says 10.11.2 behind a 5.5.5- that old replicas wanted to see.
	d.version = strings.TrimPrefix(d.version, "5.5.5-")
	if on := strings.ToUpper(readOnly); on != "0" && on != "OFF" && on != "" {
		d.readOnly = "read_only is on: it is a replica, or was set so"
	}
	account, _, _ := strings.Cut(user, "@")
	mine, running, err := s.connections(ctx)
	if err != nil {
		return d, err
	}
	total, err := s.status(ctx, "Threads_connected")
	if err != nil {
		return d, err
	}
	d.uses = []connectionUse{
		{"user " + account, mine, userMost, ""},
		{"the server", total - 1, most, fmt.Sprintf(" (%d by user %s, %d of them at work)", mine, quote.Clip(account), running)},
	}
	d.evidence = map[string]any{
		"version": d.version, "user": user, "read_only": readOnly, "connections": total - 1, "connections_of_user": mine,
		"active_of_user": running, "max_connections": most, "max_user_connections": userMost,
	}
	d.long, err = s.longTransactions(ctx, long)
	if denied(err) {
		d.evidence["long_transactions"] = "not visible: the user lacks the privilege PROCESS"
		err = nil
	}
	return d, err
}

// connections counts those of the own account, the gate's left out.
func (s *mysqlSession) connections(ctx context.Context) (all, running int, err error) {
	err = s.tx.QueryRowContext(ctx, `select count(*), coalesce(sum(case when command = 'Sleep' then 0 else 1 end), 0)
		from information_schema.processlist
		where user = substring_index(current_user(), '@', 1) and id <> connection_id()`).Scan(&all, &running)
	return all, running, err
}

// status reads one of the server's counters.
func (s *mysqlSession) status(ctx context.Context, name string) (int, error) {
	var key string
	var value int
	err := s.tx.QueryRowContext(ctx, "show global status like '"+name+"'").Scan(&key, &value)
	return value, err
}

// longTransactions lists the oldest ones, without their text: it may hold data.
func (s *mysqlSession) longTransactions(ctx context.Context, long time.Duration) ([]longTransaction, error) {
	rows, err := s.tx.QueryContext(ctx, fmt.Sprintf(`select t.trx_mysql_thread_id, coalesce(p.user, ''), coalesce(p.command, ''),
		timestampdiff(microsecond, t.trx_started, now(6))
		from information_schema.innodb_trx t left join information_schema.processlist p on p.id = t.trx_mysql_thread_id
		where t.trx_mysql_thread_id <> connection_id() and t.trx_mysql_thread_id > 0
		and timestampdiff(microsecond, t.trx_started, now(6)) > %d
		order by t.trx_started limit 5`, long.Microseconds()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []longTransaction
	for rows.Next() {
		var t longTransaction
		var command string
		var age int64
		if err := rows.Scan(&t.id, &t.who, &command, &age); err != nil {
			return nil, err
		}
		t.age, t.state = time.Duration(age)*time.Microsecond, strings.ToLower(command)
		if command == "Sleep" {
			t.state = "idle in transaction"
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// denied reports whether a privilege is missing.
func denied(err error) bool {
	var reply *mysql.MySQLError
	return errors.As(err, &reply) && (reply.Number == 1227 || reply.Number == 1142)
}

// readOnlyTx are the options of all of the gate's transactions.
func readOnlyTx() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }
