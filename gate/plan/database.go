package plan

import (
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// database is where Dify keeps its data, as the effective settings say.
type database struct {
	kind string // postgresql, mysql, or another value of DB_TYPE
	// service runs it; "" when it is outside of the compose files.
	service string
	// The values of DB_HOST, DB_PORT, DB_USERNAME, DB_DATABASE and
	// DB_PLUGIN_DATABASE; plugin is "" before there was one.
	host, port, user, name, plugin string
	// kept: the service's data lies in a mount that is copied.
	kept bool
}

func (s *site) findDatabase(from dify.Release) database {
	db := database{
		kind: strings.ToLower(s.setting("DB_TYPE", from)), host: s.setting("DB_HOST", from), port: s.setting("DB_PORT", from),
		user: s.setting("DB_USERNAME", from), name: s.setting("DB_DATABASE", from),
	}
	if db.kind == "" {
		db.kind = "postgresql"
	}
	if _, plugins := from.Service("plugin_daemon"); plugins && (s.names.daemon != "" || s.d == nil || len(s.d.Services) == 0) {
		db.plugin = s.setting("DB_PLUGIN_DATABASE", from)
	}
	if s.d == nil || len(s.d.Services) == 0 {
		if _, own := from.Service(db.host); own && s.way == Compose {
			db.service, db.kept = db.host, true
		}
		return db
	}
	for _, v := range s.d.Services {
		if v.Active && slices.Contains(v.Hosts, db.host) {
			db.service = v.Name
			db.kept = slices.ContainsFunc(v.Volumes, func(m deployment.Volume) bool { return m.Source != "" })
		}
	}
	return db
}

// mysql: the dump is mysqldump's.
func (db database) mysql() bool { return db.kind == "mysql" || db.kind == "mariadb" }

// postgres: the dump is pg_dump's.
func (db database) postgres() bool { return strings.HasPrefix(db.kind, "postgres") }

// databases are the variables that name the databases to save.
func (db database) databases() []string {
	if db.plugin != "" && db.plugin != db.name {
		return []string{"DB_DATABASE", "DB_PLUGIN_DATABASE"}
	}
	return []string{"DB_DATABASE"}
}

// variables set what the commands of dump and restore use.
func (db database) variables() []string {
	var out []string
	set := func(name, value string) {
		if value == "" || strings.ContainsAny(value, "${") {
			out = append(out, `: "${`+name+`:?set it to the value of your deployment}"`)
			return
		}
		out = append(out, name+"="+quote(value))
	}
	if db.service == "" {
		set("DB_HOST", db.host)
		set("DB_PORT", db.port)
	}
	if db.postgres() || db.service == "" {
		set("DB_USERNAME", db.user)
	}
	set("DB_DATABASE", db.name)
	if len(db.databases()) > 1 {
		set("DB_PLUGIN_DATABASE", db.plugin)
	}
	return out
}

// dump are the commands that save the databases; run puts a command into the
// database's container, nil when it is outside. stage names the files.
func (db database) dump(stage string, run func(words ...string) string) []string {
	var out []string
	for _, name := range db.databases() {
		to := `"${BACKUP_DIR:?}"/` + stage + strings.ToLower(strings.TrimSuffix(name, "_DATABASE"))
		switch {
		case db.mysql() && run != nil:
			out = append(out, run("sh", "-c", `MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysqldump --user=root --single-transaction --routines --triggers "$1"`, "sh")+` "${`+name+`:?}" >`+to+".sql")
		case db.mysql():
			out = append(out, `mysqldump --host="${DB_HOST:?}" --port="${DB_PORT:?}" --user="${DB_USERNAME:?}" --password --single-transaction --routines --triggers "${`+name+`:?}" >`+to+".sql")
		case db.postgres() && run != nil:
			out = append(out, run("pg_dump")+` --username "${DB_USERNAME:?}" --dbname "${`+name+`:?}" --format custom >`+to+".dump")
		case db.postgres():
			out = append(out, `pg_dump --host "${DB_HOST:?}" --port "${DB_PORT:?}" --username "${DB_USERNAME:?}" --dbname "${`+name+`:?}" --format custom >`+to+".dump")
		}
	}
	return out
}

// verify are the commands that look at the dumps.
func (db database) verify(stage string, run func(words ...string) string) []string {
	var out []string
	for _, name := range db.databases() {
		at := `"${BACKUP_DIR:?}"/` + stage + strings.ToLower(strings.TrimSuffix(name, "_DATABASE"))
		switch {
		case db.postgres() && run != nil:
			out = append(out, run("pg_restore", "--list")+" <"+at+".dump >/dev/null && echo readable")
		case db.postgres():
			out = append(out, "pg_restore --list "+at+".dump >/dev/null && echo readable")
		case db.mysql():
			out = append(out, "tail -n 1 "+at+".sql | grep 'Dump completed'")
		}
	}
	return out
}

// restore are the commands that lay the dumps back.
func (db database) restore(stage string, run func(words ...string) string) []string {
	var out []string
	for _, name := range db.databases() {
		at := `"${BACKUP_DIR:?}"/` + stage + strings.ToLower(strings.TrimSuffix(name, "_DATABASE"))
		as, quoted := ` --username "${DB_USERNAME:?}" `, `"${`+name+`:?}"`
		outside := ` --host "${DB_HOST:?}" --port "${DB_PORT:?}"` + as
		switch {
		case db.postgres() && run != nil:
			out = append(out, run("dropdb", "--if-exists", "--force")+as+quoted, run("createdb")+as+quoted, run("pg_restore", "--exit-on-error", "--no-owner")+as+"--dbname "+quoted+" <"+at+".dump")
		case db.postgres():
			out = append(out, "dropdb --if-exists --force"+outside+quoted, "createdb"+outside+quoted, "pg_restore --exit-on-error --no-owner"+outside+"--dbname "+quoted+" "+at+".dump")
		case db.mysql() && run != nil:
			out = append(out, run("sh", "-c", "MYSQL_PWD=\"$MYSQL_ROOT_PASSWORD\" exec mysql --user=root --execute=\"DROP DATABASE IF EXISTS \\`$1\\`; CREATE DATABASE \\`$1\\`\"", "sh")+" "+quoted,
				run("sh", "-c", `MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysql --user=root "$1"`, "sh")+" "+quoted+" <"+at+".sql")
		case db.mysql():
			out = append(out, comment("drop and create the database first"), `mysql --host="${DB_HOST:?}" --port="${DB_PORT:?}" --user="${DB_USERNAME:?}" --password `+quoted+" <"+at+".sql")
		}
	}
	return out
}
