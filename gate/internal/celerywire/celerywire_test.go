package celerywire

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseMonitor(t *testing.T) {
	line := `+1795603808.625021 [1 127.0.0.1:59412] "BRPOP" "data\"set\\" "mail" "mail\x06\x163" "a\nb" "1"`
	c, ok := ParseMonitor(line)
	want := Command{1, "127.0.0.1:59412", []string{"BRPOP", `data"set\`, "mail", "mail\x06\x163", "a\nb", "1"}}
	if diff := cmp.Diff(want, c); diff != "" || !ok {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{`data"set\`, "mail", "a\nb"}, c.Consumed("")); diff != "" {
		t.Errorf("consumed (-want +got)\n%s", diff)
	}
	for _, bad := range []string{"", "+OK", `+1 [x 1:2] "GET"`, `+1 [0 1:2] GET`, `+1 [0 lua] `} {
		if c, ok := ParseMonitor(bad); ok {
			t.Errorf("%q: got %+v, want nothing", bad, c)
		}
	}
}

func TestConsumedWithPrefix(t *testing.T) {
	c := Command{Args: []string{"brpop", "dify:mail", "dify:mail\x06\x163", "other", "1"}}
	if diff := cmp.Diff([]string{"mail"}, c.Consumed("dify:")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := (Command{Args: []string{"LPUSH", "mail", "x"}}).Consumed(""); got != nil {
		t.Errorf("LPUSH: got %v, want none", got)
	}
}

func message(inner string) string {
	return `{"body":"` + base64.StdEncoding.EncodeToString([]byte(inner)) + `","properties":{"body_encoding":"base64"}}`
}

func TestParseHeartbeat(t *testing.T) {
	m := message(`{"hostname":"celery@a","active":2,"sw_ver":"5.2.6"}`)
	got, ok := ParseHeartbeat(1, "/1.celeryev/worker.heartbeat", m)
	if want := (Heartbeat{"celery@a", 2, "5.2.6"}); !ok || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, ok := ParseHeartbeat(2, "/1.celeryev/worker.heartbeat", m); ok {
		t.Error("another database's heartbeat counts")
	}
}

func TestParseTask(t *testing.T) {
	got, ok := ParseTask(`{"headers":{"task":"tasks.mail"},"properties":{"timestamp":1790000000.5}}`)
	if !ok || got.Name != "tasks.mail" || !got.Sent.Equal(time.UnixMilli(1790000000500)) {
		t.Errorf("got %+v", got)
	}
	got, _ = ParseTask(`{"headers":{"task":"t","sent_at":"2026-11-25T10:00:00Z"}}`)
	if got.Sent.Hour() != 10 {
		t.Errorf("got %+v", got)
	}
	if got, _ = ParseTask(`{"headers":{"task":"t"}}`); !got.Sent.IsZero() {
		t.Errorf("got %+v, want no time", got)
	}
	if _, ok = ParseTask("not JSON"); ok {
		t.Error("no JSON counts as a task")
	}
}

func TestParseReply(t *testing.T) {
	worker, queues, ok := ParseReply(message(`{"celery@a":[{"name":"mail","exchange":{}},{"name":"dataset"}]}`))
	if diff := cmp.Diff([]string{"mail", "dataset"}, queues); !ok || worker != "celery@a" || diff != "" {
		t.Errorf("worker %q %s", worker, diff)
	}
}

func FuzzParseMonitor(f *testing.F) {
	f.Add(`+1.2 [1 127.0.0.1:5] "BRPOP" "m\x06\x163" "1"`)
	f.Add(`+1.2 [1 lua] "PUBLISH" "/1.celeryev/worker.heartbeat" "{\"body\": 1}"`)
	f.Fuzz(func(_ *testing.T, line string) {
		c, _ := ParseMonitor(line)
		c.Consumed("")
		if channel, m, ok := c.Published(); ok {
			ParseHeartbeat(1, channel, m)
			ParseTask(m)
			ParseReply(m)
		}
	})
}
