package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Ahead is a change of a file in place, written ahead of it: whoever finds it knows what
// the file held before, and what it is to hold.
type Ahead struct {
	Seq      int64
	Old, New []byte
}

// The file of an Ahead has its number, the two lengths, the two contents, and the xxHash64
// of all that; numbers have eight bytes, little end first.
const aheadName = "ahead"

// PutAhead writes a change ahead, and waits until it is on disk.
func (d Dir) PutAhead(a Ahead) error {
	data := binary.LittleEndian.AppendUint64(nil, uint64(a.Seq))
	data = binary.LittleEndian.AppendUint64(data, uint64(len(a.Old)))
	data = binary.LittleEndian.AppendUint64(data, uint64(len(a.New)))
	data = append(append(data, a.Old...), a.New...)
	data = binary.LittleEndian.AppendUint64(data, xxhash.Sum64(data))
	lock, err := sys.StampAt(d.join(lockName))
	if err != nil {
		return err
	}
	return d.replace(aheadName, data, func(f *os.File) error { return share(f, lock) })
}

// share lets those use a file who may take the lock: whoever comes next has to read what
// was written ahead. Who may not give away a file gives it to the group only; if he may not
// do that either it stays his own.
func share(f *os.File, lock sys.Stamp) error {
	err := sys.CopyOwner(f, lock)
	if errors.Is(err, sys.ErrOwner) {
		err = nil
		if f.Chown(-1, int(lock.Group)) != nil {
			return nil
		}
	}
	return errors.Join(err, f.Chmod(fs.FileMode(lock.Perm())))
}

// HasAhead reports that a change was written ahead and not dropped.
func (d Dir) HasAhead() bool {
	_, err := os.Lstat(d.join(aheadName))
	return err == nil
}

// GetAhead returns the change that was written ahead and not dropped. One that is damaged
// was never begun, or the disk has failed since: it is an error.
func (d Dir) GetAhead() (a Ahead, found bool, err error) {
	data, err := os.ReadFile(d.join(aheadName))
	if errors.Is(err, fs.ErrNotExist) {
		return Ahead{}, false, nil
	}
	if err != nil {
		return Ahead{}, false, err
	}
	const head, tail = 24, 8
	if len(data) < head+tail || xxhash.Sum64(data[:len(data)-tail]) != binary.LittleEndian.Uint64(data[len(data)-tail:]) {
		return Ahead{}, false, fmt.Errorf("%s: %w", d.join(aheadName), errAhead)
	}
	rest := data[head : len(data)-tail]
	old := binary.LittleEndian.Uint64(data[8:])
	if old > uint64(len(rest)) || binary.LittleEndian.Uint64(data[16:]) != uint64(len(rest))-old {
		return Ahead{}, false, fmt.Errorf("%s: %w", d.join(aheadName), errAhead)
	}
	return Ahead{Seq: int64(binary.LittleEndian.Uint64(data)), Old: rest[:old], New: rest[old:]}, true, nil
}

// errAhead is the error of a change written ahead that does not match its hash.
var errAhead = errors.New("what was written ahead is damaged")

// DropAhead removes what PutAhead wrote.
func (d Dir) DropAhead() error {
	err := os.Remove(d.join(aheadName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sector is the least that a disk writes at once.
const sector = 512

// Torn reports that data is what may be left of the change if it was cut off in a crash:
// each sector is old or new, or zeros where the old content had none.
func (a Ahead) Torn(data []byte) bool {
	if len(data) != len(a.Old) && len(data) != len(a.New) {
		return len(data) > min(len(a.Old), len(a.New)) && len(data) < max(len(a.Old), len(a.New)) && a.mixed(data)
	}
	return a.mixed(data)
}

func (a Ahead) mixed(data []byte) bool {
	for i := 0; i < len(data); i += sector {
		part := data[i:min(i+sector, len(data))]
		if !fits(part, a.Old, i) && !fits(part, a.New, i) && !(i >= len(a.Old) && len(bytes.Trim(part, "\x00")) == 0) {
			return false
		}
	}
	return true
}

// fits reports that a sector of the file at i is that of a content, as far as that goes.
func fits(part, content []byte, i int) bool {
	if i >= len(content) {
		return false
	}
	of := content[i:min(i+len(part), len(content))]
	return bytes.HasPrefix(part, of) && len(bytes.Trim(part[len(of):], "\x00")) == 0
}
