package report

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/dify-gate/dify-gate/gate"
)

// TestOTLP reads what we write with the protocol's own definition. protojson
// wants ids in base64 where OTLP's JSON has hexadecimal; nothing else differs.
func TestOTLP(t *testing.T) {
	started := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	rep := gate.Report{Started: started, DurationMS: 500, Verdict: gate.VerdictBlock, Checks: []gate.CheckReport{
		{Kind: "http", Name: "api", Outcome: gate.OutcomeFail, Reason: "status 502", StartMS: 10, DurationMS: 40},
		{Kind: "tcp", Name: "db", Outcome: gate.OutcomePass, StartMS: 5, DurationMS: 3},
		{Kind: "app", Name: "run", Outcome: gate.OutcomeSkip},
	}}
	var out bytes.Buffer
	if err := OTLP(&out, rep); err != nil {
		t.Fatal(err)
	}
	ids := regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]+)"`)
	text := ids.ReplaceAllFunc(out.Bytes(), func(m []byte) []byte {
		part := ids.FindSubmatch(m)
		raw, err := hex.DecodeString(string(part[2]))
		if err != nil {
			t.Fatal(err)
		}
		return []byte(`"` + string(part[1]) + `":"` + base64.StdEncoding.EncodeToString(raw) + `"`)
	})
	var request collector.ExportTraceServiceRequest
	if err := protojson.Unmarshal(text, &request); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	spans := request.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 3 {
		t.Fatalf("%d spans, want the run and two checks", len(spans))
	}
	root, api := spans[0], spans[1]
	if len(root.TraceId) != 16 || len(root.SpanId) != 8 || root.EndTimeUnixNano-root.StartTimeUnixNano != 500e6 {
		t.Errorf("root: %v", root)
	}
	if !bytes.Equal(api.ParentSpanId, root.SpanId) || !bytes.Equal(api.TraceId, root.TraceId) || api.Name != "http api" ||
		api.Status.Code != tracepb.Status_STATUS_CODE_ERROR || api.StartTimeUnixNano != uint64(started.Add(10*time.Millisecond).UnixNano()) {
		t.Errorf("api: %v", api)
	}
	if spans[2].Status.Code != tracepb.Status_STATUS_CODE_OK {
		t.Errorf("db: %v", spans[2])
	}
}
