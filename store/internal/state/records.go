package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Record is what the store keeps of one commit. The last one may be of a commit that was
// killed before its commit point: the file has Theirs then.
type Record struct {
	Seq    int64     `json:"seq"`
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor"`
	Base   Digest    `json:"base"`   // what the change was made from
	Theirs Digest    `json:"theirs"` // what stood in the file
	Result Digest    `json:"result"` // what stands there since
	Merged bool      `json:"merged"`
	// Changes counts the cells, rows, columns and comments that differ between Theirs
	// and Result; Conflicts those that were settled.
	Changes   int `json:"changes"`
	Conflicts int `json:"conflicts"`
}

// Digest names content: its xxHash64 in hexadecimal, and its length in bytes. The zero
// Digest names no file.
type Digest struct {
	Hash string `json:"hash"`
	Len  int64  `json:"len"`
}

// Records are read from the end of the file: no more of it than holds the last few.
const tail = 1 << 16

// Records grow to mostRecords bytes, then all but the newest half of that goes.
const mostRecords = 1 << 20

func (d Dir) records() string { return filepath.Join(d.path, recordsName) }

// Last returns the newest record; ok is false where there is none. What is left of a
// record that was cut off in a crash does not count.
func (d Dir) Last() (last Record, ok bool, err error) {
	f, err := os.Open(d.records())
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, err
	}
	defer f.Close()
	last, _, err = readLast(f)
	return last, last.Seq > 0, err
}

// readLast returns the newest record of an open file, and the size of that.
func readLast(f *os.File) (last Record, size int64, err error) {
	size, err = f.Seek(0, io.SeekEnd)
	if err != nil {
		return Record{}, 0, err
	}
	data, err := readEnd(f, size, tail)
	return newest(data), size, err
}

// readEnd returns the last most bytes of a file, or all if it has fewer.
func readEnd(f *os.File, size, most int64) ([]byte, error) {
	data := make([]byte, min(size, most))
	if _, err := f.ReadAt(data, size-int64(len(data))); err != nil && err != io.EOF {
		return nil, err
	}
	return data, nil
}

// newest finds the last line that is a whole record; it has Seq 0 if there is none.
func newest(data []byte) Record {
	for {
		end := bytes.LastIndexByte(data, '\n')
		if end < 0 {
			return Record{}
		}
		data = data[:end]
		var r Record
		if json.Unmarshal(data[bytes.LastIndexByte(data, '\n')+1:], &r) == nil && r.Seq > 0 {
			return r
		}
	}
}

// Append numbers a record and writes it behind the others. It does so before the commit,
// so that no commit is without one; undo takes it back if the commit does not come
// about. Records are not synced: after a power cut the last may be missing or torn.
func (d Dir) Append(r Record) (seq int64, undo func() error, err error) {
	f, err := os.OpenFile(d.records(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	last, size, err := readLast(f)
	if err != nil {
		return 0, nil, err
	}
	if size > mostRecords {
		if err := errors.Join(f.Close(), d.Shorten()); err != nil {
			return 0, nil, err
		}
		return d.Append(r)
	}
	r.Seq = last.Seq + 1
	line, err := json.Marshal(r)
	if err != nil {
		return 0, nil, err
	}
	undo = func() error { return os.Truncate(d.records(), size) }
	// A line end in front parts the record from what a crash may have cut off; a blank
	// line means nothing.
	if _, err := f.Write(append(append([]byte{'\n'}, line...), '\n')); err != nil {
		return 0, nil, errors.Join(err, undo())
	}
	return r.Seq, undo, nil
}

// Shorten drops the older records once there are many. The caller holds the
// lock.
func (d Dir) Shorten() error {
	info, err := os.Stat(d.records())
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() <= mostRecords {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := os.Open(d.records())
	if err != nil {
		return err
	}
	data, err := readEnd(f, info.Size(), mostRecords/2)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	data = data[bytes.IndexByte(data, '\n')+1:]
	temp, err := d.CreateTemp()
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	err = errors.Join(err, sys.CopyOwner(temp, info), temp.Chmod(info.Mode().Perm()), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), d.records())
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
