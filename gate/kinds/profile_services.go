package kinds

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/database"
	"github.com/dify-gate/dify-gate/gate/check/redis"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// databases are the checks of the metadata database.
func (p *profile) databases() []check.Spec {
	raw, address, engine, ok := p.database()
	if !ok {
		return nil
	}
	access := database.DatabaseAccess{URL: gate.NewSecret(raw)}
	migration := p.inside("migration", address, &database.Migration{Base: check.Base{Name: "migration"}, URL: access.URL})
	if engine == "mysql" {
		return []check.Spec{p.inside("mysql", address, &database.MySQL{Base: check.Base{Name: "mysql"}, DatabaseAccess: access}), migration}
	}
	return []check.Spec{p.inside("postgres", address, &database.Postgres{Base: check.Base{Name: "postgres"}, DatabaseAccess: access, PluginDatabase: p.pluginDatabase()}), migration}
}

// pluginDatabase is the plugin daemon's database, which releases with a daemon
// (1.0.0 and later) need.
func (p *profile) pluginDatabase() string {
	if p.release == nil {
		return ""
	}
	if _, has := p.release.Service("plugin_daemon"); !has {
		return ""
	}
	return cmp.Or(p.lookup("DB_PLUGIN_DATABASE"), "dify_plugin")
}

// database makes the URL from DB_… as api/configs/middleware reads it. Of the
// engines that DB_TYPE may name, OceanBase and seekdb speak MySQL's protocol.
func (p *profile) database() (raw, address, engine string, ok bool) {
	host := p.lookup("DB_HOST")
	if host == "" {
		return "", "", "", false
	}
	engine, port, scheme := "postgres", "5432", "postgres"
	if kind := p.lookup("DB_TYPE"); kind != "" && kind != "postgresql" {
		engine, port, scheme = "mysql", "3306", "mysql"
	}
	address = net.JoinHostPort(host, cmp.Or(p.lookup("DB_PORT"), port))
	u := url.URL{Scheme: scheme, Host: address, Path: "/" + cmp.Or(p.lookup("DB_DATABASE"), "dify")}
	u.User = url.UserPassword(cmp.Or(p.lookup("DB_USERNAME"), "postgres"), p.lookup("DB_PASSWORD"))
	return u.String(), address, engine, true
}

// caches are the checks of Redis and of the queue's workers. Settings that say
// there is one, but not where, make a check that is undecided and says what is
// wrong with them.
func (p *profile) caches() []check.Spec {
	var out []check.Spec
	switch access, mistake := p.redis(); {
	case mistake != "":
		out = append(out, unread{&redis.Redis{Base: check.Base{Name: "redis"}}, mistake})
	case !access.URL.Empty():
		out = append(out, p.insideRedis("redis", access, &redis.Redis{Base: check.Base{Name: "redis"}, RedisAccess: access}))
	}
	broker := p.lookup("CELERY_BROKER_URL")
	if broker == "" {
		return out
	}
	if scheme, _, _ := strings.Cut(broker, "://"); !strings.Contains(scheme, "redis") && scheme != "sentinel" {
		return append(out, asSet{&redis.Celery{Base: check.Base{Name: "celery", Skip: fmt.Sprintf("the gate has no probe for the broker of CELERY_BROKER_URL: scheme %q, expected redis, rediss or sentinel", quote.Clip(gate.RedactText(scheme)))}}})
	}
	c := &redis.Celery{Base: check.Base{Name: "celery"}, KeyPrefix: p.lookup("REDIS_KEY_PREFIX")}
	c.RedisAccess = redis.RedisAccess{URL: gate.NewSecret(p.unverified(broker)), Setting: "CELERY_BROKER_URL"}
	if strings.HasPrefix(broker, "sentinel") {
		c.Master = p.lookup("CELERY_SENTINEL_MASTER_NAME")
		c.SentinelPassword = gate.NewSecret(p.lookup("CELERY_SENTINEL_PASSWORD"))
	}
	if source, err := c.Resolve(); err == nil && source.Target.Sentinel && source.Target.Master == "" {
		return append(out, unread{&redis.Celery{Base: check.Base{Name: "celery"}}, "CELERY_BROKER_URL names sentinels and CELERY_SENTINEL_MASTER_NAME is not set"})
	}
	return append(out, p.insideRedis("celery", c.RedisAccess, c))
}

// insideRedis wraps a check of a Redis, or of the sentinels in front of it.
func (p *profile) insideRedis(component string, access redis.RedisAccess, s check.Spec) check.Spec {
	source, err := access.Resolve()
	if err != nil {
		return asSet{s}
	}
	return p.inside(component, source.Target.Addresses[0], s)
}

// unverified has a URL say what REDIS_SSL_CERT_REQS does: Dify's default for
// TLS, to the broker as well, is not to verify the server (api/configs/middleware/cache).
func (p *profile) unverified(raw string) string {
	if !strings.HasPrefix(raw, "rediss") || strings.Contains(raw, "ssl_cert_reqs") || !strings.EqualFold(p.lookup("REDIS_SSL_CERT_REQS"), "CERT_NONE") {
		return raw
	}
	mark := "?"
	if strings.Contains(raw, "?") {
		mark = "&"
	}
	return raw + mark + "ssl_cert_reqs=none"
}

