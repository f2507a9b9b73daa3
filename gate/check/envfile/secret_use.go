package envfile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// guards maps secrets to the variable that says which server asks for them.
var guards = map[string]string{
	"DB_PASSWORD": "DB_HOST", "POSTGRES_PASSWORD": "DB_HOST", "MYSQL_PASSWORD": "DB_HOST", "MYSQL_ROOT_PASSWORD": "DB_HOST",
	"REDIS_PASSWORD": "REDIS_HOST", "CELERY_BROKER_URL": "REDIS_HOST",
	"PLUGIN_DAEMON_KEY": "PLUGIN_DAEMON_URL", "SERVER_KEY": "PLUGIN_DAEMON_URL",
	"PLUGIN_DIFY_INNER_API_KEY": "PLUGIN_DIFY_INNER_API_URL", "INNER_API_KEY_FOR_PLUGIN": "PLUGIN_DIFY_INNER_API_URL", "DIFY_INNER_API_KEY": "PLUGIN_DIFY_INNER_API_URL",
	"CODE_EXECUTION_API_KEY": "CODE_EXECUTION_ENDPOINT", "SANDBOX_API_KEY": "CODE_EXECUTION_ENDPOINT",
	"DIFY_AGENT_SERVER_SECRET_KEY": "AGENT_BACKEND_BASE_URL", "DIFY_AGENT_API_TOKEN": "AGENT_BACKEND_BASE_URL", "AGENT_BACKEND_API_TOKEN": "AGENT_BACKEND_BASE_URL",
}

// bundledHosts are the hosts that those variables name in Dify's own files.
var bundledHosts = map[string]string{
	"DB_HOST": "db", "REDIS_HOST": "redis", "PLUGIN_DAEMON_URL": "plugin_daemon", "PLUGIN_DIFY_INNER_API_URL": "api",
	"CODE_EXECUTION_ENDPOINT": "sandbox", "AGENT_BACKEND_BASE_URL": "agent_backend",
}

// exposed reports whether whoever knows the secret can use it from outside: the
// server that asks for it publishes a port, is routed by the proxy, or is not in
// the compose network at all. SECRET_KEY signs what every browser holds.
func (r *envRun) exposed(u secretUse) bool {
	if u.name == "SECRET_KEY" {
		return true
	}
	variable, known := guards[u.name]
	if !known { // a store's
		if stores, prefix := dify.StoresOf(u.name); stores != nil {
			variable = cmp.Or(storeAddress[stores[0]], prefix+"_HOST")
		}
	}
	if variable == "" {
		return slices.ContainsFunc(u.services, func(name string) bool {
			s, ok := r.d.Service(name)
			return ok && (published(s) || r.routed(role(s)))
		})
	}
	host := cmp.Or(HostOf(r.text(variable)), bundledHosts[variable], strings.ToLower(strings.Split(variable, "_")[0]))
	if s, ok := r.named(host); ok {
		return published(s) || r.routed(role(s))
	}
	if r.routed(host) {
		return true
	}
	if r.want.release != nil {
		if s, ok := r.want.release.Service(host); ok {
			return len(s.Ports) > 0
		}
	}
	// A name without a dot is one of a network of containers.
	return strings.ContainsAny(host, ".:") && !isLocal(host)
}

// published reports whether a service has a port on an address of the host
// other than loopback.
func published(s deployment.Service) bool {
	return s.HostNetwork || slices.ContainsFunc(s.Ports, func(p deployment.Port) bool {
		return p.IP == "" || !isLocal(p.IP) || p.IP == "0.0.0.0"
	})
}

// routed reports whether Dify's proxy hands requests to a part.
func (r *envRun) routed(part string) bool {
	release := r.cat.Newest()
	if r.want.release != nil {
		release = *r.want.release
	}
	for _, p := range release.PublicRoutes() {
		if p.Service == part {
			return true
		}
	}
	return false
}

// secretHint says how a secret is replaced: where it has to change first, and
// what has to change with it.
func (r *envRun) secretHint(name string) string {
	const hex = "generate one with openssl rand -hex 32 (hexadecimal, because it is part of a URL as well)"
	const base64 = "generate one with openssl rand -base64 42"
	switch name {
	case "SECRET_KEY":
		return base64 + " and set SECRET_KEY to it: all sessions and signed file links end, and everybody has to log in again; do it outside of the upgrade, and keep it for all later releases"
	case "DB_PASSWORD", "POSTGRES_PASSWORD", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD":
		return hex + "; change it in the database first (" + r.alterUser() + "): an existing database keeps its password whatever the compose file says; then set DB_PASSWORD and restart the services that use it"
	case "REDIS_PASSWORD", "CELERY_BROKER_URL":
		return hex + "; set REDIS_PASSWORD and the password in CELERY_BROKER_URL to it, and recreate redis, api and the workers together"
	case "PLUGIN_DAEMON_KEY", "SERVER_KEY":
		return base64 + "; set PLUGIN_DAEMON_KEY (SERVER_KEY of the plugin daemon) to it and recreate api, workers and plugin daemon together"
	case "PLUGIN_DIFY_INNER_API_KEY", "INNER_API_KEY_FOR_PLUGIN", "DIFY_INNER_API_KEY":
		return base64 + "; set it as INNER_API_KEY_FOR_PLUGIN of api and worker and as DIFY_INNER_API_KEY of the plugin daemon (PLUGIN_DIFY_INNER_API_KEY where the compose file takes it from there), and recreate them together"
	case "CODE_EXECUTION_API_KEY", "SANDBOX_API_KEY":
		return base64 + "; set CODE_EXECUTION_API_KEY and SANDBOX_API_KEY to the same value, and recreate api, workers and sandbox together"
	case "WEAVIATE_API_KEY":
		return base64 + "; set WEAVIATE_API_KEY and WEAVIATE_AUTHENTICATION_APIKEY_ALLOWED_KEYS to it, and recreate weaviate, api and the workers together"
	}
	if stores, _ := dify.StoresOf(name); stores != nil {
		return hex + "; change it in the store first, then set " + name + " and the variable of the store's container to it"
	}
	return base64 + " and set it on both sides that use it"
}

// alterUser is the statement that changes the password in the database in use.
func (r *envRun) alterUser() string {
	user := cmp.Or(r.text("DB_USERNAME"), "postgres")
	if kind := r.text("DB_TYPE"); kind != "" && kind != "postgresql" {
		return "ALTER USER '" + user + "'@'%' IDENTIFIED BY '…'"
	}
	return `ALTER USER "` + user + `" PASSWORD '…'`
}
