package web

import (
	"cmp"
	"fmt"
	"time"

	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate/internal/eventstream"
	"github.com/dify-gate/dify-gate/gate/internal/quote"
)

// maxEvents bounds a stream; a long answer has a few thousand.
const maxEvents = 200_000

// transcript is what a stream contained.
type transcript struct {
	sent     time.Time
	events   int // without pings
	pings    int
	order    []string // the first of each kind, in order of arrival
	first    time.Time
	answer   time.Time // of the first part of the answer; zero when none came
	last     time.Time
	ended    bool // the mode's last event came
	failures []string
	nodes    map[string]string // running nodes by execution id
	disorder string
	lastKind string
}

// position is how far a stream came, for a message.
func (t *transcript) position() string {
	if t.events == 0 {
		return "no event"
	}
	return fmt.Sprintf("%d events, the last %s", t.events, t.lastKind)
}

// take adds one event. Dify puts the kind into the data; ping is an event type
// of its own (api/core/app/apps/…/generate_response_converter.py).
func (t *transcript) take(mode string, e eventstream.Event) {
	if e.Type == "ping" && e.Data == "" {
		t.pings++
		return
	}
	data := gjson.Parse(e.Data)
	kind := data.Get("event").Str
	if !gjson.Valid(e.Data) || kind == "" {
		t.disorder = cmp.Or(t.disorder, fmt.Sprintf("an event does not have Dify's format: %q", said(e.Data)))
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
	if t.answer.IsZero() && piece(kind, data) {
		t.answer = e.At
	}
	t.outcome(mode, kind, data)
}

// piece reports whether an event brings text of the answer. The events of nodes do
// not: the start node ends at once, however long the model takes after it. Nor does
// a message without text, which some models send first.
func piece(kind string, data gjson.Result) bool {
	switch kind {
	case "message", "agent_message", "message_replace":
		return data.Get("answer").String() != ""
	case "text_chunk":
		return data.Get("data.text").String() != ""
	}
	return false
}

// outcome records failures and the end.
func (t *transcript) outcome(mode, kind string, data gjson.Result) {
	switch kind {
	case "error":
		t.failures = append(t.failures, fmt.Sprintf("%s: %s", cmp.Or(data.Get("code").String(), "error"), said(data.Get("message").String())))
		t.ended = true
	case "node_finished":
		if status := data.Get("data.status").Str; status == "failed" || status == "exception" && data.Get("data.error").Str != "" {
			t.failures = append(t.failures, fmt.Sprintf("node %q (%s) failed: %s", quote.Clip(data.Get("data.title").Str), quote.Clip(data.Get("data.node_type").Str), said(data.Get("data.error").String())))
		}
	case "workflow_finished":
		status := data.Get("data.status").Str
		if status != "succeeded" && status != "partial-succeeded" && len(t.failures) == 0 {
			t.failures = append(t.failures, fmt.Sprintf("the workflow is %s: %s", cmp.Or(status, "without a status"), said(data.Get("data.error").String())))
		}
		if status == "succeeded" || status == "partial-succeeded" {
			// A node whose failure the workflow handles is no failure of the run.
			t.failures = nil
		}
		t.ended = t.ended || mode == "workflow" || status == "failed" || status == "stopped"
	case "workflow_paused": // since 1.13.0; the stream ends here
		t.failures = append(t.failures, "the workflow waits for human input")
		t.ended = true
	case "message_end":
		t.ended = true
	}
}

// sequence records the first event that comes out of order.
func (t *transcript) sequence(kind string, data gjson.Result) {
	note := func(text string) { t.disorder = cmp.Or(t.disorder, text) }
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
			note("workflow_finished came before workflow_started")
		}
	case "node_started":
		t.nodes[id] = data.Get("data.title").Str
		if !has("workflow_started") {
			note("node_started came before workflow_started")
		}
	case "node_finished":
		if _, started := t.nodes[id]; !started {
			note(fmt.Sprintf("node %q finished before it started", quote.Clip(data.Get("data.title").Str)))
		}
		delete(t.nodes, id)
	case "message", "agent_message":
		if has("message_end") {
			note("a message came after message_end")
		}
	}
	if !has(kind) && len(t.order) < 64 {
		t.order = append(t.order, kind)
	}
}

// buffered reports whether several events came in one burst after a long silence.
// An application that sends them itself spreads them over the time it takes.
func (t *transcript) buffered() bool {
	silence, burst := t.first.Sub(t.sent), t.last.Sub(t.first)
	return t.events >= 5 && silence >= 500*time.Millisecond && burst <= silence/10
}
