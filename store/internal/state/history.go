package state

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"iter"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// History is the log, read as a whole.
type History struct {
	Entries []Entry
	// Damaged are the lines that are no entries.
	Damaged []Place

	dir    Dir
	file   uint64   // the log's number, its inode; 0 where not all of it was read
	places []Place  // of the entries
	lines  [][]byte // the entries as they stand there
	known  memo     // entries that need not be read
}

// Place is where a line of the log begins: its number from 1, and how many bytes stand
// before it.
type Place struct {
	Line   int
	Offset int64
}

// ErrDamaged is the error of a version that the log does not give away any more.
var ErrDamaged = errors.New("the record is damaged")

// History reads the log. A log that is missing is empty.
func (d Dir) History() (History, error) { return d.history(nil) }

func (d Dir) history(known memo) (History, error) {
	h := History{dir: d, known: known}
	at, err := sys.StampAt(d.logPath())
	if err == nil && at.Size > mostLog {
		h.Damaged = []Place{{Line: 1}}
		return h, nil
	}
	h.file = at.Ino
	data, err := os.ReadFile(d.logPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return History{}, err
	}
	h.read(data)
	return h, nil
}

// read reads lines.
func (h *History) read(data []byte) {
	at := Place{Line: 1}
	last := int64(0)
	for text := range bytes.Lines(data) {
		h.line(bytes.TrimSuffix(text, []byte{'\n'}), at, &last)
		at = Place{at.Line + 1, at.Offset + int64(len(text))}
	}
}

// Since reads the entries after number seq, and little more of the log than these. Their
// places are not told.
func (d Dir) Since(seq int64) (History, error) {
	if seq == 0 {
		return d.History()
	}
	f, err := os.Open(d.logPath())
	if errors.Is(err, fs.ErrNotExist) {
		return History{dir: d}, nil
	}
	if err != nil {
		return History{}, err
	}
	defer f.Close()
	at, err := sys.StampOf(f)
	if err != nil {
		return History{}, err
	}
	for most := int64(1 << 16); ; most *= 8 {
		data := make([]byte, min(at.Size, most))
		if _, err := f.ReadAt(data, at.Size-int64(len(data))); err != nil && err != io.EOF {
			return History{}, err
		}
		h := History{dir: d}
		h.read(data) // the first line may be cut, and is none then
		n := len(h.Entries)
		for n > 0 && h.Entries[n-1].Seq > seq {
			n--
		}
		if n > 0 || most >= at.Size {
			return History{dir: d, Entries: h.Entries[n:]}, nil
		}
	}
}

// line reads one line. Numbers rise; last is the one before.
func (h *History) line(text []byte, at Place, last *int64) {
	if len(text) == 0 {
		return
	}
	e, err := h.known.parse(text)
	if err != nil || e.Seq <= *last {
		h.Damaged = append(h.Damaged, at)
		return
	}
	h.Entries, h.places, h.lines = append(h.Entries, e), append(h.places, at), append(h.lines, text)
	*last = e.Seq
}

// LogPath names the log.
func (h History) LogPath() string { return h.dir.logPath() }

// Index returns the index of the version of a number; -1 where there is none. at is where
// it stands in the log. Where it is missing, and damage in the log may be why, damaged is
// true and at is where that is.
func (h History) Index(seq int64) (i int, at Place, damaged bool) {
	i, found := h.search(seq)
	if found {
		return i, h.Place(i), false
	}
	if seq <= 0 {
		return -1, Place{}, false
	}
	after, before := 0, math.MaxInt // the lines between which it would stand
	if i > 0 {
		after = h.Place(i - 1).Line
	}
	if i < len(h.Entries) {
		before = h.Place(i).Line
	}
	for _, d := range h.Damaged {
		if after < d.Line && d.Line < before {
			return -1, d, true
		}
	}
	return -1, Place{}, false
}

