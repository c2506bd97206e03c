//go:build unix

package sys

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Stamp is what the system says of a file without reading it. Every change of content or
// metadata moves Changed (the ctime, which no program can set), with the exceptions in the
// comment of Changed.
type Stamp struct {
	Dev, Ino, Links uint64
	Size            int64
	Mode            uint32 // type and permissions
	Owner, Group    uint32
	Modified        time.Duration // since 1970
	// Changed is the ctime since 1970. Two changes within one tick of the kernel's clock
	// may have one Changed before Linux 6.13, and a store into a shared mapping whose page
	// is dirty already moves it never.
	Changed time.Duration
}

// StampOf looks at an open file (fstat(2)).
func StampOf(f *os.File) (Stamp, error) {
	var st unix.Stat_t
	err := control(f, func(fd int) error { return unix.Fstat(fd, &st) })
	return newStamp(&st), pathError("fstat", f.Name(), err)
}

// StampAt looks at a name, and at a symbolic link itself (lstat(2)).
func StampAt(name string) (Stamp, error) {
	var st unix.Stat_t
	err := unix.Lstat(name, &st)
	return newStamp(&st), pathError("lstat", name, err)
}

func newStamp(st *unix.Stat_t) Stamp {
	return Stamp{
		Dev: uint64(st.Dev), Ino: st.Ino, Links: uint64(st.Nlink), Size: st.Size, Mode: uint32(st.Mode),
		Owner: st.Uid, Group: st.Gid, Modified: time.Duration(st.Mtim.Nano()), Changed: time.Duration(st.Ctim.Nano()),
	}
}

// Regular reports a plain file.
func (s Stamp) Regular() bool { return s.Mode&unix.S_IFMT == unix.S_IFREG }

// Perm returns the permissions, with setuid, setgid and sticky bit.
func (s Stamp) Perm() uint32 { return s.Mode &^ unix.S_IFMT }

// control runs a system call on an open file's descriptor.
func control(f *os.File, call func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = call(int(fd)) }); err != nil {
		return err
	}
	return failed
}

func pathError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: path, Err: err}
}
