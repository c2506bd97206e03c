//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// onExchange makes the kernel stop every thread of this process that is about to exchange
// two names (renameat2 with RENAME_EXCHANGE), and go on when do has returned. So what do
// does comes after all that the caller looked at, and before the exchange: no timing is
// needed to slip in there. It lasts as long as the process, and do must not exchange.
func onExchange(do func() error) error {
	listener, err := listenForExchange()
	if err != nil {
		return os.NewSyscallError("seccomp", err)
	}
	go func() {
		for {
			if err := answerOne(listener, do); err != nil {
				fmt.Fprintln(os.Stderr, "at an exchange:", err)
				os.Exit(1) // whoever is stopped would wait for ever
			}
		}
	}()
	return nil
}

// Where a filter finds the number and the fifth argument of a system call, in struct
// seccomp_data. On the machines that this is built for the lower half comes first.
const (
	atNumber = 0
	atFlags  = 16 + 4*8
)

// listenForExchange installs the filter for all threads, and returns the descriptor that
// tells of stopped ones: see seccomp_unotify(2).
func listenForExchange() (int, error) {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: atNumber},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_RENAMEAT2, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: atFlags},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.RENAME_EXCHANGE, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	flags := unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags),
		uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}

// notice and answer are struct seccomp_notif and seccomp_notif_resp.
type notice struct {
	id         uint64
	pid, flags uint32
	data       [64]byte
}

type answer struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// answerOne waits for a thread to stop, and lets it go on after do.
func answerOne(listener int, do func() error) error {
	var n notice
	err := ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
	if err != nil {
		return passing(err)
	}
	if err := do(); err != nil {
		return err
	}
	a := answer{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	return passing(ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&a)))
}

// passing drops the errors that a signal causes: the thread then makes the call again.
func passing(err error) error {
	if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

func ioctl(fd int, request uint, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
	if errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}
