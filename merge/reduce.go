package merge

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/internal/tune"
)

// Merge by difference: reduce, merge, expand.
//
// Most rows of a large file are the same in all three versions, and nothing is decided
// there. A reduction finds them by comparing memory and leaves them out: what remains of
// the three versions is the sketch, three small files that are merged by the one set of
// rules. Then the rows left out are put back where they were, as stretches of base.
//
// Equal bytes from a common start of a record leave a parser in the same state, so rows
// that are equal in memory are cut in base alone (the idea is that of diff's common prefix,
// which looks for no lines either: GNU diffutils, io.c, find_identical_ends). Where the
// versions part, records are cut one by one and aligned by key until a row is the same in
// all three again.
//
// A row is left out only if
//
//   - it is a row with a key, and ends in LF. Comments, blanks and rows without a key are
//     aligned, counted and searched for across the file, so all of them are in the sketch;
//     and behind a lone CR a line feed of the next record would be no line of its own.
//   - the byte behind it is equal too: base's last line may be the start of a longer one of a
//     side, and the end of the file has a form of its own.
//   - the record above it is left out or an anchor: a row that stands in all three versions
//     and is in the sketch. So a row left out has no lead, and what stands below it has
//     the lead that it had.
//
// What else the rules look at beyond one row and its lead, and why the sketch decides the
// same, or else is given up (soundKeys, soundOrder) and the inputs are merged whole:
//
//	header, columns     the names are equal in all three, so no column came, went or moved
//	keys of base        looked at in every row: they increase, or a table of them has no two alike
//	keys of the sides   one that stands in a row left out is a copy or a move: given up
//	pairing             every anchor is paired with itself and its key stands once, else given up
//	order               ranks are compared with ranks only, and every stretch has its anchor;
//	                    if a row that stayed moved at all, given up: how many moved is counted
//	renames of keys     whether values are unique is asked of all rows: given up if there is a candidate
//	mass key change     keys go and come in the sketch only; the rows left out are added to the count
//	line ends           those of the rows left out are known; the first record and the last stay
//	equal comments      all of them are in the sketch
//	lines               the lines left out are added
//	markers, NUL bytes  what is left out is searched; if it holds one, the inputs are
//	counts of rows      the rows left out are added

// A cut is a stretch of rows that the sketch leaves out.
type cut struct {
	at   [3]int // where it stands in each version
	size int    // in bytes
	rows int    // how many
	crlf bool   // the last of them ends in CR LF, not in LF
	// lastKey is a key that none of them is behind.
	lastKey []byte
	lines   int // how many, if base is not in memory
	// sketch is where it would stand in the sketch of each version.
	sketch [3]int
}

func (c cut) end() int { return c.at[inBase] + c.size }

// A reduction is three versions without the rows that are left out.
type reduction struct {
	sketch [3][]byte
	cuts   []cut
	rows   int  // in all cuts
	odd    bool // they may hold a conflict marker or a NUL
	ends   lineEndSet
	// table finds base's rows by key; nil if the keys increase.
	table *rowTable
}

// A lineEndSet is the line ends of rows.
type lineEndSet struct{ lf, crlf bool }

// add notes the end of a row that ends in LF and holds a byte beside it.
func (s *lineEndSet) add(raw []byte) {
	if raw[len(raw)-2] == '\r' {
		s.crlf = true
	} else {
		s.lf = true
	}
}

// are reports that there is no other line end than this one.
func (s lineEndSet) are(end []byte) bool {
	return !(s.lf && len(end) != 1 || s.crlf && len(end) != 2 || s.lf && end[0] == '\r')
}

// reduce leaves out what is the same in all versions. opt gives the delimiter. It returns
// nil where that is not worth it or not sound.
func reduce(data [3][]byte, opt csvrows.Options, sizes tune.Sizes) *reduction {
	if sizes.Least < 0 || len(data[inBase]) < sizes.Least {
		return nil
	}
	heads, ok := headsAgree(data, opt)
	if !ok {
		return nil
	}
	x := &reducing{Sizes: sizes, opt: opt, heads: heads}
	for v := range data {
		x.src[v] = source{data: data[v]}
	}
	x.tellApart()
	r, s := x.run(false)
	if s.step == unordered {
		r, s = x.run(true)
	}
	if s.step != atEnd {
		return nil
	}
	return r
}

