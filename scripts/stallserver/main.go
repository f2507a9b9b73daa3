// Stallserver answers each request after 5 ms, but for one second in which it
// answers nothing: the third second after the first request since /reset. It
// is what scripts/compare-slo.sh measures.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	delay      = 5 * time.Millisecond
	stallAfter = 3 * time.Second
	stallFor   = time.Second
)

// stall knows when the requests began.
type stall struct {
	mu    sync.Mutex
	first time.Time
}

func (s *stall) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first = time.Time{}
}

// wait is how long a request that arrives now waits.
func (s *stall) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.first.IsZero() {
		s.first = now
	}
	if since := now.Sub(s.first); since >= stallAfter && since < stallAfter+stallFor {
		return stallAfter + stallFor - since
	}
	return delay
}

func main() {
	s := &stall{}
	mux := http.NewServeMux()
	mux.HandleFunc("/reset", func(http.ResponseWriter, *http.Request) { s.reset() })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(s.wait())
		_, _ = fmt.Fprintln(w, "ok")
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr()) // where to find it
	server := http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintln(os.Stderr, server.Serve(listener))
	os.Exit(1)
}
