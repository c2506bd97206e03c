package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// The log has a line for each version of the file, oldest first:
//
//	<xxHash64 of the rest, in hexadecimal> <entry as JSON>
//
// A line that is torn or altered does not match its hash; it counts as damage and never as
// an entry. An entry holds its content as a patch of the content before it, so that a
// version whose file somebody has overwritten in place is still known. What is appended at
// once stands behind a blank line, so that it can be told from what was there before.

// Kind tells where a version comes from.
type Kind string

// The kinds. Commit: the store wrote it. Read: somebody else did, and the store found it.
// Stray: it was found in a displaced file, and merged. Conflict: what it changes waits to
// be settled. Closed is no version: it says of conflicts that they do not wait any more.
const (
	Commit   Kind = "commit"
	Read     Kind = "read"
	Stray    Kind = "stray"
	Conflict Kind = "conflict"
	Closed   Kind = "closed"
)

// Stood reports a version that stood in the file at some time.
func (k Kind) Stood() bool { return k == Commit || k == Read }

// Entry is what the log keeps of one version. The last one may be of a commit that was
// killed before its commit point; [Dir.Recover] sorts that out.
type Entry struct {
	Seq    int64     `json:"seq"`
	Kind   Kind      `json:"kind"`
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor,omitempty"`
	Digest Digest    `json:"digest"` // of the version

	// Of a commit: what the change was made from, what stood in the file, whether the two
	// were merged, and how many conflicts were settled. Of a conflict: base, theirs, and how
	// many conflicts there were.
	Base      Digest `json:"base,omitzero"`
	Theirs    Digest `json:"theirs,omitzero"`
	Merged    bool   `json:"merged,omitempty"`
	Conflicts int    `json:"conflicts,omitempty"`

	// Absorbed are displaced files with what was found in them: it is part of the version.
	Absorbed []Absorbed `json:"absorbed,omitempty"`
	// File is the number of the file that a commit wrote, its inode: whatever names have
	// changed places, this one is the commit's own. 0 where names cannot change places, or
	// files have no numbers.
	File uint64 `json:"file,omitempty"`
	// InPlace: the commit wrote to the file, and displaced none.
	InPlace bool `json:"inPlace,omitempty"`
	// Accepted versions are meant as they are, whatever they take back.
	Accepted bool `json:"accepted,omitempty"`
	// Closes are the numbers of conflicts that wait no longer.
	Closes []int64 `json:"closes,omitempty"`
	// Dispute is what is kept of a conflict.
	Dispute *Dispute `json:"dispute,omitempty"`

	Patch Patch `json:"patch"`
	// Chain is how many bytes of patches lead to this version from the last full one.
	Chain int64 `json:"chain,omitempty"`
}

// Same reports that two entries are one, as no two of a log have a number and no two of
// different logs have all else.
func (e Entry) Same(other Entry) bool {
	return e.Seq == other.Seq && e.Digest == other.Digest && e.Time.Equal(other.Time)
}

// Absorbed says that a displaced file was found with content that is in a version since.
type Absorbed struct {
	Seq    int64  `json:"seq"`
	Digest Digest `json:"digest"`
}

// Digest names content: its xxHash64 in hexadecimal, and its length in bytes. The zero
// Digest names no file.
type Digest struct {
	Hash string `json:"hash,omitempty"`
	Len  int64  `json:"len"`
}

// DigestOf names content.
func DigestOf(data []byte) Digest {
	return Digest{Hash: hashText(xxhash.Sum64(data)), Len: int64(len(data))}
}

func hashText(sum uint64) string { return fmt.Sprintf("%016x", sum) }

// Log is the log as a process knows it. Last is for several goroutines; what writes, for
// whoever holds the lock.
type Log struct {
	dir Dir

	mu sync.Mutex
	tail
	// floor is the highest number of a displaced file: a power cut can take entries from
	// the log whose files are there.
	floor int64
	// known are entries that stayed when old ones were dropped last, and those since; nil
	// before. It is for whoever holds the lock.
	known memo
}

// tail is the end of the log as it was read or written last.
type tail struct {
	at   sys.Stamp // of the file then
	seq  int64     // of the last entry
	last Entry     // the last one that stood in the file; its Seq is 0 if there is none
	end  Entry     // the last one of all, if the log ends with it
	torn int64     // how many bytes behind the last line end are no entry
	// content is that of the last version, if it is at hand.
	content []byte
}

