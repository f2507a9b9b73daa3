package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
	"github.com/dify-gate/dify-gate/gate/probe"
)

func TestAuthRules(t *testing.T) {
	api := &testserver.DifyAPI{Version: "1.13.3", Key: "app-right-key"}
	crashing := &testserver.DifyAPI{Version: "1.13.3"}
	crashing.Down.Store(true)
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	open := serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	redirecting := serve(http.RedirectHandler("/signin", http.StatusFound))
	good, crash, web := serve(api), serve(crashing), serve(testserver.NextJS())
	for _, tt := range []struct {
		what  string
		spec  Auth
		rules string
	}{
		{"refuses strangers", Auth{URL: good + "/v1/parameters"}, ""},
		{"takes the key", Auth{URL: good + "/v1/parameters", Token: gate.NewSecret("app-right-key"), Authorized: check.Statuses{"200"}}, ""},
		{"refuses the key", Auth{URL: good + "/v1/parameters", Token: gate.NewSecret("app-other-key")}, "auth/rejects-valid"},
		{"open", Auth{URL: open + "/v1/parameters"}, "auth/open auth/open"},
		{"public", Auth{URL: good + "/console/api/ping", Anonymous: check.Statuses{"200"}}, ""},
		{"public behind a login", Auth{URL: good + "/v1/parameters", Anonymous: check.Statuses{"200"}}, "auth/rejects-valid"},
		{"sent to the login, as wanted", Auth{URL: redirecting + "/x", Anonymous: check.Statuses{"302"}}, ""},
		{"sent to the login, not wanted", Auth{URL: redirecting + "/x"}, "auth/rejects-valid auth/rejects-valid"},
		{"crash", Auth{URL: crash + "/v1/parameters"}, "auth/server-error auth/server-error"},
		{"not routed", Auth{URL: web + "/v1/parameters"}, "auth/route-missing auth/route-missing"},
	} {
		res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &tt.spec)
		if got := checktest.Rules(res); got != tt.rules || res.Err != nil {
			t.Errorf("%s: %q (%v), want %q: %v", tt.what, got, res.Err, tt.rules, res.Findings)
		}
		for _, f := range res.Findings {
			if f.Hint == "" || strings.Contains(f.Message+f.Hint, "app-") {
				t.Errorf("%s: %+v, want a hint and no token", tt.what, f)
			}
		}
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &Auth{URL: closed.URL}); res.Err == nil || res.Retry != gate.RetrySoon {
		t.Errorf("nobody there: %v, want it undecided and tried again", res.Err)
	}
	if ms := (&Auth{Authorized: check.Statuses{"200"}}).Validate(); len(ms) != 2 {
		t.Errorf("mistakes %v, want two", ms)
	}
}

// The customer's own sample: a bearer check in FastAPI, whose scheme answers
// 403 where no token is sent.
func TestAuthAgainstFastAPI(t *testing.T) {
	t.Parallel()
	url := testserver.Python(t, `
from fastapi import FastAPI, Depends, HTTPException
from fastapi.security import HTTPBearer
import uvicorn
app = FastAPI()
bearer = HTTPBearer()
@app.get("/v1/parameters")
def parameters(c=Depends(bearer)):
    if c.credentials != "right-token":
        raise HTTPException(status_code=401, detail="Invalid token")
    return {}
uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
`, "fastapi", "uvicorn")
	at := url + "/v1/parameters"
	for _, tt := range []struct {
		spec  Auth
		rules string
	}{
		{Auth{URL: at, Anonymous: check.Statuses{"401", "403"}, Token: gate.NewSecret("right-token")}, ""},
		{Auth{URL: at, Anonymous: check.Statuses{"401", "403"}, Token: gate.NewSecret("wrong-token")}, "auth/rejects-valid"},
		{Auth{URL: url + "/v2/parameters", Anonymous: check.Statuses{"401"}}, "auth/route-missing auth/route-missing"},
	} {
		if res := checktest.Run(t, checktest.Env(t, probe.NetworkOptions{}), &tt.spec); checktest.Rules(res) != tt.rules {
			t.Errorf("%+v: %v, want %q", tt.spec, res.Findings, tt.rules)
		}
	}
}
