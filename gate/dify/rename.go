package dify

// Rename is a variable that a release reads under another name, with the same meaning
// and the same values.
type Rename struct{ Old, New, Since, Source string }

// renames are those of all releases, oldest first. One whose values changed with its name
// is none: EDITION (SELF_HOSTED) became DEPLOYMENT_EDITION (COMMUNITY) with 1.17.0, and
// ORACLE_HOST, ORACLE_PORT and ORACLE_DATABASE became one ORACLE_DSN with 1.0.1.
var renames = []Rename{
	{"PGUSER", "POSTGRES_USER", "1.5.0", "docker/.env.example"},
	{"PUBSUB_REDIS_URL", "EVENT_BUS_REDIS_URL", "1.13.1", "docker/.env.example"},
	{"PUBSUB_REDIS_CHANNEL_TYPE", "EVENT_BUS_REDIS_CHANNEL_TYPE", "1.13.1", "docker/.env.example"},
	{"PUBSUB_REDIS_USE_CLUSTERS", "EVENT_BUS_REDIS_USE_CLUSTERS", "1.13.1", "docker/.env.example"},
	{"VIKINGDB_SCHEMA", "VIKINGDB_SCHEME", "1.14.1", "docker/envs/vectorstores/vikingdb.env.example"},
	{"ENABLE_AGENT_V2", "NEXT_PUBLIC_ENABLE_AGENT_V2", "1.16.0", "docker/envs/core-services/web.env.example"},
	{"DIFY_AGENT_SHELLCTL_AUTH_TOKEN", "DIFY_AGENT_LOCAL_SANDBOX_AUTH_TOKEN", "1.18.0", "report of the release's notes, not read in its source"},
}

// RenamedTo is the name under which the release reads a variable that it no longer has
// under the old one; false where it reads it under none.
func (r Release) RenamedTo(old string) (Rename, bool) {
	if _, has := r.EnvVar(old); has {
		return Rename{}, false
	}
	name, last := old, Rename{}
	for _, n := range renames {
		if n.Old == name {
			name, last = n.New, n
		}
	}
	_, has := r.EnvVar(name)
	last.Old = old
	return last, has && name != old
}

// Gone is the first release after the last that has a variable, up to this one; "" where
// none had it, or this one still has.
func (r Release) Gone(name string) string {
	gone := ""
	had := false
	for _, version := range r.c.Versions() {
		rel, _ := r.c.Release(version)
		if rel.at > r.at {
			break
		}
		_, has := rel.EnvVar(name)
		switch {
		case has:
			had, gone = true, ""
		case had && gone == "":
			gone = version
		}
	}
	return gone
}
