package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/check"
	"github.com/dify-gate/dify-gate/gate/check/checktest"
	"github.com/dify-gate/dify-gate/gate/internal/testserver"
)

// appServer streams like Dify's service API: a script of events with pauses.
type appServer struct {
	mode    string
	events  []string      // event data; "ping" is a ping; "cut" breaks off; "stall" never goes on; "wait" is a model that thinks for 400 ms
	pause   time.Duration // before each
	status  int           // other than 0: this status with the one event as body
	asJSON  bool          // a JSON answer, for blocking
	gotBody map[string]any
}

func (s *appServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Version", "1.13.2")
	if r.Header.Get("Authorization") != "Bearer app-secret-key" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"code":"unauthorized","message":"Access token is invalid","status":401}`)
		return
	}
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, `{"name":"canary","mode":%q}`, s.mode)
		return
	}
	_ = json.NewDecoder(r.Body).Decode(&s.gotBody)
	switch {
	case s.status != 0:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(s.status)
		_, _ = fmt.Fprint(w, s.events[0])
		return
	case s.asJSON:
		_, _ = fmt.Fprint(w, s.events[0])
		return
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	flusher, _ := w.(http.Flusher)
	for _, e := range s.events {
		time.Sleep(s.pause)
		switch e {
		case "ping":
			_, _ = fmt.Fprint(w, "event: ping\n\n")
		case "wait":
			time.Sleep(400 * time.Millisecond)
			continue
		case "cut":
			panic(http.ErrAbortHandler)
		case "stall":
			<-r.Context().Done()
			return
		default:
			_, _ = fmt.Fprintf(w, "data: %s\n\n", e)
		}
		flusher.Flush()
	}
}

func chatEvents(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"event":"message","answer":"piece %d"}`, i))
	}
	return append(out, `{"event":"message_end","metadata":{}}`)
}

func workflowEvents(nodeStatus, nodeError, status, err string) []string {
	return []string{
		`{"event":"workflow_started","data":{"id":"w"}}`,
		`{"event":"node_started","data":{"id":"n1","title":"LLM","node_type":"llm"}}`,
		fmt.Sprintf(`{"event":"node_finished","data":{"id":"n1","title":"LLM","node_type":"llm","status":%q,"error":%q}}`, nodeStatus, nodeError),
		fmt.Sprintf(`{"event":"workflow_finished","data":{"id":"w","status":%q,"error":%q}}`, status, err),
	}
}

// runApp runs the spec against a base URL.
func runApp(t *testing.T, base string, spec App) gate.Result {
	t.Helper()
	if spec.Key.Empty() {
		spec.Key = gate.NewSecret("app-secret-key")
	}
	return checktest.Run(t, checktest.EnvAt(t, base), &spec)
}

