package deployment

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What the containers of a chart get is written by its templates, which are not
// read. What stands here are the values that the public charts for Dify turn into
// variables (BorisPolonsky/dify-helm 0.1 to 0.38, douban/charts dify): the lists of
// further variables, and the keys that stand for one variable each.

// chartParts are the services of Dify by the chart's key for them.
var chartParts = map[string]string{
	"api": "api", "worker": "worker", "beat": "worker_beat", "workerBeat": "worker_beat", "web": "web", "frontend": "web",
	"pluginDaemon": "plugin_daemon", "sandbox": "sandbox", "agentBackend": "agent_backend", "apiWebsocket": "api_websocket", "websocket": "api_websocket",
}

// chartLists are the keys below a part, or below global, that hold variables: a
// list of {name, value}, or a mapping.
var chartLists = []string{"extraEnv", "extraEnvs", "extraEnvVars", "extraBackendEnvs", "env", "envs", "environment"}

var (
	apiParts   = []string{"api", "api_websocket", "worker", "worker_beat"}
	allParts   = append([]string{"web", "plugin_daemon"}, apiParts...)
	innerParts = append([]string{"plugin_daemon"}, apiParts...)
	webParts   = []string{"web"}
)

// chartKeys are the values that become one variable of some parts: keys in dots,
// the first that is set. when is a switch that has to be on, or with a ! in front
// has to be off or left out.
var chartKeys = []struct {
	variable string
	parts    []string
	when     string
	keys     []string
}{
	{"CONSOLE_API_URL", append(webParts, apiParts...), "", []string{"global.consoleApiDomain", "global.consoleApiUrl", "api.url.consoleApi", "api.url.console"}},
	{"CONSOLE_WEB_URL", apiParts, "", []string{"global.consoleWebDomain", "global.consoleWebUrl", "api.url.consoleWeb", "api.url.console"}},
	{"SERVICE_API_URL", apiParts, "", []string{"global.serviceApiDomain", "global.serviceApiUrl", "api.url.serviceApi", "api.url.api"}},
	{"APP_API_URL", webParts, "", []string{"global.appApiDomain", "global.appApiUrl", "api.url.appApi", "api.url.app"}},
	{"APP_WEB_URL", apiParts, "", []string{"global.appWebDomain", "global.appWebUrl", "api.url.appWeb", "api.url.app"}},
	{"FILES_URL", apiParts, "", []string{"global.filesDomain", "global.filesUrl", "api.url.files"}},
	{"TRIGGER_URL", apiParts, "", []string{"global.triggerDomain", "global.triggerUrl", "api.url.trigger"}},
	{"ENDPOINT_URL_TEMPLATE", apiParts, "", []string{"global.endpointUrlTemplate"}},
	{"NEXT_PUBLIC_SOCKET_URL", webParts, "", []string{"apiWebsocket.socketUrl", "global.nextPublicSocketUrl"}},
	{"SECRET_KEY", apiParts, "", []string{"global.appSecretKey", "api.secretKey"}},
	{"CODE_EXECUTION_API_KEY", apiParts, "", []string{"sandbox.auth.apiKey", "sandbox.apiKey"}},
	{"PLUGIN_DAEMON_KEY", apiParts, "", []string{"pluginDaemon.auth.serverKey", "pluginDaemon.serverKey"}},
	{"INNER_API_KEY_FOR_PLUGIN", apiParts, "", []string{"api.auth.internalApiKey", "pluginDaemon.auth.difyApiKey", "pluginDaemon.difyInnerApiKey"}},

	{"DB_HOST", innerParts, "externalPostgres.enabled", []string{"externalPostgres.address"}},
	{"DB_PORT", innerParts, "externalPostgres.enabled", []string{"externalPostgres.port"}},
	{"DB_USERNAME", innerParts, "externalPostgres.enabled", []string{"externalPostgres.username"}},
	{"DB_PASSWORD", innerParts, "externalPostgres.enabled", []string{"externalPostgres.password"}},
	{"DB_HOST", innerParts, "externalMysql.enabled", []string{"externalMysql.address"}},
	{"DB_PORT", innerParts, "externalMysql.enabled", []string{"externalMysql.port"}},
	{"DB_USERNAME", innerParts, "externalMysql.enabled", []string{"externalMysql.username"}},
	{"DB_PASSWORD", innerParts, "externalMysql.enabled", []string{"externalMysql.password"}},
	{"DB_PASSWORD", innerParts, "!externalPostgres.enabled", []string{"postgresql.global.postgresql.auth.postgresPassword", "postgresql.auth.postgresPassword"}},

	{"REDIS_HOST", innerParts, "externalRedis.enabled", []string{"externalRedis.host"}},
	{"REDIS_PORT", innerParts, "externalRedis.enabled", []string{"externalRedis.port"}},
	{"REDIS_USERNAME", innerParts, "externalRedis.enabled", []string{"externalRedis.username"}},
	{"REDIS_PASSWORD", innerParts, "externalRedis.enabled", []string{"externalRedis.password"}},
	{"REDIS_USE_SSL", innerParts, "externalRedis.enabled", []string{"externalRedis.useSSL"}},
	{"REDIS_PASSWORD", innerParts, "!externalRedis.enabled", []string{"redis.auth.password"}},

	{"WEAVIATE_ENDPOINT", apiParts, "externalWeaviate.enabled", []string{"externalWeaviate.endpoint.http", "externalWeaviate.endpoint"}},
	{"WEAVIATE_GRPC_ENDPOINT", apiParts, "externalWeaviate.enabled", []string{"externalWeaviate.endpoint.grpc"}},
	{"WEAVIATE_API_KEY", apiParts, "externalWeaviate.enabled", []string{"externalWeaviate.apiKey"}},
	{"QDRANT_URL", apiParts, "externalQdrant.enabled", []string{"externalQdrant.endpoint"}},
	{"QDRANT_API_KEY", apiParts, "externalQdrant.enabled", []string{"externalQdrant.apiKey"}},
	{"MILVUS_URI", apiParts, "externalMilvus.enabled", []string{"externalMilvus.uri"}},
	{"PGVECTOR_HOST", apiParts, "externalPgvector.enabled", []string{"externalPgvector.address"}},
	{"PGVECTOR_PASSWORD", apiParts, "externalPgvector.enabled", []string{"externalPgvector.password"}},
	{"ELASTICSEARCH_HOST", apiParts, "externalElasticsearch.enabled", []string{"externalElasticsearch.host"}},
}

