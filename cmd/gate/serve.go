package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
)

// The bounds of the service.
const (
	minToken      = 16 // characters of the token
	maxAsk        = 64 << 10
	maxHeader     = 16 << 10
	maxConnection = 256
	serveGrace    = 5 * time.Second
)

// serveOptions are what gate serve adds to the flags of run.
type serveOptions struct {
	run      runOptions
	listen   string
	token    gate.Secret
	parallel int
}

func newServe(p *process) *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer verdicts over HTTP, for webhooks and Argo Rollouts",
		Long: "gate serve answers POST /v1/verdict with the JSON report of a run by the flags given here. The request's body may\n" +
			"say from, to, phase, only and skip, and nothing else: what is asked is the operator's choice. Every request needs\n" +
			"\"Authorization: Bearer TOKEN\". GET /healthz says that the service is up. TLS is the business of what stands in front.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), o, cmd.Flags()) },
	}
	o.run.register(cmd.Flags())
	for _, name := range []string{"report", "format", "quiet", "verbose", "no-color"} {
		_ = cmd.Flags().MarkHidden(name)
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "the address to listen on")
	cmd.Flags().Var(secretValue{&o.token}, "token", "what a request has to show, 16 characters at the least (or GATE_TOKEN)")
	cmd.Flags().IntVar(&o.parallel, "parallel", 1, "how many runs at a time; further requests get 429")
	return cmd
}

// serve listens until it is told to stop.
func (p *process) serve(ctx context.Context, o *serveOptions, flags *pflag.FlagSet) error {
	switch {
	case len(o.token.Reveal()) < minToken:
		return usage("serve: --token or GATE_TOKEN: want a secret of %d characters at the least", minToken)
	case o.parallel < 1 || o.parallel > 100:
		return usage("--parallel %d: want 1 to 100", o.parallel)
	case len(o.run.reports) > 0:
		return usage("serve: --report: the answer is the report, want none")
	}
	// What is wrong with the flags or gate.yaml is reported now and not to a caller.
	s, err := p.loadSettings(ctx, &o.run, flags)
	if err != nil {
		return err
	}
	s.network.Close()
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return usage("--listen %s: %s, want a free address like 127.0.0.1:8080", o.listen, lastError(err))
	}
	server := &http.Server{
		Handler:           p.verdicts(o, flags),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      s.timeout + time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	_, _ = fmt.Fprintf(p.stderr, "gate: listening on http://%s\n", listener.Addr())
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), serveGrace)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})
	if err := server.Serve(bounded(listener, maxConnection)); !errors.Is(err, http.ErrServerClosed) {
		return &exitError{exitInternal, err}
	}
	if err := <-stopped; err != nil {
		return &exitError{exitInternal, fmt.Errorf("serve: %w", err)}
	}
	return nil
}

// lastError is the innermost error, whose text does not repeat the address.
func lastError(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// bounded lets so many connections be open at a time; further ones wait in the
// kernel's queue.
func bounded(l net.Listener, n int) net.Listener {
	return &boundedListener{Listener: l, slots: make(chan struct{}, n)}
}

type boundedListener struct {
	net.Listener
	slots chan struct{}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &boundedConn{Conn: c, free: func() { <-l.slots }}, nil
}

// boundedConn frees its slot when it is closed, however often that happens.
type boundedConn struct {
	net.Conn
	once sync.Once
	free func()
}

func (c *boundedConn) Close() error {
	defer c.once.Do(c.free)
	return c.Conn.Close()
}
