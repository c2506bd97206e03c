package fuzz

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
)

// The three versions, as indexes.
const (
	base = iota
	ours
	theirs
)

// bothSides is what laws about each side run over.
var bothSides = []int{ours, theirs}

func other(side int) int { return ours + theirs - side }

// view is a merge and what laws look at: the versions and the result, read by the
// oracle's reader.
type view struct {
	tr  triple
	r   *merge.Result
	in  []*oracle.Table
	out *oracle.Table
	// renamed says what became of base's keys and columns, as the result tells it.
	renamedKeys    map[string]string
	renamedColumns map[oracle.Column]oracle.Column
	words          map[string]string // what lines say, by their text: comments of all forms the same, blanks nothing
}

// views looks at the merge with each output that is valid CSV.
func (tr triple) views() ([]*view, error) {
	var views []*view
	for _, output := range []merge.Output{merge.OutputOurs, merge.OutputTheirs, merge.OutputBase} {
		v, err := tr.look(output)
		if err != nil {
			return nil, fmt.Errorf("output %d: %w", output, err)
		}
		if v != nil {
			views = append(views, v)
		}
	}
	return views, nil
}

// look merges to a valid CSV. The view is nil where the merge refuses or where the
// oracle's reader cannot follow, and so there is nothing to look at.
func (tr triple) look(out merge.Output) (*view, error) {
	tr = tr.output(out)
	f, ok := tr.format()
	r, err := tr.merge()
	if !ok || err != nil {
		return nil, nil
	}
	in, err := oracle.Read(f, tr.all()...)
	if err != nil {
		return nil, nil
	}
	tables, err := oracle.Read(f, append(tr.all(), r.Bytes())...)
	if errors.Is(err, oracle.ErrUnclear) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the result does not read: %w", err)
	}
	v := &view{tr: tr, r: r, in: in, out: tables[len(in)]}
	v.noteRenames()
	v.noteWords(tables)
	return v, nil
}

func (v *view) noteWords(tables []*oracle.Table) {
	v.words = map[string]string{}
	for _, t := range tables {
		for _, rec := range t.Records {
			v.words[rec.Text] = rec.Words
			if rec.Kind == oracle.Row {
				v.words[rec.Text] = rec.Text
			}
		}
	}
}

func (v *view) noteRenames() {
	v.renamedKeys, v.renamedColumns = map[string]string{}, map[oracle.Column]oracle.Column{}
	for c := range v.r.Changes() {
		switch c.Kind {
		case merge.ChangeKeyRenamed:
			v.renamedKeys[oracle.Key(c.Key...)] = c.After.Text
		case merge.ChangeColumnRenamed:
			v.renamedColumns[columnOf(c.Column)] = columnOf(c.After.Text)
		}
	}
}

// keyNow and columnNow follow what was renamed.
func (v *view) keyNow(key string) string {
	if now, ok := v.renamedKeys[key]; ok {
		return now
	}
	return key
}

func (v *view) columnNow(c oracle.Column) oracle.Column {
	if now, ok := v.renamedColumns[c]; ok {
		return now
	}
	return c
}

// nowNamed gives cells of base by the names that their columns have in the result.
func (v *view) nowNamed(cells oracle.Cells) oracle.Cells {
	now := oracle.Cells{}
	for c, value := range cells {
		now[v.columnNow(c)] = value
	}
	return now
}

// repeated reports a key that stands twice in an input.
func (v *view) repeated(key string) bool {
	return slices.ContainsFunc(v.in, func(t *oracle.Table) bool { return t.Repeated[key] })
}

// irregular reports rows that are not told by their key.
func (v *view) irregular() bool {
	return slices.ContainsFunc(v.in, func(t *oracle.Table) bool { return len(t.Repeated) > 0 || t.Keyless > 0 })
}

// headers reports that every version has a header, and columns are told by name.
func (v *view) headers() bool {
	return v.allHeaders() && v.namesTell()
}

func (v *view) allHeaders() bool {
	return !slices.ContainsFunc(v.in, func(t *oracle.Table) bool { return !t.HasHeader })
}

// namesTell reports that a name tells a column: it stands once, or where it does always.
func (v *view) namesTell() bool {
	repeated := slices.ContainsFunc(v.in, func(t *oracle.Table) bool {
		return slices.ContainsFunc(t.Columns, func(c oracle.Column) bool { return c.Nth > 1 })
	})
	return !repeated || v.sameHeaders()
}

// sameHeaders reports that the headers are equal, byte for byte.
func (v *view) sameHeaders() bool {
	text := func(t *oracle.Table) string {
		for _, rec := range t.Records {
			if rec.Kind == oracle.Header {
				return rec.Text
			}
		}
		return "\x00none"
	}
	return text(v.in[ours]) == text(v.in[base]) && text(v.in[theirs]) == text(v.in[base])
}

// kept reports a row of base that stands in both sides, once each, by its key there
// or by the one it was renamed to.
func (v *view) kept(key string) bool {
	if _, ok := v.in[base].Rows[key]; !ok {
		return false
	}
	for _, t := range v.in {
		_, old := t.Rows[key]
		_, renamed := t.Rows[v.keyNow(key)]
		if !old && !renamed {
			return false
		}
	}
	return !v.repeated(key) && !v.repeated(v.keyNow(key))
}

