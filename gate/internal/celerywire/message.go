package celerywire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Heartbeat is what a worker says of itself every two seconds.
type Heartbeat struct {
	Worker string // celery@host
	Active int    // tasks that it carries out
	Celery string // its version
}

// ParseHeartbeat reads a message on a channel, if it is a heartbeat in the
// database.
func ParseHeartbeat(db int, channel, message string) (Heartbeat, bool) {
	if !strings.HasSuffix(channel, fmt.Sprintf("/%d.celeryev/worker.heartbeat", db)) || !json.Valid([]byte(message)) {
		return Heartbeat{}, false
	}
	body, ok := body(message)
	if !ok {
		return Heartbeat{}, false
	}
	h := Heartbeat{
		Worker: gjson.GetBytes(body, "hostname").String(),
		Active: int(gjson.GetBytes(body, "active").Int()),
		Celery: gjson.GetBytes(body, "sw_ver").String(),
	}
	return h, h.Worker != ""
}

// body unpacks the inner document of a message of kombu's virtual transports.
func body(message string) ([]byte, bool) {
	text := gjson.Get(message, "body").String()
	if gjson.Get(message, "properties.body_encoding").String() != "base64" {
		return []byte(text), json.Valid([]byte(text))
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	return raw, err == nil && json.Valid(raw)
}

// Task is what the headers of a queued message tell. Arguments are not read.
type Task struct {
	Name string
	Sent time.Time // zero when the sender does not say
}

// ParseTask reads the headers of a queued message (protocol 2). Celery itself
// writes no time of sending; senders that do are understood.
func ParseTask(message string) (Task, bool) {
	if !json.Valid([]byte(message)) {
		return Task{}, false
	}
	t := Task{Name: gjson.Get(message, "headers.task").String()}
	for _, path := range []string{"properties.timestamp", "headers.timestamp", "headers.sent_at", "headers.enqueued_at"} {
		v := gjson.Get(message, path)
		switch {
		case v.Type == gjson.Number && v.Float() > 1e9 && v.Float() < 1e11:
			t.Sent = time.UnixMilli(int64(v.Float() * 1000))
		case v.Type == gjson.String:
			if at, err := time.Parse(time.RFC3339, v.String()); err == nil {
				t.Sent = at
			}
		}
		if !t.Sent.IsZero() {
			break
		}
	}
	return t, true
}

// replyExchange is where workers answer remote control.
const replyExchange = "reply.celery.pidbox"

// Request is a broadcast of Celery's remote control, as `celery inspect`
// sends it, with the list that the answers arrive in.
type Request struct {
	Channel string // to PUBLISH Message on
	Message string
	Reply   string // the list to wait on
	// The set and its member that let workers find the list; both are removed
	// again after the answers.
	BindingKey, BindingMember string
}

// ActiveQueues asks every worker which queues it consumes. id is unique to the
// request; expires ends its validity.
func ActiveQueues(db int, prefix, id string, expires time.Time) Request {
	inner, _ := json.Marshal(map[string]any{
		"method": "active_queues", "arguments": map[string]any{}, "destination": nil,
		"pattern": nil, "matcher": nil, "ticket": id,
		"reply_to": map[string]string{"exchange": replyExchange, "routing_key": id},
	})
	message, _ := json.Marshal(map[string]any{
		"body":         base64.StdEncoding.EncodeToString(inner),
		"content-type": "application/json", "content-encoding": "utf-8",
		"headers": map[string]any{"clock": 1, "expires": float64(expires.UnixMilli()) / 1000},
		"properties": map[string]any{
			"delivery_mode": 1, "priority": 0, "body_encoding": "base64", "delivery_tag": id,
			"delivery_info": map[string]string{"exchange": "celery.pidbox", "routing_key": ""},
		},
	})
	reply := id + "." + replyExchange
	return Request{
		Channel: fmt.Sprintf("%s/%d.celery.pidbox", prefix, db), Message: string(message), Reply: prefix + reply,
		BindingKey: prefix + BindingPrefix + replyExchange, BindingMember: strings.Join([]string{id, "", reply}, separator),
	}
}

// ParseReply reads the answer of one worker: its name and its queues.
func ParseReply(message string) (worker string, queues []string, ok bool) {
	if !json.Valid([]byte(message)) {
		return "", nil, false
	}
	inner, ok := body(message)
	if !ok {
		return "", nil, false
	}
	gjson.ParseBytes(inner).ForEach(func(name, list gjson.Result) bool {
		worker = name.String()
		for _, q := range list.Array() {
			if n := q.Get("name").String(); n != "" {
				queues = append(queues, n)
			}
		}
		return false
	})
	return worker, queues, worker != ""
}
