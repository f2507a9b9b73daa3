package envfile

import (
	"slices"
	"strings"
	"testing"
)

// Addresses between the services, each wrong in one way, in a compose file that is
// right but for it.
func TestAddresses(t *testing.T) {
	t.Parallel()
	right := map[string]string{
		"DB_HOST": "db_postgres", "REDIS_HOST": "redis", "CELERY_BROKER_URL": "redis://:own-word@redis:6379/1", "REDIS_PASSWORD": "own-word",
		"PLUGIN_DAEMON_URL": "http://plugin_daemon:5002", "CODE_EXECUTION_ENDPOINT": "http://sandbox:8194",
		"SSRF_PROXY_HTTP_URL": "http://ssrf_proxy:3128", "SSRF_PROXY_HTTPS_URL": "http://ssrf_proxy:3128",
		"WEAVIATE_ENDPOINT": "http://weaviate:8080", "WEAVIATE_GRPC_ENDPOINT": "grpc://weaviate:50051", "SECRET_KEY": "own-key",
	}
	cases := []struct {
		name   string
		set    map[string]string // of the api and the worker
		worker map[string]string // of the worker alone
		more   string            // of the compose file
		want   []string
	}{
		{name: "right"},
		{name: "elsewhere", set: map[string]string{"DB_HOST": "db.example.net", "REDIS_HOST": "r.example.net", "CELERY_BROKER_URL": "redis://:own-word@r.example.net:6379/1"}},
		{name: "IPv6", set: map[string]string{"DB_HOST": "fd00::5"}},
		{name: "another broker", set: map[string]string{"CELERY_BROKER_URL": "amqp://u:p@mq.example.net//"}},
		{name: "the container itself", set: map[string]string{"DB_HOST": "localhost"}, want: []string{"env/inconsistent DB_HOST warning"}},
		{name: "localhost by a URL", set: map[string]string{"PLUGIN_DAEMON_URL": "http://127.0.0.1:5002"}, want: []string{"env/inconsistent PLUGIN_DAEMON_URL warning"}},
		{name: "misspelt", set: map[string]string{"DB_HOST": "db_postgress"}, want: []string{"env/inconsistent DB_HOST warning"}},
		{name: "of another project", set: map[string]string{"DB_HOST": "shared_pg"}, more: "networks:\n  other: {external: true}\n"},
		{name: "no scheme", set: map[string]string{"CODE_EXECUTION_ENDPOINT": "sandbox:8194"}, want: []string{"env/inconsistent CODE_EXECUTION_ENDPOINT error"}},
		{name: "TLS in the network", set: map[string]string{"PLUGIN_DAEMON_URL": "https://plugin_daemon:5002"}, want: []string{"env/inconsistent PLUGIN_DAEMON_URL error"}},
		{name: "a port in the host", set: map[string]string{"DB_HOST": "db_postgres:5432"}, want: []string{"env/inconsistent DB_HOST error"}},
		{name: "a URL as the host", set: map[string]string{"REDIS_HOST": "redis://redis"}, want: []string{"env/inconsistent REDIS_HOST error"}},
		{name: "the worker's own database", worker: map[string]string{"DB_HOST": "db.example.net"}, want: []string{"env/inconsistent backend DB_HOST error"}},
		{name: "the worker's own key", worker: map[string]string{"SECRET_KEY": "another"}, want: []string{"env/inconsistent backend SECRET_KEY error"}},
		{name: "a queue left behind", set: map[string]string{"REDIS_HOST": "r.example.net"}, want: []string{"env/inconsistent CELERY_BROKER_URL warning"}},
		{name: "half a store moved", set: map[string]string{"WEAVIATE_ENDPOINT": "https://w.example.net"}, want: []string{"env/inconsistent WEAVIATE_GRPC_ENDPOINT error"}},
		{name: "TLS on one half", set: map[string]string{"WEAVIATE_ENDPOINT": "https://w.example.net", "WEAVIATE_GRPC_ENDPOINT": "grpc://w.example.net:443"}, want: []string{"env/inconsistent WEAVIATE_GRPC_ENDPOINT warning"}},
		{name: "one port for both", set: map[string]string{"WEAVIATE_GRPC_ENDPOINT": "grpc://weaviate:8080"}, want: []string{"env/inconsistent WEAVIATE_GRPC_ENDPOINT warning"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var api, worker []string
			for _, name := range sortedNames(right) {
				value := right[name]
				if v, ok := c.set[name]; ok {
					value = v
				}
				api = append(api, name+"="+value)
				if v, ok := c.worker[name]; ok {
					value = v
				}
				worker = append(worker, name+"="+value)
			}
			compose := "services:\n" + service("api", apiImage, append(api, "MODE=api")...) + service("worker", apiImage, append(worker, "MODE=worker")...)
			for _, name := range strings.Fields("db_postgres redis plugin_daemon sandbox ssrf_proxy weaviate") {
				compose += service(name, "example/"+name)
			}
			got, _ := settingsRun(t, "", map[string]string{"docker-compose.yaml": compose + c.more})
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Files that Dify takes and its nginx does not.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	warned := []string{"env/inconsistent UPLOAD_FILE_SIZE_LIMIT warning"}
	for env, want := range map[string][]string{
		"UPLOAD_FILE_SIZE_LIMIT=100\n":                                         nil, // nginx takes 100M by default
		"UPLOAD_FILE_SIZE_LIMIT=200\n":                                         warned,
		"UPLOAD_FILE_SIZE_LIMIT=200\nNGINX_CLIENT_MAX_BODY_SIZE=1g\n":          nil,
		"UPLOAD_FILE_SIZE_LIMIT=200\nNGINX_CLIENT_MAX_BODY_SIZE=0\n":           nil,
		"UPLOAD_FILE_SIZE_LIMIT=16\nNGINX_CLIENT_MAX_BODY_SIZE=15M\n":          warned,
		"UPLOAD_VIDEO_FILE_SIZE_LIMIT=100\nNGINX_CLIENT_MAX_BODY_SIZE=15M\n":   nil, // as shipped
		"UPLOAD_FILE_SIZE_LIMIT=many\nNGINX_CLIENT_MAX_BODY_SIZE=15M\n":        nil,
		"UPLOAD_FILE_SIZE_LIMIT=16\nNGINX_CLIENT_MAX_BODY_SIZE=15 megabytes\n": nil,
	} {
		if got, _ := settingsRun(t, "", map[string]string{".env": env}); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", env, got, want)
		}
	}
}
