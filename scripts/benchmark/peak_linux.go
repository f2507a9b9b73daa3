package main

import (
	"os"
	"syscall"
)

// peakMiB is the peak of a process's resident memory.
func peakMiB(state *os.ProcessState) float64 {
	if u, ok := state.SysUsage().(*syscall.Rusage); ok {
		return float64(u.Maxrss) / 1024 // in KiB on Linux
	}
	return 0
}
