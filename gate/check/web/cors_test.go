package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// flaskCORS is one application with ten routes, each with a configuration of
// flask-cors of its own.
const flaskCORS = `
from flask import Flask, jsonify
from flask_cors import cross_origin
app = Flask(__name__)
C = "https://console.example.com"
O = "https://other.example.com"
configs = {
    "named": dict(origins=[C], methods=["GET", "PUT"], allow_headers=["Authorization", "Content-Type"]),
    "cookies": dict(origins=[C, O], supports_credentials=True),
    "other": dict(origins=[O]),
    "star": dict(origins="*", send_wildcard=True),
    "reflected": dict(origins="*"),
    "reflected-cookies": dict(origins="*", supports_credentials=True),
    "regex": dict(origins=[r"https://.*\.example\.com"], supports_credentials=True),
    "no-methods": dict(origins=[C], methods=["GET"]),
    "no-headers": dict(origins=[C], allow_headers=["X-Only"]),
}
for name, options in configs.items():
    app.add_url_rule("/" + name, name, cross_origin(**options)(lambda: jsonify(ok=True)), methods=["GET", "PUT", "OPTIONS"])
app.add_url_rule("/none", "none", lambda: jsonify(ok=True))
app.run("127.0.0.1", PORT)
`

const corsConsole = "https://console.example.com"

func TestCORSAgainstFlask(t *testing.T) {
	t.Parallel()
	url := testserver.Python(t, flaskCORS, "flask", "flask_cors")
	put := check.Strings{"GET", "PUT"}
	auth := check.Strings{"Authorization"}
	evil := check.Strings{"https://evil.example"}
	for _, tt := range []struct {
		what  string
		spec  CORS
		rules string
	}{
		{"named", CORS{URL: "/named", Methods: put, Headers: auth, Refuse: evil}, ""},
		{"named, no credentials", CORS{URL: "/named", Credentials: true}, "cors/refused"},
		{"cookies", CORS{URL: "/cookies", Credentials: true, Methods: put, Refuse: evil}, ""},
		{"another origin only", CORS{URL: "/other"}, "cors/refused"},
		{"star", CORS{URL: "/star"}, "cors/too-open"},
		{"star, one to refuse", CORS{URL: "/star", Refuse: evil}, "cors/too-open"},
		{"star, with cookies wanted", CORS{URL: "/star", Credentials: true}, "cors/refused cors/too-open"},
		{"reflected", CORS{URL: "/reflected"}, "cors/too-open"},
		{"reflected with cookies", CORS{URL: "/reflected-cookies", Credentials: true}, "cors/wildcard-credentials"},
		{"pattern", CORS{URL: "/regex", Credentials: true, Refuse: check.Strings{"https://evil.example"}}, ""},
		{"pattern too wide", CORS{URL: "/regex", Credentials: true, Refuse: check.Strings{"https://evil.example.com"}}, "cors/wildcard-credentials"},
		{"method", CORS{URL: "/no-methods", Methods: put}, "cors/refused"},
		{"header", CORS{URL: "/no-headers", Headers: auth}, "cors/refused"},
		{"none", CORS{URL: "/none"}, "cors/missing"},
	} {
		tt.spec.URL, tt.spec.Origin = url+tt.spec.URL, corsConsole
		res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &tt.spec)
		if got := checktest.Rules(res); got != tt.rules || res.Err != nil {
			t.Errorf("%s: %q (%v), want %q: %v\n%v", tt.what, got, res.Err, tt.rules, res.Findings, res.Evidence)
		}
	}
}

// The customer's own sample: every origin, with credentials.
func TestCORSAgainstFastAPI(t *testing.T) {
	t.Parallel()
	url := testserver.Python(t, `
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
import uvicorn
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"])
@app.get("/v1/parameters")
def parameters(): return {}
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
`, "fastapi", "uvicorn")
	res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &CORS{URL: url + "/v1/parameters", Origin: corsConsole, Credentials: true})
	if got := checktest.Rules(res); !strings.Contains(got, "cors/wildcard-credentials") {
		t.Errorf("%q, want cors/wildcard-credentials: %v", got, res.Evidence)
	}
}

// What proxies make of it.
func TestCORSBrokenByProxies(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.Header.Get("Origin") == corsConsole {
			h.Set("Access-Control-Allow-Origin", corsConsole)
		}
		switch {
		case r.URL.Path == "/twice" && h.Get("Access-Control-Allow-Origin") != "":
			h.Add("Access-Control-Allow-Origin", corsConsole)
		case r.URL.Path == "/login" && r.Method == http.MethodOptions:
			w.WriteHeader(401)
		case r.URL.Path == "/moved" && r.Method == http.MethodOptions:
			http.Redirect(w, r, "/good", http.StatusPermanentRedirect)
		case r.URL.Path == "/down":
			w.WriteHeader(502)
		}
	}))
	defer s.Close()
	for path, want := range map[string]string{"/good": "", "/twice": "cors/refused", "/login": "cors/refused", "/moved": "cors/refused"} {
		res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &CORS{URL: s.URL + path, Origin: corsConsole})
		got := strings.Join(strings.Fields(strings.ReplaceAll(checktest.Rules(res), "cors/refused cors/refused", "cors/refused")), " ")
		if got != want || res.Err != nil {
			t.Errorf("%s: %q (%v), want %q: %v", path, got, res.Err, want, res.Findings)
		}
	}
	// Browsers compare methods with their case.
	for allowed, want := range map[string]string{"put": "cors/refused", "PUT": ""} {
		methods := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Origin") == corsConsole {
				w.Header().Set("Access-Control-Allow-Origin", corsConsole)
				w.Header().Set("Access-Control-Allow-Methods", allowed)
			}
		}))
		if got := checktest.Rules(checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &CORS{URL: methods.URL, Origin: corsConsole, Methods: check.Strings{"put"}})); got != want {
			t.Errorf("PUT wanted, %s allowed: %q, want %q", allowed, got, want)
		}
		methods.Close()
	}
	if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &CORS{URL: s.URL + "/down", Origin: corsConsole}); res.Err == nil {
		t.Error("502: no error, want it undecided")
	}
	if ms := (&CORS{Origin: "console.example.com/", Methods: check.Strings{"GET,PUT"}, Headers: check.Strings{"a b"}}).Validate(); len(ms) != 4 {
		t.Errorf("mistakes %v, want four", fmt.Sprint(ms))
	}
}
