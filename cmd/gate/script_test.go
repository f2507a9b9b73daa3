package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kaptinlin/jsonschema"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"

	"github.com/dify-gate/dify-gate/gate/config"
	"github.com/dify-gate/dify-gate/gate/report"
)

// TestScripts runs the stories in testdata/script: what a person types, and
// what comes back on which stream with which code.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":   scriptCode,
			"serve":  scriptServe,
			"json":   scriptJSON,
			"schema": scriptSchema,
			"mode":   scriptMode,

			"fingerprint": scriptFingerprint,
		},
		RequireExplicitExec: true,
	})
}

// code N PROGRAM ARGS... runs a program that has to end with the code N.
func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil || len(args) < 2 {
		ts.Fatalf("usage: code N program args...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// serve starts a stand-in for a deployment and sets URL to its address.
func scriptServe(ts *testscript.TestScript, _ bool, _ []string) {
	mux := http.NewServeMux()
	asked := 0
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("X-Version", "1.13.0")
		w.Header().Set("X-Env", "PRODUCTION")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"code":"unauthorized","message":"Access token is invalid","status":401}` + "\n"))
	})
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("ok " + r.Header.Get("Authorization")))
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(20 * time.Second):
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/asked", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strconv.Itoa(asked))) })
	s := httptest.NewServer(mux)
	ts.Defer(s.CloseClientConnections)
	ts.Setenv("URL", s.URL)
}

// json FILE PATH VALUE compares a value of a JSON file; the file may be stdout.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json file path value")
	}
	text := ts.ReadFile(args[0])
	if !json.Valid([]byte(text)) {
		ts.Fatalf("%s is not one JSON document:\n%s", args[0], text)
	}
	got := gjson.Get(text, args[1])
	if (got.String() == args[2]) == neg {
		ts.Fatalf("%s: %s is %s, want (negated: %v) %s", args[0], args[1], got.Raw, neg, args[2])
	}
}

// schema FILE config|report holds a JSON file against a schema of ours.
func scriptSchema(ts *testscript.TestScript, neg bool, args []string) {
	schema := map[string]func() map[string]any{"config": config.Schema, "report": report.Schema}[args[1]]
	data, err := json.Marshal(schema())
	ts.Check(err)
	// The reports' own tests use another validator; in this one's place it
	// would compile its drafts each time that a script starts the gate.
	compiled, err := jsonschema.NewCompiler().Compile(data)
	ts.Check(err)
	result := compiled.ValidateJSON([]byte(ts.ReadFile(args[0])))
	if result.IsValid() == neg {
		ts.Fatalf("%s: %v, want (negated: %v) a valid instance", args[0], result.ToList(), neg)
	}
}

// mode FILE OCTAL compares a file's permissions.
func scriptMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// fingerprint FILE sets FINGERPRINT to that of a JSON report's first finding,
// and UNTIL to a day that a waiver may last to.
func scriptFingerprint(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("FINGERPRINT", gjson.Get(ts.ReadFile(args[0]), "findings.0.fingerprint").String())
	ts.Setenv("UNTIL", time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly))
}
