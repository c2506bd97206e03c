package merge

import (
	"github.com/rowkeep/rowkeep/csvrows"
)

// Merge merges three versions. The inputs must not change while the result is in
// use, as it refers to them.
//
// Errors: those of [Options.Validate]; an [*InputError] that says which input cannot be
// used and why; a [*DuplicateKeyError]; a [*RowError]; an [*AnswerError]. Conflicts are
// no error.
func Merge(base, ours, theirs []byte, opt Options) (*Result, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	data := [3][]byte{base, ours, theirs}
	same := equalInputs(data)
	if same == inOurs && string(base) != string(theirs) && opt.sums() {
		same = -1 // the same change twice is two changes of a sum
	}
	m := newMerger(opt)
	err := m.run(data)
	if same >= 0 && (err == nil || overruled(err)) {
		m.takeWhole(data[same], same, err == nil)
		return m.res, nil
	}
	if err != nil {
		return nil, plain(err)
	}
	return m.res, nil
}

// Diff lists the changes from a to b. It is the merge of b into a that nobody else
// changed: the side of every change is Theirs.
func Diff(a, b []byte, opt csvrows.Options) (*Result, error) {
	m := newMerger(Options{Read: opt})
	m.res.diff = true
	if err := m.run([3][]byte{a, a, b}); err != nil {
		return nil, plain(err)
	}
	return m.res, nil
}

// plain takes the mark of an error that law 1 could have overruled off.
func plain(err error) error {
	if u, ok := err.(*usableError); ok {
		return u.error
	}
	return err
}

// sums reports a policy that adds up changes.
func (o Options) sums() bool {
	for _, p := range o.Policies {
		if p.rule == "sum" {
			return true
		}
	}
	return false
}

// overruled reports an error that law 1 comes before: the three inputs parse, though
// they could not be merged otherwise.
func overruled(err error) bool {
	switch err.(type) {
	case *usableError, *RowError:
		return true
	}
	return false
}

// A merger carries one merge from the inputs to the result. Its fields are filled in
// the order of run.
type merger struct {
	opt      Options
	in       [3]version
	keyNames []string
	rows     *pairing
	cols     []column
	heads    [3]head

	// Duplicated keys.
	groups  []*group
	groupAt [3]map[int32]*group

	// How many keys vanished from a side and appeared there.
	vanished, appeared [3]int

	// The columns of the result, as indexes into cols; whether they are a version's
	// own; whether a side's columns are base's.
	layout               []int
	same                 [3]bool
	like                 [3]bool
	commons, comparables [3][3]columnSet
	layouts              [3]columnSet
	byLabel              map[string]int  // of cols
	undone               map[cellOf]bool // edits of a dropped column that were decided against
	sums                 map[string]bool // columns with policy sum
	// isStamp tells columns that a policy newer looks at.
	isStamp map[string]bool

	fates       map[int32]*fate       // by base's record
	turned      [3]map[int32]*fate    // by the comment that the row was turned into
	commented   [3]map[string]int32   // new comments by the key they hold
	answers     map[string]Resolution // of the caller's function, by conflict
	seenIDs     map[string]int        // how many conflicts share an id
	lineIDs     map[string]int32      // texts of lines
	nthLine     map[int32]int         // occurrences of base's lines
	placed      map[triple]bool       // rows of both sides that stand already
	noted       []Change              // changes of comments
	baseKeyless [3]map[string]bool    // values of base's rows without a key, as a side sees them

	// The header's record in each version; whether all have one, so that it divides
	// the file; whether it stands in the result.
	header       triple
	headerKept   bool
	headerStands bool
	headerDone   bool

	kept  []int32
	order ordering

	form    fileForm
	w       writer
	markers int // length of conflict markers, once known
	quiet   bool

	// The row whose lines were looked up last.
	linesKnown bool
	linesRow   triple
	lines      Lines

	// Scratch.
	valued     []numbered
	fields     [3][]csvrows.Field
	row        mergedRow
	made       []byte // text of rows that the merge rendered
	keyA, keyB []byte

	res *Result
	err error // first error from deep inside
}

// cellOf is a cell of a version, by position of the column and record.
type cellOf struct {
	version, pos int
	rec          int32
}

func newMerger(opt Options) *merger {
	m := &merger{
		opt: opt, res: &Result{},
		undone: map[cellOf]bool{}, sums: map[string]bool{}, isStamp: map[string]bool{},
		answers: map[string]Resolution{}, seenIDs: map[string]int{}, lineIDs: map[string]int32{},
		placed: map[triple]bool{},
	}
	m.res.m = m
	for name, p := range opt.Policies {
		m.sums[name] = p.rule == "sum"
		if p.rule == "newer" {
			m.isStamp[p.arg] = true
		}
	}
	return m
}