// Place is where an entry stands in the log; the zero Place where the history was not read
// from one.
func (h History) Place(i int) Place {
	if h.places == nil {
		return Place{}
	}
	return h.places[i]
}

// Contents yields each entry with its content, oldest first; the content is nil where
// damage keeps it from being known. What is yielded has the digest that the entry says.
func (h History) Contents(yield func(Entry, []byte) bool) { h.After(nil)(yield) }

// After is Contents where the content of the version before the first is known.
func (h History) After(before []byte) iter.Seq2[Entry, []byte] {
	return func(yield func(Entry, []byte) bool) {
		elsewhere := finder{dir: h.dir}
		for _, e := range h.Entries {
			content, err := h.dir.made(e, before)
			if err != nil {
				content = elsewhere.find(e)
			}
			if newer, ok := h.rewritten(content); ok {
				newer.from(e.Seq).After(nil)(yield)
				return
			}
			if !yield(e, content) {
				return
			}
			if e.Kind.Stood() {
				before = content
			}
		}
	}
}

// rewritten reads the log again, where content is missing and the log is another file since:
// somebody has dropped old versions, and what they were in.
func (h History) rewritten(content []byte) (newer History, ok bool) {
	if content != nil || h.file == 0 {
		return History{}, false
	}
	if at, err := sys.StampAt(h.dir.logPath()); err != nil || at.Ino == h.file {
		return History{}, false
	}
	newer, err := h.dir.History()
	return newer, err == nil
}

// from leaves out what is older than a number.
func (h History) from(seq int64) History {
	i, _ := h.search(seq)
	h.Entries = h.Entries[i:]
	return h
}

// search returns the index of the version of a number, or where it would stand.
func (h History) search(seq int64) (i int, found bool) {
	return slices.BinarySearchFunc(h.Entries, seq, func(e Entry, seq int64) int { return cmp.Compare(e.Seq, seq) })
}

// finder finds content among the displaced files, whose names tell what they hold.
type finder struct {
	dir    Dir
	listed bool
	files  []Displaced
}

// find returns an entry's content, or nil.
func (f *finder) find(e Entry) []byte {
	if data := f.read(e.Digest); data != nil {
		return data
	}
	if e.Patch.Of == (Digest{}) {
		return nil
	}
	content, err := e.Patch.apply(f.read(e.Patch.Of), e.Digest)
	if err != nil {
		return nil
	}
	return content
}

