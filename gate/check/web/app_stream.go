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

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/explain"
	"github.com/dify-gate/dify-gate/gate/internal/eventstream"
	"github.com/dify-gate/dify-gate/gate/probe"
)

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
	// As a browser does: a proxy that compresses the stream delays it, and
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
			return r.broken(t, fmt.Sprintf("no answer within %s", idle))
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
		return r.broken(t, fmt.Sprintf("the answer is %s (it starts with %q), expected text/event-stream", cmp.Or(kind, "of no type"), said(string(head))))
	}
	stream, err := decoded(resp)
	if err != nil {
		return r.broken(t, "the answer claims to be gzip and is not")
	}
	err = eventstream.Read(stream, func(e eventstream.Event) bool {
		timer.Reset(idle)
		t.take(r.mode, e)
		return !t.ended && t.events < maxEvents
	})
	switch {
	case stalled.Load():
		return r.broken(t, fmt.Sprintf("nothing arrived for %s after %s", idle, t.position()))
	case err != nil && !t.ended && ctx.Err() != nil:
		return r.broken(t, fmt.Sprintf("no end within the timeout, %s", t.position()))
	case err != nil && !t.ended && len(t.failures) == 0:
		return r.broken(t, fmt.Sprintf("the stream broke off after %s (%s)", t.position(), cutText(err)))
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

// broken is the result of a stream that did not come to a right end.
func (r *appRun) broken(t *transcript, message string) gate.Result {
	f := r.finding(ruleAppStreamBroken,
		message,
		"check the read timeouts of the proxies, and read the logs of the workers and the API")
	f.Symptom = gate.SymptomDown
	return gate.Result{Findings: append(r.failures(t), f), Evidence: r.evidence(t)}
}

func (r *appRun) failures(t *transcript) []gate.Finding {
	var out []gate.Finding
	for _, text := range t.failures {
		f := r.finding(ruleAppFailed, text, failureHint(text))
		f.Subject += " " + text
		f.Symptom = gate.SymptomServerError
		out = append(out, f)
	}
	return out
}

// failureHint is the next step by the words of an error.
func failureHint(text string) string {
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "waits for human input"):
		return "use an app, or inputs, for the check that needs no human input"
	case strings.Contains(lower, "plugin"):
		return "check the plugin daemon's version, health and key, and that the plugin is installed"
	case strings.Contains(lower, "connection") && strings.Contains(lower, "redis"):
		return "check Redis and the workers' connection to it"
	case strings.Contains(lower, "api key"), strings.Contains(lower, "api_key"), strings.Contains(lower, "credential"), strings.Contains(lower, "unauthorized"):
		return "check the model provider's credentials"
	case strings.Contains(lower, "sandbox"), strings.Contains(lower, "code execution"):
		return "check the sandbox: its address, its key, its configuration file"
	case strings.Contains(lower, "(llm)"), strings.Contains(lower, "model"):
		return "check the model provider's plugin, and check whether the release has a known regression in LLM nodes"
	}
	return "open the run in the app's log: the failed node is marked there"
}

// judge is the result of a stream that was read to its end.
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
	if t.answer.IsZero() && r.mode != "workflow" {
		res.Findings = append(res.Findings, r.finding(ruleAppFailed,
			fmt.Sprintf("%d events without any answer text", t.events),
			"open the run in the app's log: the model, or the answer node, returned nothing"))
		return res
	}
	if first, counts := r.firstPiece(t); counts && first > r.first {
		res.Findings = append(res.Findings, r.slow("the first part", first, r.first))
	}
	if total := t.last.Sub(t.sent); total > r.total {
		res.Findings = append(res.Findings, r.slow("the end", total, r.total))
	}
	if t.buffered() {
		message := fmt.Sprintf("%d events arrived within %d ms after %s of silence", t.events, t.last.Sub(t.first).Milliseconds(), t.first.Sub(t.sent).Round(10*time.Millisecond))
		held := explain.HeldBack(r.env, r.base.JoinPath(appPath(r.mode)))
		if held.Text != "" {
			message += "; by the proxy's files " + held.Text
		}
		f := r.finding(ruleAppBuffered, message, "set proxy_http_version 1.1 and proxy_buffering off in every proxy on the way, and remove text/event-stream from gzip_types")
		f.Location = held.At
		res.Findings = append(res.Findings, f)
	}
	return res
}

// firstPiece is how long the first part of the answer took, and whether
// first_token is about it. A workflow that streams no text hands over its answer
// whole, at its end: that is the first part for an operator who asks for a time,
// and no reason to compare a long workflow with a default.
func (r *appRun) firstPiece(t *transcript) (time.Duration, bool) {
	if t.answer.IsZero() {
		return t.last.Sub(t.sent), r.spec.FirstToken.Of() > 0
	}
	return t.answer.Sub(t.sent), true
}
