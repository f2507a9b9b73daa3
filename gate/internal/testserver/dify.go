package testserver

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// The pages of Flask and of Next.js that a stand-in sends.
const (
	flaskPage = "<!doctype html>\n<html lang=en>\n<title>%s</title>\n<h1>%s</h1>\n<p>%s</p>\n"
	flaskLost = "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
	nextPage  = `<!DOCTYPE html><html lang="en"><head><script src="/_next/static/chunks/main.js" async=""></script>` +
		`<meta name="apple-mobile-web-app-title" content="Dify"/><title>%s</title></head>` +
		`<body data-api-prefix="/console/api" data-public-api-prefix="/api"><script>self.__next_f.push([0])</script></body></html>`
)

// DifyAPI stands in for Dify's API: the shapes, headers and reason phrases of
// the real one (dify-facts.md 3 and 4), for a few routes. Version may change
// while it serves; Seen counts requests.
type DifyAPI struct {
	Version string
	// Key is the app key that /v1 accepts.
	Key string
	// Down, when set, answers everything with a crash.
	Down atomic.Bool
	Seen atomic.Int64
}

// ServeHTTP writes the answer by hand: net/http has its own reason phrases, and
// Flask's upper case ones are a fingerprint.
func (d *DifyAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.Seen.Add(1)
	phrase, kind, body := d.answer(r)
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	d.write(buf.Writer, phrase, kind, body)
}

func (d *DifyAPI) write(w *bufio.Writer, phrase, kind, body string) {
	_, _ = fmt.Fprintf(w, "HTTP/1.1 %s\r\nServer: gunicorn\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\nX-Version: %s\r\nX-Env: PRODUCTION\r\n",
		phrase, kind, len(body), d.Version)
	if strings.HasPrefix(phrase, "401") {
		_, _ = fmt.Fprint(w, "WWW-Authenticate: Bearer realm=\"api\"\r\n")
	}
	_, _ = fmt.Fprintf(w, "\r\n%s", body)
	_ = w.Flush()
}

func (d *DifyAPI) answer(r *http.Request) (phrase, kind, body string) {
	const json, html = "application/json", "text/html; charset=utf-8"
	said := func(code, text string, status int) string {
		return fmt.Sprintf(`{"code": %q, "message": %q, "status": %d}`, code, text, status)
	}
	path := r.URL.Path
	switch {
	case d.Down.Load():
		return "500 INTERNAL SERVER ERROR", json, `{"message": "Internal Server Error", "code": "unknown"}`
	case strings.Contains(path, "//"):
		return "308 PERMANENT REDIRECT", html, fmt.Sprintf(flaskPage, "Redirecting...", "Redirecting...", "")
	case path == "/console/api/ping":
		return "200 OK", json, `{"result": "pong"}`
	case path == "/console/api/setup":
		return "200 OK", json, `{"step": "finished", "setup_at": "2026-01-01T00:00:00"}`
	case path == "/console/api/system-features", path == "/api/system-features":
		return "200 OK", json, `{"enable_marketplace": true}`
	case path == "/v1/parameters", path == "/v1/info":
		switch token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
		case !ok:
			return "401 UNAUTHORIZED", json, said("unauthorized", "Authorization header must be provided and start with 'Bearer'", 401)
		case d.Key == "" || token != d.Key:
			return "401 UNAUTHORIZED", json, said("unauthorized", "Access token is invalid", 401)
		}
		return "200 OK", json, `{"opening_statement": ""}`
	case path == "/api/passport":
		return "401 UNAUTHORIZED", json, said("unauthorized", "X-App-Code header is missing.", 401)
	case strings.HasPrefix(path, "/v1/datasets/"):
		return "404 NOT FOUND", json, said("not_found", "Dataset not found.", 404)
	case strings.HasPrefix(path, "/files/") && strings.HasSuffix(path, "/file-preview"):
		return "404 NOT FOUND", json, said("not_found", "File not found or signature is invalid", 404)
	case strings.HasPrefix(path, "/mcp/server/") && r.Method != http.MethodPost, path == "/v1/chat-messages" && r.Method != http.MethodPost:
		return "405 METHOD NOT ALLOWED", json, said("method_not_allowed", "The method is not allowed for the requested URL.", 405)
	case strings.HasPrefix(path, "/triggers/webhook/"):
		return "404 NOT FOUND", html, fmt.Sprintf(flaskPage, "404 Not Found", "Not Found", "Webhook not found: x")
	}
	return "404 NOT FOUND", html, fmt.Sprintf(flaskPage, "404 Not Found", "Not Found", flaskLost)
}

// NextJS stands in for Dify's front end: the marks of Next.js and of Dify's
// layout. It answers every method, and knows a few pages.
func NextJS() http.Handler {
	pages := map[string]bool{"/": true, "/signin": true, "/apps": true, "/explore": true, "/install": true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Powered-By", "Next.js")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Vary", "rsc, next-router-state-tree, next-router-prefetch, Accept-Encoding")
		if pages[r.URL.Path] {
			_, _ = fmt.Fprintf(w, nextPage, "Dify")
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, nextPage, "404: This page could not be found.")
	})
}