// run merges: who is who among rows and columns, what the result's columns are, what
// becomes of rows that one side deleted, then the result from top to bottom.
func (m *merger) run(data [3][]byte) (err error) {
	if m.in, m.keyNames, err = readInputs(data, m.opt.Read); err != nil {
		return err
	}
	m.res.Key = m.keyNames
	m.rows = matchRows(&m.in)
	m.identifyColumns()
	if err := m.groupDuplicates(); err != nil {
		return err
	}
	m.renameKeys()
	m.warnMassChange()
	m.warnInputs()
	m.settleColumns()
	m.like[inOurs], m.like[inTheirs] = m.alike(inBase, inOurs), m.alike(inBase, inTheirs)
	m.judgeDeletions()
	m.warnMovedAway()
	m.findHeader()
	m.compose()
	m.finish()
	return m.err
}

// fail notes the first error.
func (m *merger) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

func (m *merger) warn(w Warning) {
	if !m.quiet {
		m.res.Warnings = append(m.res.Warnings, w)
	}
}

// warnInputs tells of headers that start with the comment prefix and of what looks
// like conflict markers.
func (m *merger) warnInputs() {
	for v := range m.in {
		if m.in[v].PrefixedHeader() {
			m.warn(Warning{Kind: WarnPrefixedHeader, Input: sideOf(v), Line: 1, Message: "the header starts with the comment prefix"})
		}
		if line := markerLine(m.in[v].Bytes()); line > 0 {
			m.warn(Warning{Kind: WarnConflictMarker, Input: sideOf(v), Line: line, Message: "this looks like a conflict marker; it was read as data"})
		}
	}
}

// findHeader finds out where the header goes. If all versions have one it divides
// the file: what is above it stays above. Else it goes where the sides have it. A
// header of one side alone goes away only if no row stands and the side left base's
// names alone.
func (m *merger) findHeader() {
	for v := range m.in {
		m.header[v] = int32(m.in[v].HeaderRecord())
	}
	b, o, t := m.header[inBase] >= 0, m.header[inOurs] >= 0, m.header[inTheirs] >= 0
	m.headerKept = b && o && t
	if o != t {
		keeper := inOurs
		if t {
			keeper = inTheirs
		}
		m.headerStands = !b || !m.sameNames(keeper) || m.anyRowStands(keeper)
		return
	}
	m.headerStands = o
}

func (m *merger) sameNames(s int) bool {
	return len(m.in[s].names) == len(m.in[inBase].names) && m.alike(inBase, s) && m.namesAlike(s)
}

func (m *merger) namesAlike(s int) bool {
	for i, name := range m.in[s].names {
		if name != m.in[inBase].names[i] {
			return false
		}
	}
	return true
}

// anyRowStands reports a row in the result, where only the keeper has rows: one that
// it added, or changed and that was not settled to the deletion.
func (m *merger) anyRowStands(keeper int) bool {
	for j := range int32(m.in[keeper].Len()) {
		if m.in[keeper].Kind(int(j)) != csvrows.Row {
			continue
		}
		switch b := m.rows.base[keeper][j]; {
		case b == keyless:
			if !m.inBaseKeyless(keeper, j) {
				return true
			}
		case b == none:
			return true
		default:
			f := m.fates[b]
			if g := m.groupOf(keeper, j); g != nil && g.conflict {
				f = &fate{deleter: other(keeper), verdict: g.verdict}
			}
			if f != nil && f.verdict.sideOr(m.standIn(KindDeleteModify)) != sideOf(f.deleter) {
				return true
			}
		}
	}
	return false
}

// finish fills in what the result says of itself.
func (m *merger) finish() {
	m.countInputs()
	if m.headerStands {
		for _, c := range m.layout {
			m.res.Columns = append(m.res.Columns, m.cols[c].name)
		}
	}
	m.res.spans, m.res.size = m.w.spans, m.w.size
	m.res.hasOutput = m.opt.Output != NoOutput || m.res.Clean()
	if !m.res.hasOutput {
		m.res.spans, m.res.size = nil, 0
	}
}

// takeWhole makes one input the result, byte for byte. If the inputs could not be
// merged otherwise, there is nothing to say about changes.
func (m *merger) takeWhole(data []byte, v int, merged bool) {
	r := m.res
	r.spans, r.size, r.hasOutput = [][]byte{data}, len(data), true
	if !merged {
		m.rows = nil
		r.Key, r.Columns = m.opt.Read.Key, m.in[v].Columns()
		m.countInputs()
	}
	r.Stats.Rows.Result = m.countRows(v)
}

// countInputs counts the rows of the inputs.
func (m *merger) countInputs() {
	rows := &m.res.Stats.Rows
	rows.Base, rows.Ours, rows.Theirs = m.countRows(inBase), m.countRows(inOurs), m.countRows(inTheirs)
}
