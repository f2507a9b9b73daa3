package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func TestDataset(t *testing.T) {
	const (
		list  = `{"total":2,"data":[{"id":"d0","name":"empty","document_count":0},{"id":"d1","name":"handbook","document_count":3}]}`
		hits  = `{"records":[{"score":0.5},{"score":0.4}]}`
		crash = `{"code":"unknown","message":"Internal Server Error"}`
	)
	for _, c := range []struct {
		name       string
		list, hits string
		status     int // of retrieve
		spec       Dataset
		rule, text string
		skip       bool
	}{
		{name: "healthy", list: list, hits: hits},
		{name: "by name", list: list, hits: hits, spec: Dataset{Dataset: "handbook", MinHits: 2}},
		{name: "too few hits", list: list, hits: `{"records":[]}`, spec: Dataset{MinHits: 1}, rule: "dataset/failed", text: "0 chunks found, expected 1"},
		{name: "not there", list: list, spec: Dataset{Dataset: "other"}, rule: "dataset/failed", text: `no knowledge base "other"`},
		{name: "retrieve crashes", list: list, hits: crash, status: 500, rule: "dataset/failed", text: "status 500 (unknown: Internal Server Error)"},
		{name: "wrong key", list: list, spec: Dataset{Key: gate.NewSecret("app-key-of-an-app")}, rule: "dataset/failed", text: "status 401"},
		{name: "nothing to retrieve from", list: `{"data":[]}`, skip: true},
		{name: "HTML in the place of JSON", list: "<html>", rule: "dataset/failed", text: "expected 200 and JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Header.Get("Authorization") != "Bearer dataset-key-1":
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = fmt.Fprint(w, `{"code":"unauthorized","message":"Access token is invalid","status":401}`)
				case r.Method == http.MethodGet && r.URL.Path == "/v1/datasets":
					_, _ = fmt.Fprint(w, c.list)
				case r.Method == http.MethodPost && r.URL.Path == "/v1/datasets/d1/retrieve":
					if c.status != 0 {
						w.WriteHeader(c.status)
					}
					_, _ = fmt.Fprint(w, c.hits)
				default:
					http.NotFound(w, r)
				}
			}))
			defer server.Close()
			if c.spec.Key.Empty() {
				c.spec.Key = gate.NewSecret("dataset-key-1")
			}
			res := checktest.Run(t, checktest.EnvAt(t, server.URL), &c.spec)
			checktest.WantFirst(t, c.name, res, c.rule)
			if (res.Skip != "") != c.skip {
				t.Errorf("skip %q, want %v", res.Skip, c.skip)
			}
			if c.rule != "" && !strings.Contains(res.Findings[0].Message, c.text) {
				t.Errorf("%q lacks %q", res.Findings[0].Message, c.text)
			}
		})
	}
}
