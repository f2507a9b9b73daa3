package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkTwoHundredChecks holds 200 http checks of 100 ms at --concurrency
// 200 against a bare program that sends the same requests and does nothing
// else. Both are in this process, so start-up is in neither.
func BenchmarkTwoHundredChecks(b *testing.B) {
	const n = 200
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) }))
	defer s.Close()
	text := "version: 1\nrun: {concurrency: 200}\nchecks:\n  http:\n"
	for i := range n {
		text += fmt.Sprintf("    - {name: c%d, url: \"%s/%d\", expect: {status: 200}}\n", i, s.URL, i)
	}
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gate.yaml"), []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	b.Run("gate", func(b *testing.B) {
		for b.Loop() {
			var out bytes.Buffer
			p := &process{args: []string{"run", "-q"}, stdin: strings.NewReader(""), stdout: &out, stderr: &out, dir: dir,
				lookup: func(string) (string, bool) { return "", false }}
			if code := p.main(b.Context()); code != exitPass {
				b.Fatalf("exit %d\n%s", code, out.String())
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			var group sync.WaitGroup
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
			for i := range n {
				group.Go(func() {
					resp, err := client.Get(fmt.Sprint(s.URL, "/", i))
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				})
			}
			group.Wait()
			client.CloseIdleConnections()
		}
	})
}
