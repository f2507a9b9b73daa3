package envfile

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

const (
	apiImage    = "langgenius/dify-api:1.13.3"
	webImage    = "langgenius/dify-web:1.13.3"
	daemonImage = "langgenius/dify-plugin-daemon:0.5.3-local"
)

// settingsRun runs the check on an upgrade to 1.13.3 and lists what is an error
// or a warning, besides new and removed variables, as "RULE SUBJECT SEVERITY".
func settingsRun(t *testing.T, dify string, files map[string]string) ([]string, gate.Result) {
	t.Helper()
	dir := checktest.Dir(t, files)
	env := &check.Env{Dir: dir, WorkDir: dir, From: "1.13.2", To: "1.13.3"}
	if dify != "" {
		var err error
		if env.URL, err = url.Parse(dify); err != nil {
			t.Fatal(err)
		}
	}
	r := checktest.Run(t, env, &EnvFile{})
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	var out []string
	for _, f := range r.Findings {
		if (f.Rule == "env/inconsistent" || f.Rule == "env/url") && f.Severity != gate.Notice {
			out = append(out, f.Rule+" "+f.Subject+" "+f.Severity.String())
		}
	}
	slices.Sort(out)
	return out, r
}

// service is one of the compose file, with its environment as NAME=VALUE.
func service(name, image string, env ...string) string {
	s := "  " + name + ":\n    image: " + image + "\n"
	if len(env) > 0 {
		s += "    environment:\n"
	}
	for _, e := range env {
		s += "      - " + e + "\n"
	}
	return s
}

type settingsCase struct {
	name, url string
	env       string // after ownSecrets
	services  []string
	more      string // of the compose file
	want      []string
}

func runSettings(t *testing.T, cases []settingsCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{".env": ownSecrets + c.env}
			if len(c.services) > 0 {
				files["compose.yaml"] = "services:\n" + strings.Join(c.services, "") + c.more
			}
			got, r := settingsRun(t, c.url, files)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
				for _, f := range r.Findings {
					t.Log(f.Rule, f.Message)
				}
			}
		})
	}
}

// Addresses that the deployment does not publish.
func TestPublicURLs(t *testing.T) {
	nginx := func(ports string) string { return "  nginx:\n    image: nginx:latest\n    ports: [" + ports + "]\n" }
	bare := "http://192.0.2.10:9090"
	runSettings(t, []settingsCase{
		{name: "the port is lost", url: bare, env: "APP_WEB_URL=http://192.0.2.10\n", want: []string{"env/url APP_WEB_URL warning"}},
		{name: "the port is there", url: bare, env: "APP_WEB_URL=http://192.0.2.10:9090\n"},
		{name: "the port is lost in the container alone", url: bare, services: []string{service("api", apiImage, "APP_WEB_URL=http://192.0.2.10", "DB_HOST=pg.example"), service("redis", "redis")}, want: []string{"env/url APP_WEB_URL warning"}},
		{name: "another scheme", url: "https://dify.example", env: "FILES_URL=http://dify.example\n", want: []string{"env/url FILES_URL warning"}},
		{name: "the standard port written out", url: "https://dify.example", env: "FILES_URL=https://dify.example:443\n"},
		{name: "an API with a host of its own", url: "https://dify.example", env: "SERVICE_API_URL=https://api.dify.example\nCONSOLE_WEB_URL=https://dify.example\n"},
		{name: "all of another deployment", url: "https://dify.example", env: "CONSOLE_WEB_URL=https://old.example\nSERVICE_API_URL=https://old.example\n", want: []string{"env/url CONSOLE_WEB_URL warning"}},
		{name: "nginx does not publish it", services: []string{service("api", apiImage, "APP_WEB_URL=http://192.0.2.10:8088", "DB_HOST=pg.example"), nginx(`"9090:80"`), service("redis", "redis")}, want: []string{"env/url APP_WEB_URL warning"}},
		{name: "nginx publishes it", services: []string{service("api", apiImage, "APP_WEB_URL=http://192.0.2.10:9090", "DB_HOST=pg.example"), nginx(`"9090:80"`), service("redis", "redis")}},
		{name: "another proxy in front", services: []string{service("api", apiImage, "APP_WEB_URL=https://dify.example", "DB_HOST=pg.example"), nginx(`"9090:80"`), service("redis", "redis")}},
		{name: "no address at all on another port", url: bare, env: "EXPOSE_NGINX_PORT=9090\n", want: []string{"env/url APP_WEB_URL warning"}},
		{name: "no address at all on port 80", url: "http://192.0.2.10", env: "EXPOSE_NGINX_PORT=80\n"},
		{name: "no address at all behind another proxy", url: "https://dify.example", env: "EXPOSE_NGINX_PORT=9090\n"},
		{name: "https on another port", url: "https://192.0.2.10:8443", env: "EXPOSE_NGINX_SSL_PORT=8443\n", want: []string{"env/url APP_WEB_URL warning"}},
	})
}

