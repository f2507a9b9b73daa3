package testserver

// AlembicState is the SQL that gives a database these revisions in
// alembic_version; nil means no such table.
func AlembicState(revisions []string) string {
	sql := "drop table if exists alembic_version;"
	if revisions != nil {
		sql += "create table alembic_version (version_num varchar(32) primary key);"
	}
	for _, r := range revisions {
		sql += "insert into alembic_version values ('" + r + "');"
	}
	return sql
}
