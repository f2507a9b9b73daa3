package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The bounds in time that no flag sets. GitHub's runner kills ten seconds after
// its signal, and people do not wait as long.
const (
	// interruptGrace is how long after a signal a command may still write what
	// is known.
	interruptGrace = 1800 * time.Millisecond
	// stopGrace is how long what was cut off may take to notice.
	stopGrace = time.Second
	// configPatience bounds the reading of gate.yaml, which may be a pipe.
	configPatience = 30 * time.Second
	// reportPatience bounds how long a report waits for the reader of a pipe.
	reportPatience = 30 * time.Second
)

// errPanic carries a panic out of another goroutine.
type errPanic struct{ value any }

func (e errPanic) Error() string { return fmt.Sprint(e.value) }

// within returns what f returns, or the context's error when that has ended and
// f does not notice: opening a pipe without a writer, or a file on a hung disk,
// knows no context. f is left behind then.
func within[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if r := recover(); r != nil {
				o.err = errPanic{r}
			}
			done <- o
		}()
		o.value, o.err = f()
	}()
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		select {
		case o = <-done:
		case <-time.After(stopGrace):
			return o.value, context.Cause(ctx)
		}
	}
	var panicked errPanic
	if errors.As(o.err, &panicked) {
		panic(panicked.value)
	}
	return o.value, o.err
}

// cutOff words the end of a context for a command that has no report to write
// yet; nil for any other error.
func cutOff(interrupted context.Context, err error, what string, timeout time.Duration) error {
	switch {
	case interrupted.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted")}
	case errors.Is(err, context.DeadlineExceeded):
		return &exitError{exitInconclusive, fmt.Errorf("%s: the deadline of %s passed", what, timeout)}
	}
	return nil
}
