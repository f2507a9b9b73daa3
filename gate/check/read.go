package check

import (
	"fmt"

	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// maxText bounds env files, templates, certificates and what else is small.
const maxText = 8 << 20

// readBounded reads a regular file of at most limit bytes. Errors name the file
// and what would have been right.
func readBounded(path string, limit int64) ([]byte, error) {
	data, err := readfile.Bounded(path, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}
