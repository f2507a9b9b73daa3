package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

func runOpenAPI(t *testing.T, base string, spec OpenAPI) gate.Result {
	t.Helper()
	return checktest.Run(t, checktest.EnvAt(t, base), &spec)
}

// foundOperations lists what was found, sorted, as "rule METHOD path".
func foundOperations(res gate.Result) string {
	var out []string
	for _, f := range res.Findings {
		out = append(out, f.Rule+" "+f.Subject)
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

const fastAPI = `
from fastapi import FastAPI, HTTPException
app = FastAPI()
@app.get("/items")
def items(): return []
@app.post("/items")
def add(): return {}
@app.get("/items/{item}")
def item(item: int): raise HTTPException(404, "no such item")
@app.delete("/items/{item}")
def remove(item: int): return {}
@app.get("/broken")
def broken(): raise RuntimeError("boom")
@app.get("/private")
def private(): raise HTTPException(401)
if __import__("os").environ.get("LIE"):
    doc = app.openapi()
    doc["paths"]["/gone"] = {"get": {"responses": {}}}
    doc["paths"]["/gone/{id}"] = {"delete": {"responses": {}}}
    app.openapi = lambda: doc
`

// TestOpenAPIOfFastAPI reads the document of a real FastAPI application, once
// as it is and once with paths that the application does not have.
func TestOpenAPIOfFastAPI(t *testing.T) {
	t.Parallel()
	python := testserver.Find(t, "/usr/bin/python3")
	for lie, want := range map[string]string{
		"":  "openapi/route-unreachable GET /broken",
		"1": "openapi/route-missing DELETE /gone/{id}\nopenapi/route-missing GET /gone\nopenapi/route-unreachable GET /broken",
	} {
		dir, port := t.TempDir(), testserver.Port(t)
		if err := os.WriteFile(filepath.Join(dir, "shop.py"), []byte(fastAPI), 0o600); err != nil {
			t.Fatal(err)
		}
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		p := testserver.Start(t, testserver.Command{Path: python, Args: []string{"-m", "uvicorn", "shop:app", "--port", fmt.Sprint(port)}, Dir: dir, Env: []string{"LIE=" + lie}})
		p.Wait(testserver.Connects(addr))
		res := runOpenAPI(t, "http://"+addr, OpenAPI{URL: "/openapi.json"})
		if res.Err != nil || foundOperations(res) != want {
			t.Errorf("lie %q: %v\n%s\nwant\n%s", lie, res.Err, foundOperations(res), want)
		}
	}
}

func TestOpenAPI(t *testing.T) {
	const doc = `{"swagger":"2.0","basePath":"/v1","paths":{"/info":{"get":{}},"/chat":{"post":{}},"/files/{id}":{"get":{}}}}`
	mux := http.NewServeMux()
	serve := func(path, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) })
	}
	serve("/v1/swagger.json", doc)
	serve("/empty.json", `{"openapi":"3.0.0","paths":{}}`)
	serve("/page", "<html>")
	serve("/elsewhere.json", `{"openapi":"3.0.0","servers":[{"url":"http://192.0.2.1/api"}],"paths":{"/x":{"get":{}}}}`)
	serve("/api/x", "ok")
	serve("/variable.yaml", "openapi: 3.0.0\nservers:\n  - url: '{base}'\n    variables: {base: {default: /api}}\npaths:\n  /x: {get: {}}\n  /gone: {get: {}}\n")
	serve("/own.json", `{"openapi":"3.0.0","paths":{"/x":{"servers":[{"url":"/api"}],"get":{}},"/stream":{"get":{}}}}`)
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "event: ping\n\n")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // no end, as a stream that outlasts the check
	})
	mux.HandleFunc("/v1/info", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/v1/chat", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Allow", "OPTIONS, POST") })
	mux.HandleFunc("/v1/files/1", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Allow", "OPTIONS, POST") })
	server := httptest.NewServer(mux)
	defer server.Close()
	dir := t.TempDir()
	baseline := filepath.Join(dir, "before.yaml")
	if err := os.WriteFile(baseline, []byte("openapi: 3.0.0\npaths:\n  /info:\n    get: {}\n    delete: {}\n  /files/{file_id}:\n    get: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		spec OpenAPI
		want string
	}{
		// /files/{id} allows only POST, though GET is documented.
		{"swagger 2 with a base path", OpenAPI{URL: "/v1/swagger.json"}, "openapi/route-missing GET /files/{id}"},
		{"baseline", OpenAPI{URL: "/v1/swagger.json", Baseline: baseline}, "openapi/route-missing DELETE /info\nopenapi/route-missing GET /files/{id}"},
		{"not there", OpenAPI{URL: "/none.json"}, "openapi/unreadable " + server.URL + "/none.json"},
		{"describes nothing", OpenAPI{URL: "/empty.json"}, "openapi/unreadable " + server.URL + "/empty.json"},
		{"no document", OpenAPI{URL: "/page"}, "openapi/unreadable " + server.URL + "/page"},
		// The document's server is another host: only its path is taken.
		{"sends elsewhere", OpenAPI{URL: "/elsewhere.json"}, ""},
		{"a server with a variable, in YAML", OpenAPI{URL: "/variable.yaml"}, "openapi/route-missing GET /gone"},
		{"another server by the entry", OpenAPI{URL: "/variable.yaml", Server: "/nowhere"}, "openapi/route-missing GET /gone\nopenapi/route-missing GET /x"},
		{"a path's own server, and a stream", OpenAPI{URL: "/own.json"}, ""},
	} {
		res := runOpenAPI(t, server.URL, c.spec)
		if res.Err != nil || foundOperations(res) != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, res.Err, foundOperations(res), c.want)
		}
	}
}
