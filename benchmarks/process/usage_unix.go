//go:build unix

package process

import (
	"os"
	"runtime"
	"syscall"
)

// peak returns the peak resident set of a finished process, in bytes.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10 // everybody else counts KiB
}
