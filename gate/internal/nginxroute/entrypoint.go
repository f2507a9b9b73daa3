package nginxroute

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
)

// WithDefaults is env with the values that Dify's compose files give the nginx container for names that env lacks.
// Source: the environment section of service nginx in docker-compose.yaml, 0.15.0 to 1.16.0. For an operator's files
// without a compose file beside them; with one, its own values are the truth.
func WithDefaults(env map[string]string) map[string]string {
	out := map[string]string{
		"NGINX_SERVER_NAME":              "_",
		"NGINX_HTTPS_ENABLED":            "false",
		"NGINX_SSL_PORT":                 "443",
		"NGINX_PORT":                     "80",
		"NGINX_SSL_CERT_FILENAME":        "dify.crt",
		"NGINX_SSL_CERT_KEY_FILENAME":    "dify.key",
		"NGINX_SSL_PROTOCOLS":            "TLSv1.2 TLSv1.3",
		"NGINX_WORKER_PROCESSES":         "auto",
		"NGINX_CLIENT_MAX_BODY_SIZE":     "100M",
		"NGINX_KEEPALIVE_TIMEOUT":        "65",
		"NGINX_PROXY_READ_TIMEOUT":       "3600s",
		"NGINX_PROXY_SEND_TIMEOUT":       "3600s",
		"NGINX_ENABLE_CERTBOT_CHALLENGE": "false",
		"NGINX_SOCKET_IO_UPSTREAM":       "api_websocket:5001",
		"CERTBOT_DOMAIN":                 "",
	}
	maps.Copy(out, env)
	return out
}

// containerEnv is what templates are rendered with: Env, and the two blocks that Dify's container entrypoint makes
// itself (docker/nginx/docker-entrypoint.sh): the https lines from https.conf.template and the ACME location.
func (l *loader) containerEnv() (map[string]string, error) {
	env := maps.Clone(l.opt.Env)
	if env == nil {
		env = map[string]string{}
	}
	if _, ok := env["ACME_CHALLENGE_LOCATION"]; !ok {
		env["ACME_CHALLENGE_LOCATION"] = ""
		if env["NGINX_ENABLE_CERTBOT_CHALLENGE"] == "true" {
			env["ACME_CHALLENGE_LOCATION"] = "location /.well-known/acme-challenge/ { root /var/www/html; }"
		}
	}
	if _, ok := env["HTTPS_CONFIG"]; !ok {
		env["HTTPS_CONFIG"] = ""
		if env["NGINX_HTTPS_ENABLED"] == "true" {
			block, err := l.httpsBlock(env)
			if err != nil {
				return nil, err
			}
			env["HTTPS_CONFIG"] = block
		}
	}
	return env, nil
}

func (l *loader) httpsBlock(env map[string]string) (string, error) {
	inner := maps.Clone(env)
	dir, cert, key := "/etc/ssl", env["NGINX_SSL_CERT_FILENAME"], env["NGINX_SSL_CERT_KEY_FILENAME"]
	if d := env["CERTBOT_DOMAIN"]; d != "" && env["NGINX_ENABLE_CERTBOT_CHALLENGE"] == "true" {
		dir, cert, key = "/etc/letsencrypt/live/"+d, "fullchain.pem", "privkey.pem"
	}
	inner["SSL_CERTIFICATE_PATH"], inner["SSL_CERTIFICATE_KEY_PATH"] = dir+"/"+cert, dir+"/"+key
	raw, err := l.text(filepath.Join(l.root, "https.conf.template"))
	if errors.Is(err, fs.ErrNotExist) {
		return "listen " + env["NGINX_SSL_PORT"] + " ssl;", nil // what matters of it for routing
	}
	if err != nil {
		return "", err
	}
	s := newSource("", raw)
	s.render(inner)
	return string(s.text), nil
}
