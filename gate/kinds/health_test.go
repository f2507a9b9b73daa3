package kinds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/check/web"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// stores answers for every store as its own documentation shows it.
type stores struct {
	weaviate, daemon, status string
	seen                     map[string]string // path: credentials that came with it
}

func (s *stores) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.seen[r.URL.Path] = r.Header.Get("Authorization") + r.Header.Get("api-key")
	switch r.URL.Path {
	case "/v1/.well-known/ready", "/readyz":
	case "/v1/meta":
		_, _ = fmt.Fprintf(w, `{"hostname":"http://[::]:8080","modules":{},"version":%q}`, s.weaviate)
	case "/collections":
		if r.Header.Get("api-key") != "sesame-q" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"result":{"collections":[]},"status":"ok","time":0.00001}`))
	case "/_cluster/health":
		_, _ = fmt.Fprintf(w, `{"cluster_name":"docker-cluster","status":%q,"timed_out":false}`, s.status)
	case "/health":
		_, _ = w.Write([]byte(`"ok"`))
	case "/health/check":
		_, _ = fmt.Fprintf(w, `{"status":"ok","version":%q,"platform":"local"}`, s.daemon)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// healthRun runs the checks of a store and returns the rules found.
func healthRun(t *testing.T, store string, settings map[string]string) string {
	t.Helper()
	env := checktest.Env(t, probe.NetworkOptions{})
	facts := healthFacts{
		setting:  func(name string) string { return settings[name] },
		internal: func(string) bool { return false },
		minimum: func(product string) check.Minimum {
			return check.Minimum{Version: map[string]string{"weaviate": "1.27.0"}[product], By: "for a test"}
		},
	}
	checks := facts.vectorStore(store)
	if len(checks) == 0 {
		t.Errorf("%s: no checks of %v", store, settings)
	}
	var rules []string
	for _, h := range checks {
		if res := checktest.Run(t, env, h.spec); res.Err != nil {
			t.Errorf("%s: %v", h.spec.Common().Name, res.Err)
		} else if len(res.Findings) > 0 {
			rules = append(rules, checktest.Rules(res))
		}
	}
	return strings.Join(rules, " ")
}

func TestHealthOfStores(t *testing.T) {
	t.Parallel()
	s := &stores{weaviate: "1.27.0", status: "yellow", seen: map[string]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	host, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	closed := checktest.Closed(t)
	closedHost, closedPort, _ := strings.Cut(closed, ":")

	weaviate := map[string]string{"WEAVIATE_ENDPOINT": server.URL, "WEAVIATE_API_KEY": "sesame-w", "WEAVIATE_GRPC_ENDPOINT": "grpc://" + host + ":" + port}
	if got := healthRun(t, "weaviate", weaviate); got != "" || s.seen["/v1/meta"] != "Bearer sesame-w" {
		t.Errorf("weaviate: got %q with %q, want nothing, with the key", got, s.seen["/v1/meta"])
	}
	s.weaviate = "1.19.0"
	weaviate["WEAVIATE_GRPC_ENDPOINT"] = "grpc://" + closed
	if got := healthRun(t, "weaviate", weaviate); got != "http/json tcp/refused" {
		t.Errorf("old weaviate without gRPC: got %q", got)
	}
	qdrant := map[string]string{"QDRANT_URL": server.URL, "QDRANT_API_KEY": "sesame-q"}
	if got := healthRun(t, "qdrant", qdrant); got != "" {
		t.Errorf("qdrant: got %q", got)
	}
	qdrant["QDRANT_API_KEY"] = "sesame-x"
	if got := healthRun(t, "qdrant", qdrant); got != "http/status" {
		t.Errorf("qdrant with another key: got %q", got)
	}
	search := map[string]string{"ELASTICSEARCH_HOST": host, "ELASTICSEARCH_PORT": port, "ELASTICSEARCH_USERNAME": "elastic", "ELASTICSEARCH_PASSWORD": "sesame-e"}
	if got := healthRun(t, "elasticsearch", search); got != "" || !strings.HasPrefix(s.seen["/_cluster/health"], "Basic ") {
		t.Errorf("elasticsearch: got %q with %q", got, s.seen["/_cluster/health"])
	}
	s.status = "red"
	if got := healthRun(t, "opensearch", map[string]string{"OPENSEARCH_HOST": host, "OPENSEARCH_PORT": port}); got != "http/json" {
		t.Errorf("red opensearch: got %q", got)
	}
	unverified := map[string]string{"OPENSEARCH_HOST": host, "OPENSEARCH_PORT": port, "OPENSEARCH_SECURE": "true", "OPENSEARCH_VERIFY_CERTS": "false"}
	if got := healthRun(t, "opensearch", unverified); got != "" {
		t.Errorf("opensearch that is not to be verified: got %q, want a connection only", got)
	}
	for store, settings := range map[string]map[string]string{
		"milvus": {"MILVUS_URI": "http://" + closed}, "chroma": {"CHROMA_HOST": closedHost, "CHROMA_PORT": closedPort},
	} {
		if got := healthRun(t, store, settings); got != "tcp/refused" {
			t.Errorf("%s: got %q, want tcp/refused", store, got)
		}
	}
	facts := healthFacts{setting: func(string) string { return "" }, minimum: func(string) check.Minimum { return check.Minimum{} }, internal: func(string) bool { return false }}
	for _, store := range []string{"weaviate", "qdrant", "milvus", "pgvector", "elasticsearch", "opensearch", "chroma", "tencent"} {
		if got := facts.vectorStore(store); got != nil {
			t.Errorf("%s without settings: got %v", store, got)
		}
	}
}

func TestHealthOfPgvector(t *testing.T) {
	t.Parallel()
	server := testserver.StartPostgres(t)
	host, port, _ := strings.Cut(server.Address, ":")
	settings := map[string]string{
		"PGVECTOR_HOST": host, "PGVECTOR_PORT": port, "PGVECTOR_DATABASE": "postgres",
		"PGVECTOR_USER": testserver.PostgresUser, "PGVECTOR_PASSWORD": testserver.PostgresPassword,
	}
	// Debian's server has no pgvector: the extension is reported as missing.
	if got := healthRun(t, "pgvector", settings); got != "postgres/extension-missing" {
		t.Errorf("got %q, want postgres/extension-missing", got)
	}
}

func TestHealthOfServices(t *testing.T) {
	t.Parallel()
	s := &stores{daemon: "0.6.3", seen: map[string]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	env := checktest.Env(t, probe.NetworkOptions{})
	daemon := &web.HTTP{URL: server.URL + "/health/check", Expect: serviceHealth("plugin_daemon", "langgenius/dify-plugin-daemon:0.6.3-local", "1.16.0")}
	checktest.Want(t, env, daemon, "")
	s.daemon = "0.5.1-local"
	res := checktest.Want(t, env, daemon, "http/json", "version is 0.5.1-local, expected 0.6.3 or newer (for Dify 1.16.0)")
	if len(res.Findings) == 1 && res.Findings[0].Severity != gate.Error {
		t.Errorf("severity %s, want error", res.Findings[0].Severity)
	}
	checktest.Want(t, env, &web.HTTP{URL: server.URL + "/health", Expect: serviceHealth("sandbox", "langgenius/dify-sandbox:0.2.15", "1.16.0")}, "")
	checktest.Want(t, env, &web.HTTP{URL: server.URL + "/v1/meta", Expect: serviceHealth("sandbox", "", "1.16.0")}, "http/body")
}