// chartStores are the values of VECTOR_STORE that a chart's switches choose, and
// those of DB_TYPE.
var chartStores = []struct{ when, variable, value string }{
	{"externalWeaviate.enabled", "VECTOR_STORE", "weaviate"}, {"externalQdrant.enabled", "VECTOR_STORE", "qdrant"},
	{"externalMilvus.enabled", "VECTOR_STORE", "milvus"}, {"externalPgvector.enabled", "VECTOR_STORE", "pgvector"},
	{"externalElasticsearch.enabled", "VECTOR_STORE", "elasticsearch"}, {"externalTencentVectorDB.enabled", "VECTOR_STORE", "tencent"},
	{"externalMyScaleDB.enabled", "VECTOR_STORE", "myscale"}, {"externalTableStore.enabled", "VECTOR_STORE", "tablestore"},
	{"externalMysql.enabled", "DB_TYPE", "mysql"}, {"externalPostgres.enabled", "DB_TYPE", "postgresql"},
}

// helmParts reads what the parts of a chart get.
func (d *Deployment) helmParts(file string, root *yaml.Node) {
	h := helmValues{file: file, root: root, parts: map[string]map[string]Value{}}
	h.keys()
	h.publicHost()
	h.broker()
	global := child(root, "global")
	h.list(global, "extraEnvs", allParts)
	h.list(global, "extraEnv", allParts)
	h.list(global, "extraBackendEnvs", innerParts)
	for _, p := range pairs(root) {
		part, ok := chartParts[p.key.Value]
		if !ok || p.value.Kind != yaml.MappingNode || !h.on(p.key.Value+".enabled", true) {
			continue
		}
		if h.parts[part] == nil {
			h.parts[part] = map[string]Value{}
		}
		for _, key := range chartLists {
			h.list(p.value, key, []string{part})
		}
	}
	for _, part := range slices.Sorted(maps.Keys(h.parts)) {
		if at := slices.IndexFunc(d.HelmParts, func(s Service) bool { return s.Name == part }); at >= 0 {
			for name, v := range h.parts[part] {
				d.HelmParts[at].Env[name] = v
			}
			continue
		}
		d.HelmParts = append(d.HelmParts, Service{Name: part, Env: h.parts[part], Active: true, Place: Place{File: file}})
	}
}

// helmValues are a values file and what the parts get by it.
type helmValues struct {
	file  string
	root  *yaml.Node
	parts map[string]map[string]Value
}

// at is the node below a key in dots, nil for none.
func (h *helmValues) at(key string) *yaml.Node {
	n := h.root
	for word := range strings.SplitSeq(key, ".") {
		if n = child(n, word); n == nil {
			return nil
		}
	}
	return n
}