// A source is one version: bytes in memory, or a file of which windows are read.
type source struct {
	data []byte
	file *io.SectionReader // nil where data is all of it
}

// size is how many bytes the version has.
func (s source) size() int {
	if s.file != nil {
		return int(s.file.Size())
	}
	return len(s.data)
}

// part returns the bytes from one place to another: those of a file as a copy, and none if it
// cannot be read.
func (s source) part(from, to int) []byte {
	if s.file == nil {
		return s.data[from:to]
	}
	p := make([]byte, to-from)
	if n, _ := s.file.ReadAt(p, int64(from)); n < len(p) {
		return nil
	}
	return p
}

// is reports that two sources are one.
func (s source) is(t source) bool {
	return s.file == t.file && len(s.data) == len(t.data) && (len(s.data) == 0 || &s.data[0] == &t.data[0])
}

// reducing is what the reducers of one reduction share.
type reducing struct {
	tune.Sizes
	src [3]source
	// versions are those to be looked at: base, and the sides that are not base itself, as
	// a diff has one. same are the others.
	versions, sides, same []int

	opt   csvrows.Options
	heads [3]headPart
	files *files // nil where the versions are in memory
	prospect
}

// A prospect is how many reducers find that so little is left out that the sketch is not worth
// making, and how many it takes to give up: two, if there are, as edits may stand close together
// in one place.
type prospect struct {
	poor  atomic.Int32
	taken int32
}

func (p *prospect) inVain() bool { return p.poor.Load() >= p.taken }

// vain reports that it is not worth going on, once enough was looked at to tell.
func (r *reducer) vain() bool {
	if r.Judge == 0 || r.files != nil && !r.files.roomy {
		return false
	}
	b, leftOut := &r.in[inBase], r.cutBytes
	if r.open.rows > 0 {
		leftOut += b.pos - r.open.at[inBase]
	}
	done := b.off + b.pos - r.start
	if !r.poor && done > max(r.src[inBase].size()/r.Judge, r.Least) && done-leftOut > done/4*3 {
		r.poor = true
		r.prospect.poor.Add(1)
	}
	return r.inVain()
}

// tellApart finds the sides that are base itself.
func (x *reducing) tellApart() {
	x.versions = []int{inBase}
	for _, s := range []int{inOurs, inTheirs} {
		if x.src[s].is(x.src[inBase]) {
			x.same = append(x.same, s)
		} else {
			x.versions = append(x.versions, s)
		}
	}
	x.sides = x.versions[1:]
}

// follow gives the sides that are base itself what base has.
func follow[T any](x *reducing, of *[3]T) {
	for _, s := range x.same {
		of[s] = of[inBase]
	}
}

// A stop is where reducers came to, and why no further.
type stop struct {
	step
	at  int // in base
	err error
}

// run has several reducers go through parts of the versions, and joins what they found.
// Where one starts is a guess until the one before it comes there.
func (x *reducing) run(hash bool) (*reduction, stop) {
	starts := x.starts()
	x.taken = int32(min(2, len(starts)))
	x.prospect.poor.Store(0)
	parts := make([]*reducer, len(starts))
	var next atomic.Int32
	var wg sync.WaitGroup
	for range min(len(starts), mostWorkers) {
		wg.Go(func() {
			var buf [3][]byte
			for i := int(next.Add(1)) - 1; i < len(starts) && !x.inVain(); i = int(next.Add(1)) - 1 {
				parts[i] = x.newReducer(starts[i:], i == 0, hash)
				parts[i].window.buf = buf
				parts[i].run()
				buf = parts[i].emptied()
			}
		})
	}
	wg.Wait()
	if x.inVain() {
		return nil, stop{step: inVain}
	}
	return x.join(parts, hash)
}

