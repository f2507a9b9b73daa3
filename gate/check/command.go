package check

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// maxOutput bounds what is read of a command's output.
const maxOutput = 64 << 10

// Output runs a command without a shell and returns both of its streams, to
// the limit.
func Output(ctx context.Context, command []string) (string, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var buffer BoundedBuffer
	cmd.Stdout, cmd.Stderr = &buffer, &buffer
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	return buffer.String(), err
}

// BoundedBuffer keeps the first maxOutput bytes and swallows the rest.
type BoundedBuffer struct{ b strings.Builder }

func (w *BoundedBuffer) Write(p []byte) (int, error) {
	if room := maxOutput - w.b.Len(); room > 0 {
		w.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (w *BoundedBuffer) String() string { return w.b.String() }