// on reports whether a switch is on; byDefault counts where it is left out.
func (h *helmValues) on(key string, byDefault bool) bool {
	n := h.at(key)
	if n == nil || n.Kind != yaml.ScalarNode {
		return byDefault
	}
	return truthy(n.Value)
}

// chosen reports whether a condition of [chartKeys] holds.
func (h *helmValues) chosen(when string) bool {
	if off, not := strings.CutPrefix(when, "!"); not {
		return !h.on(off, false)
	}
	return when == "" || h.on(when, false)
}

// set gives a variable to some parts; the last one counts.
func (h *helmValues) set(parts []string, v Value) {
	v.Source, v.Raw = FromHelm, v.Text
	for _, part := range parts {
		if h.parts[part] == nil {
			h.parts[part] = map[string]Value{}
		}
		h.parts[part][v.Name] = v
	}
}

func (h *helmValues) keys() {
	for _, k := range chartKeys {
		if !h.chosen(k.when) {
			continue
		}
		for _, key := range k.keys {
			if n := h.at(key); n != nil && n.Kind == yaml.ScalarNode && n.Value != "" {
				h.set(k.parts, Value{Name: k.variable, Text: n.Value, Var: key, Place: Place{h.file, n.Line}})
				break
			}
		}
	}
	for _, s := range chartStores {
		if n := h.at(s.when); n != nil && h.on(s.when, false) {
			h.set(apiParts, Value{Name: s.variable, Text: s.value, Var: s.when, Place: Place{h.file, n.Line}})
		}
	}
}

// publicHost is the one host that douban's chart makes all public addresses of.
func (h *helmValues) publicHost() {
	host := h.at("global.host")
	base := h.at("global.baseUrlOverride")
	text, at := "", host
	switch {
	case base != nil && base.Value != "":
		text, at = base.Value, base
	case host != nil && host.Value != "" && h.at("global.enableTLS") != nil:
		u := url.URL{Scheme: "http", Host: host.Value}
		if h.on("global.enableTLS", false) {
			u.Scheme = "https"
		}
		if port := h.at("global.port"); port != nil && port.Value != "" {
			u.Host += ":" + port.Value
		}
		text = u.String()
	default:
		return
	}
	for _, name := range []string{"CONSOLE_API_URL", "CONSOLE_WEB_URL", "SERVICE_API_URL", "APP_API_URL", "APP_WEB_URL"} {
		for _, part := range append(webParts, apiParts...) {
			if _, own := h.parts[part][name]; !own {
				h.set([]string{part}, Value{Name: name, Text: text, Var: "global.host", Place: Place{h.file, at.Line}})
			}
		}
	}
}

// broker is the URL that the chart makes of an outside Redis, with the password as
// it is.
func (h *helmValues) broker() {
	password, host := h.at("externalRedis.password"), h.at("externalRedis.host")
	if !h.chosen("externalRedis.enabled") || h.on("externalRedis.sentinel.enabled", false) || password == nil || host == nil {
		return
	}
	scheme := "redis"
	if h.on("externalRedis.useSSL", false) {
		scheme = "rediss"
	}
	text := func(key, other string) string {
		if n := h.at(key); n != nil && n.Kind == yaml.ScalarNode {
			return cmp.Or(n.Value, other)
		}
		return other
	}
	h.set(innerParts, Value{Name: "CELERY_BROKER_URL", Var: "externalRedis.password", Place: Place{h.file, password.Line},
		Text: fmt.Sprintf("%s://%s:%s@%s:%s/%s", scheme, text("externalRedis.username", ""), password.Value, host.Value, text("externalRedis.port", "6379"), text("externalRedis.db.celery", "1"))})
}

// list takes the variables below a key: a list of {name, value}, or a mapping. One
// that is taken from a Secret has no value here, and none of the chart's either.
func (h *helmValues) list(n *yaml.Node, key string, parts []string) {
	n = child(n, key)
	if n == nil {
		return
	}
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			name := child(item, "name")
			if name == nil || name.Value == "" {
				continue
			}
			h.variable(name.Value, child(item, "value"), parts)
		}
		return
	}
	for _, p := range pairs(n) {
		h.variable(p.key.Value, p.value, parts)
	}
}

func (h *helmValues) variable(name string, value *yaml.Node, parts []string) {
	if value == nil || value.Kind != yaml.ScalarNode || strings.Contains(value.Value, "{{") {
		for _, part := range parts {
			delete(h.parts[part], name)
		}
		return
	}
	h.set(parts, Value{Name: name, Text: value.Value, Place: Place{h.file, value.Line}})
}