// Names of the compose network where browsers call, and cookies across hosts, in
// .env and in the environment of a container.
func TestBrowserAddresses(t *testing.T) {
	dify := "https://dify.example"
	api := func(env ...string) string { return service("api", apiImage, append(env, "DB_HOST=pg.example")...) }
	redis := service("redis", "redis")
	runSettings(t, []settingsCase{
		{name: "a service", url: dify, services: []string{api(), service("dify-api", "example/x"), service("web", webImage, "CONSOLE_API_URL=http://dify-api:5001"), redis}, want: []string{"env/inconsistent CONSOLE_API_URL error"}},
		{name: "a container", url: dify, services: []string{api(), service("web", webImage, "APP_API_URL=http://box"), redis, "  x:\n    image: x\n    container_name: box\n"}, want: []string{"env/inconsistent APP_API_URL error"}},
		{name: "for the server side", url: dify, services: []string{api(), service("web", webImage, "SERVER_CONSOLE_API_URL=http://api:5001"), redis}},
		{name: "two hosts by the container", url: dify, services: []string{api(), service("web", webImage, "CONSOLE_API_URL=https://api.dify.example"), redis}, want: []string{"env/inconsistent COOKIE_DOMAIN error"}},
		{name: "two hosts with a domain", url: dify, services: []string{api("COOKIE_DOMAIN=dify.example"), service("web", webImage, "CONSOLE_API_URL=https://api.dify.example", "NEXT_PUBLIC_COOKIE_DOMAIN=1"), redis}},
		{name: "a domain that is neither's", url: dify, services: []string{api("COOKIE_DOMAIN=other.test"), service("web", webImage, "CONSOLE_API_URL=https://api.dify.example", "NEXT_PUBLIC_COOKIE_DOMAIN=1"), redis}, want: []string{"env/inconsistent COOKIE_DOMAIN error"}},
		{name: "a domain on one side", url: dify, services: []string{api("COOKIE_DOMAIN=dify.example", "NEXT_PUBLIC_COOKIE_DOMAIN="), service("web", webImage, "CONSOLE_API_URL=https://api.dify.example", "NEXT_PUBLIC_COOKIE_DOMAIN="), redis}, want: []string{"env/inconsistent cookie error"}},
	})
}

