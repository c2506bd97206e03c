package state

import (
	"bufio"
	"io"
	"math"
	"os"
	"time"
)

// A change that could not be merged is kept whole: its entry holds what the change was
// made from and what stood in the file as patches of its own content. So it needs no other
// version, and dropping old versions takes nothing from it. It waits until an entry
// behind it closes it.

// Dispute is what an entry of kind Conflict keeps beside its content, which is ours.
type Dispute struct {
	Why  string `json:"why"`
	Note string `json:"note,omitempty"`
	// Base and Theirs make these versions out of ours.
	Base   Patch `json:"base"`
	Theirs Patch `json:"theirs"`
}

// NewDispute is a version that keeps a change which waits to be settled.
func NewDispute(e Entry, why, note string, base, ours, theirs []byte) Version {
	of := DigestOf(ours)
	e.Kind, e.Base, e.Theirs = Conflict, DigestOf(base), DigestOf(theirs)
	e.Dispute = &Dispute{Why: why, Note: note, Base: patchOf(of, Kept{}, ours, base), Theirs: patchOf(of, Kept{}, ours, theirs)}
	return Version{Entry: e, Content: ours}
}

// Pending lists the indexes of the conflicts that nothing has closed, oldest first.
func (h History) Pending() []int {
	closed := map[int64]bool{}
	for _, e := range h.Entries {
		for _, seq := range e.Closes {
			closed[seq] = true
		}
	}
	var open []int
	for i, e := range h.Entries {
		if e.Kind == Conflict && !closed[e.Seq] {
			open = append(open, i)
		}
	}
	return open
}

// Disputed returns the three versions of an entry of kind Conflict; nil for one that
// damage keeps from being known.
func (h History) Disputed(i int) (base, ours, theirs []byte) {
	want := h.Entries[i]
	for e, content := range h.Contents {
		if e.Seq == want.Seq {
			ours = content
			break
		}
	}
	if d := want.Dispute; d != nil {
		return h.version(d.Base, ours, want.Base), ours, h.version(d.Theirs, ours, want.Theirs)
	}
	return h.Find(want.Base), ours, h.Find(want.Theirs)
}

// Whole reports that what an entry keeps of a conflict makes the versions that it says.
func (e Entry) Whole(ours []byte) bool {
	if e.Dispute == nil {
		return true
	}
	_, base := e.Dispute.Base.apply(ours, e.Base)
	_, theirs := e.Dispute.Theirs.apply(ours, e.Theirs)
	return base == nil && theirs == nil
}

// size is about how many bytes of content an entry holds.
func (e Entry) size() int64 {
	n := e.Patch.size()
	if e.Patch.Whole {
		n = e.Digest.Len
	}
	if d := e.Dispute; d != nil {
		n += d.Base.size() + d.Theirs.size()
	}
	return n
}

// version makes a version of a dispute out of ours, or finds it in the history.
func (h History) version(p Patch, ours []byte, want Digest) []byte {
	if content, err := p.apply(ours, want); err == nil {
		return content
	}
	return h.Find(want)
}

// front skips the conflicts at the beginning of the log, which may be kept for longer
// than what comes behind them, and returns the first other entry with the number of bytes
// before it. ok is false where the log does not begin with entries.
func front(f *os.File) (first Entry, skipped int64, ok bool) {
	if _, err := f.Seek(0, 0); err != nil {
		return Entry{}, 0, false
	}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 { // nothing but conflicts
			return Entry{Seq: math.MaxInt64, Time: time.Now()}, skipped, true
		}
		if err != nil {
			return Entry{}, skipped, false
		}
		if len(line) > 1 {
			e, err := parseLine(line[:len(line)-1])
			if err != nil || e.Kind != Conflict {
				return e, skipped, err == nil
			}
		}
		skipped += int64(len(line))
	}
}
