package readfile

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Kind says what is at a path instead of a text file.
type Kind int

const (
	Missing  Kind = iota + 1 // nothing; the error is fs.ErrNotExist
	Denied                   // may not be read; the error is fs.ErrPermission
	Dangling                 // a link to nothing
	Folder
	Special  // a pipe, socket or device
	TooLarge // more bytes than the reader takes
	Binary   // holds NUL bytes
	Encoding // text in UTF-16 or UTF-32
	Failed   // the system's own reason: a disk error, a loop of links, a pattern that is none
)

// Error says what is at a path and what to do about it. It is fs.ErrNotExist for
// Missing alone.
type Error struct {
	Path   string // "" where the text has no file
	Kind   Kind
	Reason string // without the path
	err    error
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Path + ": " + e.Reason
}

func (e *Error) Unwrap() error { return e.err }

// Reason is an error's text without the path, for callers that show it in their
// own way.
func Reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return err.Error()
}

// Is reports whether an error of this package is of a kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// failed makes an *Error of one of the system's.
func failed(path string, err error) error {
	var own *Error
	var fromOS *fs.PathError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &fromOS):
		err = fromOS.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{path, Missing, err.Error(), err}
	case errors.Is(err, fs.ErrPermission):
		return &Error{path, Denied, err.Error() + ", want it readable by the user that runs the gate", err}
	case errors.Is(err, syscall.ENOTDIR):
		return &Error{path, Failed, err.Error() + ": a folder on the way to it is a file", err}
	}
	return &Error{path, Failed, err.Error(), err}
}

// At is err with the path that a reader should see. Errors of others, and nil, stay.
func At(path string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return &Error{path, e.Kind, e.Reason, e.err}
	}
	return err
}

func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	if n >= 1<<10 && n%(1<<10) == 0 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
