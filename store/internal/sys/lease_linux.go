package sys

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lease keeps others from opening a file for writing: their open(2) waits until the lease
// is released, for as long as /proc/sys/fs/lease-break-time says at most. So it is held
// for microseconds. Source: fcntl(2), "Leases". The signal that the kernel sends when
// somebody waits is one that Go programs ignore; Held tells the same.
type Lease struct{ file *os.File }

// TakeLease takes a read lease on a file that is open for reading. The error is ErrBusy
// where somebody has it open for writing, or has a shared mapping of it that can be
// written to; errors.ErrUnsupported where the file is somebody else's or the file system
// has no leases.
func TakeLease(f *os.File) (Lease, error) { return takeLease(f, unix.F_RDLCK) }

// TakeWriteLease takes a lease that keeps everybody else out: it is granted where nobody
// else has the file open at all, and whoever opens it waits.
func TakeWriteLease(f *os.File) (Lease, error) { return takeLease(f, unix.F_WRLCK) }

func takeLease(f *os.File, kind int) (Lease, error) {
	err := setLease(f, kind)
	switch {
	case err == nil:
		return Lease{f}, nil
	case errors.Is(err, unix.EAGAIN):
		return Lease{}, ErrBusy
	case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) ||
		errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP):
		return Lease{}, errors.ErrUnsupported
	}
	return Lease{}, pathError("fcntl(F_SETLEASE)", f.Name(), err)
}

// Held reports that nobody waits for the lease to end.
func (l Lease) Held() bool {
	kind := unix.F_UNLCK
	err := control(l.file, func(fd int) (err error) {
		kind, err = unix.FcntlInt(uintptr(fd), unix.F_GETLEASE, 0)
		return err
	})
	return err == nil && kind != unix.F_UNLCK
}

// Release ends the lease; closing the file does so too.
func (l Lease) Release() error { return setLease(l.file, unix.F_UNLCK) }

func setLease(f *os.File, kind int) error {
	return control(f, func(fd int) error {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, kind)
		return err
	})
}
