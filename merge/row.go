package merge

import (
	"bytes"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A view is one field of a row in one version. The zero view has no such column or
// no such row.
type view struct {
	raw     csvrows.Field
	has     bool // the row and the column exist
	present bool // the row is long enough
}

func (x view) value() []byte { return x.raw.Value() }

func (x view) same(y view) bool { return x.present == y.present && bytes.Equal(x.raw, y.raw) }

// A cell is one field of a merged row.
type cell struct {
	view
	// versions are what the three versions have here, where a conflict stands and
	// the row is to be shown in all of them; else nil.
	versions *[3]view
}

// A mergedRow is a row of the result, cell by cell. It is reused.
type mergedRow struct {
	cells []cell
	// block is set if a conflict stands in it that is to be shown by markers.
	block bool
	shown [][3]view // what versions of cells point to
}

// A rowMerge holds what the cells of one row have in common.
type rowMerge struct {
	*merger
	rec triple
	// clash is set if both sides changed the row, differently, and granularity says
	// that this is a conflict.
	clash bool
	// key is the verdict over two different renames, and renamed tells that there are two;
	// or over one of a row that the other side deleted, where the caller gave the key.
	key     verdict
	renamed bool
	called  csvrows.Key // what name returns, once it was asked
}

// mergeRow merges a row cell by cell into m.row, and reports its conflicts. The row
// must stand in the result.
func (m *merger) mergeRow(rec triple) {
	r := rowMerge{merger: m, rec: rec}
	for v := range rec {
		m.fields[v] = m.fields[v][:0]
		if rec[v] >= 0 {
			m.fields[v] = m.in[v].Fields(m.fields[v], int(rec[v]))
		}
	}
	m.row.cells, m.row.block, m.row.shown = m.row.cells[:0], false, m.row.shown[:0]
	r.compareKeys()
	r.clash = m.opt.Granularity == Rows && r.bothChanged()
	for _, c := range m.layout[:r.reach()] {
		m.row.cells = append(m.row.cells, r.mergeCell(&m.cols[c]))
	}
	for i := range r.mostUnnamed() {
		m.row.cells = append(m.row.cells, r.mergeCell(m.columnAt(len(m.layout)+i)))
	}
}

// reach is how many of the result's columns the row can have a field in. Where the
// versions have the result's columns that is as many as the longest has fields.
func (r *rowMerge) reach() int {
	n := 0
	for v, rec := range r.rec {
		if rec >= 0 && !r.ownLayout[v] {
			return len(r.layout)
		}
		n = max(n, len(r.fields[v]))
	}
	return min(n, len(r.layout))
}

// mostUnnamed is how many fields without a column the longest version has.
func (r *rowMerge) mostUnnamed() int {
	n := 0
	for v := range r.rec {
		n = max(n, len(r.fields[v])-len(r.in[v].names))
	}
	return n
}

// compareKeys finds out whether the sides renamed the row, differently, and settles
// that.
func (r *rowMerge) compareKeys() {
	b, o, t := r.rec[inBase], r.rec[inOurs], r.rec[inTheirs]
	if b < 0 {
		r.key = r.keyGiven()
	}
	if b < 0 || o < 0 || t < 0 || !r.keyChanged(inOurs, b, o) || !r.keyChanged(inTheirs, b, t) {
		return
	}
	if slices.Equal(r.in[inOurs].Key(int(o), r.in[inOurs].key), r.in[inTheirs].Key(int(t), r.in[inTheirs].key)) {
		return
	}
	r.renamed = true
	conf := Conflict{Kind: KindKeyRename, Key: r.name(), Column: r.keyLabel(), HasColumn: true, Lines: r.linesOf(r.rec)}
	conf.Base, conf.Ours, conf.Theirs = r.keyValue(inBase, b), r.keyValue(inOurs, o), r.keyValue(inTheirs, t)
	conf.ID = conflictID(conf.Kind, conf.Column, conf.Key...)
	r.key = r.settle(&conf, r.stamp)
	r.report(conf)
}

// keyGiven is the verdict over a row that only its keeper has, if the caller gave the key.
func (r *rowMerge) keyGiven() verdict {
	for _, k := range []int{inOurs, inTheirs} {
		if r.rec[k] < 0 {
			continue
		}
		if f := r.fates[r.rows.base[k][r.rec[k]]]; f != nil && f.verdict.side == Neither {
			return f.verdict
		}
	}
	return verdict{}
}

// keyOf is the verdict over the key for one of its columns.
func (r *rowMerge) keyOf(c *column) verdict {
	v := r.key
	if v.side == Neither {
		v.value = KeyOf(v.value, len(r.keyNames))[slices.Index(r.in[inBase].key, c.pos[inBase])]
	}
	return v
}

// name is what the row is called: by its new key if a side renamed it, by base's if
// both did, differently.
func (r *rowMerge) name() csvrows.Key {
	if r.called != nil {
		return r.called
	}
	b, o, t := r.rec[inBase], r.rec[inOurs], r.rec[inTheirs]
	in, rec := inOurs, o
	switch {
	case r.renamed || o < 0 && t < 0:
		in, rec = inBase, b
	case o < 0 || b >= 0 && t >= 0 && !r.keyChanged(inOurs, b, o):
		in, rec = inTheirs, t
	}
	r.called = r.in[in].Key(int(rec), r.in[in].key)
	return r.called
}

// bothChanged reports that both sides changed values of the row and not to the same.
func (r *rowMerge) bothChanged() bool {
	b, o, t := r.rec[inBase], r.rec[inOurs], r.rec[inTheirs]
	return b >= 0 && o >= 0 && t >= 0 && r.modifiedFields(inOurs) && r.modifiedFields(inTheirs)
}

func (r *rowMerge) modifiedFields(s int) bool {
	for _, c := range r.layout[:r.reach()] {
		col := &r.cols[c]
		if col.in(s) && !bytes.Equal(r.view(s, col).value(), r.view(inBase, col).value()) {
			return true
		}
	}
	for i := range r.mostUnnamed() {
		if !bytes.Equal(r.unnamedValue(s, i), r.unnamedValue(inBase, i)) {
			return true
		}
	}
	return false
}

func (r *rowMerge) unnamedValue(v, i int) []byte {
	if p := len(r.in[v].names) + i; p < len(r.fields[v]) {
		return r.fields[v][p].Value()
	}
	return nil
}

// view returns the row's field of a column in one version.
func (r *rowMerge) view(v int, c *column) view {
	switch {
	case r.rec[v] < 0 || !c.in(v):
		return view{}
	case c.pos[v] < len(r.fields[v]):
		return view{r.fields[v][c.pos[v]], true, true}
	}
	return view{has: true}
}

// mergeCell merges the field of one column of the result.
func (r *rowMerge) mergeCell(c *column) cell {
	b, o, t := r.view(inBase, c), r.view(inOurs, c), r.view(inTheirs, c)
	if c.deletedBy != 0 {
		return cell{view: r.mergeDeleted(c, b, [3]view{inOurs: o, inTheirs: t}[other(c.deletedBy)])}
	}
	if c.isKey && (r.renamed || r.key.side == Neither) {
		return r.choose(r.keyOf(c), KindKeyRename, [3]view{b, o, t})
	}
	switch {
	case !o.has && !t.has && !b.has:
		return cell{view: r.emptyField()}
	case !o.has && !t.has:
		return cell{view: b}
	case !t.has:
		return r.one(c, b, o, [3]view{b, o, t})
	case !o.has:
		return r.one(c, b, t, [3]view{b, o, t})
	}
	return r.mergeBoth(c, b, o, t)
}

// one takes the field of the only side that has it. At granularity Rows it may yet
// clash with what the other side did to the row.
func (r *rowMerge) one(c *column, b, x view, all [3]view) cell {
	if r.clash && !b.has && len(x.value()) > 0 {
		return r.conflict(c, all)
	}
	return cell{view: x}
}

// emptyField is the field of a column that the row's versions do not have, quoted if
// all their fields are.
func (r *rowMerge) emptyField() view {
	quoted := true
	for v := range r.rec {
		for _, f := range r.fields[v] {
			quoted = quoted && f.Quoted()
		}
	}
	return view{raw: csvrows.Encode(nil, quoted, r.in[inOurs].Delimiter()), has: true, present: r.full()}
}

// full reports that the row has all fields of its version: then it gets one in a
// column that the other side added, too.
func (r *rowMerge) full() bool {
	for v, rec := range r.rec {
		if rec >= 0 && len(r.fields[v]) < len(r.in[v].names) {
			return false
		}
	}
	return true
}

// mergeDeleted gives the field of a column that one side dropped and that stays all
// the same: the keeper's, or base's where the keeper's edit was decided against or the
// keeper has deleted the row.
func (r *rowMerge) mergeDeleted(c *column, b, k view) view {
	keeper := other(c.deletedBy)
	switch {
	case k.has && !r.undone[cellOf{keeper, c.pos[keeper], r.rec[keeper]}]:
		return k
	case b.has:
		return b
	}
	for v, rec := range r.rec { // one side's row alone
		if rec >= 0 && r.rows.base[v][rec] >= 0 {
			raw, present := r.in[inBase].Field(int(r.rows.base[v][rec]), c.pos[inBase])
			return view{raw: raw, has: true, present: present}
		}
	}
	return r.emptyField()
}

// mergeBoth merges a field that both sides have.
func (r *rowMerge) mergeBoth(c *column, b, o, t view) cell {
	if b.has && b.same(o) && b.same(t) {
		return cell{view: t} // nearly every field
	}
	vb, vo, vt := b.value(), o.value(), t.value()
	oursChanged, theirsChanged := !bytes.Equal(vo, vb), !bytes.Equal(vt, vb)
	if r.rec[inBase] < 0 {
		oursChanged, theirsChanged = true, true
	}
	if bytes.Equal(vo, vt) && oursChanged && theirsChanged && r.policies[c.label].rule == "sum" {
		if _, ok := sum(string(vb), string(vo), string(vt)); ok && b.has {
			return r.conflict(c, [3]view{b, o, t}) // the same change twice is two changes of a sum
		}
	}
	switch {
	case bytes.Equal(vo, vt):
		return cell{view: r.formed(vo, b, o, t)}
	case r.clash || oursChanged && theirsChanged:
		return r.conflict(c, [3]view{b, o, t})
	case oursChanged:
		return cell{view: r.formed(vo, b, o, t)}
	}
	return cell{view: r.formed(vt, b, o, t)}
}

// conflict makes a conflict of the three versions of a field and settles it.
func (r *rowMerge) conflict(c *column, versions [3]view) cell {
	conf := Conflict{Kind: KindCell, Key: r.name(), Column: c.label, HasColumn: true}
	switch {
	case r.rec[inBase] < 0:
		conf.Kind = KindAddAdd
	case c.added():
		conf.Kind = KindColumnAddAdd
	}
	conf.ID = conflictID(conf.Kind, c.label, conf.Key...)
	conf.Lines = r.linesOf(r.rec)
	for v, x := range versions {
		if x.has {
			*conf.value(sideOf(v)) = Value{Exists: true, Text: string(x.value())}
		}
	}
	v := r.settle(&conf, r.stamp)
	r.report(conf)
	return r.choose(v, conf.Kind, versions)
}

// choose takes what a verdict says, or keeps all versions for a block.
func (r *rowMerge) choose(v verdict, kind ConflictKind, versions [3]view) cell {
	b, o, t := versions[inBase], versions[inOurs], versions[inTheirs]
	switch side := v.sideOr(r.standIn(kind)); side {
	case NoSide:
		r.row.block = true
		r.row.shown = append(r.row.shown, versions)
		return cell{view: view{has: true, present: o.present || t.present}, versions: &r.row.shown[len(r.row.shown)-1]}
	case Neither:
		return cell{view: r.formed([]byte(v.value), b, o, t)}
	default:
		x := versions[side.input()]
		return cell{view: view{raw: x.raw, has: true, present: x.present || o.present && t.present}}
	}
}

// stamp returns the value of the named column on a side, for policy newer.
func (r *rowMerge) stamp(s Side, name string) ([]byte, bool) {
	i, ok := r.byLabel[name]
	if !ok {
		return nil, false
	}
	x := r.view(s.input(), &r.cols[i])
	return x.value(), x.has
}

// formed gives a value the merged form of its three versions: quoted or bare, present
// or not. A version that has both the value and the form is taken byte for byte.
func (r *rowMerge) formed(value []byte, b, o, t view) view {
	quoted := o.raw.Quoted() || t.raw.Quoted()
	present := o.present || t.present
	if b.has {
		quoted = merge3(b.raw.Quoted(), o.raw.Quoted(), t.raw.Quoted())
		present = merge3(b.present, o.present, t.present)
	}
	if len(value) == 0 && !present {
		return view{raw: csvrows.Encode(nil, quoted, r.in[inOurs].Delimiter()), has: true}
	}
	fits := func(x view) bool {
		return x.has && x.present && x.raw.Quoted() == quoted && bytes.Equal(x.value(), value)
	}
	switch okO, okT := fits(o), fits(t); {
	case okO && okT && b.same(o):
		return t
	case okO && okT && !b.same(t) && r.lessForm(t.raw, o.raw):
		return t
	case okO:
		return o
	case okT:
		return t
	}
	return view{raw: csvrows.Encode(value, quoted, r.in[inOurs].Delimiter()), has: true, present: true}
}

// lessForm orders two fields of one value, both quoted or both bare: the one that a merge
// would write comes before others, such as quotes around a part of the value only.
func (m *merger) lessForm(x, y csvrows.Field) bool {
	if bytes.Equal(x, y) {
		return false
	}
	made := csvrows.Encode(x.Value(), x.Quoted(), m.in[inOurs].Delimiter())
	if bytes.Equal(x, made) || bytes.Equal(y, made) {
		return bytes.Equal(x, made)
	}
	return bytes.Compare(x, y) < 0
}

// merge3 merges an attribute of form that is one of two: where both sides differ,
// one of them is base's.
func merge3(b, o, t bool) bool {
	if o == b {
		return t
	}
	return o
}

// as is the cell in one version.
func (c *cell) as(v int) view {
	if c.versions != nil {
		return c.versions[v]
	}
	return c.view
}