func TestApp(t *testing.T) {
	ok := workflowEvents("succeeded", "", "succeeded", "")
	for _, c := range []struct {
		name   string
		server *appServer
		spec   App
		rule   string
		text   string
	}{
		{"chat", &appServer{mode: "chat", events: chatEvents(3)}, App{}, "", ""},
		{"advanced chat", &appServer{mode: "advanced-chat", events: append(ok[:3:3], append(chatEvents(2), ok[3])...)}, App{}, "", ""},
		{"completion", &appServer{mode: "completion", events: chatEvents(2)}, App{}, "", ""},
		{"workflow with pings", &appServer{mode: "workflow", events: append([]string{"ping"}, ok...)}, App{}, "", ""},
		{"the LLM node fails", &appServer{mode: "workflow", events: workflowEvents("failed", "PluginInvokeError: boom", "failed", "boom")}, App{}, "app/failed", `node "LLM" (llm) failed: PluginInvokeError: boom`},
		{"a failure that the workflow handles", &appServer{mode: "workflow", events: workflowEvents("exception", "handled", "partial-succeeded", "")}, App{}, "", ""},
		{"the workflow fails without a node", &appServer{mode: "workflow", events: []string{ok[0], `{"event":"workflow_finished","data":{"status":"failed","error":"no worker"}}`}}, App{}, "app/failed", "no worker"},
		{"an error inside of a 200", &appServer{mode: "chat", events: []string{`{"event":"error","status":400,"code":"provider_quota_exceeded","message":"quota"}`}}, App{}, "app/failed", "provider_quota_exceeded: quota"},
		{"a person is asked", &appServer{mode: "workflow", events: append(ok[:2:2], `{"event":"workflow_paused","data":{"paused_nodes":["n"]}}`)}, App{}, "app/failed", "waits for human input"},
		{"cut off", &appServer{mode: "chat", events: append(chatEvents(2)[:2], "cut")}, App{}, "app/stream-broken", "broke off after 2 events"},
		{"no end", &appServer{mode: "chat", events: chatEvents(2)[:2]}, App{}, "app/stream-broken", "without message_end"},
		{"stall", &appServer{mode: "chat", events: append(chatEvents(2)[:2], "stall")}, App{Total: check.Duration(300 * time.Millisecond)}, "app/stream-broken", "nothing arrived for 300ms"},
		{"no event at all", &appServer{mode: "chat", events: []string{"stall"}}, App{Total: check.Duration(300 * time.Millisecond)}, "app/stream-broken", "no answer within 300ms"},
		{"out of order", &appServer{mode: "workflow", events: append([]string{ok[2]}, ok...)}, App{}, "app/stream-broken", "before it started"},
		{"not Dify's events", &appServer{mode: "chat", events: append([]string{"hello"}, chatEvents(1)...)}, App{}, "app/stream-broken", "does not have Dify's format"},
		{"JSON in the place of a stream", &appServer{mode: "chat", asJSON: true, events: []string{`{"answer":"x"}`}}, App{}, "app/stream-broken", "expected text/event-stream"},
		{"slow first piece", &appServer{mode: "chat", pause: 120 * time.Millisecond, events: chatEvents(2)}, App{FirstToken: check.Duration(50 * time.Millisecond)}, "app/slow", "first part"},
		{"slow end", &appServer{mode: "chat", pause: 120 * time.Millisecond, events: chatEvents(4)}, App{Total: check.Duration(300 * time.Millisecond)}, "app/slow", "the end"},
		{"wrong key", &appServer{mode: "chat"}, App{Key: gate.NewSecret("other")}, "app/failed", "status 401 by api (unauthorized"},
		{"unpublished", &appServer{mode: "chat", status: 400, events: []string{`{"code":"app_unavailable","message":"App unavailable","status":400}`}}, App{}, "app/failed", "app_unavailable"},
		{"crash", &appServer{mode: "chat", status: 500, events: []string{`{"message":"Internal Server Error","code":"unknown"}`}}, App{}, "app/failed", "status 500 by api"},
		{"blocking chat", &appServer{mode: "chat", asJSON: true, events: []string{`{"answer":"pong"}`}}, App{Response: "blocking"}, "", ""},
		{"blocking chat without an answer", &appServer{mode: "chat", asJSON: true, events: []string{`{}`}}, App{Response: "blocking"}, "app/failed", "no answer"},
		{"blocking workflow", &appServer{mode: "workflow", asJSON: true, events: []string{`{"data":{"status":"succeeded"}}`}}, App{Response: "blocking"}, "", ""},
		{"blocking workflow fails", &appServer{mode: "workflow", asJSON: true, events: []string{`{"data":{"status":"failed","error":"node broke"}}`}}, App{Response: "blocking"}, "app/failed", "node broke"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.server)
			defer server.Close()
			res := runApp(t, server.URL, c.spec)
			checktest.WantFirst(t, c.name, res, c.rule)
			if c.rule != "" && len(res.Findings) > 0 && !strings.Contains(res.Findings[0].Message, c.text) {
				t.Errorf("%q lacks %q", res.Findings[0].Message, c.text)
			}
		})
	}
}

// TestAppFirstToken: what counts is the first text, whatever came before it.
func TestAppFirstToken(t *testing.T) {
	t.Parallel()
	flow := workflowEvents("succeeded", "", "succeeded", "")
	start := []string{flow[0], `{"event":"node_started","data":{"id":"s","title":"Start","node_type":"start"}}`, `{"event":"node_finished","data":{"id":"s","title":"Start","node_type":"start","status":"succeeded"}}`}
	late := func(before []string, after ...string) []string { return slices.Concat(before, []string{"wait"}, after) }
	soon := check.Duration(200 * time.Millisecond)
	for name, c := range map[string]struct {
		mode   string
		events []string
		json   bool
		spec   App
		slow   bool
	}{
		"the start node is no answer":      {"advanced-chat", late(start, append(chatEvents(2), flow[3])...), false, App{FirstToken: soon}, true},
		"a message without text is none":   {"chat", late([]string{"ping", `{"event":"message","answer":""}`}, chatEvents(2)...), false, App{FirstToken: soon}, true},
		"thoughts are none":                {"agent-chat", late([]string{`{"event":"agent_thought","thought":"hm"}`}, `{"event":"agent_message","answer":"x"}`, `{"event":"message_end"}`), false, App{FirstToken: soon}, true},
		"nor is an empty chunk":            {"workflow", late([]string{flow[0], `{"event":"text_chunk","data":{"text":""}}`}, `{"event":"text_chunk","data":{"text":"x"}}`, `{"event":"workflow_finished","data":{"status":"succeeded"}}`), false, App{FirstToken: soon}, true},
		"a workflow that streams in time":  {"workflow", late([]string{flow[0], `{"event":"text_chunk","data":{"text":"x"}}`}, `{"event":"workflow_finished","data":{"status":"succeeded"}}`), false, App{}, false},
		"a workflow that streams nothing":  {"workflow", late(flow[:3:3], flow[3]), false, App{FirstToken: soon}, true},
		"the same, and nobody asked":       {"workflow", late(flow[:3:3], flow[3]), false, App{}, false},
		"a chat in time, however long":     {"chat", late(chatEvents(2)[:2], chatEvents(0)...), false, App{}, false},
		"a blocking answer is whole, late": {"chat", []string{`{"answer":"pong"}`}, true, App{FirstToken: check.Duration(1), Response: "blocking"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(&appServer{mode: c.mode, events: c.events, asJSON: c.json})
			defer server.Close()
			res := runApp(t, server.URL, c.spec)
			if c.slow {
				checktest.WantFirst(t, name, res, "app/slow")
			} else {
				checktest.WantFirst(t, name, res, "")
			}
			if first, measured := res.Evidence["first_token_ms"].(int64); !c.slow && measured && res.Evidence["total_ms"].(int64)-first < 300 {
				t.Errorf("evidence %v, want the end 400 ms after the first token", res.Evidence)
			}
			if ms, measured := res.Evidence["first_token_ms"].(int64); c.slow && !c.json && measured && ms < 400 {
				t.Errorf("first_token_ms %d, want 400 at least", ms)
			}
		})
	}
	server := httptest.NewServer(&appServer{mode: "chat", events: chatEvents(0)})
	defer server.Close()
	checktest.WantFirst(t, "no text at all", runApp(t, server.URL, App{}), "app/failed")
}

