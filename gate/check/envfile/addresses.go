package envfile

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// innerURLs are the addresses that Dify's code takes as URLs: without a scheme its
// HTTP clients refuse them (httpx, boto3, qdrant-client, pymilvus).
var innerURLs = []string{
	"PLUGIN_DAEMON_URL", "PLUGIN_DIFY_INNER_API_URL", "DIFY_INNER_API_URL", "CODE_EXECUTION_ENDPOINT", "SSRF_PROXY_HTTP_URL", "SSRF_PROXY_HTTPS_URL",
	"AGENT_BACKEND_BASE_URL", "SERVER_CONSOLE_API_URL", "INTERNAL_FILES_URL", "S3_ENDPOINT", "PLUGIN_S3_ENDPOINT", "WEAVIATE_ENDPOINT", "QDRANT_URL", "MILVUS_URI",
}

// bareHosts are those that it takes as the name alone, the port in another variable.
var bareHosts = []string{
	"DB_HOST", "REDIS_HOST", "PGVECTOR_HOST", "CHROMA_HOST", "OPENSEARCH_HOST", "OCEANBASE_VECTOR_HOST", "OPENGAUSS_HOST", "VASTBASE_HOST",
	"MYSCALE_HOST", "MATRIXONE_HOST", "TIDB_VECTOR_HOST",
}

// oneBackend are the settings that api and workers share: a task of the one is done
// by the other, on the same data.
var oneBackend = []string{
	"DB_TYPE", "DB_HOST", "DB_PORT", "DB_DATABASE", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "CELERY_BROKER_URL", "SECRET_KEY",
	"VECTOR_STORE", "STORAGE_TYPE", "S3_BUCKET_NAME", "S3_ENDPOINT",
}

// addressForms reports addresses of a form that no client takes.
func (r *envRun) addressForms() {
	for _, name := range innerURLs {
		for _, g := range r.effective(name) {
			if r.inUse(name) {
				r.innerURL(g)
			}
		}
	}
	for _, name := range bareHosts {
		for _, g := range r.effective(name) {
			host, rest, cut := strings.Cut(g.Text, ":")
			if !cut || !r.inUse(name) || strings.Count(g.Text, ":") > 1 && !strings.Contains(g.Text, "://") {
				continue // a name, or an address of IPv6
			}
			if strings.HasPrefix(rest, "//") {
				host = HostOf(g.Text)
			}
			port := strings.Replace(name, "_HOST", "_PORT", 1)
			r.add(ruleInconsistent, name, fmt.Sprintf("%s is %s, expected the name of the host alone: it is looked up as it stands", g.whose(), g.Shown()),
				fmt.Sprintf("%s, and the port in %s", g.assign(host), port), g.Place)
		}
	}
}

// innerURL judges one address that wants a scheme.
func (r *envRun) innerURL(g given) {
	if g.Text == "" || strings.HasPrefix(g.Text, "/") {
		return
	}
	u, err := url.Parse(g.Text)
	if err != nil || u.Host == "" {
		r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s is %s and has no scheme, expected http://HOST:PORT", g.whose(), g.Shown()), g.assign("http://"+strings.TrimPrefix(g.Text, "//")), g.Place)
		return
	}
	s, ok := r.named(u.Hostname())
	if c, difys := dify.ComponentNamed(role(s)); ok && difys && u.Scheme == "https" && c.Service != "nginx" && (u.Port() == c.Port || u.Port() == "") {
		r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s is %s, and %s speaks plain HTTP in the compose network: every request fails", g.whose(), g.Shown(), s.Name),
			g.assign("http"+strings.TrimPrefix(g.Text, "https")), g.Place)
	}
}

// backendAgrees reports settings that api and workers get differently.
func (r *envRun) backendAgrees() {
	for _, name := range oneBackend {
		values := r.effective(name, backend...)
		if len(values) < 2 || !r.inUse(name) {
			continue
		}
		a, b := values[0], values[1]
		if name == "SECRET_KEY" && (a.Text == "" || b.Text == "") {
			continue // the one of the storage is used
		}
		r.add(ruleInconsistent, "backend "+name, fmt.Sprintf("%s of %s and of %s differ: the one does not find what the other wrote", name, strings.Join(a.services, ", "), strings.Join(b.services, ", ")),
			"give api and workers the same value, best by one env file", b.Place, a.Place)
	}
}

// unnamed reports a host that is no service of the compose files: this machine as a
// container sees it, or a short name that nothing here has.
func (r *envRun) unnamed(g given, host, what string) {
	s, ok := r.serviceNamed(g.services)
	if !ok || s.HostNetwork {
		return
	}
	if isLocal(host) {
		f := r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s is %s, which in a container is the container itself: %s is not there", g.whose(), host, what),
			"name the service of the compose file, or host.docker.internal for a server of this host", g.Place)
		f.Severity = gate.Warning
		return
	}
	if strings.ContainsAny(host, ".:") || r.d.External {
		return // a server elsewhere, or another project's on the same network
	}
	hint := "name the service, or write the whole name of the host"
	for _, other := range r.d.Services {
		for _, name := range other.Hosts {
			if quote.Distance(name, host) <= 2 && other.Active {
				hint = "the compose file has " + name + ": " + g.assign(strings.Replace(g.Text, host, name, 1))
			}
		}
	}
	f := r.add(ruleInconsistent, g.Name, fmt.Sprintf("%s names %s, and no service of the compose files is called so: %s is out of reach unless the host's DNS knows the name", g.whose(), host, what), hint, g.Place)
	f.Severity = gate.Warning
}
