package merge

import (
	"maps"
	"sync"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A merger carries one merge from the inputs to the result. Its parts are filled in
// the order of run.
type merger struct {
	opt     Options
	reduces bool // the inputs may be reduced to a sketch
	inputs
	rows *pairing
	duplicates
	renames
	columns
	settling
	deletions
	header header
	composing
	scratch

	res *Result // nil in a merger that only reads what another made
	err error   // first error from deep inside
}

// duplicates are the rows of keys that stand twice.
type duplicates struct {
	groups  []*group
	groupAt [3]map[int32]*group
}

// renames tell how many keys vanished from a side and appeared there, apart from
// those that are one row by another name.
type renames struct {
	vanished, appeared [3]int
}

// columns are the union of the three headers and what the result has of them.
type columns struct {
	cols    []column
	heads   [3]head
	byLabel map[string]int  // index into cols; renamed ones by their new names too
	undone  map[cellOf]bool // edits of a dropped column that were decided against

	layout     []int   // the result's columns, as indexes into cols
	ownLayout  [3]bool // the result's columns are those of a version, in its order
	baseLayout [3]bool // a side's columns are base's, in its order

	commons, comparables [3][3]columnSet
	layouts              [3]columnSet
}

// settling is what settles conflicts, and what was asked already.
type settling struct {
	policies map[string]Policy     // by label
	isStamp  map[string]bool       // labels of columns that a policy newer looks at
	answers  map[string]Resolution // of the caller's function, by conflict
	seenIDs  map[string]int        // how many conflicts share an id
}

// deletions are the rows of base that one side deleted and the other changed.
type deletions struct {
	fates       map[int32]*fate     // by base's record
	turned      [3]map[int32]*fate  // by the comment that the row was turned into
	commented   [3]map[string]int32 // new comments by the key they hold
	baseKeyless [3]map[string]bool  // values of base's rows without a key, as a side sees them
}

// composing is the result in the making.
type composing struct {
	kept    []int32 // base's rows that stand in both sides
	order   ordering
	leading int              // the side in whose order most rows stand
	placed  map[triple]bool  // rows that both sides added and that stand already
	lineIDs map[string]int32 // texts of lines
	nthLine map[int32]int    // occurrences of base's lines
	noted   []Change         // changes of comments and of rows without a key
	form    fileForm
	splices bool // rows may be spliced
	w       writer
	markers int // length of conflict markers, once known
}

// scratch is memory that is used again and again. What stands in it holds until the
// next row.
type scratch struct {
	fields     [3][]csvrows.Field
	row        mergedRow
	valued     []numbered
	made       []byte // text of rows that the merge rendered; grows, never reused
	keyA, keyB []byte
	line       []byte
	shown      []byte // texts of rows, until one is put

	linesKnown bool // the row whose lines were looked up last
	linesRow   triple
	lines      Lines
	latest     [3]lineMark // of the rows whose lines were looked up last
}

// cellOf is a cell of a version, by position of the column and record.
type cellOf struct {
	version, pos int
	rec          int32
}

func newMerger(opt Options) *merger {
	m := &merger{opt: opt, res: &Result{}}
	m.undone = map[cellOf]bool{}
	m.answers, m.seenIDs = map[string]Resolution{}, map[string]int{}
	m.lineIDs, m.placed = map[string]int32{}, map[triple]bool{}
	m.res.m = m
	return m
}

// reader returns a merger that looks at what m made without changing it: what it
// merges again goes nowhere.
func (m *merger) reader() *merger {
	r := *m
	r.res, r.scratch, r.answers = nil, scratch{}, maps.Clone(m.answers)
	return &r
}

// run merges inputs that were read: who is who among rows and columns, what the
// result's columns are, what becomes of rows that one side deleted, then the result
// from top to bottom.
func (m *merger) run() error {
	if m.refused != nil {
		return m.refused
	}
	m.res.Key = m.keyNames
	m.rows = matchRows(&m.in)
	if m.sketch != nil && !m.soundKeys() {
		return errSketch
	}
	m.identifyColumns()
	m.assignPolicies()
	if err := m.groupDuplicates(); err != nil {
		return err
	}
	if m.sketch != nil && !m.soundOrder() {
		return errSketch
	}
	m.renameKeys()
	if m.err != nil {
		return m.err
	}
	m.rows.findKept()
	m.warnMassChange()
	m.warnInputs()
	m.settleColumns()
	m.findHeader()
	m.judgeDeletions()
	m.warnMovedAway()
	m.judgeHeader()
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
	if m.res != nil {
		m.res.Warnings = append(m.res.Warnings, w)
	}
}

// warnInputs tells of headers that start with the comment prefix, of what looks like
// conflict markers, and of NUL bytes: no CSV file needs one, and a crash leaves many.
func (m *merger) warnInputs() {
	var markers, nuls [3]int // lines
	var wg sync.WaitGroup
	for v := range m.in {
		wg.Go(func() { markers[v], nuls[v] = m.lineOf(v, markerAt), m.lineOf(v, nulAt) })
	}
	wg.Wait()
	for v := range m.in {
		if m.in[v].PrefixedHeader() {
			m.warn(Warning{Kind: WarnPrefixedHeader, Input: sideOf(v), Line: 1, Message: "the header starts with the comment prefix"})
		}
		if line := markers[v]; line > 0 {
			m.warn(Warning{Kind: WarnConflictMarker, Input: sideOf(v), Line: line, Message: "this looks like a conflict marker; it was read as data"})
		}
		if line := nuls[v]; line > 0 {
			m.warn(Warning{Kind: WarnNUL, Input: sideOf(v), Line: line, Message: "this holds a NUL byte; it was read as data"})
		}
	}
}

// finish fills in what the result says of itself.
func (m *merger) finish() {
	m.countInputs()
	if m.header.stands {
		for _, c := range m.layout {
			m.res.Columns = append(m.res.Columns, m.cols[c].name)
		}
	}
	m.res.spans, m.res.size = m.w.spans, m.w.size
	m.res.hasOutput = m.opt.Output != NoOutput || m.res.Clean()
	if !m.res.hasOutput {
		m.res.spans, m.res.size = nil, 0
	}
	m.checkHeader()
}

// takeWhole makes one input the result, byte for byte. If the inputs could not be
// merged otherwise, there is nothing to say about changes.
func (m *merger) takeWhole(data []byte, v int, merged bool) {
	r := m.res
	r.spans, r.size, r.hasOutput = nil, len(data), true
	if len(data) > 0 {
		r.spans = []span{{data: data}}
	}
	if !merged {
		r.whole = true
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
