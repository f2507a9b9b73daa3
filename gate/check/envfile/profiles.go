package envfile

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// storeAddress is the variable that says where a vector store is.
var storeAddress = map[string]string{
	"weaviate": "WEAVIATE_ENDPOINT", "qdrant": "QDRANT_URL", "milvus": "MILVUS_URI", "pgvector": "PGVECTOR_HOST",
	"pgvecto-rs": "PGVECTO_RS_HOST", "chroma": "CHROMA_HOST", "opensearch": "OPENSEARCH_HOST", "elasticsearch": "ELASTICSEARCH_HOST",
	"oceanbase": "OCEANBASE_VECTOR_HOST", "opengauss": "OPENGAUSS_HOST", "vastbase": "VASTBASE_HOST", "myscale": "MYSCALE_HOST",
	"matrixone": "MATRIXONE_HOST", "couchbase": "COUCHBASE_CONNECTION_STRING",
}

// topology says which services a compose file has and which of them start.
type topology struct {
	name     string // for messages
	own      bool   // the operator's own compose file
	profiles func(service string) ([]string, bool)
}

// topology is the operator's own compose file when it is the target's already;
// else the target's from the catalogue, which is what the env file will meet.
func (r *envRun) topology() (topology, bool) {
	own := topology{"the compose file", true, func(name string) ([]string, bool) {
		s, ok := r.d.Service(name)
		return s.Profiles, ok
	}}
	if r.want.release == nil {
		return own, len(r.d.Services) > 0
	}
	if len(r.d.Services) > 0 && check.Adopted(r.d, r.env.To) {
		return own, true
	}
	release := *r.want.release
	return topology{"Dify " + release.Version(), false, func(name string) ([]string, bool) {
		s, ok := release.Service(name)
		return s.Profiles, ok
	}}, true
}

// profiles reports a database or store that is named and not started.
func (r *envRun) profiles() {
	t, ok := r.topology()
	if !ok || r.d.EnvFile == "" {
		return
	}
	if host, set := r.d.Env["DB_HOST"]; set {
		r.started(t, host, "the database", []string{"db", "db_postgres", "db_mysql"})
	}
	if host, set := r.d.Env["REDIS_HOST"]; set {
		r.started(t, host, "Redis", []string{"redis"})
	}
	store := r.d.Lookup("VECTOR_STORE")
	if v, set := r.d.Env[storeAddress[store]]; set {
		v.Text = HostOf(v.Text)
		r.started(t, v, "the vector store "+store, []string{store})
	}
	r.databaseType()
}

// started wants that a host that names a bundled service is one that starts.
func (r *envRun) started(t topology, host deployment.Value, what string, bundled []string) {
	if !t.own && host.Source == deployment.FromDefault {
		return // the target's compose file brings a default of its own
	}
	profiles, there := t.profiles(host.Text)
	chosen, set := r.d.Env["COMPOSE_PROFILES"]
	switch {
	case there && len(profiles) > 0 && !slices.Contains(profiles, "") && !check.Intersects(profiles, r.d.Profiles):
		at := host.Place
		if set {
			at = chosen.Place
		}
		f := r.add(ruleInconsistent, "profile of "+host.Name,
			fmt.Sprintf("COMPOSE_PROFILES does not start %s: %s is %s, in %s behind the profile %s", what, host.Name, host.Text, t.name, strings.Join(profiles, " or ")),
			"add "+profiles[0]+" to COMPOSE_PROFILES", at, host.Place)
		if !set {
			f.Severity = gate.Warning // docker compose --profile may do it
		}
	case !there && slices.Contains(bundled, host.Text):
		hint := "name the service that took its place"
		for _, b := range bundled {
			if p, ok := t.profiles(b); ok {
				hint = fmt.Sprintf("set %s=%s", host.Name, b)
				if len(p) > 0 {
					hint += fmt.Sprintf(" and add %s to COMPOSE_PROFILES", p[0])
				}
				break
			}
		}
		f := r.add(ruleInconsistent, host.Name, fmt.Sprintf("%s is %s, a service that %s does not have: %s is out of reach", host.Name, host.Text, t.name, what), hint, host.Place)
		if t.own {
			f.Severity = gate.Warning // another compose project on the same network may have it
		}
	}
}

// HostOf takes the host out of a URL or host:port.
func HostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Hostname()
	}
	host, _, _ := strings.Cut(address, ":")
	return host
}

// databaseType compares DB_TYPE with host and port.
func (r *envRun) databaseType() {
	kind, set := r.d.Env["DB_TYPE"]
	if !set || kind.Text == "" {
		return
	}
	if known := []string{"postgresql", "mysql", "oceanbase", "seekdb"}; !slices.Contains(known, kind.Text) {
		r.add(ruleInconsistent, "DB_TYPE", fmt.Sprintf("DB_TYPE is %s, want %s", dify.Default{Text: kind.Text}, strings.Join(known, ", ")), "use one of these", kind.Place)
		return
	}
	wrong := map[string][]string{"postgresql": {"db_mysql", "3306"}, "mysql": {"db_postgres", "5432"}}[kind.Text]
	for _, name := range []string{"DB_HOST", "DB_PORT"} {
		v := r.d.Env[name]
		if slices.Contains(wrong, v.Text) {
			r.add(ruleInconsistent, "DB_TYPE", fmt.Sprintf("DB_TYPE is %s and %s is %s, which belongs to the other database", kind.Text, name, v.Text),
				"set DB_TYPE, DB_HOST and DB_PORT for one database", kind.Place, v.Place)
			return
		}
	}
}
