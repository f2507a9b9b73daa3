package eventstream

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Event
		err        error
	}{
		{"two", "data: {\"a\":1}\n\ndata: b\n\n", []Event{{Data: `{"a":1}`}, {Data: "b"}}, nil},
		{"ping", "event: ping\n\ndata: x\n\n", []Event{{Type: "ping"}, {Data: "x"}}, nil},
		{"crlf and comments", ": hello\r\nevent: e\r\ndata:no blank\r\ndata: second\r\n\r\n", []Event{{Type: "e", Data: "no blank\nsecond"}}, nil},
		{"cut", "data: a\n\ndata: b\n", []Event{{Data: "a"}}, ErrCut},
		{"cut inside a line", "data: a\n\ndata: b", []Event{{Data: "a"}}, ErrCut},
		{"nothing", "", nil, nil},
		{"empty lines", "\n\n\n", nil, nil},
	} {
		var got []Event
		err := Read(strings.NewReader(c.text), func(e Event) bool {
			if e.At.IsZero() {
				t.Error("no instant")
			}
			got = append(got, Event{Type: e.Type, Data: e.Data})
			return true
		})
		if !errors.Is(err, c.err) || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, got, err, c.want, c.err)
		}
	}
	if err := Read(strings.NewReader("data: "+strings.Repeat("x", MaxEvent)), func(Event) bool { return true }); err == nil {
		t.Error("an endless event should break the stream")
	}
	if err := Read(strings.NewReader(strings.Repeat("data: x\n", MaxEvent/4)), func(Event) bool { return true }); err == nil {
		t.Error("endless lines of one event should break the stream")
	}
}

func FuzzRead(f *testing.F) {
	f.Add("event: a\ndata: b\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		_ = Read(strings.NewReader(text), func(Event) bool { return true })
	})
}
