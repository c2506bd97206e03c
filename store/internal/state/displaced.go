package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A commit names its new file by what it is about to do, the intent, and lets the two
// names change places: from then on the name is that of the file that was displaced.
// Nothing is renamed afterwards, so a crash cannot come in between.

// Displaced is a file under an intent's name.
type Displaced struct {
	Seq  int64  // of the commit
	Hold string // hash of what was to be displaced: what the file holds, unless somebody was faster, or wrote later
	New  string // hash of what the commit wrote
	Path string
}

// Intent names the file of a commit: at first the new one, then the one it displaced.
func (d Dir) Intent(seq int64, hold, content Digest) Displaced {
	name := fmt.Sprintf("%d-%s-%s", seq, hold.Hash, content.Hash)
	return Displaced{Seq: seq, Hold: hold.Hash, New: content.Hash, Path: d.join(name)}
}

// Displaced lists the files under intents' names, oldest first. A directory that is
// missing has none.
func (d Dir) Displaced() ([]Displaced, error) {
	f, err := os.Open(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var list []Displaced
	for _, name := range names {
		if found, ok := parseIntent(name); ok {
			found.Path = d.join(name)
			list = append(list, found)
		}
	}
	slices.SortFunc(list, func(a, b Displaced) int { return cmp.Compare(a.Seq, b.Seq) })
	return list, nil
}

// Displaces reports that a path is an intent's name in the directory.
func (d Dir) Displaces(path string) bool {
	_, ok := parseIntent(filepath.Base(path))
	return ok && filepath.Dir(path) == filepath.Clean(d.path)
}

func parseIntent(name string) (Displaced, bool) {
	parts := strings.Split(name, "-")
	if len(parts) != 3 || len(parts[1]) != 16 || len(parts[2]) != 16 {
		return Displaced{}, false
	}
	seq, err := strconv.ParseInt(parts[0], 10, 64)
	return Displaced{Seq: seq, Hold: parts[1], New: parts[2]}, err == nil && seq > 0
}

// Recover looks at the last commit of the log and at the file of its number, as a process
// may have been killed in it. Where the names never changed places the file is dropped,
// and the entry that the commit wrote is taken back. holds is the content of the file, nil
// if there is none. The caller holds the lock.
//
// A file that holds the commit's content although the target holds something else is
// kept: nothing tells what happened. What holds neither is for whoever looks at displaced
// files.
func (l *Log) Recover(holds []byte) error {
	displaced, err := l.dir.Displaced()
	if err != nil {
		return err
	}
	entry, ok := l.Known()
	if ok && entry.Kind == Commit && neverNamed(entry, displaced, holds) {
		return l.TakeBack(entry.Seq)
	}
	if len(displaced) == 0 {
		return nil
	}
	last := displaced[len(displaced)-1]
	data, err := os.ReadFile(last.Path)
	if err != nil {
		return err
	}
	if DigestOf(data).Hash != last.New || last.New == last.Hold || DigestOf(holds).Hash != last.Hold {
		return nil
	}
	if err := os.Remove(last.Path); err != nil {
		return err
	}
	return l.TakeBack(last.Seq)
}

// neverNamed reports a commit that was killed before its file had the intent's name. A
// commit that made the file displaced none.
func neverNamed(e Entry, displaced []Displaced, holds []byte) bool {
	switch {
	case e.InPlace: // such a commit leaves something else behind; see Ahead
		return false
	case e.Theirs == (Digest{}):
		return holds == nil
	}
	return !slices.ContainsFunc(displaced, func(d Displaced) bool { return d.Seq == e.Seq }) && DigestOf(holds) != e.Digest
}

// TakeBack removes the entry of a commit that never was, if it is the last one, and those
// that were written along with it: what it was to be made from is judged anew.
func (l *Log) TakeBack(seq int64) error {
	f, err := os.OpenFile(l.dir.logPath(), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := os.ReadFile(l.dir.logPath())
	if err != nil {
		return err
	}
	start, e, ok := lastLine(data)
	if !ok || e.Seq != seq {
		return nil
	}
	for n := e.Along; n > 0 && ok; n-- {
		start, _, ok = lastLine(data[:start])
	}
	if err := f.Truncate(int64(start)); err != nil {
		return err
	}
	_, _, _, err = l.Last()
	return err
}

// lastLine finds the last line that is not blank. ok is false if it is no entry.
func lastLine(data []byte) (start int, e Entry, ok bool) {
	data = bytes.TrimRight(data, "\n")
	start = bytes.LastIndexByte(data, '\n') + 1
	e, err := parseLine(data[start:])
	return start, e, err == nil
}

// Look reads a displaced file and says what it was when it was read. somebody is true
// while it is open for writing, which a lease tells where there are leases.
func (d Displaced) Look() (data []byte, at sys.Stamp, somebody bool, err error) {
	f, err := sys.OpenRead(d.Path)
	if err != nil {
		return nil, sys.Stamp{}, false, err
	}
	defer f.Close()
	lease, err := sys.TakeLease(f)
	if errors.Is(err, sys.ErrBusy) {
		return nil, sys.Stamp{}, true, nil
	}
	if err == nil {
		defer func() { _ = lease.Release() }()
	}
	if at, err = sys.StampOf(f); err != nil {
		return nil, sys.Stamp{}, false, err
	}
	data = make([]byte, at.Size)
	if _, err := f.ReadAt(data, 0); err != nil && at.Size > 0 {
		return nil, sys.Stamp{}, false, err
	}
	return data, at, false, nil
}
