package kinds

import (
	"cmp"
	"encoding/base64"
	"net"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/database"
	"github.com/dify-gate/dify-gate/gate/check/envfile"
	"github.com/dify-gate/dify-gate/gate/check/web"
)

// healthCheck is the check of a service that Dify works with, and where it is.
type healthCheck struct {
	component, address string
	spec               check.Spec
}

// healthFacts are what the health checks of a deployment are made from.
type healthFacts struct {
	// setting looks up an effective setting, "" when it is not known.
	setting func(string) string
	// minimum is the oldest version of a product that will do.
	minimum func(product string) check.Minimum
	// internal reports whether a host is a service of the compose network.
	internal func(host string) bool
}

// storePorts are the variables of host and port of the vector stores that are
// only asked for a connection, with the port that Dify's example gives.
var storePorts = map[string][3]string{
	"chroma": {"CHROMA_HOST", "CHROMA_PORT", "8000"}, "oceanbase": {"OCEANBASE_VECTOR_HOST", "OCEANBASE_VECTOR_PORT", "2881"},
	"opengauss": {"OPENGAUSS_HOST", "OPENGAUSS_PORT", "6600"}, "vastbase": {"VASTBASE_HOST", "VASTBASE_PORT", "5432"},
	"myscale": {"MYSCALE_HOST", "MYSCALE_PORT", "8123"}, "matrixone": {"MATRIXONE_HOST", "MATRIXONE_PORT", "6001"},
	"relyt": {"RELYT_HOST", "RELYT_PORT", "5432"}, "tidb_vector": {"TIDB_VECTOR_HOST", "TIDB_VECTOR_PORT", "4000"},
}

// vectorStore are the checks of the store that VECTOR_STORE names; none when
// the settings do not say where it is.
func (f healthFacts) vectorStore(store string) []healthCheck {
	name := "vector store " + store
	switch store {
	case "weaviate":
		return f.weaviate(name)
	case "qdrant":
		return f.qdrant(name)
	case "milvus":
		return f.milvus(name)
	case "pgvector":
		return f.pgvector(name, "PGVECTOR", "vector")
	case "pgvecto-rs":
		return f.pgvector(name, "PGVECTO_RS", "vectors")
	case "elasticsearch", "elasticsearch-ja":
		return f.elasticsearch(name)
	case "opensearch":
		scheme := "http"
		if isTrue(f.setting("OPENSEARCH_SECURE")) {
			scheme = "https"
		}
		return f.search(name, "OPENSEARCH", scheme, f.setting("OPENSEARCH_USER"))
	}
	if names, ok := storePorts[store]; ok && f.setting(names[0]) != "" {
		return []healthCheck{storeTCP(name, net.JoinHostPort(envfile.HostOf(f.setting(names[0])), cmp.Or(f.setting(names[1]), names[2])))}
	}
	return nil
}

// storeURL is the variable that has the address of a store as a URL, "" for a store
// that is named by host and port.
func (f healthFacts) storeURL(store string) string {
	switch store {
	case "weaviate":
		return "WEAVIATE_ENDPOINT"
	case "qdrant":
		return "QDRANT_URL"
	case "milvus":
		return "MILVUS_URI"
	case "elasticsearch", "elasticsearch-ja":
		if isTrue(f.setting("ELASTICSEARCH_USE_CLOUD")) {
			return "ELASTICSEARCH_CLOUD_URL"
		}
	}
	return ""
}

func storeTCP(name, address string) healthCheck {
	return healthCheck{"vector_store", address, &web.TCP{Base: check.Base{Name: name}, Address: address}}
}

// storeHTTP is a GET below a store's base URL.
func storeHTTP(name string, base *url.URL, path string, headers map[string]string, expect web.HTTPExpect) healthCheck {
	if expect.Status == nil {
		expect.Status = check.Statuses{"200"}
	}
	return healthCheck{"vector_store", check.HostPort(base), &web.HTTP{
		Base: check.Base{Name: name}, URL: strings.TrimSuffix(base.String(), "/") + path, Headers: headers, Expect: expect,
	}}
}

