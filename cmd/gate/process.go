package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/dify-gate/dify-gate/gate/report"
)

// The exit codes, the same for every command and format (contract).
const (
	exitPass         = 0
	exitBlock        = 1
	exitUsage        = 2
	exitInconclusive = 3
	exitInternal     = 4
	exitInterrupted  = 130
)

// process is all that the commands know of the process around them.
type process struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	door           *door // what stderr is
	lookup         func(string) (string, bool)
	environ        func() []string // all variables as NAME=VALUE; nil: there are none
	wishes         []wish          // what misspelt found
	// ambientToken: nobody gave the token of --github-token for this purpose. The
	// environment has it, or the action's default.
	ambientToken bool
	tokenKept    sync.Once // it was said that the token is not sent
	dir          string    // working directory
	// terminal tells for stdout and stderr whether a person is watching;
	// width is stdout's, 0 when it is no terminal.
	stdoutTerminal, stderrTerminal bool
	width                          int
	// stderrColumns is the width of the terminal behind stderr, as it is now.
	stderrColumns func() int
}

// thisProcess is the real one: the only place that names os.Args and the like.
func thisProcess() *process {
	p := &process{
		args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, door: newDoor(os.Stderr), lookup: os.LookupEnv, environ: os.Environ,
		stdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())), stderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	p.stderr = p.door
	if p.stderrTerminal {
		p.stderrColumns = func() int {
			w, _, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil {
				return 80
			}
			return w
		}
	}
	if dir, err := os.Getwd(); err == nil {
		p.dir = dir
	}
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && p.stdoutTerminal {
		p.width = w
	}
	return p
}

// getenv is lookup for those who need no difference between unset and empty.
func (p *process) getenv(name string) string {
	v, _ := p.lookup(name)
	return v
}

// onGitHub reports whether GitHub's runner started the process.
func (p *process) onGitHub() bool { return p.getenv("GITHUB_ACTIONS") == "true" }

// exitError ends a command with a code. A nil err says nothing more: the report
// has said it.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage is an error of the input: nothing was run.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// usageError is usage for an error that has its words already.
func usageError(err error) error { return &exitError{exitUsage, err} }

// main runs the command that the arguments name and returns the exit code. A
// signal ends it within two seconds, whatever it waits for.
func (p *process) main(ctx context.Context) int {
	done := make(chan int, 1)
	go func() { done <- p.command(ctx) }()
	select {
	case code := <-done:
		return code
	case <-ctx.Done():
	}
	select {
	case code := <-done:
		return code
	case <-time.After(interruptGrace):
		return exitInterrupted
	}
}

func (p *process) command(ctx context.Context) (code int) {
	defer func() {
		if r := recover(); r != nil {
			_, _ = fmt.Fprintf(p.stderr, "gate: internal error: %v\n", r)
			code = exitInternal
		}
	}()
	root := newRoot(p)
	root.SetArgs(p.args)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return exitPass
	}
	code = exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		code, err = exit.code, exit.err
	}
	if err != nil {
		p.sayError(code, err)
	}
	return code
}

// sayError writes why a command ended. GitHub's runner gets wrong input and a
// failure of the gate in an annotation and in the summary as well, where nobody has
// to open the log.
func (p *process) sayError(code int, err error) {
	message := prefixed(p.asWritten(err.Error()))
	_, _ = fmt.Fprintln(p.stderr, report.Message(message, p.onGitHub()))
	if !p.onGitHub() || code != exitUsage && code != exitInternal {
		return
	}
	if p.door != nil {
		message = p.door.mask(message)
	}
	if err := report.Refuse(p.stderr, p.getenv, message); err != nil {
		p.warn("%s", err)
	}
}

// flagName is a flag as messages name it.
var flagName = lazyRegexp(`--([a-z]+(?:-[a-z]+)*)`)

// asWritten names the inputs of an action's step as its user wrote them, dry-run for
// --dry-run, where the runner gave inputs and no flags.
func (p *process) asWritten(message string) string {
	if !p.onGitHub() || p.environ == nil || !slices.ContainsFunc(p.environ(), func(v string) bool { return strings.HasPrefix(v, "INPUT_") }) {
		return message
	}
	flags := allFlags(newRoot(p))
	return flagName().ReplaceAllStringFunc(message, func(flag string) string {
		if name := strings.TrimPrefix(flag, "--"); slices.Contains(flags, name) {
			return name
		}
		return flag
	})
}

// prefixed names the program before a message of one line that does not begin
// with the command or gate.yaml; several lines have their places already.
func prefixed(message string) string {
	message = strings.TrimRight(message, "\n")
	if strings.Contains(message, "\n") || strings.HasPrefix(message, "gate") {
		return message
	}
	return "gate: " + message
}

// warn tells what does not change the verdict.
func (p *process) warn(format string, args ...any) {
	_, _ = fmt.Fprintln(p.stderr, report.Message("gate: warning: "+fmt.Sprintf(format, args...), p.onGitHub()))
}
