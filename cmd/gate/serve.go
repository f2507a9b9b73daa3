package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
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
	serveGrace    = 1500 * time.Millisecond
)

// serveOptions are what gate serve adds to the flags of run.
type serveOptions struct {
	run      runOptions
	listen   string
	token    gate.Secret
	parallel int
	keep     string // the folder of kept reports, "" for none
}

func newServe(p *process) *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer verdicts over HTTP, for webhooks and Argo Rollouts",
		Long: "gate serve answers POST /v1/verdict with the JSON report of a run with these flags. The request's body may\n" +
			"set from, to, phase, only and skip, within what the flags and gate.yaml allow, and nothing else. Every request needs\n" +
			"\"Authorization: Bearer TOKEN\". GET /healthz reports that the service is up. Put a TLS proxy in front.\n\n" +
			"With --keep the last report that did not block is the baseline of the next one of the same checks. A request with\n" +
			"\"keep\": true keeps its report whatever the verdict: send one before a deploy.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.serve(cmd.Context(), o, cmd.Flags()) },
	}
	o.run.register(cmd.Flags())
	for _, name := range []string{"report", "format", "quiet", "verbose", "no-color"} {
		_ = cmd.Flags().MarkHidden(name)
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8080", "the address to listen on")
	cmd.Flags().Var(secretValue{&o.token}, "token", "the token that requests must send, at least 16 characters (or GATE_TOKEN)")
	cmd.Flags().StringVar(&o.keep, "keep", "", "a folder: the last report of the deployment is kept in it, as the baseline of the next; at most 64 of them")
	cmd.Flags().IntVar(&o.parallel, "parallel", 1, "how many runs at a time; further requests get 429")
	return cmd
}

// serve listens until it is told to stop.
func (p *process) serve(ctx context.Context, o *serveOptions, flags *pflag.FlagSet) error {
	switch {
	case len(o.token.Reveal()) < minToken:
		return usage("serve: --token or GATE_TOKEN: want a secret of at least %d characters", minToken)
	case o.parallel < 1 || o.parallel > 100:
		return usage("--parallel %d: want 1 to 100", o.parallel)
	case len(o.run.reports) > 0:
		return usage("serve: --report: the answer is the report, want none")
	}
	if o.keep != "" {
		if o.run.baseline != "" {
			return usage("serve: --keep and --baseline: want one of them")
		}
		o.keep = p.abs(o.keep)
		if err := p.makeFolder(o.keep); err != nil {
			return usage("--keep %s: %s, want a folder that can be written to", p.shown(o.keep), err)
		}
		if err := p.writeFile(filepath.Join(o.keep, ".gate-keep"), nil); err != nil {
			return usage("--keep %s: %s, want a folder that can be written to", p.shown(o.keep), err)
		}
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
	if o.run.dir == "" {
		o.run.dir = s.dir // what was found by itself is said once
	}
	open := &connections{}
	server := &http.Server{
		Handler:           p.verdicts(o, flags),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      s.timeout + time.Minute,
		IdleTimeout:       10 * time.Second,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       open.named,
		ConnState:         open.changed,
	}
	_, _ = fmt.Fprintf(p.stderr, "gate: listening on http://%s\n", listener.Addr())
	stopped := make(chan struct{})
	context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), serveGrace)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // whoever still waits is cut off
		}
		close(stopped)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return &exitError{exitInternal, err}
	}
	<-stopped
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
