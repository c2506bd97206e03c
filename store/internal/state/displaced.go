package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
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

// Recover looks at the last commit of the log and at the files of its number, as a
// process may have been killed in it. holds is the content of the file, nil where there is
// none. The caller holds the lock, and has not removed temporary files yet.
//
//	the intent's file   the file    the commit
//	is new              is old      was never made: the intent's file and the entries go
//	is new              is other    nothing tells: all is kept
//	is old              is old      was never made, if the two are one file, or if the new
//	                                one still is a temporary file (where names cannot be
//	                                exchanged); else somebody took it back later
//	is missing          is not new  was never made: the entries go
//	is neither                      was made, and somebody wrote to what it displaced
//
// Old is what the commit was to displace, new what it was to write.
func (l *Log) Recover(holds []byte) error {
	if err := errors.Join(l.putAside(), l.mendEnd()); err != nil {
		return err
	}
	displaced, err := l.dir.Displaced()
	if err != nil {
		return err
	}
	var last Displaced
	if len(displaced) > 0 {
		last = displaced[len(displaced)-1]
		l.raise(last.Seq)
		never, err := l.dir.neverMade(last, holds)
		if err != nil {
			return err
		}
		if never {
			return errors.Join(os.Remove(last.Path), l.TakeBack(last.Seq))
		}
	}
	e := l.lastOfAll()
	if e.Kind != Commit || e.InPlace || e.Seq <= last.Seq || e.Digest == e.Theirs {
		return nil
	}
	never := holds != nil && e.Theirs != (Digest{}) && DigestOf(holds) != e.Digest
	if holds == nil && e.Theirs == (Digest{}) {
		// The file may have been made and deleted since.
		if never, err = l.dir.inTheMaking(e.Digest.Hash); err != nil {
			return err
		}
	}
	if !never {
		return nil
	}
	return l.TakeBack(e.Seq)
}

// neverMade reports that a commit ended before its commit point, by the file that has its
// intent's name.
func (d Dir) neverMade(last Displaced, holds []byte) (bool, error) {
	if holds == nil || last.New == last.Hold || DigestOf(holds).Hash != last.Hold {
		return false, nil
	}
	data, err := os.ReadFile(last.Path)
	if err != nil {
		return false, err
	}
	switch DigestOf(data).Hash {
	case last.New:
		return true, nil
	case last.Hold:
		kept, err := os.Stat(last.Path)
		if err != nil {
			return false, err
		}
		if file, err := os.Stat(d.file); err == nil && os.SameFile(kept, file) {
			return true, nil
		}
		return d.inTheMaking(last.New)
	}
	return false, nil
}

// inTheMaking reports that content still is in a temporary file only.
func (d Dir) inTheMaking(hash string) (bool, error) {
	names, err := d.temporary()
	if err != nil {
		return false, err
	}
	file, _ := os.Stat(d.file)
	for _, name := range names {
		info, err := os.Stat(d.join(name))
		if err != nil {
			return false, err
		}
		data, err := os.ReadFile(d.join(name))
		if err != nil {
			return false, err
		}
		if DigestOf(data).Hash == hash && (file == nil || !os.SameFile(info, file)) {
			return true, nil
		}
	}
	return false, nil
}

// lastOfAll is the entry that the log ends with, or the zero Entry.
func (l *Log) lastOfAll() Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

// raise makes the next version's number higher than seq.
func (l *Log) raise(seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.floor = max(l.floor, seq)
}

// putAside gives a log another name that is too long to be one.
func (l *Log) putAside() error {
	at, err := sys.StampAt(l.dir.logPath())
	if errors.Is(err, fs.ErrNotExist) || err == nil && at.Size <= mostLog {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Rename(l.dir.logPath(), l.dir.join(damagedName))
}

// mendEnd cuts off what is left of a line whose writer was killed: the commit that it was
// of was never made, or, after a power cut, is known by its displaced file only.
func (l *Log) mendEnd() error {
	if _, _, _, err := l.Last(); err != nil {
		return err
	}
	l.mu.Lock()
	torn, size := l.torn, l.at.Size
	l.mu.Unlock()
	if torn == 0 {
		return nil
	}
	if err := os.Truncate(l.dir.logPath(), size-torn); err != nil {
		return err
	}
	_, _, _, err := l.Last()
	return err
}

// TakeBack removes the entries of a commit that never was, if they are the last ones: that
// of the commit, and those that were appended with it, as what they are of is found once
// more.
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
	data = bytes.TrimRight(data, "\n")
	start := bytes.LastIndexByte(data, '\n') + 1
	if e, err := parseLine(data[start:]); err != nil || e.Seq != seq {
		return nil
	}
	for start > 0 {
		before := bytes.LastIndexByte(data[:start-1], '\n') + 1
		if _, err := parseLine(data[before : start-1]); err != nil {
			break // a blank line, or damage
		}
		start = before
	}
	if err := f.Truncate(int64(start)); err != nil {
		return err
	}
	_, _, _, err = l.Last()
	return err
}

// Look reads a displaced file and says what it was when it was read. somebody is true
// while it is open for writing, which a lease tells where there are leases. unsure: it does
// not tell of mappings. A page that is written out first shows the next store into it.
func (d Displaced) Look(unsure bool) (data []byte, at sys.Stamp, somebody bool, err error) {
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
	if unsure {
		_ = f.Sync() // it is a courtesy
	}
	if at, err = sys.StampOf(f); err != nil {
		return nil, sys.Stamp{}, false, err
	}
	data = make([]byte, at.Size)
	switch _, err := f.ReadAt(data, 0); {
	case err == io.EOF && at.Size > 0:
		return nil, sys.Stamp{}, true, nil // it became shorter while it was read
	case err != nil && err != io.EOF:
		return nil, sys.Stamp{}, false, err
	}
	return data, at, false, nil
}
