package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// remark is what logrotate says of a line.
type remark struct {
	line int
	text string
}

// dryRun asks logrotate, if it is installed, what is wrong with a file. Its
// debug mode neither rotates nor runs any script. Its remarks on owners,
// permissions and directories are left out, since the file may be a copy in a
// repository.
func dryRun(ctx context.Context, path string) (remarks []remark, ran bool) {
	program, err := exec.LookPath("logrotate")
	if err != nil {
		for _, p := range []string{"/usr/sbin/logrotate", "/sbin/logrotate"} {
			if found, err := exec.LookPath(p); err == nil {
				program = found
			}
		}
	}
	if program == "" {
		return nil, false
	}
	cmd := exec.CommandContext(ctx, program, "-d", "-s", os.DevNull, path)
	cmd.WaitDelay = time.Second
	var out boundedText
	cmd.Stdout, cmd.Stderr = &out, &out
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		return nil, false
	}
	for _, line := range strings.Split(string(out), "\n") {
		rest, ok := strings.CutPrefix(line, "error: "+path+":")
		if !ok {
			continue
		}
		r := remark{line: 1, text: rest}
		if n, _ := fmt.Sscanf(rest, "%d", &r.line); n == 1 {
			r.text = strings.TrimLeft(strings.TrimLeft(rest, "0123456789"), " ,")
		}
		if !strings.Contains(r.text, "error verifying ") && !strings.Contains(r.text, "different devices") {
			remarks = append(remarks, r)
		}
	}
	return remarks, true
}

// boundedText keeps the first 256 KiB that are written to it.
type boundedText []byte

func (b *boundedText) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), 256<<10-len(*b))]...)
	return len(p), nil
}
