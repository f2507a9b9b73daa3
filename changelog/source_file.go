package changelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

// maxSource bounds a changelog file or download.
const maxSource = 64 << 20

// maxSourceLine bounds one line of a Markdown file: no changelog has such
// lines, and a file of one endless line is not one.
const maxSourceLine = 1 << 20

type fileSource string

func (f fileSource) String() string { return string(f) }

// Load reads the whole file, up to 64 MiB.
func (f fileSource) Load(ctx context.Context, _ Need) (Loaded, error) {
	path := string(f)
	wrong := func(err error) (Loaded, error) { return Loaded{}, &InputError{Place: path, Err: err} }
	if err := ctx.Err(); err != nil {
		return Loaded{}, err
	}
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return wrong(errors.New("no such file"))
	case err != nil:
		return wrong(reason(err))
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return wrong(reason(err))
	case info.IsDir():
		return wrong(errors.New("is a directory, want a changelog file"))
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSource+1))
	if err != nil {
		return wrong(reason(err))
	}
	releases, err := decodeSource(path, text)
	if err != nil {
		return wrong(err)
	}
	return Loaded{Releases: releases}, nil
}

// reason is an error of the file system without the path, which the InputError names.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// decodeSource tells JSON from Markdown and reads either.
func decodeSource(place string, text []byte) ([]Release, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > maxSource:
		return nil, fmt.Errorf("larger than %d MiB", maxSource>>20)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, errors.New("empty, want a changelog")
	case bytes.IndexByte(text, 0) >= 0:
		return nil, errors.New("binary, want a changelog in Markdown or releases JSON")
	}
	if strings.HasSuffix(strings.ToLower(place), ".json") || looksLikeJSON(text) {
		return DecodeReleases(place, text)
	}
	if line := longLine(text); line > 0 {
		return nil, fmt.Errorf("line %d is longer than %d MiB", line, maxSourceLine>>20)
	}
	if line := invalidLine(text); line > 0 {
		return nil, fmt.Errorf("line %d is not valid UTF-8", line)
	}
	if inConflict(text) {
		return nil, errors.New("holds the marks of a merge conflict, want the merged text")
	}
	return SplitMarkdown(place, text), nil
}

// inConflict reports whether git left both versions of a text in it.
func inConflict(text []byte) bool {
	marks := func(mark string) bool {
		return bytes.HasPrefix(text, []byte(mark)) || bytes.Contains(text, []byte("\n"+mark))
	}
	return marks("<<<<<<< ") && marks(">>>>>>> ")
}

func longLine(text []byte) int {
	for line := 1; ; line++ {
		n := bytes.IndexByte(text, '\n')
		if n > maxSourceLine || n < 0 && len(text) > maxSourceLine {
			return line
		}
		if n < 0 {
			return 0
		}
		text = text[n+1:]
	}
}

func invalidLine(text []byte) int {
	if utf8.Valid(text) {
		return 0
	}
	for line := 1; ; line++ {
		n := bytes.IndexByte(text, '\n')
		if n < 0 || !utf8.Valid(text[:n]) {
			return line
		}
		text = text[n+1:]
	}
}
