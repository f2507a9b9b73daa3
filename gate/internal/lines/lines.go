// Package lines reads text files line by line in flat memory: plain or gzip
// (told by the first bytes, not by the name), lines bounded in length.
package lines

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// Reader yields lines without their line ends.
type Reader struct {
	r          io.Reader
	buf        []byte
	start, end int
	max        int
	skip       bool // the rest of a cut line is still to be passed over
	err        error
	number     int
}

// NewReader reads lines of at most max bytes; of longer ones the rest is left
// out.
func NewReader(r io.Reader, max int) *Reader {
	return &Reader{r: r, buf: make([]byte, 2*max+256<<10), max: max}
}

// Number is that of the line last returned, from 1.
func (l *Reader) Number() int { return l.number }

// Next returns the next line, valid until the next call, and whether it was
// cut. At the end the error is io.EOF.
func (l *Reader) Next() (line []byte, cut bool, err error) {
	for {
		window := l.buf[l.start:l.end]
		if i := bytes.IndexByte(window, '\n'); i >= 0 {
			l.start += i + 1
			if l.skip {
				l.skip = false
				continue
			}
			l.number++
			return trim(window[:i], l.max)
		}
		switch {
		case l.skip:
			l.start, l.end = 0, 0
		case len(window) > l.max:
			l.skip, l.start, l.end = true, 0, 0
			l.number++
			return window[:l.max], true, nil
		}
		if l.err != nil {
			rest := l.buf[l.start:l.end]
			l.start, l.end = 0, 0
			if len(rest) == 0 || l.skip {
				return nil, false, l.err
			}
			l.number++
			return trim(rest, l.max)
		}
		l.fill()
	}
}

// fill moves what is left to the front and reads more behind it.
func (l *Reader) fill() {
	if l.start > 0 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	l.err = err
}

func trim(line []byte, max int) ([]byte, bool, error) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) > max {
		return line[:max], true, nil
	}
	return line, false, nil
}

// sampled is how much of a file has to look like text, in bytes.
const sampled = 4 << 10

// Open opens a regular text file, unpacking gzip on the way. Pipes, devices and
// directories are refused: reading them may never end; so is what is no text or in
// another encoding than UTF-8, in which no line would be understood. The errors are
// without the path.
func Open(name string) (io.ReadCloser, error) {
	f, err := readfile.Open(name)
	if err != nil {
		return nil, readfile.At("", err)
	}
	buffered := bufio.NewReaderSize(f, 64<<10)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		_ = f.Close()
		return nil, err
	}
	if bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("gzip: %w", err)
		}
		buffered = bufio.NewReaderSize(unpacker{z}, 64<<10)
	}
	sample, _ := buffered.Peek(sampled) // an error comes again when it is read
	if text, err := readfile.Decode(sample); err != nil {
		_ = f.Close()
		return nil, err
	} else if len(text) < len(sample) {
		_, _ = buffered.Discard(len(sample) - len(text)) // the byte order mark
	}
	return &file{buffered, f}, nil
}

// unpacker says of a gzip file that ends too early that it does.
type unpacker struct{ io.Reader }

func (u unpacker) Read(b []byte) (int, error) {
	n, err := u.Reader.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the gzip file breaks off: %w", err)
	}
	return n, err
}

type file struct {
	io.Reader
	f *os.File
}

func (f *file) Close() error { return f.f.Close() }

// Glob lists the files that a name or pattern stands for, sorted. A name
// without wildcards stands for itself, there or not; a pattern that matches
// nothing gives an empty list.
func Glob(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	if there, err := readfile.Exists(pattern); err == nil && there {
		return []string{pattern}, nil // a file whose very name holds a wildcard
	}
	return readfile.Glob(pattern)
}
