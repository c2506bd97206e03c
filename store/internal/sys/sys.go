// Package sys is what the store needs of the operating system and what differs
// between systems. One small file a family of systems defines each of these:
//
//	file_*.go      open, make, name and sync files
//	stamp_*.go     what tells without reading that a file is unchanged
//	meta_*.go      owner, mode, ACL and extended attributes
//	exchange_*.go  two names change places in one step
//	lease_*.go     nobody opens a file for writing meanwhile
//	boot_*.go      what tells one run of the system from another
//
// Where a system has nothing of the kind, the error is errors.ErrUnsupported, and the
// store takes its next best way.
package sys

import (
	"errors"
	"io/fs"
	"time"
)

// Tick is longer than two looks at the kernel's clock may show one time.
const Tick = 20 * time.Millisecond

// Aged reports that a file that was looked at then had not changed so shortly before that
// another change may get the same Changed. Some file systems count in seconds, as ext4 with
// inodes of 128 bytes does, or in two of them, as FAT does.
func (s Stamp) Aged(looked time.Duration) bool {
	young := Tick
	if s.Changed%time.Second == 0 {
		young += 2 * time.Second
	}
	return looked-s.Changed > young
}

// Gone forgives that something is not there any more.
func Gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// ErrOwner is what CopyMeta returns where the system does not let it give a file away.
var ErrOwner = errors.New("a new file cannot be given to the owner and group of the old one")

// ErrBusy is what TakeLease returns where somebody has the file open for writing.
var ErrBusy = errors.New("a program has the file open for writing")

// SameAccess reports that two files, or one at two times, have one owner, group and mode.
func (s Stamp) SameAccess(t Stamp) bool {
	return s.Mode == t.Mode && s.Owner == t.Owner && s.Group == t.Group
}
