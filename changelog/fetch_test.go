package changelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCacheHoldsNoSecret: user information and the query of an address are not
// in the cache, and an answer from it says how old it is.
func TestCacheHoldsNoSecret(t *testing.T) {
	t.Parallel()
	up := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !up {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, "## 1.0.0\n- a\n")
	}))
	defer server.Close()
	dir := t.TempDir()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	address := strings.Replace(server.URL, "http://", "http://user:hunter2@", 1) + "/notes.md?private_token=glpat-12345"
	source, err := OpenSource(address, Options{CacheDir: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if loaded, err := source.Load(context.Background(), Need{}); err != nil || loaded.Age != 0 || loaded.Cached != "" {
		t.Fatalf("loaded %+v, %v, want it fresh", loaded, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 {
		t.Fatalf("%d files in the cache, want one", len(files))
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "glpat", "private_token", "127.0.0.1"} {
		if bytes.Contains(text, []byte(secret)) || strings.Contains(files[0], secret) {
			t.Errorf("the cache holds %q: %s", secret, text)
		}
	}
	up, now = false, now.Add(50*time.Hour)
	if loaded, err := source.Load(context.Background(), Need{}); err != nil || loaded.Age != 50*time.Hour || loaded.Cached == "" {
		t.Errorf("age %s, cached %q, %v, want 50 h", loaded.Age, loaded.Cached, err)
	}
}

// TestRefererStaysWithItsHost: the address before a redirect may hold a token.
func TestRefererStaysWithItsHost(t *testing.T) {
	t.Parallel()
	referer := "none"
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		referer = r.Header.Get("Referer")
		fmt.Fprint(w, "## 1.0.0\n- a\n")
	}))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL+"/x", http.StatusFound))
	defer first.Close()
	source, err := OpenSource(first.URL+"/notes.md?private_token=S", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := source.Load(context.Background(), Need{}); err != nil || referer != "" {
		t.Errorf("Referer %q, %v, want none", referer, err)
	}
}

// TestCutAnswers: an answer that is shorter than its length, that has neither a
// length nor an end, or that is a page for people is not read.
func TestCutAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"shorter than its length": "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n## 1.0.0\n- a\n",
		"without a length":        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n## 1.0.0\n- a\n",
		"chunks without an end":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n## 1.0.0\n\r\n",
		"a page by its type":      "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 13\r\n\r\n## 1.0.0\n- a\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = conn.Write([]byte(answer))
				_ = conn.Close()
			}
		}()
		source, err := OpenSource("http://"+listener.Addr().String()+"/notes.md", Options{})
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := source.Load(context.Background(), Need{})
		if unreachable := new(UnreachableError); !errors.As(err, &unreachable) {
			t.Errorf("%s: %d releases and %v, want an UnreachableError", name, len(loaded.Releases), err)
		}
		listener.Close()
	}
}
