package proxy

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/nginxroute"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// maxProbe bounds what is read of a file to tell whose it is.
const maxProbe = 1 << 20

// findProxy lists the proxy's files in a directory: those of nginx, or else of
// Apache, or Ingress manifests, or what holds labels of Traefik's. server
// restricts it to one of them. None is no error.
func findProxy(dir, server string) ([]string, error) {
	if server == "" || server == "nginx" {
		found, err := nginxroute.Find(dir)
		if err != nil || server == "nginx" {
			return found, err
		}
		if len(found) > 0 && !slices.ContainsFunc(found, isApache) {
			return found, nil
		}
	}
	for _, kind := range []struct {
		server   string
		patterns []string
		is       func(string) bool
	}{
		{"apache", []string{"*.conf", "conf.d/*.conf", "apache*/*.conf", "apache*/*/*.conf", "httpd/*.conf", "httpd/*/*.conf", "sites-enabled/*.conf"}, isApache},
		{"ingress", []string{"*.y*ml", "*/*.y*ml"}, isIngress},
		{"traefik", []string{"*.y*ml", "traefik/*.y*ml"}, isTraefik},
	} {
		if server != "" && server != kind.server {
			continue
		}
		var out []string
		for _, pattern := range kind.patterns {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				if kind.is(f) {
					out = append(out, f)
				}
			}
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, nil
}

// serverOf names the server whose files they are.
func (p *Proxy) serverOf(files []string) string {
	if p.Server != "" {
		return p.Server
	}
	for _, f := range files {
		if ext := filepath.Ext(f); ext == ".yaml" || ext == ".yml" {
			if isTraefik(f) {
				return "traefik"
			}
			return "ingress"
		}
		if isApache(f) {
			return "apache"
		}
	}
	return "nginx"
}

func isApache(file string) bool {
	data, err := readfile.Text(file, maxProbe)
	return err == nil && looksLikeApache(string(data))
}

func isIngress(file string) bool {
	data, err := readfile.Text(file, maxProbe)
	return err == nil && bytes.Contains(data, []byte("kind: Ingress"))
}

// isTraefik tells a compose file with routers among its labels, and a file of
// the file provider.
func isTraefik(file string) bool {
	data, err := readfile.Text(file, maxProbe)
	return err == nil && (bytes.Contains(data, []byte("traefik.http.routers.")) || bytes.Contains(data, []byte("routers:")) && bytes.Contains(data, []byte("rule:")))
}

func looksLikeApache(text string) bool {
	for line := range strings.Lines(text) {
		word, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(line)), " ")
		switch word {
		case "<virtualhost", "proxypass", "proxypassmatch", "rewriteengine", "serveralias", "<location", "<ifmodule", "proxypassreverse":
			return true
		}
	}
	return false
}