// read returns the content of a digest, or nil.
func (f *finder) read(want Digest) []byte {
	if !f.listed && f.dir.path != "" {
		f.files, _ = f.dir.Displaced() // without them it is not known
		f.listed = true
	}
	for _, d := range f.files {
		if d.Hold != want.Hash && d.New != want.Hash {
			continue
		}
		if data, err := os.ReadFile(d.Path); err == nil && DigestOf(data) == want {
			return data
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

// Keep says how much history is kept.
type Keep struct {
	Versions int           // at least so many
	Age      time.Duration // and what is younger
	Most     int           // but never more versions
	Size     int64         // nor more bytes, of log and displaced files together
}

// Whoever prunes rewrites the log, which may be large. So it is done once for several
// versions: what nobody wants may stay until it is a quarter of all, and where a bound is
// passed, a quarter of that is made room for.
const slack = 4

// drop returns how many entries from the oldest on may go, and how many have to. displaced
// is how large the files are by the number of their commit. The newest version always stays.
func (k Keep) drop(entries []Entry, displaced map[int64]int64, now time.Time) (may, must int) {
	if n := k.above(entries, displaced, k.Most, k.Size); n > 0 {
		return max(n, k.above(entries, displaced, k.Most-k.Most/slack, k.Size-k.Size/slack)), n
	}
	// From the oldest on, so that what a clock dated wrongly takes nothing older with it.
	n := 0
	for n < len(entries)-max(1, k.Versions) && now.Sub(entries[n].Time) >= k.Age {
		n++
	}
	if n < len(entries)/slack {
		return 0, 0
	}
	return n, 0
}

// above returns how many entries from the oldest on are too many for the bounds. The first
// one that stays is kept in full.
func (k Keep) above(entries []Entry, displaced map[int64]int64, most int, size int64) int {
	used := int64(0)
	for i := len(entries) - 1; i >= 0; i-- {
		e, n := entries[i], len(entries)-i
		full := used + lineSize(e.Digest.Len) + displaced[e.Seq]
		if n > 1 && (n > most || full > size) {
			return i + 1
		}
		used += lineSize(e.size()) + displaced[e.Seq]
	}
	return 0
}

// lineSize is about how long a line of the log is whose patch has so many bytes.
func lineSize(text int64) int64 { return int64(base64.StdEncoding.EncodedLen(int(text))) + 300 }

// Crowded reports, by a quick look, that there may be something to prune.
func (l *Log) Crowded(keep Keep) (bool, error) {
	f, err := os.Open(l.dir.logPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	sizes, err := l.dir.sizes()
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	_, err = l.refresh(f)
	at, newest := l.at, l.seq
	l.mu.Unlock()
	if err != nil {
		return false, err
	}
	oldest, skipped, ok := front(f)
	used := at.Size - skipped
	for _, n := range sizes {
		used += n
	}
	whole, err := l.dir.wholeBytes()
	if err != nil {
		return false, err
	}
	used += whole
	count := newest - oldest.Seq + 1 // or less
	return !ok || used > keep.Size || count > int64(keep.Most) ||
		count > int64(keep.Versions) && time.Since(oldest.Time) >= keep.Age, nil
}

// sizes are those of the displaced files, by number.
func (d Dir) sizes() (map[int64]int64, error) {
	displaced, err := d.Displaced()
	sizes := make(map[int64]int64, len(displaced))
	for _, d := range displaced {
		if at, err := sys.StampAt(d.Path); err == nil {
			sizes[d.Seq] += at.Size
		}
	}
	return sizes, err
}

// Prune drops the versions that need not be kept, with the files that commits displaced
// before the first that stays. The newest version that stood in the file stays, and so do
// conflicts until they are closed. look is asked of each file before it goes. One that it
// does not want to go stays, and so does the version that it was made from: what somebody
// wrote to the file is to be merged with that as its base.
//
// The log is replaced before files go, so that a crash leaves files too many and no
// version less. The caller holds the lock.
func (l *Log) Prune(keep Keep, look func(History, Displaced) (gone bool)) error {
	h, err := l.dir.history(l.known)
	if err != nil || len(h.Entries) == 0 {
		return err
	}
	displaced, err := l.dir.Displaced()
	if err != nil {
		return err
	}
	sizes, err := l.dir.sizes()
	if err != nil {
		return err
	}
	may, must := keep.drop(h.Entries, sizes, time.Now())
	n := h.handy(may, must, displaced)
	first := h.Entries[n].Seq
	stays := make([]bool, len(h.Entries))
	for i := n; i < len(stays); i++ {
		stays[i] = true
	}
	for _, i := range h.Pending() {
		stays[i] = true
	}
	if i := h.newest(); i >= 0 {
		stays[i] = true // what comes behind it need not have stood in the file
	}
	var gone []Displaced
	for _, d := range displaced {
		switch {
		case d.Seq >= first:
		case look(h, d):
			gone = append(gone, d)
		default:
			h.hold(d, stays)
		}
	}
	h.holdClosed(stays)
	kept := h.Entries
	if slices.Contains(stays, false) {
		if kept, err = l.rewrite(h, stays); err != nil {
			return err
		}
	}
	if err := l.dir.dropWhole(kept); err != nil {
		return err
	}
	for _, d := range gone {
		if err := os.Remove(d.Path); err != nil {
			return err
		}
	}
	l.known = h.memo(stays)
	return nil
}

// memo has the entries that stay.
func (h History) memo(stays []bool) memo {
	known := memo{}
	for i, e := range h.Entries {
		if stays[i] {
			known.add(h.lines[i], e)
		}
	}
	return known
}

// handy returns how many entries are to go: as many as may, or up to a sixth fewer, so that the
// content of the first one that stays is at hand, since it is to be kept in full.
func (h History) handy(may, must int, displaced []Displaced) int {
	held := map[string]bool{}
	for _, d := range displaced {
		held[d.Hold] = true
	}
	for n := may; n >= max(must, may-may/6); n-- {
		if e := h.Entries[n]; e.Patch.Of == (Digest{}) || held[e.Digest.Hash] {
			return n
		}
	}
	return may
}

// hold marks the entries that tell what a displaced file should hold.
func (h History) hold(d Displaced, stays []bool) {
	want := h.Expected(d)
	base := -1
	for i, e := range h.Entries {
		if e.Digest.Hash == want.Hash {
			base = i
		}
		if e.Seq == d.Seq || slices.ContainsFunc(e.Absorbed, func(a Absorbed) bool { return a.Seq == d.Seq }) {
			stays[i] = true
		}
	}
	if base >= 0 {
		stays[base] = true
	}
}

// newest is the index of the last version that stood in the file, or -1.
func (h History) newest() int {
	for i, e := range slices.Backward(h.Entries) {
		if e.Kind.Stood() {
			return i
		}
	}
	return -1
}

// holdClosed marks the entries that close a conflict which stays: it would wait again.
func (h History) holdClosed(stays []bool) {
	by := map[int64]int{}
	for i, e := range h.Entries {
		for _, seq := range e.Closes {
			by[seq] = i
		}
	}
	for i, e := range h.Entries {
		if closing, closed := by[e.Seq]; closed && stays[i] {
			stays[closing] = true
		}
	}
}

// rewrite replaces the log by one of the entries that stay, without damage, and returns these
// as they stand there.
func (l *Log) rewrite(h History, stays []bool) (kept []Entry, err error) {
	var lines []byte
	full := h.alone(stays, l.last.Digest, l.content)
	for i, e := range h.Entries {
		if !stays[i] {
			continue
		}
		lines = append(lines, '\n')
		content, alone := full[i]
		if !alone {
			lines = append(append(lines, h.lines[i]...), '\n')
			kept = append(kept, e)
			continue
		}
		e.Chain = 0
		if e.Patch, err = l.dir.full(e.Digest, content); err != nil {
			return nil, err
		}
		if lines, err = appendLine(lines, e); err != nil {
			return nil, err
		}
		kept = append(kept, e)
	}
	if err := l.dir.replaceLikeLog(logName, lines); err != nil {
		return nil, err
	}
	_, _, _, err = l.Last()
	return kept, err
}

// alone returns the contents of the entries that stay, and whose patches are of entries that
// do not: they are to be kept in full. That of one is at hand, unless it is nil; others may be
// in displaced files.
func (h History) alone(stays []bool, hand Digest, atHand []byte) map[int][]byte {
	full := map[int][]byte{}
	elsewhere := finder{dir: h.dir}
	var before Digest
	last := -1
	for i, e := range h.Entries {
		if !stays[i] {
			continue
		}
		if e.Patch.Of != (Digest{}) && e.Patch.Of != before {
			if full[i] = atHand; e.Digest != hand || atHand == nil {
				full[i] = elsewhere.read(e.Digest)
			}
			if full[i] == nil {
				last = i
			}
		}
		if e.Kind.Stood() {
			before = e.Digest
		}
	}
	i := 0
	for _, content := range h.Contents {
		if i > last {
			break
		}
		if was, ok := full[i]; ok && was == nil {
			full[i] = content
		}
		i++
	}
	maps.DeleteFunc(full, func(_ int, content []byte) bool { return content == nil })
	return full
}
