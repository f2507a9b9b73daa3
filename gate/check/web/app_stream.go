package web

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/internal/eventstream"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
	"github.com/dify-gate/dify-gate/gate/probe"
)

// maxEvents bounds a stream; a long answer has a few thousand.
const maxEvents = 200_000

// transcript is what a stream told.
type transcript struct {
	sent     time.Time
	events   int // without pings
	pings    int
	order    []string // the first of each kind, in order of arrival
	first    time.Time
	answer   time.Time // of the first piece of the answer
	last     time.Time
	ended    bool // the mode's last event came
	failures []string
	nodes    map[string]string // running nodes by execution id
	disorder string
	lastKind string
}

// streaming runs the app and reads its events. The run's own timer ends it when
// nothing arrives for too long.
func (r *appRun) streaming(ctx context.Context) gate.Result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := r.request(ctx, http.MethodPost, appPath(r.mode), r.payload("streaming"))
	if err != nil {
		return gate.Undecided(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	// As a browser does: a proxy that compresses the stream holds it back, and
	// only for clients that take gzip.
	req.Header.Set("Accept-Encoding", "gzip")
	t := &transcript{sent: time.Now(), nodes: map[string]string{}}
	// No event, not even a ping, for this long is a stall. Dify pings every 10 s.
	idle := min(r.total, 15*time.Second)
	var stalled atomic.Bool
	timer := time.AfterFunc(idle, func() { stalled.Store(true); cancel() })
	defer timer.Stop()
	resp, err := r.env.Network.Transport.RoundTrip(req)
	if err != nil {
		if stalled.Load() {
			return r.broken(t, fmt.Sprintf("no answer within %s, want a stream", idle))
		}
		return r.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, probe.MaxBody))
		return r.refused(probe.Answer{Status: resp.StatusCode, Proto: resp.Proto, Header: resp.Header, Body: body})
	}
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		head, _ := io.ReadAll(io.LimitReader(resp.Body, 512))
		return r.broken(t, fmt.Sprintf("the answer is %s (starts %q), want text/event-stream", cmp.Or(kind, "of no type"), quote.Clip(string(head))))
	}
	stream, err := decoded(resp)
	if err != nil {
		return r.broken(t, "the answer says gzip and is none, want text/event-stream")
	}
	err = eventstream.Read(stream, func(e eventstream.Event) bool {
		timer.Reset(idle)
		t.take(r.mode, e)
		return !t.ended && t.events < maxEvents
	})
	switch {
	case stalled.Load():
		return r.broken(t, fmt.Sprintf("nothing came for %s after %s, want an end", idle, t.position()))
	case err != nil && !t.ended && ctx.Err() != nil:
		return r.broken(t, fmt.Sprintf("no end within the timeout, %s", t.position()))
	case err != nil && !t.ended && len(t.failures) == 0:
		return r.broken(t, fmt.Sprintf("the stream broke off after %s (%s), want an end", t.position(), cutText(err)))
	}
	return r.judge(t)
}

// decoded unpacks a compressed stream; the events read from it are bounded one
// by one, and their number too.
func decoded(resp *http.Response) (io.Reader, error) {
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return resp.Body, nil
	}
	return gzip.NewReader(resp.Body)
}

func cutText(err error) string {
	if errors.Is(err, eventstream.ErrCut) {
		return err.Error()
	}
	return probe.Classify(err).Text
}

// position says how far a stream came.
func (t *transcript) position() string {
	if t.events == 0 {
		return "no event"
	}
	return fmt.Sprintf("%d events, the last %s", t.events, t.lastKind)
}

// take notes one event. Dify puts the kind into the data; ping is an event type
// of its own (api/core/app/apps/…/generate_response_converter.py).
func (t *transcript) take(mode string, e eventstream.Event) {
	if e.Type == "ping" && e.Data == "" {
		t.pings++
		return
	}
	data := gjson.Parse(e.Data)
	kind := data.Get("event").Str
	if !gjson.Valid(e.Data) || kind == "" {
		t.disorder = cmp.Or(t.disorder, fmt.Sprintf("an event is not as Dify sends them: %q", quote.Clip(e.Data)))
	}
	if kind == "ping" {
		t.pings++
		return
	}
	t.events++
	t.last, t.lastKind = e.At, quote.Clip(kind)
	if t.first.IsZero() {
		t.first = e.At
	}
	t.sequence(kind, data)
	switch kind {
	case "message", "agent_message", "text_chunk", "node_finished", "workflow_finished", "message_end":
		if t.answer.IsZero() {
			t.answer = e.At
		}
	}
	t.outcome(mode, kind, data)
}

// outcome notes failures and the end.
func (t *transcript) outcome(mode, kind string, data gjson.Result) {
	switch kind {
	case "error":
		t.failures = append(t.failures, fmt.Sprintf("%s: %s", cmp.Or(data.Get("code").String(), "error"), quote.Clip(data.Get("message").String())))
		t.ended = true
	case "node_finished":
		if status := data.Get("data.status").Str; status == "failed" || status == "exception" && data.Get("data.error").Str != "" {
			t.failures = append(t.failures, fmt.Sprintf("node %q (%s) failed: %s", quote.Clip(data.Get("data.title").Str), quote.Clip(data.Get("data.node_type").Str), quote.Clip(data.Get("data.error").String())))
		}
	case "workflow_finished":
		status := data.Get("data.status").Str
		if status != "succeeded" && status != "partial-succeeded" && len(t.failures) == 0 {
			t.failures = append(t.failures, fmt.Sprintf("the workflow is %s: %s", cmp.Or(status, "without a status"), quote.Clip(data.Get("data.error").String())))
		}
		if status == "succeeded" || status == "partial-succeeded" {
			// A node whose failure the workflow handles is no failure of the run.
			t.failures = nil
		}
		t.ended = t.ended || mode == "workflow" || status == "failed" || status == "stopped"
	case "workflow_paused": // since 1.13.0; the stream ends here
		t.failures = append(t.failures, "the workflow waits for a person's input")
		t.ended = true
	case "message_end":
		t.ended = true
	}
}

