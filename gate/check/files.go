package check

import (
	"errors"
	"fmt"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
)

// FileTimeout is the default for checks that read whole logs.
const FileTimeout = 2 * time.Minute

// MaxLogLine is the longest line of an access log that is read; nginx takes no
// request line beyond 32 KiB.
const MaxLogLine = 64 << 10

// Expand lists the files that names and globs stand for; each has to stand for
// one at least.
func Expand(b *Base, env *Env, patterns []string) ([]string, error) {
	var out []string
	for _, p := range patterns {
		names, err := lines.Glob(b.ResolvePath(env, p))
		p = ShowPath(env, b.ResolvePath(env, p))
		if err != nil {
			return nil, fmt.Errorf("%s: not a glob: %w", p, err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s: no file matches", p)
		}
		out = append(out, names...)
	}
	return out, nil
}

// LogAhead is how far a log's clock may be ahead of the gate's.
const LogAhead = 5 * time.Minute

// ReadFile reads a regular file of at most limit bytes. The error says what is
// there instead, without the path.
func ReadFile(path string, limit int64) ([]byte, error) {
	data, err := readfile.Bytes(path, limit)
	if err != nil {
		return nil, errors.New(readfile.Reason(err))
	}
	return data, nil
}