// mostWorkers bounds how many reducers go at a time; the work is bounded by memory soon.
const mostWorkers = 4

// join puts together what reducers found: the first, and each that started where one
// before it ended.
func (x *reducing) join(parts []*reducer, hash bool) (*reduction, stop) {
	var used []*reducer
	var last []byte
	for i, end := 0, met; end == met; {
		p := parts[i]
		if !hash && last != nil && p.firstKey != nil && bytes.Compare(last, p.firstKey) >= 0 {
			return nil, stop{step: unordered, at: p.start}
		}
		if p.lastKey != nil {
			last = p.lastKey
		}
		used = append(used, p)
		if end = p.end.step; end != met && end != atEnd {
			return nil, p.end
		}
		i += p.passed + 1
	}
	r := x.gather(used)
	if hash {
		if r.table = newRowTable(x.src[inBase].data, x.opt, x.heads[inBase].key, used); r.table == nil {
			return nil, stop{step: giveUp}
		}
	}
	return r, stop{step: atEnd}
}

// gather makes one reduction of those of parts that follow one another.
func (x *reducing) gather(parts []*reducer) *reduction {
	r := &reduction{}
	var at [3]int
	cuts := 0
	for _, p := range parts {
		cuts += len(p.cuts)
	}
	r.cuts = make([]cut, 0, cuts)
	for _, p := range parts {
		for _, c := range p.cuts {
			for v := range at {
				c.sketch[v] += at[v]
			}
			r.cuts = append(r.cuts, c)
			r.rows += c.rows
		}
		p.cuts = nil
		for v := range at {
			at[v] += len(p.sketch[v])
		}
		r.odd = r.odd || p.odd
		r.ends = lineEndSet{r.ends.lf || p.ends.lf, r.ends.crlf || p.ends.crlf}
	}
	if len(parts) == 1 {
		r.sketch = parts[0].sketch
		return r
	}
	// One after the other: where memory is bounded there is room for one of them twice.
	for _, v := range x.versions {
		r.sketch[v] = make([]byte, 0, at[v])
		for _, p := range parts {
			r.sketch[v] = append(r.sketch[v], p.sketch[v]...)
			p.sketch[v] = nil
		}
	}
	follow(x, &r.sketch)
	return r
}

// starts are where reducers start: behind the header, and at lines of base that stand in
// both sides too, somewhere near. A line with an odd number of quotes is likely to be a part
// of a row.
func (x *reducing) starts() [][3]int {
	first := [3]int{}
	for v, h := range x.heads {
		first[v] = len(h.text)
	}
	starts := [][3]int{first}
	const enough = 2 // places in vain: the versions are hardly alike, and to look for more is dear
	n, vain := x.parts(), 0
	for i := 1; i < n && vain < enough; i++ {
		at, ok := x.common(x.src[inBase].size() / n * i)
		switch {
		case !ok:
			vain++
		case at[inBase] > starts[len(starts)-1][inBase]:
			starts = append(starts, at)
		}
	}
	return starts
}

// parts is how many parts of base are worth looking at beside one another: a few, and in a
// large file so many that those which are looked at at a time stand near to one another.
func (x *reducing) parts() int {
	const few, far = 8, 64 << 20
	size := x.src[inBase].size()
	return min(size/max(x.Part, 1), max(few, size/far))
}

// common looks for a line at or behind a position of base that stands in both sides too.
func (x *reducing) common(pos int) (at [3]int, ok bool) {
	const tries, near = 8, 64 << 10
	base := x.src[inBase].part(pos, min(pos+near, x.src[inBase].size()))
	i := bytes.IndexByte(base, '\n')
	for try := 0; try < tries && i >= 0; try++ {
		j := bytes.IndexByte(base[i+1:], '\n')
		if j < 0 {
			break
		}
		line := base[i : i+j+2] // with the line feed above it
		ok = bytes.Count(line, []byte{'"'})%2 == 0
		at[inBase] = pos + i + 1
		follow(x, &at)
		for _, s := range x.sides {
			if ok {
				at[s], ok = x.find(s, pos+i, line)
			}
		}
		if ok && at[inBase] >= x.heads[inBase].end && at[inOurs] >= x.heads[inOurs].end && at[inTheirs] >= x.heads[inTheirs].end {
			return at, true
		}
		i += j + 1
	}
	return at, false
}