// redis makes the access from REDIS_… as api/extensions/ext_redis.py reads it:
// sentinels, else a cluster, else one server. Its URL is empty where nothing is
// known; mistake says what the settings leave open.
func (p *profile) redis() (a redis.RedisAccess, mistake string) {
	login := url.UserPassword(p.lookup("REDIS_USERNAME"), p.lookup("REDIS_PASSWORD"))
	u := url.URL{Scheme: "redis", User: login, Path: "/" + cmp.Or(p.lookup("REDIS_DB"), "0")}
	if isTrue(p.lookup("REDIS_USE_SSL")) {
		u.Scheme = "rediss"
	}
	names := "REDIS_HOST, REDIS_PORT, REDIS_DB"
	switch {
	case isTrue(p.lookup("REDIS_USE_SENTINEL")):
		names = "REDIS_SENTINELS, REDIS_SENTINEL_SERVICE_NAME"
		a.Sentinels = split(p.lookup("REDIS_SENTINELS"))
		a.Master = p.lookup("REDIS_SENTINEL_SERVICE_NAME")
		a.SentinelUsername = p.lookup("REDIS_SENTINEL_USERNAME")
		a.SentinelPassword = gate.NewSecret(p.lookup("REDIS_SENTINEL_PASSWORD"))
		if len(a.Sentinels) == 0 {
			return a, "REDIS_USE_SENTINEL is on, and REDIS_SENTINELS names none"
		}
		u.Host = "sentinel"
	case isTrue(p.lookup("REDIS_USE_CLUSTERS")):
		names = "REDIS_CLUSTERS"
		nodes := split(p.lookup("REDIS_CLUSTERS"))
		if len(nodes) == 0 {
			return a, "REDIS_USE_CLUSTERS is on, and REDIS_CLUSTERS names none"
		}
		u.User = url.UserPassword("", p.lookup("REDIS_CLUSTERS_PASSWORD"))
		u.Host, u.Path, a.Nodes = nodes[0], "/0", nodes[1:]
	default:
		host := p.lookup("REDIS_HOST")
		if host == "" {
			return a, ""
		}
		u.Host = net.JoinHostPort(host, cmp.Or(p.lookup("REDIS_PORT"), "6379"))
	}
	if password, _ := u.User.Password(); password == "" && u.User.Username() == "" {
		u.User = nil
	}
	a.URL, a.Setting = gate.NewSecret(p.unverified(u.String())), names
	if _, err := a.Resolve(); err != nil {
		return a, "" // its check says so
	}
	if ms := a.AccessMistakes(); len(ms) > 0 {
		return a, names + ": " + ms[0].Message
	}
	return a, ""
}

// services are Dify's own services and the proxy of the sandbox.
func (p *profile) services() []check.Spec {
	var out []check.Spec
	http := func(name, component, base, path, defaultBase, service string) {
		if p.release == nil {
			return
		}
		bundled, has := p.release.Service(service)
		if !has {
			return
		}
		raw := cmp.Or(p.lookup(base), defaultBase)
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			out = append(out, unread{&web.HTTP{Base: check.Base{Name: name}}, notURL(base)})
			return
		}
		out = append(out, p.inside(component, check.HostPort(u), &web.HTTP{
			Base: check.Base{Name: name}, URL: strings.TrimSuffix(raw, "/") + path, Expect: serviceHealth(component, bundled.Image, p.release.Version()),
		}))
	}
	http("api health", "api", "PLUGIN_DIFY_INNER_API_URL", "/health", "http://api:5001", "api")
	http("sandbox health", "sandbox", "CODE_EXECUTION_ENDPOINT", "/health", "http://sandbox:8194", "sandbox")
	http("plugin daemon health", "plugin_daemon", "PLUGIN_DAEMON_URL", "/health/check", "http://plugin_daemon:5002", "plugin_daemon")
	http("local sandbox health", "local_sandbox", "DIFY_AGENT_SHELLCTL_ENTRYPOINT", "/healthz", "http://local_sandbox:5004", "local_sandbox")
	tcp := func(name, component, base string) {
		raw := p.lookup(base)
		u, err := url.Parse(raw)
		switch {
		case raw == "":
		case err != nil || u.Host == "":
			out = append(out, unread{&web.TCP{Base: check.Base{Name: name}}, notURL(base)})
		default:
			out = append(out, p.inside(component, check.HostPort(u), &web.TCP{Base: check.Base{Name: name}, Address: check.HostPort(u)}))
		}
	}
	tcp("ssrf proxy", "ssrf_proxy", "SSRF_PROXY_HTTP_URL")
	tcp("agent backend", "agent_backend", "AGENT_BACKEND_BASE_URL")
	return out
}

// notURL is the reason of a check whose address cannot be read.
func notURL(setting string) string { return setting + " is no URL like http://HOST:PORT" }

// store are the checks of the vector store in use.
func (p *profile) store() []check.Spec {
	facts := healthFacts{setting: p.lookup, internal: p.isInternal, minimum: p.minimum}
	store := cmp.Or(p.lookup("VECTOR_STORE"), "weaviate")
	var out []check.Spec
	for _, h := range facts.vectorStore(store) {
		out = append(out, p.inside(h.component, h.address, h.spec))
	}
	name := "vector store " + store
	switch base := facts.storeURL(store); {
	case out != nil || p.lookup("VECTOR_STORE") == "":
	case p.lookup(base) != "":
		out = append(out, unread{&web.TCP{Base: check.Base{Name: name}}, notURL(base)})
	default:
		out = append(out, asSet{&web.TCP{Base: check.Base{Name: name, Skip: "the gate has no probe for this store, or the settings do not say where it is"}}})
	}
	return out
}

// minimum is the oldest version of a product that the release works with.
func (p *profile) minimum(product string) check.Minimum {
	if p.release == nil {
		return check.Minimum{}
	}
	m, _ := p.release.Minimum(product)
	return check.Minimum{Version: m.Version, By: "for Dify " + p.release.Version()}
}

// isTrue reads a setting as pydantic does.
func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on", "t", "y":
		return true
	}
	return false
}

// split reads a list with commas or blanks between its items.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