// Settings of the queue and of Redis.
func TestBroker(t *testing.T) {
	with := func(broker string, more ...string) string {
		return "CELERY_BROKER_URL=" + broker + "\n" + strings.Join(more, "\n") + "\n"
	}
	const same = "redis://:own-redis-1@redis:6379/1"
	const sentinels = "sentinel://:own-redis-1@s1:26379/1;sentinel://:own-redis-1@s2:26379/1"
	for _, c := range []struct {
		name, env string
		want      []string
	}{
		{"as Dify has it", with(same), nil},
		{"a # in the password", with("redis://:a#b@redis:6379/1", "REDIS_PASSWORD='a#b'"), []string{"env/inconsistent CELERY_BROKER_URL error"}},
		{"a # written as %23", with("redis://:a%23b@redis:6379/1", "REDIS_PASSWORD='a#b'"), nil},
		{"a / in the password", with("redis://:a/b@redis:6379/1", "REDIS_PASSWORD=a/b"), []string{"env/inconsistent CELERY_BROKER_URL error"}},
		{"RabbitMQ", with("amqp://user:a#b@mq:5672//"), nil},
		{"TLS on one side", with(same, "REDIS_USE_SSL=true"), []string{"env/inconsistent broker TLS error"}},
		{"TLS on the other", with("rediss://:own-redis-1@redis:6379/1"), []string{"env/inconsistent broker TLS error"}},
		{"TLS on both", with("rediss://:own-redis-1@redis:6379/1", "REDIS_USE_SSL=true"), nil},
		{"TLS to another server", with("rediss://:x@broker.example:6379/1"), nil},
		{"another password", with("redis://:other-1@redis:6379/1"), []string{"env/inconsistent broker error"}},
		{"another user", with(same, "REDIS_USERNAME=dify"), []string{"env/inconsistent broker user warning"}},
		{"sentinels wanted and none named", with(same, "REDIS_USE_SENTINEL=true"), []string{"env/inconsistent REDIS_SENTINELS error", "env/inconsistent REDIS_SENTINEL_SERVICE_NAME error"}},
		{"sentinels named", with(same, "REDIS_USE_SENTINEL=true", "REDIS_SENTINELS=s1:26379", "REDIS_SENTINEL_SERVICE_NAME=m"), nil},
		{"a cluster without nodes", with(same, "REDIS_USE_CLUSTERS=true"), []string{"env/inconsistent REDIS_CLUSTERS error"}},
		{"the broker's sentinels switched off", with(sentinels), []string{"env/inconsistent CELERY_USE_SENTINEL error"}},
		{"the broker's sentinels without a master", with(sentinels, "CELERY_USE_SENTINEL=true"), []string{"env/inconsistent CELERY_SENTINEL_MASTER_NAME error"}},
		{"the broker's sentinels", with(sentinels, "CELERY_USE_SENTINEL=true", "CELERY_SENTINEL_MASTER_NAME=m"), nil},
		{"sentinels switched on for a server", with(same, "CELERY_USE_SENTINEL=true"), []string{"env/inconsistent CELERY_USE_SENTINEL error"}},
		{"the sentinels' password on one side", with(sentinels, "CELERY_USE_SENTINEL=true", "CELERY_SENTINEL_MASTER_NAME=m", "REDIS_SENTINELS=s1:26379,s2:26379", "REDIS_SENTINEL_PASSWORD=own-sentinel"), []string{"env/inconsistent CELERY_SENTINEL_PASSWORD error"}},
		{"the sentinels' password on both", with(sentinels, "CELERY_USE_SENTINEL=true", "CELERY_SENTINEL_MASTER_NAME=m", "REDIS_SENTINELS=s1:26379,s2:26379", "REDIS_SENTINEL_PASSWORD=own-sentinel", "CELERY_SENTINEL_PASSWORD=own-sentinel"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			own := strings.Replace(ownSecrets, "CELERY_BROKER_URL=redis://:own-redis-1@redis:6379/1\n", "", 1)
			if strings.Contains(c.env, "REDIS_PASSWORD=") {
				own = strings.Replace(own, "REDIS_PASSWORD=own-redis-1\n", "", 1)
			}
			got, r := settingsRun(t, "", map[string]string{".env": own + c.env})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for _, f := range r.Findings {
				if strings.Contains(f.Message+f.Hint, "a#b") || strings.Contains(f.Message+f.Hint, "own-") {
					t.Errorf("a password is shown: %s | %s", f.Message, f.Hint)
				}
			}
		})
	}
	// The queue and the cache in one database: worth a notice.
	_, r := settingsRun(t, "", map[string]string{".env": ownSecrets + "CELERY_BROKER_URL=redis://:own-redis-1@redis:6379/0\n"})
	if f := find1(t, r, "env/inconsistent", "broker database"); f.Severity != gate.Notice {
		t.Errorf("severity %s", f.Severity)
	}
}

// Queues that somebody wrote by hand.
func TestQueues(t *testing.T) {
	const all = "dataset,priority_dataset,mail,ops_trace,app_deletion,plugin,workflow_storage,conversation,pipeline,priority_pipeline,workflow,schedule_poller,schedule_executor,triggered_workflow_dispatcher,trigger_refresh_executor,retention,workflow_based_app_execution,dataset_summary"
	worker := func(name, more string) string {
		return "  " + name + ":\n    image: " + apiImage + "\n" + more
	}
	env := func(list string) string { return "    environment: {MODE: worker, CELERY_QUEUES: \"" + list + "\"}\n" }
	wrong := []string{"env/inconsistent queues error"}
	runSettings(t, []settingsCase{
		{name: "an old list", services: []string{worker("worker", env("dataset,mail"))}, want: wrong},
		{name: "all", services: []string{worker("worker", env(all))}},
		{name: "none", services: []string{worker("worker", env(""))}},
		{name: "two workers share them", services: []string{worker("worker", env("dataset,mail")), worker("other", env(strings.Replace(all, "dataset,", "", 1)))}},
		{name: "a worker without a list", services: []string{worker("worker", env("dataset,mail")), worker("worker2", "    environment: {MODE: worker}\n")}},
		{name: "in the command", services: []string{worker("worker", "    command: celery -A app.celery worker -Q dataset,mail\n")}, want: wrong},
		{name: "in the command, all", services: []string{worker("worker", "    command: celery -A app.celery worker --queues="+all+"\n")}},
		{name: "in .env", env: "CELERY_QUEUES=dataset,mail\n", want: wrong},
		{name: "the api's list is not a worker's", services: []string{service("api", apiImage, "CELERY_QUEUES=dataset"), worker("worker", env(all))}},
	})
	_, r := settingsRun(t, "", map[string]string{".env": ownSecrets, "compose.yaml": "services:\n" + worker("worker", env("dataset,mail"))})
	if f := find1(t, r, "env/inconsistent", "queues"); f.Location.File != "compose.yaml" || f.Location.Line != 4 || !strings.Contains(f.Message, "priority_dataset") || !strings.Contains(f.Message, "CELERY_QUEUES of worker lacks") {
		t.Errorf("%s at %v", f.Message, f.Location)
	}
}

