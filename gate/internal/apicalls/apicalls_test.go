package apicalls

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWritten(t *testing.T) {
	good := map[string]Call{
		"POST /v1/chat-messages": {Method: "POST", Path: "/v1/chat-messages"},
		"post /v1/x?a=b#c":       {Method: "POST", Path: "/v1/x"},
		"/v1/info":               {Path: "/v1/info"},
		"GET https://dify.example.com:8443/v1/a/": {Method: "GET", Path: "/v1/a/"},
		"GET {{base}}/messages":                   {Method: "GET", Path: "/messages", Loose: true},
	}
	for line, want := range good {
		got, err := Written(line)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", line, got, err, want)
		}
	}
	for _, line := range []string{"", "FETCH /v1/x", "POST v1/x", "POST /v1/x y"} {
		if c, err := Written(line); err == nil {
			t.Errorf("%q is read as %+v", line, c)
		}
	}
}

func TestDocument(t *testing.T) {
	cases := []struct {
		name, src string
		want      []Call
	}{
		{"openapi with a server", `openapi: 3.0.0
servers: [{url: "https://{host}/v1/", variables: {host: {default: a.example}}}]
paths:
  /chat-messages:
    parameters: []
    post: {}
  /files/{id}:
    servers: [{url: "https://a.example/files/v2"}]
    get: {}
  x-note: {get: {}}
`, []Call{{"POST", "/v1/chat-messages", false, 6, "/v1"}, {"GET", "/files/v2/files/{id}", false, 9, "/files/v2"}}},
		{"openapi without a server", "openapi: 3.1.0\npaths:\n  /info:\n    get: {}\n", []Call{{"GET", "/info", true, 4, ""}}},
		{"swagger 2", "swagger: '2.0'\nbasePath: /v1\npaths:\n  /info:\n    get: {}\n", []Call{{"GET", "/v1/info", true, 5, "/v1"}}},
		{"postman", `{
 "info": {"name": "x"},
 "variable": [{"key": "base", "value": "https://a.example/v1"}],
 "item": [
  {"name": "f", "item": [
   {"request": {"method": "POST", "url": {"raw": "{{base}}/chat-messages?x=1"}}}
  ]},
  {"request": {"method": "GET", "url": "{{other}}/v1/info"}},
  {"request": "a.example/v1/meta"}
 ]}`, []Call{{"POST", "/v1/chat-messages", false, 6, ""}, {"GET", "/v1/info", true, 8, ""}, {"GET", "/v1/meta", false, 9, ""}}},
	}
	for _, c := range cases {
		got, err := Document([]byte(c.src))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	if _, err := Document([]byte("a: 1")); !errors.Is(err, ErrFormat) {
		t.Errorf("foreign document: %v", err)
	}
	if _, err := Document([]byte("a: [")); err == nil {
		t.Error("broken document is read")
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte("openapi: 3.0.0\npaths: {/a: {get: {}}}"))
	f.Add([]byte(`{"item":[{"request":{"url":{"raw":"{{a}}/x"}}}],"variable":[{"key":"a","value":"{{a}}{{a}}"}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		calls, _ := Document(src)
		for _, c := range calls {
			if c.Path == "" {
				t.Fatal("a call without a path")
			}
		}
	})
}
