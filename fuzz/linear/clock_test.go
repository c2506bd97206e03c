//go:build unix

package linear

import "golang.org/x/sys/unix"

// now is a clock that processes share, and that does not jump.
func now() int64 {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &at); err != nil {
		panic(err) // it has no other clock
	}
	return at.Nano()
}
