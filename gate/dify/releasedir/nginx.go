package releasedir

import (
	"fmt"
	"strings"
)

// nginx are the templates of Dify's own nginx, in our words, with the locations
// and the variables that the release has.
func (f facts) nginx() map[string]string {
	b := &strings.Builder{}
	b.WriteString("server {\n    listen ${NGINX_PORT};\n    server_name ${NGINX_SERVER_NAME};\n")
	for _, r := range f.PublicRoutes() {
		fmt.Fprintf(b, "\n    location %s {\n", r.Prefix)
		switch {
		case r.Service == "api_websocket" && f.usesTemplate("NGINX_SOCKET_IO_UPSTREAM"):
			// A name in a variable is looked up at run time, by Docker's resolver.
			b.WriteString("      resolver 127.0.0.11 valid=30s;\n      set $socket_io_upstream ${NGINX_SOCKET_IO_UPSTREAM};\n      proxy_pass http://$socket_io_upstream;\n")
		default:
			fmt.Fprintf(b, "      proxy_pass http://%s:%s;\n", r.Service, r.Port)
		}
		if r.Service == "plugin_daemon" {
			b.WriteString("      proxy_set_header Dify-Hook-Url $scheme://$host$request_uri;\n")
		}
		b.WriteString("      include proxy.conf;\n")
		if r.Prefix == "/socket.io/" {
			b.WriteString("      proxy_set_header Upgrade $http_upgrade;\n      proxy_set_header Connection \"upgrade\";\n")
		}
		b.WriteString("    }\n")
	}
	b.WriteString("\n    ${ACME_CHALLENGE_LOCATION}\n\n    ${HTTPS_CONFIG}\n}\n")
	return map[string]string{
		"nginx/conf.d/default.conf.template": b.String(),
		"nginx/nginx.conf.template":          nginxConf,
		"nginx/proxy.conf.template":          proxyConf,
		"nginx/https.conf.template":          httpsConf,
	}
}

// usesTemplate reports whether the release's templates use a variable.
func (f facts) usesTemplate(name string) bool {
	for _, v := range f.TemplateVars() {
		if v.Name == name {
			return true
		}
	}
	return false
}

const nginxConf = `user nginx;
worker_processes ${NGINX_WORKER_PROCESSES};

events {
    worker_connections 512;
}

http {
    include /etc/nginx/mime.types;
    sendfile on;
    keepalive_timeout ${NGINX_KEEPALIVE_TIMEOUT};
    client_max_body_size ${NGINX_CLIENT_MAX_BODY_SIZE};
    include /etc/nginx/conf.d/*.conf;
}
`

const proxyConf = `proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Port $server_port;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_buffering off;
proxy_read_timeout ${NGINX_PROXY_READ_TIMEOUT};
proxy_send_timeout ${NGINX_PROXY_SEND_TIMEOUT};
`

const httpsConf = `listen ${NGINX_SSL_PORT} ssl;
ssl_certificate ${SSL_CERTIFICATE_PATH};
ssl_certificate_key ${SSL_CERTIFICATE_KEY_PATH};
ssl_protocols ${NGINX_SSL_PROTOCOLS};
`