func (d Dir) logPath() string { return d.join(logName) }

// Log opens the log of a directory, which need not exist.
func (d Dir) Log() *Log { return &Log{dir: d} }

// Dir is the directory of the log.
func (l *Log) Dir() Dir { return l.dir }

// Last returns the newest entry of a version that stood in the file; ok is false where
// there is none. news reports that others have written since this Log was last read.
func (l *Log) Last() (last Entry, news, ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.Open(l.dir.logPath())
	if errors.Is(err, fs.ErrNotExist) {
		news = l.seq > 0
		l.tail = tail{}
		return Entry{}, news, false, nil
	}
	if err != nil {
		return Entry{}, false, false, err
	}
	defer f.Close()
	news, err = l.refresh(f)
	return l.last, news, l.last.Seq > 0, err
}

// Known is what Last returned, or what was appended since.
func (l *Log) Known() (last Entry, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.last.Seq > 0
}

// Empty reports that the log is there, and nothing was ever written to it.
func (l *Log) Empty() bool {
	at, err := sys.StampAt(l.dir.logPath())
	return err == nil && at.Size == 0
}

// LacksEnd reports that commits were made that the log does not know, as a power cut has
// taken its end: there are files that they displaced. [Log.Recover] finds out.
func (l *Log) LacksEnd() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.floor > l.seq
}

// refresh reads the last entry of the open log, if the file is not as this Log left it.
func (l *Log) refresh(f *os.File) (news bool, err error) {
	at, err := sys.StampOf(f)
	if err != nil || at.Ino == l.at.Ino && at.Size == l.at.Size && at.Dev == l.at.Dev && at.Changed == l.at.Changed {
		return false, err
	}
	l.tail, err = readTail(f, at)
	return true, err
}

// mostLog is longer than a log grows, in bytes: what is longer is damaged, such as a file
// with a hole, and too much to read.
const mostLog = 4 << 30

// readTail finds the last entries, reading as little as that needs.
func readTail(f *os.File, at sys.Stamp) (tail, error) {
	if at.Size > mostLog {
		return tail{at: at}, nil // Recover puts it aside
	}
	for most := int64(1 << 16); ; most *= 8 {
		data := make([]byte, min(at.Size, most))
		if _, err := f.ReadAt(data, at.Size-int64(len(data))); err != nil && err != io.EOF {
			return tail{}, err
		}
		if t := newest(data); t.last.Seq > 0 || most >= at.Size {
			t.at = at
			return t, nil
		}
	}
}

// newest finds the last lines that are whole entries. A line whose end is missing is whole
// if its hash says so. Lines behind them that are damaged had numbers, which no other
// version gets.
func newest(data []byte) (t tail) {
	damaged := int64(0)
	for first := true; len(data) > 0; first = false {
		start := bytes.LastIndexByte(data, '\n') + 1
		e, err := parseLine(data[start:])
		switch {
		case err == nil && t.seq == 0 && t.torn == 0:
			t.end = e
		case err != nil && first:
			t.torn = int64(len(data) - start)
		case err != nil && start < len(data):
			damaged++
		}
		data = data[:max(0, start-1)]
		if err != nil {
			continue
		}
		t.seq = max(t.seq, e.Seq+damaged)
		if e.Kind.Stood() {
			t.last = e
			return t
		}
	}
	t.seq = max(t.seq, damaged)
	return t
}

// errLine is the error of a line that is no entry.
var errLine = errors.New("the line is damaged")

func parseLine(line []byte) (Entry, error) { return memo(nil).parse(line) }

// A memo has entries by the hashes of their lines, since reading JSON is slow.
type memo map[string]Entry

// sumLen is the length of a hash as text.
const sumLen = 16

// add adds the entry of a line, if that is short.
func (m memo) add(line []byte, e Entry) {
	const short = 2 << 10
	if len(line) <= short {
		m[string(line[:sumLen])] = e
	}
}

// apart is the entry with edits that share no memory with the content they are of.
func (e Entry) apart() Entry {
	e.Patch.Edits = slices.Clone(e.Patch.Edits)
	for i := range e.Patch.Edits {
		e.Patch.Edits[i].Text = bytes.Clone(e.Patch.Edits[i].Text)
	}
	return e
}