// Servers that are named and that no service is.
func TestHosts(t *testing.T) {
	redis := service("redis", "redis")
	api := service("api", apiImage, "DB_HOST=pg.example")
	external := "networks:\n  out: {external: true}\n"
	runSettings(t, []settingsCase{
		{name: "one service is left behind", env: "DB_HOST=db\n", services: []string{api, service("plugin_daemon", daemonImage, "DB_HOST=${DB_HOST}"), redis}, want: []string{"env/inconsistent DB_HOST error"}},
		{name: "one is left behind, with other networks", services: []string{api, service("plugin_daemon", daemonImage, "DB_HOST=db"), redis}, more: external, want: []string{"env/inconsistent DB_HOST error"}},
		{name: "all go elsewhere", services: []string{api, service("plugin_daemon", daemonImage, "DB_HOST=pg.example"), redis}},
		{name: "all name what is gone", services: []string{service("api", apiImage, "DB_HOST=db"), redis}, want: []string{"env/inconsistent DB_HOST error"}},
		{name: "what is gone may be in another project", services: []string{service("api", apiImage, "DB_HOST=db"), redis}, more: external, want: []string{"env/inconsistent DB_HOST warning"}},
		{name: "an alias", services: []string{service("api", apiImage, "DB_HOST=db"), redis, "  pg:\n    image: postgres\n    container_name: db\n"}},
		{name: "a name with an address", services: []string{service("api", apiImage, "DB_HOST=db") + "    extra_hosts: [\"db:192.0.2.1\"]\n", redis}},
		{name: "the plugin daemon under another name", services: []string{service("api", apiImage, "DB_HOST=pg.example", "PLUGIN_DAEMON_URL=http://plugin_daemon:5002"), service("daemon", daemonImage), redis}, want: []string{"env/inconsistent PLUGIN_DAEMON_URL error"}},
		{name: "the broker on what is gone", services: []string{service("api", apiImage, "DB_HOST=pg.example", "REDIS_HOST=cache.example", "CELERY_BROKER_URL=redis://:x@redis:6379/1")}, want: []string{"env/inconsistent CELERY_BROKER_URL error"}},
		{name: "half of Weaviate's address", env: "VECTOR_STORE=weaviate\nCOMPOSE_PROFILES=weaviate,postgresql\nWEAVIATE_ENDPOINT=http://weaviate.example:8080\n", want: []string{"env/inconsistent WEAVIATE_GRPC_ENDPOINT error"}},
		{name: "both halves elsewhere", env: "VECTOR_STORE=weaviate\nCOMPOSE_PROFILES=postgresql\nWEAVIATE_ENDPOINT=http://weaviate.example:8080\nWEAVIATE_GRPC_ENDPOINT=grpc://grpc-weaviate.example:50051\n"},
		{name: "half of the address of a store that is not in use", env: "VECTOR_STORE=relyt\nWEAVIATE_ENDPOINT=http://weaviate.example:8080\n"},
		{name: "one of two proxies", env: "SSRF_PROXY_HTTP_URL=http://proxy.example:3128\nSSRF_PROXY_HTTPS_URL=http://ssrf_proxy:3128\n", want: []string{"env/inconsistent SSRF_PROXY_HTTPS_URL warning"}},
	})
}

// Of a release that stands in for an unknown target nothing is demanded: no
// queue, no service, no default.
func TestNothingOfAStandIn(t *testing.T) {
	for to, want := range map[string]int{"1.16.0": 3, "1.99.0": 0} {
		dir := checktest.Dir(t, map[string]string{".env": strings.Replace(ownSecrets, "DB_PASSWORD=own-db-1\n", "", 1) +
			"DB_HOST=db\nDB_TYPE=postgresql\nCELERY_QUEUES=dataset\nVECTOR_STORE=weaviate\nCOMPOSE_PROFILES=weaviate,postgresql\nWEAVIATE_ENDPOINT=http://weaviate.example:8080\n"})
		r := checktest.Run(t, &check.Env{Dir: dir, WorkDir: dir, From: "1.15.0", To: to}, &EnvFile{})
		var got []string
		for _, f := range r.Findings {
			if f.Severity == gate.Error && f.Rule == "env/inconsistent" {
				got = append(got, f.Message)
			}
		}
		if len(got) != want {
			t.Errorf("to %s: %d errors, want %d: %q", to, len(got), want, got)
		}
	}
}