// leads are the lines of a table above each kept row. A header divides like a kept
// row, where all versions have one; else no row is kept either.
func (v *view) leads(t *oracle.Table) map[string][]string {
	leads := map[string][]string{}
	for place, records := range t.Leads(v.place) {
		for _, rec := range records {
			leads[place] = append(leads[place], rec.Text)
		}
	}
	if !v.allHeaders() {
		leads[oracle.AtEnd] = append(leads[oracle.AboveHeader], leads[oracle.AtEnd]...)
		delete(leads, oracle.AboveHeader)
	}
	return leads
}

// place names a kept row by its key in base; it is empty for other rows.
func (v *view) place(key string) string {
	for old, now := range v.renamedKeys {
		if now == key && v.kept(old) {
			return old
		}
	}
	if v.kept(key) {
		return key
	}
	return ""
}

// places lists the kept rows, the header and the end of file.
func (v *view) places() []string {
	places := []string{oracle.AboveHeader, oracle.AtEnd}
	for _, key := range v.in[base].Order {
		if v.kept(key) {
			places = append(places, key)
		}
	}
	return places
}

// renames reports that the result holds a rename, or a conflict about one, or about
// the key of a row of which all that differs may conflict.
func (v *view) renames() bool {
	ofKey := func(c merge.Conflict) bool { return c.HasColumn && slices.Contains(v.r.Key, c.Column) }
	return len(v.renamedKeys)+len(v.renamedColumns) > 0 ||
		v.conflicts(merge.KindKeyRename, merge.KindColumnRename) || slices.ContainsFunc(v.r.Conflicts, ofKey)
}

// conflicts reports a conflict of one of the kinds.
func (v *view) conflicts(kinds ...merge.ConflictKind) bool {
	return slices.ContainsFunc(v.r.Conflicts, func(c merge.Conflict) bool { return slices.Contains(kinds, c.Kind) })
}

// warned reports a warning of a kind.
func (v *view) warned(kind merge.WarningKind) bool {
	return slices.ContainsFunc(v.r.Warnings, func(w merge.Warning) bool { return w.Kind == kind })
}

// spot is where a cell stands.
type spot struct {
	key    string
	column oracle.Column
}

// edits is what a side did to base.
type edits struct {
	cells          map[spot]string // new values
	added, deleted map[string]bool // keys of rows
	newColumns     map[oracle.Column]bool
	lostColumns    map[oracle.Column]bool
	lines          map[string]bool // places above which lines changed
}

// former gives base's cells of a row, by the names that a side has for its key and
// its columns.
func (v *view) former(side int, key string) oracle.Cells {
	row := v.in[base].Rows[key]
	for old, now := range v.renamedKeys {
		if now == key {
			row = v.in[base].Rows[old]
		}
	}
	cells := oracle.Cells{}
	for c, value := range row {
		if now := v.columnNow(c); slices.Contains(v.in[side].Columns, now) {
			c = now
		}
		cells[c] = value
	}
	return cells
}

// edits leaves out keys that stand twice. Renames are taken from the result; all
// else is found by comparing.
func (v *view) edits(side int) edits {
	b, s := v.in[base], v.in[side]
	e := edits{map[spot]string{}, map[string]bool{}, map[string]bool{}, map[oracle.Column]bool{}, map[oracle.Column]bool{}, map[string]bool{}}
	for key := range maps.Keys(b.Rows) {
		if _, stays := s.Rows[key]; !stays && !v.repeated(key) {
			e.deleted[key] = true
		}
	}
	for key, cells := range s.Rows {
		if v.repeated(key) {
			continue
		}
		if _, known := b.Rows[key]; !known {
			e.added[key] = true
		}
		v.cellEdits(e.cells, side, key, v.former(side, key), cells)
	}
	e.newColumns, e.lostColumns = missing(s, b), missing(b, s)
	here, there := v.leads(b), v.leads(s)
	for _, place := range v.places() {
		if !slices.Equal(here[place], there[place]) {
			e.lines[place] = true
		}
	}
	return e
}

// cellEdits compares a row with base's, in the columns that the side has.
func (v *view) cellEdits(into map[spot]string, side int, key string, was, is oracle.Cells) {
	for c := range is {
		if was[c] != is[c] {
			into[spot{key, c}] = is[c]
		}
	}
	for c := range was {
		if is[c] == "" && (c.Unnamed || slices.Contains(v.in[side].Columns, c)) {
			into[spot{key, c}] = ""
		}
	}
}

// missing lists the columns of a table that another lacks; a table without a header
// lacks nothing and adds nothing.
func missing(t, lacking *oracle.Table) map[oracle.Column]bool {
	set := map[oracle.Column]bool{}
	if !t.HasHeader || !lacking.HasHeader {
		return set
	}
	for _, c := range t.Columns {
		if !slices.Contains(lacking.Columns, c) {
			set[c] = true
		}
	}
	return set
}