// sequence notes the first event that comes out of order.
func (t *transcript) sequence(kind string, data gjson.Result) {
	said := func(text string) { t.disorder = cmp.Or(t.disorder, text) }
	has := func(k string) bool {
		for _, o := range t.order {
			if o == k {
				return true
			}
		}
		return false
	}
	id := data.Get("data.id").Str
	switch kind {
	case "workflow_finished":
		if !has("workflow_started") {
			said("workflow_finished came before workflow_started")
		}
	case "node_started":
		t.nodes[id] = data.Get("data.title").Str
		if !has("workflow_started") {
			said("node_started came before workflow_started")
		}
	case "node_finished":
		if _, started := t.nodes[id]; !started {
			said(fmt.Sprintf("node %q finished before it started", quote.Clip(data.Get("data.title").Str)))
		}
		delete(t.nodes, id)
	case "message", "agent_message":
		if has("message_end") {
			said("a message came after message_end")
		}
	}
	if !has(kind) && len(t.order) < 64 {
		t.order = append(t.order, kind)
	}
}

func (r *appRun) evidence(t *transcript) map[string]any {
	e := map[string]any{"mode": r.mode, "response": "streaming", "events": t.events, "pings": t.pings}
	if !t.first.IsZero() {
		e["first_event_ms"], e["total_ms"] = t.first.Sub(t.sent).Milliseconds(), t.last.Sub(t.sent).Milliseconds()
	}
	if !t.answer.IsZero() {
		e["first_token_ms"] = t.answer.Sub(t.sent).Milliseconds()
	}
	return e
}

func (r *appRun) broken(t *transcript, message string) gate.Result {
	f := r.finding("app/stream-broken", message, "look for a proxy with short read time-outs, and at the workers' and the API's log")
	f.Symptom = gate.SymptomDown
	return gate.Result{Findings: append(r.failures(t), f), Evidence: r.evidence(t)}
}

func (r *appRun) failures(t *transcript) []gate.Finding {
	var out []gate.Finding
	for _, text := range t.failures {
		f := r.finding("app/failed", text+", want the run to succeed", failureHint(text))
		f.Subject += " " + text
		f.Symptom = gate.SymptomServerError
		out = append(out, f)
	}
	return out
}

// failureHint reads the usual culprit off an error's words.
func failureHint(text string) string {
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "waits for a person"):
		return "choose an app, or inputs, for the check that runs through without a person"
	case strings.Contains(lower, "plugin"):
		return "check the plugin daemon's version, health and key, and that the plugin is installed"
	case strings.Contains(lower, "connection") && strings.Contains(lower, "redis"):
		return "check Redis and the workers' connection to it"
	case strings.Contains(lower, "api key"), strings.Contains(lower, "api_key"), strings.Contains(lower, "credential"), strings.Contains(lower, "unauthorized"):
		return "check the model provider's credentials"
	case strings.Contains(lower, "sandbox"), strings.Contains(lower, "code execution"):
		return "check the sandbox: its address, its key, its configuration file"
	case strings.Contains(lower, "(llm)"), strings.Contains(lower, "model"):
		return "check the model provider's plugin, and whether the release has a known regression in LLM nodes"
	}
	return "open the run in the app's log: the failed node is marked there"
}

// judge words what is wrong with a stream that was read to its end.
func (r *appRun) judge(t *transcript) gate.Result {
	res := gate.Result{Evidence: r.evidence(t), Findings: r.failures(t)}
	if len(res.Findings) > 0 {
		return res
	}
	if !t.ended {
		want := "message_end"
		if r.mode == "workflow" {
			want = "workflow_finished"
		}
		return r.broken(t, fmt.Sprintf("the stream ended after %s without %s", t.position(), want))
	}
	if t.disorder != "" {
		return r.broken(t, t.disorder)
	}
	if first := t.answer.Sub(t.sent); first > r.first {
		res.Findings = append(res.Findings, r.slow("the first piece", first, r.first))
	}
	if total := t.last.Sub(t.sent); total > r.total {
		res.Findings = append(res.Findings, r.slow("the end", total, r.total))
	}
	if t.heldBack() {
		res.Findings = append(res.Findings, r.finding("app/buffered",
			fmt.Sprintf("%d events arrived within %d ms after %s of silence, want them one by one", t.events, t.last.Sub(t.first).Milliseconds(), t.first.Sub(t.sent).Round(10*time.Millisecond)),
			"set proxy_http_version 1.1 and proxy_buffering off, and take text/event-stream out of gzip_types"))
	}
	return res
}

// heldBack: several events in one burst after a long silence. An application
// that sends them itself spreads them over the time it thinks.
func (t *transcript) heldBack() bool {
	silence, burst := t.first.Sub(t.sent), t.last.Sub(t.first)
	return t.events >= 5 && silence >= 500*time.Millisecond && burst <= silence/10
}