// TestAppRequest: what is sent is what Dify wants, and the key is a secret.
func TestAppRequest(t *testing.T) {
	server := &appServer{mode: "chat", events: chatEvents(1)}
	s := httptest.NewServer(server)
	defer s.Close()
	runApp(t, s.URL, App{Inputs: map[string]any{"topic": "x"}, Query: "hello"})
	got := server.gotBody
	if got["query"] != "hello" || got["response_mode"] != "streaming" || got["user"] != "dify-gate" || got["inputs"].(map[string]any)["topic"] != "x" {
		t.Errorf("sent %v", got)
	}
	c := (&App{Key: gate.NewSecret("app-secret-key")}).Check(&check.Env{})
	if len(c.Secrets) != 1 || strings.Contains(fmt.Sprintf("%+v", c), "app-secret-key") {
		t.Error("the key is shown")
	}
	if c := (&App{}).Check(&check.Env{}); c.Skip == "" {
		t.Error("without a key the run should be skipped")
	}
	if asked := (&App{URL: "http://a/v1"}).Check(&check.Env{}).Probes; len(asked) != 2 || asked[0] != "GET http://a/v1/info" {
		t.Errorf("probes %q, want that for the mode first", asked)
	}
}

// TestAppBuffered puts a real nginx in front: as Dify configures it, with its
// defaults (HTTP/1.0 and buffering), and with compression.
func TestAppBuffered(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(&appServer{mode: "chat", pause: 120 * time.Millisecond, events: chatEvents(9)})
	defer upstream.Close()
	for options, rule := range map[string]string{
		"proxy_http_version 1.1; proxy_buffering off;": "",
		"": "app/buffered",
		"proxy_http_version 1.1; gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;": "app/buffered",
	} {
		addr := fmt.Sprintf("127.0.0.1:%d", testserver.Port(t))
		testserver.Nginx(t, t.TempDir(), addr, fmt.Sprintf("server { listen %s; location / { proxy_pass %s; %s } }", addr, upstream.URL, options))
		checktest.WantFirst(t, options, runApp(t, "http://"+addr, App{}), rule)
	}
}

// TestAppBufferedBySecondProxy puts a second real nginx in front of one that is as
// Dify configures it: the finding names the location that collects.
func TestAppBufferedBySecondProxy(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(&appServer{mode: "chat", pause: 120 * time.Millisecond, events: chatEvents(9)})
	defer upstream.Close()
	inner := fmt.Sprintf("127.0.0.1:%d", testserver.Port(t))
	testserver.Nginx(t, t.TempDir(), inner, fmt.Sprintf("server { listen %s; location / { proxy_pass %s; proxy_http_version 1.1; proxy_buffering off; } }", inner, upstream.URL))
	for _, tt := range []struct {
		options, rule, says string
		line                int
	}{
		{"", "app/buffered", "does not set proxy_buffering off", 3},
		{"proxy_http_version 1.1;", "", "", 0},
		{"\nproxy_buffering on;", "app/buffered", "with proxy_buffering on", 4},
		{"proxy_buffering off; proxy_http_version 1.1;", "", "", 0},
	} {
		addr := fmt.Sprintf("127.0.0.1:%d", testserver.Port(t))
		site := fmt.Sprintf("server {\nlisten %s;\nlocation / { proxy_pass http://%s; %s }\n}\n", addr, inner, tt.options)
		testserver.Nginx(t, t.TempDir(), addr, site)
		env := checktest.EnvAt(t, "http://"+addr)
		env.Dir = checktest.Dir(t, map[string]string{"nginx/conf.d/default.conf": site})
		env.WorkDir, env.To = env.Dir, "1.16.0"
		res := checktest.Run(t, env, &App{Key: gate.NewSecret("app-secret-key")})
		checktest.WantFirst(t, tt.options, res, tt.rule)
		if tt.rule == "" || len(res.Findings) == 0 {
			continue
		}
		if f := res.Findings[0]; !strings.Contains(f.Message, tt.says) || f.Location == nil || f.Location.Line != tt.line {
			t.Errorf("%s: got %q at %+v, want %q at line %d", tt.options, f.Message, f.Location, tt.says, tt.line)
		}
	}
}