// base reads a setting as a URL; nil when it is none.
func (f healthFacts) base(name string) *url.URL {
	u, err := url.Parse(f.setting(name))
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// weaviate is asked whether it is ready and which version it is, and for the
// gRPC port that clients from version 4 on work through (docs, Weaviate v4
// migration).
func (f healthFacts) weaviate(name string) []healthCheck {
	base := f.base("WEAVIATE_ENDPOINT")
	if base == nil {
		return nil
	}
	var headers map[string]string
	if key := f.setting("WEAVIATE_API_KEY"); key != "" {
		headers = map[string]string{"Authorization": "Bearer " + key}
	}
	out := []healthCheck{storeHTTP(name, base, "/v1/.well-known/ready", nil, web.HTTPExpect{})}
	want := f.minimum("weaviate")
	if want.Version == "" {
		return out
	}
	out = append(out, storeHTTP(name+" version", base, "/v1/meta", headers, web.HTTPExpect{Versions: map[string]check.Minimum{"version": want}}))
	if grpc := f.base("WEAVIATE_GRPC_ENDPOINT"); grpc != nil && grpc.Port() != "" {
		out = append(out, storeTCP(name+" grpc", grpc.Host))
	}
	return out
}

// qdrant is asked whether it is ready, and whether it takes the key.
func (f healthFacts) qdrant(name string) []healthCheck {
	base := f.base("QDRANT_URL")
	if base == nil {
		return nil
	}
	var headers map[string]string
	if key := f.setting("QDRANT_API_KEY"); key != "" {
		headers = map[string]string{"api-key": key}
	}
	return []healthCheck{
		storeHTTP(name, base, "/readyz", nil, web.HTTPExpect{}),
		storeHTTP(name+" key", base, "/collections", headers, web.HTTPExpect{JSON: map[string]check.Want{"status": {Value: "ok"}}}),
	}
}

// milvusHealth is the port of Milvus' own health route, which its standalone
// service listens on beside the API's.
const milvusHealth = "9091"

func (f healthFacts) milvus(name string) []healthCheck {
	base := f.base("MILVUS_URI")
	if base == nil {
		return nil
	}
	out := []healthCheck{storeTCP(name, check.HostPort(base))}
	if f.internal(base.Hostname()) && base.Hostname() != "host.docker.internal" {
		health := &url.URL{Scheme: "http", Host: net.JoinHostPort(base.Hostname(), milvusHealth)}
		out = append(out, storeHTTP(name+" health", health, "/healthz", nil, web.HTTPExpect{}))
	}
	return out
}

// pgvector is a PostgreSQL with an extension.
func (f healthFacts) pgvector(name, prefix, extension string) []healthCheck {
	host := f.setting(prefix + "_HOST")
	if host == "" {
		return nil
	}
	address := net.JoinHostPort(envfile.HostOf(host), cmp.Or(f.setting(prefix+"_PORT"), "5432"))
	u := url.URL{
		Scheme: "postgres", Host: address, Path: "/" + cmp.Or(f.setting(prefix+"_DATABASE"), "dify"),
		User: url.UserPassword(cmp.Or(f.setting(prefix+"_USER"), "postgres"), f.setting(prefix+"_PASSWORD")),
	}
	return []healthCheck{{"vector_store", address, &database.Postgres{
		Base: check.Base{Name: name}, DatabaseAccess: database.DatabaseAccess{URL: gate.NewSecret(u.String())}, Extensions: check.Strings{extension},
	}}}
}

// elasticsearch lives at a host and port, or in Elastic's cloud.
func (f healthFacts) elasticsearch(name string) []healthCheck {
	if isTrue(f.setting("ELASTICSEARCH_USE_CLOUD")) {
		base := f.base("ELASTICSEARCH_CLOUD_URL")
		if base == nil {
			return nil
		}
		return []healthCheck{storeHTTP(name, base, "/_cluster/health", map[string]string{"Authorization": "ApiKey " + f.setting("ELASTICSEARCH_API_KEY")}, searchHealth())}
	}
	scheme := "http"
	if u := f.base("ELASTICSEARCH_HOST"); u != nil {
		scheme = u.Scheme
	}
	return f.search(name, "ELASTICSEARCH", scheme, f.setting("ELASTICSEARCH_USERNAME"))
}

// search asks Elasticsearch or OpenSearch for the state of its cluster. Where
// Dify is set not to verify the certificate, only the connection is tried:
// the password goes to nobody that is not known.
func (f healthFacts) search(name, prefix, scheme, user string) []healthCheck {
	host := envfile.HostOf(f.setting(prefix + "_HOST"))
	if host == "" || host == "0.0.0.0" {
		return nil
	}
	base := &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, cmp.Or(f.setting(prefix+"_PORT"), "9200"))}
	if verify := f.setting(prefix + "_VERIFY_CERTS"); scheme == "https" && verify != "" && !isTrue(verify) {
		return []healthCheck{storeTCP(name, base.Host)}
	}
	var headers map[string]string
	if user != "" {
		login := user + ":" + f.setting(prefix+"_PASSWORD")
		headers = map[string]string{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(login))}
	}
	return []healthCheck{storeHTTP(name, base, "/_cluster/health", headers, searchHealth())}
}

// searchHealth: yellow is a cluster of one node whose replicas have no place.
func searchHealth() web.HTTPExpect {
	return web.HTTPExpect{JSON: map[string]check.Want{"status": {Comparisons: []check.Comparison{{Name: "match", Value: "^(green|yellow)$"}}}}}
}

// serviceHealth is what the health route of one of Dify's own services has to
// answer (dify-sandbox internal/controller/router.go, dify-plugin-daemon
// internal/server/controllers/health_check.go). The daemon has to be as new as
// the one that the release comes with: an older one lacks routes that the API
// calls (langgenius/dify#27713).
func serviceHealth(component, image, release string) web.HTTPExpect {
	e := web.HTTPExpect{Status: check.Statuses{"200"}}
	switch component {
	case "sandbox":
		e.Body = check.Pattern{Text: "ok"}
	case "plugin_daemon":
		e.JSON = map[string]check.Want{"status": {Value: "ok"}}
		if _, tag, ok := strings.Cut(image, ":"); ok {
			tag, _, _ = strings.Cut(tag, "-")
			e.Versions = map[string]check.Minimum{"version": {Version: tag, By: "for Dify " + release}}
		}
	}
	return e
}
