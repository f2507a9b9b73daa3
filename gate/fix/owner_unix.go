//go:build unix

package fix

import (
	"os"
	"syscall"
)

// sameOwner gives a new file the owner of the one that it replaces, as far as the user
// may.
func sameOwner(f *os.File, info os.FileInfo) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}
