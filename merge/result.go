package merge

// Result is what a merge came to. It refers to the inputs and to what the merge found
// out about them, for Changes; it is safe for use by several goroutines.
type Result struct {
	// Conflicts are all conflicts, settled ones too: those of columns first, then of
	// deleted rows, then the others in the order of the result.
	Conflicts []Conflict
	Warnings  []Warning
	Stats     Stats
	// Key names the key columns.
	Key []string
	// Columns names the columns of the result; nil where it has no header.
	Columns []string

	m         *merger
	spans     []span
	size      int
	hasOutput bool
	diff      bool // of Diff
	whole     bool // one input, of which no more is known
}

// Clean reports that no conflict stands.
func (r *Result) Clean() bool { return r.Stats.Standing == 0 }

// Err returns a [*ConflictError] with the conflicts that stand, or nil.
func (r *Result) Err() error {
	if r.Clean() {
		return nil
	}
	e := &ConflictError{}
	for _, c := range r.Conflicts {
		if c.Settled == "" {
			e.Conflicts = append(e.Conflicts, c)
		}
	}
	return e
}

// HasOutput is false where conflicts stand and [Options.Output] is NoOutput.
func (r *Result) HasOutput() bool { return r.hasOutput }

// Size is how many bytes the merged file has.
func (r *Result) Size() int64 { return int64(r.size) }

// Bytes returns the merged file, newly allocated; nil for a result of [MergeLarge], which
// is to be had by WriteTo only.
func (r *Result) Bytes() []byte {
	if r.large() {
		return nil
	}
	b := make([]byte, 0, r.size)
	for _, s := range r.spans {
		b = append(b, s.data...)
	}
	return b
}

// large reports that parts of the result are in a file.
func (r *Result) large() bool { return r.m.sketch != nil && r.m.sketch.file != nil }

// ChangeKind says what a change did.
type ChangeKind string

// The kinds of changes.
const (
	ChangeCell          ChangeKind = "cell"           // Column; Before and After are values
	ChangeRowAdded      ChangeKind = "row_added"      // After is the row
	ChangeRowDeleted    ChangeKind = "row_deleted"    // Before is the row
	ChangeRowMoved      ChangeKind = "row_moved"      // no values
	ChangeKeyRenamed    ChangeKind = "key_renamed"    // Key is base's; Before and After are keys
	ChangeColumnAdded   ChangeKind = "column_added"   // Column
	ChangeColumnDeleted ChangeKind = "column_deleted" // Column
	ChangeColumnRenamed ChangeKind = "column_renamed" // Column is base's; Before and After are names
	ChangeColumnsMoved  ChangeKind = "columns_moved"  // Before and After are lists of names
	ChangeComment       ChangeKind = "comment"        // Before and After are lines without their end
)

// Change is one change of base that stands in the result.
//
// Replaying all changes on base gives the columns, rows and cells of the result:
// renames and deletions of columns and keys first, then additions, then cells. Cell
// changes name the result's key and column.
type Change struct {
	Kind ChangeKind
	// From is Ours, Theirs or Both; Neither for a value that a policy or the caller
	// made; Base where a conflict was settled to base.
	From      Side
	Key       []string
	Column    string
	HasColumn bool
	Before    Value
	After     Value
	Lines     Lines
}

// WarningKind says what a warning is about.
type WarningKind string

// The kinds of warnings.
const (
	WarnDuplicateKey   WarningKind = "duplicate_key"    // a key stands twice in an input
	WarnOrder          WarningKind = "order"            // rows were moved in ways that contradict
	WarnColumnOrder    WarningKind = "column_order"     // columns likewise
	WarnMassKeyChange  WarningKind = "mass_key_change"  // more than half of the keys went and as many came
	WarnPrefixedHeader WarningKind = "prefixed_header"  // the header starts with the comment prefix
	WarnForm           WarningKind = "form"             // a change of form gave way to another one
	WarnConflictMarker WarningKind = "conflict_markers" // an input holds what looks like a conflict marker
	WarnNUL            WarningKind = "nul"              // an input holds a NUL byte, such as a crash may leave
)

// Warning is something a person should know of that lost no data.
type Warning struct {
	Kind    WarningKind
	Input   Side // the input it is about; NoSide for all
	Key     []string
	Column  string
	Line    int // in that input, from 1; 0 for none
	Message string
}

// Stats counts what happened.
type Stats struct {
	Rows struct{ Base, Ours, Theirs, Result int }
	// Standing and Settled count conflicts.
	Standing, Settled int
}
