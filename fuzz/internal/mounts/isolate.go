//go:build linux

package mounts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

const isolated = "ROWKEEP_MOUNTS_ISOLATED"

// serving makes the program the server of a FUSE mount.
const serving = "ROWKEEP_MOUNTS_SERVING"

// server is the life of such a server; nil where there is none.
var server func() error

// Isolate gives the program mounts of its own, which nobody else sees and which end
// with it, even when it is killed. To call it first thing in main or TestMain: it starts
// the program again, with the same arguments, waits, and exits with its status. In that
// second process, and where there is no root to do it, it returns at once. It does not
// return in the processes that serve what Make mounts.
func Isolate() {
	if os.Getenv(serving) != "" && server != nil {
		if err := server(); err != nil {
			fmt.Fprintln(os.Stderr, "mounts:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Geteuid() != 0 || os.Getenv(isolated) != "" {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), isolated+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the death of this thread is what Pdeathsig tells of
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	if err := cmd.Start(); err != nil {
		signal.Stop(signals)
		runtime.UnlockOSThread()
		return // as in a container that may not: Close is left
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // an error where it has ended
		}
	}()
	os.Exit(status(cmd.Wait()))
}

// status is what a shell would say.
func status(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		if wait := exit.Sys().(syscall.WaitStatus); wait.Signaled() {
			return 128 + int(wait.Signal())
		}
		return exit.ExitCode()
	}
	if err != nil {
		return 1
	}
	return 0
}
