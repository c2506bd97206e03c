package sys

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Blind reports that a lease on a file is granted although somebody has a shared mapping
// of it that can be written to, as on overlayfs. f is a scratch file, open for reading and
// writing.
func Blind(f *os.File) bool {
	page, err := mapByte(f)
	if err != nil {
		return true
	}
	defer func() { _ = unix.Munmap(page) }()
	name := f.Name()
	if err := f.Close(); err != nil {
		return true
	}
	r, err := OpenRead(name)
	if err != nil {
		return true
	}
	defer r.Close()
	_, err = TakeLease(r)
	return !errors.Is(err, ErrBusy)
}

// StampsTell reports that each change of a file moves Changed, once somebody has looked at it: the
// file system has multigrain timestamps, as of Linux 6.13, or none but fine ones. Others are of a
// clock that ticks, and never ahead of it. f is a scratch file, open for writing.
func StampsTell(f *os.File) bool {
	ahead, last := 0, time.Duration(0)
	for n := range byte(16) { // between a change and a look at the clock it may have ticked, or been set back
		_, err := f.WriteAt([]byte{n}, 0)
		at, statErr := StampOf(f)
		ticked, now := clock(unix.CLOCK_REALTIME_COARSE), clock(unix.CLOCK_REALTIME)
		if err != nil || statErr != nil || ticked == 0 || at.Changed == last || at.Changed > now { // of another computer's clock
			return false
		}
		if last = at.Changed; last > ticked {
			ahead++
		}
	}
	return ahead > 1
}

// clock is the time since 1970 by a clock, 0 where there is none (clock_gettime(2)).
func clock(id int32) time.Duration {
	var at unix.Timespec
	if unix.ClockGettime(id, &at) != nil {
		return 0
	}
	return time.Duration(at.Nano())
}

// StoresTell reports that a store into a mapping of a file moves its times, if it is the first one
// into that page, though the page was read before: in tmpfs such a store leaves no trace. f is a
// scratch file, open for reading and writing.
func StoresTell(f *os.File) bool {
	page, err := mapByte(f)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Munmap(page) }()
	long := time.Unix(0, 0) // ago: no clock ticks as slowly
	if err := os.Chtimes(f.Name(), long, long); err != nil {
		return false
	}
	was := page[0]
	before, err := StampOf(f)
	if err != nil {
		return false
	}
	page[0] = was + 1
	after, err := StampOf(f)
	return err == nil && after.Modified != before.Modified
}

// mapByte writes a byte to a file and maps it, shared and to be written to.
func mapByte(f *os.File) (page []byte, err error) {
	if _, err := f.WriteAt([]byte{0}, 0); err != nil {
		return nil, err
	}
	err = control(f, func(fd int) (err error) {
		page, err = unix.Mmap(fd, 0, 1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		return err
	})
	return page, err
}

// Volatile reports that a directory lies in memory only: syncing it means nothing.
func Volatile(dir string) bool {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return err == nil && (int64(st.Type) == unix.TMPFS_MAGIC || int64(st.Type) == unix.RAMFS_MAGIC)
}

// Mounted reports that something is mounted on a file itself, as container systems do:
// it and its directory are of different mounts (statx(2)).
func Mounted(file string) bool {
	var at, above unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, file, 0, unix.STATX_MNT_ID, &at) != nil ||
		unix.Statx(unix.AT_FDCWD, filepath.Dir(file), 0, unix.STATX_MNT_ID, &above) != nil {
		return false
	}
	return at.Mask&above.Mask&unix.STATX_MNT_ID != 0 && at.Mnt_id != above.Mnt_id
}
