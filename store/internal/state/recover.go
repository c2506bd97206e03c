package state

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// Recover looks at the last commit of the log and at the files of its number, as a
// process may have been killed in it. holds is the content of the file, nil where there is
// none. The caller holds the lock, and has not removed temporary files yet.
//
//	the intent's file   the file    the commit
//	is the commit's own, by its     was never made, or was changed back: the entries go, and
//	number                          so does the file, unless somebody has written to it
//	is new              is old      was never made: the intent's file and the entries go
//	is new              is other    nothing tells: all is kept
//	is old              is old      was never made, if the two are one file, or if the new
//	                                one still is a temporary file and names cannot change
//	                                places; else somebody took it back later
//	is missing          is not new  was never made: the entries go
//	is neither                      was made, and somebody wrote to what it displaced
//
// Old is what the commit was to displace, new what it was to write. What the log has lost
// in a power cut is put back first, as far as the displaced files tell.
func (l *Log) Recover(holds []byte) error {
	if err := errors.Join(l.putAside(), l.mendEnd()); err != nil {
		return err
	}
	displaced, err := l.dir.Displaced()
	if err != nil {
		return err
	}
	if err := l.regain(displaced, holds); err != nil {
		return err
	}
	var last Displaced
	for i, d := range displaced {
		if last = d; i == len(displaced)-1 {
			if done, err := l.withdraw(d, holds); done || err != nil {
				return err // its number is free again
			}
		}
		l.raise(d.Seq)
	}
	return l.withdrawMissing(last, holds)
}

// withdraw takes a commit back that was never made, or was changed back, by the file that
// has its intent's name.
func (l *Log) withdraw(last Displaced, holds []byte) (done bool, err error) {
	e := l.lastOfAll()
	never, err := l.dir.neverMade(last, holds, e.Seq == last.Seq && e.File != 0)
	if err != nil {
		return false, err
	}
	if last.isOf(e) {
		data, err := os.ReadFile(last.Path)
		if err != nil {
			return false, err
		}
		hash := DigestOf(data).Hash
		if hash != last.New && hash != last.Hold {
			return l.setAside(last, e)
		}
		never = never || hash == last.New
	}
	if !never {
		return false, nil
	}
	return true, errors.Join(os.Remove(last.Path), l.TakeBack(last.Seq))
}

// isOf reports that a file under an intent's name is the one that the commit of an entry
// made. It has not displaced any then.
func (d Displaced) isOf(e Entry) bool {
	if e.Kind != Commit || e.File == 0 || e.Seq != d.Seq || e.Digest.Hash != d.New {
		return false
	}
	at, err := sys.StampAt(d.Path)
	return err == nil && at.Ino == e.File
}

// setAside keeps a file of ours that somebody wrote to while it had the file's name for an
// instant, under a name that says what it held. With it what the commit did would count
// twice: there, and where the commit is made again.
func (l *Log) setAside(d Displaced, e Entry) (done bool, err error) {
	h, err := l.dir.History()
	if err != nil {
		return false, err
	}
	held := h.Find(e.Digest)
	if held == nil {
		return false, nil // its patch is damaged, and nothing else tells
	}
	aside := l.dir.Intent(e.Seq+1, e.Digest, Digest{Hash: d.Hold})
	if err := errors.Join(sys.RenameNew(d.Path, aside.Path), l.TakeBack(e.Seq)); err != nil {
		return false, err
	}
	l.raise(e.Seq)
	_, _, err = l.Append(Version{Content: held, Entry: Entry{Kind: Stray, Time: e.Time}})
	return true, err
}

// withdrawMissing takes a commit back of whose intent there is no file, as it was killed
// before that had its name.
func (l *Log) withdrawMissing(last Displaced, holds []byte) error {
	e := l.lastOfAll()
	if e.Kind != Commit || e.InPlace || e.Seq <= last.Seq || e.Digest == e.Theirs {
		return nil
	}
	never := holds != nil && e.Theirs != (Digest{}) && DigestOf(holds) != e.Digest
	if holds == nil && e.Theirs == (Digest{}) {
		// The file may have been made and deleted since.
		var err error
		if never, err = l.dir.inTheMaking(e.Digest.Hash); err != nil {
			return err
		}
	}
	if !never {
		return nil
	}
	return l.TakeBack(e.Seq)
}

// regain puts entries back that a power cut has taken from the end of the log, as far as
// their content is at hand: what a commit displaced is in the file of its name, and what it
// wrote is what the next one displaced, or stands in the file. The names of both are in the
// name, so nothing is taken for a version that was none.
func (l *Log) regain(displaced []Displaced, holds []byte) error {
	for i, d := range displaced {
		last, lost := l.endsBefore(d.Seq)
		if !lost {
			continue
		}
		at, err := sys.StampAt(d.Path)
		was := d.read(d.Hold)
		if err != nil || was == nil {
			continue
		}
		when := time.Unix(0, int64(at.Changed)).UTC() // when it got the name
		if last.Digest.Hash != d.Hold {
			if err := l.putBack(d.Seq-1, Version{Content: was, Entry: Entry{Kind: Read, Time: when}}); err != nil {
				return err
			}
		}
		wrote := holds
		if i+1 < len(displaced) {
			wrote = displaced[i+1].read(d.New)
		}
		if wrote == nil || DigestOf(wrote).Hash != d.New {
			continue
		}
		commit := Entry{Kind: Commit, Time: when, Base: DigestOf(was), Theirs: DigestOf(was)}
		if err := l.putBack(d.Seq, Version{Content: wrote, Entry: commit}); err != nil {
			return err
		}
	}
	return nil
}

// endsBefore returns the last version that the log knows. lost: it ends before number seq.
func (l *Log) endsBefore(seq int64) (last Entry, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.seq < seq
}

// putBack appends a version under a number, unless there is one already.
func (l *Log) putBack(seq int64, v Version) error {
	if _, lost := l.endsBefore(seq); !lost || seq <= 0 {
		return nil
	}
	l.raise(seq - 1)
	_, _, err := l.Append(v)
	return err
}

// read returns what a displaced file holds if that is what it should; else nil.
func (d Displaced) read(hash string) []byte {
	data, err := os.ReadFile(d.Path)
	if err != nil || d.Hold != hash || DigestOf(data).Hash != hash {
		return nil
	}
	return data
}

// neverMade reports that a commit ended before its commit point, by the file that has its
// intent's name. exchanges: that name was the new file's first. What was displaced has it at
// the commit point then, and what the commit wrote may be in a temporary file once more: of
// the next commit.
func (d Dir) neverMade(last Displaced, holds []byte, exchanges bool) (bool, error) {
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
		if exchanges {
			return false, nil
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
	f, err := sys.OpenOwn(l.dir.logPath())
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
