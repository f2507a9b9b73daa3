package report

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/dify-gate/dify-gate/gate"
)

// OTLP writes the run as a trace in OTLP's JSON encoding, which collectors take
// at /v1/traces: a span for the run and one below it for each check that ran.
// The encoding is a few lines of its own, where the SDK with its exporter would
// bring batching, retries and protobuf for one request at the end of a run.
func OTLP(w io.Writer, rep gate.Report) error {
	trace, root := randomID(16), randomID(8)
	started := rep.Started
	spans := []otlpSpan{{
		TraceID: trace, SpanID: root, Name: "gate run", Kind: 1,
		Start: nanos(started), End: nanos(started.Add(time.Duration(rep.DurationMS) * time.Millisecond)),
		Attributes: []otlpAttribute{
			otlpText("gate.verdict", string(rep.Verdict)), otlpText("gate.phase", string(rep.Phase)),
			otlpText("dify.version.from", rep.Upgrade.From), otlpText("dify.version.to", rep.Upgrade.To),
		},
		Status: otlpStatus{Code: statusCode(rep.Verdict == gate.VerdictBlock || rep.Verdict == gate.VerdictInconclusive)},
	}}
	for _, c := range rep.Checks {
		if c.Outcome == gate.OutcomeSkip {
			continue
		}
		from := started.Add(time.Duration(c.StartMS) * time.Millisecond)
		spans = append(spans, otlpSpan{
			TraceID: trace, SpanID: randomID(8), Parent: root, Name: c.Kind + " " + Printable(c.Name), Kind: 3,
			Start: nanos(from), End: nanos(from.Add(time.Duration(c.DurationMS) * time.Millisecond)),
			Attributes: []otlpAttribute{
				otlpText("gate.check.kind", c.Kind), otlpText("gate.check.name", Printable(c.Name)),
				otlpText("gate.check.phase", string(c.Phase)), otlpText("gate.check.outcome", string(c.Outcome)),
				otlpText("gate.check.attempts", strconv.Itoa(c.Attempts)),
			},
			Status: otlpStatus{Code: statusCode(c.Outcome == gate.OutcomeFail || c.Outcome == gate.OutcomeError), Message: Printable(c.Reason)},
		})
	}
	return json.NewEncoder(w).Encode(map[string]any{"resourceSpans": []any{map[string]any{
		"resource":   map[string]any{"attributes": []otlpAttribute{otlpText("service.name", "dify-gate"), otlpText("service.version", rep.Tool.Version)}},
		"scopeSpans": []any{map[string]any{"scope": map[string]string{"name": "dify-gate"}, "spans": spans}},
	}}})
}

// otlpSpan is a span in OTLP's JSON: ids in hexadecimal, 64-bit numbers as text.
type otlpSpan struct {
	TraceID    string          `json:"traceId"`
	SpanID     string          `json:"spanId"`
	Parent     string          `json:"parentSpanId,omitempty"`
	Name       string          `json:"name"`
	Kind       int             `json:"kind"` // 1 internal, 3 client
	Start      string          `json:"startTimeUnixNano"`
	End        string          `json:"endTimeUnixNano"`
	Attributes []otlpAttribute `json:"attributes"`
	Status     otlpStatus      `json:"status"`
}

type otlpAttribute struct {
	Key   string            `json:"key"`
	Value map[string]string `json:"value"`
}

type otlpStatus struct {
	Code    int    `json:"code"` // 1 ok, 2 error
	Message string `json:"message,omitempty"`
}

func otlpText(key, value string) otlpAttribute {
	return otlpAttribute{key, map[string]string{"stringValue": value}}
}

func statusCode(failed bool) int {
	if failed {
		return 2
	}
	return 1
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func randomID(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}
