package check

import (
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// The door to operators' files for the commands. The errors are without the path;
// they are fs.ErrNotExist for what is missing alone.

// ReadText reads a text file of at most limit bytes.
func ReadText(path string, limit int64) ([]byte, error) {
	data, err := readfile.Text(path, limit)
	return data, readfile.At("", err)
}

// NeedFile is nil for a file, and for a pipe, which is read as it comes.
func NeedFile(path string) error {
	f, err := readfile.Open(path)
	if err == nil {
		err = f.Close()
	}
	if readfile.Is(err, readfile.Special) {
		return nil
	}
	return readfile.At("", err)
}

// NeedDir is nil for a folder.
func NeedDir(path string) error { return readfile.At("", readfile.NeedDir(path)) }

// IsDir reports whether a folder is at path.
func IsDir(path string) (bool, error) {
	folder, err := readfile.IsDir(path)
	return folder, readfile.At("", err)
}

// ListFiles lists what a pattern matches, sorted.
func ListFiles(pattern string) ([]string, error) {
	files, err := readfile.Glob(pattern)
	return files, readfile.At("", err)
}
