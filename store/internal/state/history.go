package state

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// History is the log, read as a whole.
type History struct {
	Entries []Entry
	// Damaged are the numbers, from 1, of lines that are no entries.
	Damaged []int

	dir Dir
}

// History reads the log. A log that is missing is empty.
func (d Dir) History() (History, error) {
	data, err := os.ReadFile(d.logPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return History{}, err
	}
	h := History{dir: d}
	line := 0
	for text := range bytes.Lines(data) {
		line++
		text = bytes.TrimSuffix(text, []byte{'\n'})
		if len(text) == 0 {
			continue
		}
		e, err := parseLine(text)
		if err != nil || len(h.Entries) > 0 && e.Seq <= h.Entries[len(h.Entries)-1].Seq {
			h.Damaged = append(h.Damaged, line)
			continue
		}
		h.Entries = append(h.Entries, e)
	}
	return h, nil
}

// Contents yields each entry with its content, oldest first; the content is nil where
// damage keeps it from being known. What is yielded has the digest that the entry says.
func (h History) Contents(yield func(Entry, []byte) bool) {
	var before []byte
	for _, e := range h.Entries {
		content := h.content(e, before)
		if !yield(e, content) {
			return
		}
		if e.Kind.Stood() {
			before = content
		}
	}
}

// content makes an entry's content from the one before it, or else finds it among the
// displaced files, whose names tell what they hold.
func (h History) content(e Entry, before []byte) []byte {
	if content, err := e.Patch.apply(before, e.Digest); err == nil {
		return content
	}
	if h.dir.path == "" {
		return nil
	}
	displaced, _ := h.dir.Displaced()
	for _, d := range displaced {
		if data, err := os.ReadFile(d.Path); err == nil && DigestOf(data) == e.Digest {
			return data
		}
		if e.Patch.Of.Hash != d.Hold {
			continue
		}
		if data, err := os.ReadFile(d.Path); err == nil {
			if content, err := e.Patch.apply(data, e.Digest); err == nil {
				return content
			}
		}
	}
	return nil
}

// Find returns the newest content of a digest, or nil. A length of 0 fits any.
func (h History) Find(digest Digest) (content []byte) {
	for e, c := range h.Contents {
		if e.Digest.Hash == digest.Hash && (digest.Len == 0 || e.Digest.Len == digest.Len) && c != nil {
			content = c
		}
	}
	return content
}

// Keep says how much history is kept.
type Keep struct {
	Versions int           // at least so many
	Age      time.Duration // and what is younger
	Most     int           // but never more versions
	Size     int64         // nor more bytes, of log and displaced files together
}

// drop returns how many entries from the oldest on may go.
func (k Keep) drop(entries []Entry, sizes map[int64]int64, now time.Time) int {
	size := int64(0)
	for i := len(entries) - 1; i >= 0; i-- {
		e, n := entries[i], len(entries)-i // n: kept, this one included
		size += int64(len(e.Patch.Text)) + sizes[e.Seq]
		wanted := n <= k.Versions || now.Sub(e.Time) < k.Age
		if n > 1 && (!wanted || n > k.Most || size > k.Size) {
			return i + 1
		}
	}
	return 0
}

// Prune drops the versions that need not be kept, with the files that commits displaced
// before the first that stays. look is asked of each file before it goes; one that it
// does not want to go stays. The caller holds the lock.
func (l *Log) Prune(keep Keep, look func(Displaced) (gone bool)) error {
	h, err := l.dir.History()
	if err != nil {
		return err
	}
	displaced, err := l.dir.Displaced()
	if err != nil {
		return err
	}
	sizes := map[int64]int64{}
	for _, d := range displaced {
		if at, err := sys.StampAt(d.Path); err == nil {
			sizes[d.Seq] = at.Size
		}
	}
	n := keep.drop(h.Entries, sizes, time.Now())
	if n == 0 {
		return nil
	}
	first := h.Entries[n].Seq
	for _, d := range displaced {
		if d.Seq < first && look(d) {
			if err := os.Remove(d.Path); err != nil {
				return err
			}
		}
	}
	return l.rewrite(h, n)
}

// rewrite replaces the log by one without its first n entries and without damage.
func (l *Log) rewrite(h History, n int) error {
	var lines []byte
	i := 0
	for e, content := range h.Contents {
		if i++; i <= n {
			continue
		}
		if i == n+1 && content != nil {
			e.Patch, e.Chain = fullPatch(content), 0
		}
		var err error
		if lines, err = appendLine(lines, e); err != nil {
			return err
		}
	}
	info, err := sys.StampAt(l.dir.logPath())
	if err != nil {
		return err
	}
	temp, err := l.dir.CreateTemp()
	if err != nil {
		return err
	}
	_, err = temp.Write(lines)
	err = errors.Join(err, sys.CopyOwner(temp, info), temp.Chmod(fs.FileMode(info.Perm())), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), l.dir.logPath())
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	_, _, _, err = l.Last()
	return err
}

// Expected is what a displaced file should hold: what a version absorbed from it last, or
// else what the commit displaced. The length is 0 where the log does not know it.
func (h History) Expected(d Displaced) Digest {
	want := Digest{Hash: d.Hold}
	for _, e := range h.Entries {
		if e.Seq == d.Seq && e.Theirs.Hash == d.Hold {
			want = e.Theirs
		}
		for _, a := range e.Absorbed {
			if a.Seq == d.Seq {
				want = a.Digest
			}
		}
	}
	return want
}