// parse reads a line, if the entry is not at hand.
func (m memo) parse(line []byte) (Entry, error) {
	sum, data, ok := bytes.Cut(line, []byte(" "))
	if !ok || string(sum) != hashText(xxhash.Sum64(data)) {
		return Entry{}, errLine
	}
	if e, ok := m[string(sum)]; ok {
		return e, nil
	}
	var e Entry
	if err := json.Unmarshal(data, &e); err != nil || e.Seq <= 0 {
		return Entry{}, errLine
	}
	return e, nil
}

func appendLine(to []byte, e Entry) ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	to = append(append(to, hashText(xxhash.Sum64(data))...), ' ')
	return append(append(to, data...), '\n'), nil
}

// Version is an entry that is yet to be numbered, with its content. Its digest may be left
// out. Kept is what is known of its patch, which is made when it is numbered.
type Version struct {
	Entry
	Kept    Kept
	Content []byte
}

// Append numbers versions and writes them behind the others. It does so before the commit
// they are of, so that no commit is without one; undo takes them back if that does not
// come about. The log is not synced: after a power cut the last entries may be missing or
// torn. seq is the number of the last one.
func (l *Log) Append(versions ...Version) (seq int64, undo func() error, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.dir.openLog()
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	if _, err := l.refresh(f); err != nil {
		return 0, nil, err
	}
	before := l.tail
	// A line end in front parts the entry from what a crash may have cut off; a blank
	// line means nothing.
	lines := []byte{'\n'}
	for _, v := range versions {
		if lines, err = l.add(lines, v); err != nil {
			l.tail = before
			return 0, nil, err
		}
	}
	if _, err := f.WriteAt(lines, before.at.Size); err != nil {
		l.tail = before
		return 0, nil, errors.Join(err, f.Truncate(before.at.Size))
	}
	// If this fails the next look at the log reads it again.
	l.at, _ = sys.StampOf(f)
	return l.seq, func() error { return l.cut(before) }, nil
}

// Next is the number that the last of so many versions will get that are appended next.
func (l *Log) Next(versions int) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.seq, l.floor) + int64(versions)
}

// openLog opens the log for writing. If somebody has removed it, it is made again for
// those who may take the lock.
func (d Dir) openLog() (*os.File, error) {
	f, err := sys.OpenOwn(d.logPath())
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	lock, err := sys.StampAt(d.join(lockName))
	if err != nil {
		return nil, err
	}
	if err := d.put(logName, "", &lock); err != nil {
		return nil, err
	}
	return sys.OpenOwn(d.logPath())
}

// cut makes the log end where it did before.
func (l *Log) cut(before tail) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = before
	f, err := sys.OpenOwn(l.dir.logPath())
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(before.at.Size); err != nil {
		return err
	}
	l.at, err = sys.StampOf(f)
	return err
}

// mostChain is how many times the size of a file its patches may have before a version is
// kept in full again: whoever reads the log wants no long chains.
const mostChain = 2

// add puts a version into lines, and makes it the last one.
func (l *Log) add(lines []byte, v Version) ([]byte, error) {
	e := v.Entry
	e.Seq = max(l.seq, l.floor) + 1
	if e.Digest == (Digest{}) {
		e.Digest = DigestOf(v.Content)
	}
	if l.content != nil {
		p := patchOf(l.last.Digest, v.Kept, l.content, v.Content)
		size := int64(len(v.Content))
		if chain := l.last.Chain + 64 + p.size(); chain < mostChain*size+1<<12 && p.size() < max(wholeSize, size/2) {
			e.Patch, e.Chain = p, chain
		}
	}
	var err error
	if e.Chain == 0 {
		if e.Patch, err = l.dir.full(e.Digest, v.Content); err != nil {
			return nil, err
		}
	}
	start := len(lines)
	if lines, err = appendLine(lines, e); err != nil {
		return nil, err
	}
	if l.known != nil && e.Dispute == nil {
		l.known.add(lines[start:len(lines)-1], e.apart())
	}
	l.seq, l.end = e.Seq, e
	if e.Kind.Stood() {
		l.last, l.content = e, v.Content
	}
	return lines, nil
}

// Know gives the log the content of the last version, if it is that: a patch can be made
// of it then.
func (l *Log) Know(content []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.content == nil && l.last.Seq > 0 && DigestOf(content) == l.last.Digest {
		l.content = content
	}
}

// Sync waits until the log is on disk.
func (l *Log) Sync() error {
	f, err := sys.OpenOwn(l.dir.logPath())
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
