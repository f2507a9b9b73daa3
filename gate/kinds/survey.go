package kinds

import (
	"net/url"
	"strings"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// Survey is what an operator's directory says of the deployment, for gate init.
type Survey struct {
	Files    []string // read, as reports name them
	Notes    []string // what was assumed
	Problems []string // files that could not be read
	Profiles []string // active profiles of Compose
	Settings []Found  // where database, Redis and vector store are
	URLs     []Found  // addresses by the field of gate.yaml that they belong to
	Address  string   // the public address that the files suggest, a guess
	Compose  string   // oldest Docker Compose that the target release works with
}

// Found is a setting and its place. The value of a secret is ***.
type Found struct {
	Field string // of gate.yaml, for URLs
	Name  string
	Value string
	Place string
}

// SurveyDir reads the operator's directory. The error says why it cannot be read.
func SurveyDir(e *check.Env) (Survey, error) {
	d, err := e.Deployment()
	if err != nil {
		return Survey{}, err
	}
	s := Survey{Notes: d.Notes, Profiles: d.Profiles, Address: addressOf(d)}
	for _, file := range append([]string{d.EnvFile}, append(d.ComposeFiles, d.HelmFiles...)...) {
		if file != "" {
			s.Files = append(s.Files, check.ShowPath(e, file))
		}
	}
	for _, p := range d.Problems {
		s.Problems = append(s.Problems, shown(e, p.Place)+": "+p.Text)
	}
	for _, name := range []string{"DB_TYPE", "DB_HOST", "REDIS_HOST", "VECTOR_STORE"} {
		if v, ok := d.Env[name]; ok && v.Text != "" {
			s.Settings = append(s.Settings, found(e, "", v))
		}
	}
	for _, pair := range [][2]string{{"console_url", "CONSOLE_API_URL"}, {"api_url", "SERVICE_API_URL"}, {"app_url", "APP_API_URL"}, {"files_url", "FILES_URL"}} {
		v := d.Env[pair[1]]
		u, err := url.Parse(v.Text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		u.User = nil
		v.Text = strings.TrimSuffix(u.String(), "/")
		s.URLs = append(s.URLs, found(e, pair[0], v))
	}
	if c, err := e.Facts(); err == nil {
		r := c.Newest()
		if known, ok := c.Release(e.To); ok {
			r = known
		}
		if m, ok := r.Minimum("docker-compose"); ok {
			s.Compose = m.Version
		}
	}
	return s, nil
}

// found is a setting with its place, as reports show it.
func found(e *check.Env, field string, v deployment.Value) Found {
	return Found{Field: field, Name: v.Name, Value: v.Shown(), Place: shown(e, v.Place)}
}

// shown is a place as reports have it.
func shown(e *check.Env, p deployment.Place) string {
	p.File = check.ShowPath(e, p.File)
	return p.String()
}

// addressOf guesses the public address: a web URL, else the published port.
func addressOf(d *deployment.Deployment) string {
	for _, name := range []string{"CONSOLE_WEB_URL", "APP_WEB_URL", "CONSOLE_API_URL", "SERVICE_API_URL"} {
		if u, err := url.Parse(d.Lookup(name)); err == nil && u.Host != "" {
			return u.Scheme + "://" + u.Host
		}
	}
	if port := d.Lookup("EXPOSE_NGINX_PORT"); port != "" && port != "80" {
		return "http://localhost:" + port
	}
	return "http://localhost"
}
