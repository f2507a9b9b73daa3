// Package textfile reads a text file so that it can be changed line by line and written
// back with all else as it was: a byte order mark, line ends, and bytes that are no UTF-8.
package textfile

import (
	"bytes"
	"crypto/sha256"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// mark is the byte order mark of UTF-8.
const mark = "\xef\xbb\xbf"

// File is a text file.
type File struct {
	Path  string
	Mark  bool // it begins with a byte order mark, which no line has
	Lines []Line
	Sum   [32]byte // SHA-256 of the bytes
}

// Line is a line and its end: "\n", "\r\n", or "" for the last one of a file that has
// no line end there.
type Line struct{ Text, End string }

// Read reads a text file of at most limit bytes.
func Read(path string, limit int64) (*File, error) {
	data, err := readfile.Bytes(path, limit)
	if err != nil {
		return nil, err
	}
	if _, err := readfile.Decode(data); err != nil {
		return nil, readfile.At(path, err)
	}
	f := Parse(data)
	f.Path = path
	return f, nil
}

// Parse splits the content of a file.
func Parse(data []byte) *File {
	f := &File{Sum: sha256.Sum256(data)}
	data, f.Mark = bytes.CutPrefix(data, []byte(mark))
	for line := range strings.Lines(string(data)) {
		l := Line{Text: line}
		if text, ok := strings.CutSuffix(line, "\n"); ok {
			l = Line{text, "\n"}
			if text, ok := strings.CutSuffix(text, "\r"); ok {
				l = Line{text, "\r\n"}
			}
		}
		f.Lines = append(f.Lines, l)
	}
	return f
}

// Texts are the lines without their ends.
func (f *File) Texts() []string {
	out := make([]string, len(f.Lines))
	for i, l := range f.Lines {
		out[i] = l.Text
	}
	return out
}

// End is the line end that most lines have, "\n" without any.
func (f *File) End() string {
	dos, unix := 0, 0
	for _, l := range f.Lines {
		switch l.End {
		case "\r\n":
			dos++
		case "\n":
			unix++
		}
	}
	if dos > unix {
		return "\r\n"
	}
	return "\n"
}

// Bytes puts lines together to a file's content.
func Bytes(lines []Line, withMark bool) []byte {
	var b bytes.Buffer
	if withMark {
		b.WriteString(mark)
	}
	for _, l := range lines {
		b.WriteString(l.Text)
		b.WriteString(l.End)
	}
	return b.Bytes()
}
