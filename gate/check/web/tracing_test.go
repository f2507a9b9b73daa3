package web

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

// traced is a service and a tracing backend in one: it records what it is sent
// and answers queries in the form of Jaeger or of Tempo. Neither program is
// packaged by Debian, so their answers are restated here.
type traced struct {
	mu      sync.Mutex
	form    string // jaeger, tempo
	mode    string // "", new id, orphan, lost
	trace   string
	span    string
	queries int
}

func (s *traced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, query := strings.CutPrefix(r.URL.Path, "/api/traces/")
	if !query {
		parts := strings.Split(r.Header.Get("Traceparent"), "-")
		if len(parts) == 4 {
			s.trace, s.span = parts[1], parts[2]
		}
		if s.mode == "new id" {
			w.Header().Set("X-Trace-Id", strings.Repeat("0f", 16))
		}
		return
	}
	s.queries++
	// The first query comes too early, as it does with batching exporters.
	if s.mode == "lost" || id != s.trace || s.queries < 2 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	parent := s.span
	if s.mode == "orphan" {
		parent = strings.Repeat("ab", 8)
	}
	if s.form == "jaeger" {
		_, _ = fmt.Fprintf(w, `{"data":[{"traceID":%q,"spans":[{"spanID":"1111111111111111","references":[{"refType":"CHILD_OF","spanID":%q}]}]}]}`, s.trace, parent)
		return
	}
	raw, _ := hex.DecodeString(parent)
	_, _ = fmt.Fprintf(w, `{"batches":[{"scopeSpans":[{"spans":[{"spanId":"ERERERERERE=","parentSpanId":%q}]}]}]}`, base64.StdEncoding.EncodeToString(raw))
}

func TestTracing(t *testing.T) {
	for _, form := range []string{"jaeger", "tempo"} {
		for mode, rule := range map[string]string{"": "", "new id": "tracing/not-propagated", "orphan": "tracing/not-propagated", "lost": "tracing/not-exported"} {
			t.Run(form+" "+mode, func(t *testing.T) {
				t.Parallel()
				server := httptest.NewServer(&traced{form: form, mode: mode})
				defer server.Close()
				spec := &Tracing{URL: "/v1/info", Backend: server.URL, Within: check.Duration(800 * time.Millisecond)}
				checktest.WantFirst(t, mode, checktest.Run(t, checktest.EnvAt(t, server.URL), spec), rule)
			})
		}
	}
}

// TestTracingBackendDown: what was not learned is no pass.
func TestTracingBackendDown(t *testing.T) {
	service := httptest.NewServer(&traced{})
	defer service.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") }))
	defer page.Close()
	for _, backend := range []string{"http://127.0.0.1:1", page.URL} {
		spec := &Tracing{URL: "/", Backend: backend, Within: check.Duration(time.Second)}
		checktest.WantFirst(t, backend, checktest.Run(t, checktest.EnvAt(t, service.URL), spec), "error")
	}
}
