//go:build unix

package deployment

import (
	"os"
	"syscall"
)

// Owner returns the user id that a path belongs to; false when it is missing.
func Owner(path string) (int, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