// find looks for a line in a side, where it may stand if it stands at pos in base. It returns
// what is behind the line feed above it.
func (x *reducing) find(v, pos int, line []byte) (at int, ok bool) {
	const near, far = 64 << 10, 1 << 20
	size := x.src[v].size()
	guess := int(float64(pos) / float64(x.src[inBase].size()) * float64(size))
	drift := near + min(max(pos-guess, guess-pos), far)
	from := max(0, guess-drift)
	found := bytes.Index(x.src[v].part(from, max(from, min(size, guess+drift))), line)
	return from + found + 1, found >= 0
}

// newReducer starts a reducer at the first of the places; the others are where the
// next ones start.
func (x *reducing) newReducer(starts [][3]int, first, hash bool) *reducer {
	r := &reducer{reducing: x, start: starts[0][inBase], meets: starts[1:], inStretch: !first, size: x.Block}
	parts := max(x.parts(), 1)
	if x.files != nil {
		r.window.size = x.files.narrow
	}
	r.seeks = x.src[inBase].size() / 4 / max(1, parts/4)
	for v, src := range x.src {
		c := &r.in[v]
		c.off = starts[0][v]
		c.head = max(0, x.heads[v].end-c.off)
		r.sketch[v] = make([]byte, 0, x.roomFor(src.size())/parts)
		if first {
			r.sketch[v] = append(r.sketch[v], x.heads[v].text...)
		}
	}
	if hash {
		r.hashed = newHashedRows(x.guessRows() / parts)
	}
	return r
}

// roomFor is how much of a version the sketch has room for from the beginning: growing it
// would copy it.
func (x *reducing) roomFor(size int) int {
	const part = 32
	if x.files != nil {
		return min(size, x.files.most) / part
	}
	return size / part
}

// guessRows is how many rows base has if they are as long as the first ones.
func (x *reducing) guessRows() int {
	const sample = 64 << 10
	size := x.src[inBase].size()
	head := x.src[inBase].part(0, min(size, sample))
	return int(float64(bytes.Count(head, []byte{'\n'})) / float64(len(head)) * float64(size))
}

// A headPart is the part of a version that decides what its header is.
type headPart struct {
	key  []int  // positions of the key columns
	text []byte // up to the end of the header
	end  int    // where the part ends
}

// headsAgree looks at the header of each version. ok is true if all have one of the same
// names.
func headsAgree(data [3][]byte, opt csvrows.Options) (heads [3]headPart, ok bool) {
	if opt.NoHeader {
		return heads, false // how many columns there are is a matter of all rows
	}
	var in [3]version
	for v := range data {
		heads[v].end = headEnd(data[v], opt)
		f, err := csvrows.Parse(data[v][:heads[v].end], opt)
		if err != nil || f.HeaderRecord() < 0 {
			return heads, false
		}
		in[v].File = f
		heads[v].text = data[v][:f.Offset(f.HeaderRecord()+1)]
	}
	if _, err := resolveKey(&in, opt.Key); err != nil {
		return heads, false
	}
	for v := range in {
		heads[v].key = in[v].key
		if !slices.Equal(in[inBase].names, in[v].names) || !slices.Equal(in[inBase].key, in[v].key) {
			return heads, false
		}
	}
	return heads, true
}

// headEnd returns where the part of a file ends that decides what the header is and
// whether the file is text: two records that are neither comments nor blanks, and so many
// bytes.
func headEnd(data []byte, opt csvrows.Options) int {
	const sample = 64
	c := csvrows.NewCutter(data, opt)
	pos, rows := c.Start(), 0
	for pos < len(data) && (rows < 2 || pos < sample) {
		end, kind, ok := c.Cut(pos)
		if !ok {
			return len(data)
		}
		if kind == csvrows.Row {
			rows++
		}
		pos = end
	}
	return pos
}
