package store

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A version is one content of a file's history.
type version struct {
	seq     int64
	written bool // by a store; else it was read from outside
	snap    Snapshot
	// accepted: somebody said that it counts as it is. Nothing in it is the program's.
	accepted bool
	anew     bool // the program made the file with it, as there was none
}

// own reports that what the version changed is the program's doing.
func (v version) own() bool { return v.written && !v.accepted }

// A lineage is a history read by items: what stood at each key, and each comment, in
// which versions. Neighbouring versions share nearly all of their lines, so a history
// costs little more to read than its first version and its changes.
//
// Index 0 to newest are the versions, oldest first; the save is beside them.
type lineage struct {
	versions []version
	newest   int
	size     int    // bytes of the versions
	prefix   string // of comments

	records []entry
	ids     map[entryName]int32
	items   []item
	itemIDs map[itemName]int32
	columns []string // their names by id
	colIDs  map[string]int32
	layouts []layout
	layout  []int32 // of each version, and of the save behind them
	rows    []int   // how many rows each version has
	order   []int32 // the entries of the newest version, in its order

	notices     map[string][]int // versions that hold each notice
	saveNotices []string

	count    map[int32]int32 // how often an item stood so far in what is being read
	previous []int32         // the entries of what was read last, by record
	texts    [][]byte
	form     int32 // its layout
}

// absent is the entry of an item that does not stand in a version.
const absent int32 = -1

// An entry is one text of an item: a record with its place among equal ones.
type entry struct {
	item   int32
	layout int32
	file   *csvrows.File
	record int
	first  int      // version that had it first, or noVersion
	values [][]byte // of a row, cut when they are asked for
	cut    bool
	notice string // the comment is a notice of the store, and no item
}

type entryName struct {
	layout, nth int32
	text        string
}

// An item is what an entry is a text of: a row by its key, or a comment or a row
// without a key by what it says. Equal ones are told apart by a number.
type item struct {
	row   bool
	key   csvrows.Key
	spans []span // from version 0 to the newest
	seen  int    // version that had it last, or -1
	save  int32  // its entry in the save
}

type itemName struct {
	row  bool
	nth  int32
	name string
}

// A span is a run of versions, up to the next span, in which an item has one entry.
type span struct {
	from  int
	entry int32
}

// A layout is the columns of a header by id. Fields behind them, and those of a file
// without a header, are numbered downwards from unnamed.
type layout struct {
	columns   []int32
	delimiter byte // the same text is cut otherwise by another one
}

const unnamed int32 = -2

func (l layout) at(position int) int32 {
	if position < len(l.columns) {
		return l.columns[position]
	}
	return unnamed - int32(position-len(l.columns))
}

// position is where a column stands, or -1.
func (l layout) position(column int32) int {
	if column <= unnamed {
		return len(l.columns) + int(unnamed-column)
	}
	return slices.Index(l.columns, column)
}

func (l layout) has(column int32) bool { return l.position(column) >= 0 }

// noVersion is where an entry stands first that only a save has had so far.
const noVersion = math.MaxInt

// newLineage is that of a file without a history. Notices begin with prefix.
func newLineage(prefix string) *lineage {
	return &lineage{
		newest: -1, prefix: prefix,
		ids: make(map[entryName]int32), itemIDs: make(map[itemName]int32), colIDs: make(map[string]int32),
		notices: make(map[string][]int), count: make(map[int32]int32),
	}
}

// add makes a version the newest one.
func (l *lineage) add(old version) {
	l.versions = append(l.versions, old)
	l.newest++
	l.size += len(old.snap.Bytes())
	v, rows := l.newest, 0
	l.order, l.layout = l.order[:0], l.layout[:v]
	for id := range l.read(v, old.snap.file) {
		e := &l.records[id]
		if e.first == noVersion {
			e.first = v
		}
		if e.notice != "" {
			l.notices[e.notice] = append(l.notices[e.notice], v)
			continue
		}
		l.order = append(l.order, id)
		rows += l.stands(v, id)
	}
	l.rows = append(l.rows, rows)
}

// setSave puts a save beside the history, in place of the one before. The history is not
// empty.
func (l *lineage) setSave(save *csvrows.File) {
	for i := range l.items {
		l.items[i].save = absent
	}
	l.saveNotices, l.layout = nil, l.layout[:l.newest+1]
	for id := range l.read(len(l.versions), save) {
		if e := &l.records[id]; e.notice != "" {
			l.saveNotices = append(l.saveNotices, e.notice)
		} else {
			l.items[e.item].save = id
		}
	}
	for i := range l.items {
		if it := &l.items[i]; it.seen < l.newest {
			it.leave(it.seen + 1)
		}
	}
}

// leave notes that an item is absent from a version on.
func (it *item) leave(v int) {
	if n := len(it.spans); n == 0 || it.spans[n-1].entry != absent {
		it.spans = append(it.spans, span{v, absent})
	}
}

// stands notes that an entry stands in version v, and returns 1 if it is a row.
func (l *lineage) stands(v int, id int32) int {
	it := &l.items[l.records[id].item]
	if it.seen < v-1 {
		it.leave(it.seen + 1)
	}
	if n := len(it.spans); n == 0 || it.spans[n-1].entry != id {
		it.spans = append(it.spans, span{v, id})
	}
	it.seen = v
	if it.row {
		return 1
	}
	return 0
}

// read yields the entries of a file that is version v: all but header and blanks. Where
// a record stands as in the file before, nothing is looked up.
func (l *lineage) read(v int, f *csvrows.File) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		l.layout = append(l.layout, l.layoutOf(f))
		keyCols, _ := f.KeyColumns() // a snapshot has them
		clear(l.count)
		ids, texts := make([]int32, f.Len()), make([][]byte, f.Len())
		same := l.layout[v] == l.form
		for i := range f.Len() {
			ids[i] = absent
			kind := f.Kind(i)
			if kind == csvrows.Blank || kind == csvrows.Header {
				continue
			}
			texts[i] = f.Text(i)
			id := absent
			if same && i < len(l.previous) && l.previous[i] != absent && bytes.Equal(texts[i], l.texts[i]) {
				id = l.previous[i]
			}
			if id == absent {
				id = l.entryOf(v, f, i, 0, keyCols)
			}
			first := l.records[id].item
			if nth := l.count[first]; nth > 0 {
				id = l.entryOf(v, f, i, nth, keyCols)
			} else {
				ids[i] = id
			}
			l.count[first]++
			if !yield(id) {
				return
			}
		}
		l.previous, l.texts, l.form = ids, texts, l.layout[v]
	}
}

func (l *lineage) entryOf(v int, f *csvrows.File, record int, nth int32, keyCols []int) int32 {
	kind, text := f.Kind(record), f.Text(record)
	name := entryName{layout: l.layout[v], nth: nth}
	if kind == csvrows.Comment {
		name.layout = -1
	}
	name.text = string(text)
	if id, ok := l.ids[name]; ok {
		return id
	}
	e := entry{layout: l.layout[v], file: f, record: record, first: noVersion}
	what := itemName{nth: nth, name: name.text}
	var key csvrows.Key
	if kind == csvrows.Comment {
		what.name = said(f, record)
		if isNotice(what.name, l.prefix) {
			e.notice = what.name
		}
	} else if id, empty := f.AppendKey(nil, record, keyCols); !empty {
		what.row, what.name, key = true, string(id), f.Key(record, keyCols)
	}
	e.item = l.itemOf(what, key)
	id := int32(len(l.records))
	l.records = append(l.records, e)
	l.ids[name] = id
	return id
}

func (l *lineage) itemOf(name itemName, key csvrows.Key) int32 {
	id, ok := l.itemIDs[name]
	if !ok {
		id = int32(len(l.items))
		l.itemIDs[name] = id
		l.items = append(l.items, item{row: name.row, key: key, save: absent, seen: -1})
	}
	return id
}

// said is a comment without its form: its quotes and the delimiters that pad it.
func said(f *csvrows.File, record int) string {
	text := f.Text(record)
	if csvrows.Field(text).Quoted() {
		var values [][]byte
		for _, field := range f.Fields(nil, record) {
			values = append(values, field.Value())
		}
		text = bytes.Join(values, []byte{f.Delimiter()})
	}
	return string(bytes.TrimRight(text, string(rune(f.Delimiter()))))
}

func (l *lineage) layoutOf(f *csvrows.File) int32 {
	now := layout{delimiter: f.Delimiter()}
	seen := make(map[string]int)
	for _, name := range f.Columns() {
		seen[name]++
		if n := seen[name]; n > 1 {
			name += "\x00" + strconv.Itoa(n) // repeated names go by occurrence
		}
		id, ok := l.colIDs[name]
		if !ok {
			id = int32(len(l.columns))
			l.colIDs[name] = id
			l.columns = append(l.columns, name)
		}
		now.columns = append(now.columns, id)
	}
	for i, old := range l.layouts {
		if old.delimiter == now.delimiter && slices.Equal(old.columns, now.columns) {
			return int32(i)
		}
	}
	l.layouts = append(l.layouts, now)
	return int32(len(l.layouts) - 1)
}

// entryAt is what an item is in a version.
func (l *lineage) entryAt(item int32, v int) int32 {
	spans := l.items[item].spans
	i := sort.Search(len(spans), func(i int) bool { return spans[i].from > v })
	if i == 0 {
		return absent
	}
	return spans[i-1].entry
}

// until is the version in which a span of an item is over.
func (l *lineage) until(it *item, n int) int {
	if n+1 < len(it.spans) {
		return it.spans[n+1].from
	}
	return l.newest + 1
}

// values are the fields of a row.
func (l *lineage) values(id int32) [][]byte {
	e := &l.records[id]
	if !e.cut {
		e.cut = true
		for _, field := range e.file.Fields(nil, e.record) {
			e.values = append(e.values, field.Value())
		}
	}
	return e.values
}

// value is a cell of an entry; what does not exist is empty.
func (l *lineage) value(id, column int32) []byte {
	if id == absent {
		return nil
	}
	values, at := l.values(id), l.layouts[l.records[id].layout].position(column)
	if at < 0 || at >= len(values) {
		return nil
	}
	return values[at]
}

// cells yields the cells of a row that are not empty.
func (l *lineage) cells(id int32) iter.Seq2[int32, []byte] {
	return func(yield func(int32, []byte) bool) {
		for i, value := range l.values(id) {
			if len(value) > 0 && !yield(l.layouts[l.records[id].layout].at(i), value) {
				return
			}
		}
	}
}

// filled counts the cells of a row that are not empty.
func (l *lineage) filled(id int32) int {
	n := 0
	for range l.cells(id) {
		n++
	}
	return n
}

// differing yields the columns in which two rows have other values. A column that one
// of them has not at all counts as empty there.
func (l *lineage) differing(a, b int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		if a == b || !l.items[l.records[a].item].row {
			return
		}
		for column, value := range l.cells(a) {
			if !bytes.Equal(value, l.value(b, column)) && !yield(column) {
				return
			}
		}
		for column := range l.cells(b) {
			if len(l.value(a, column)) == 0 && !yield(column) {
				return
			}
		}
	}
}

// alike reports that two entries of one item have the same values, or are both absent.
func (l *lineage) alike(a, b int32) bool {
	if a == absent || b == absent {
		return a == b
	}
	for range l.differing(a, b) {
		return false
	}
	return true
}

// name is what a column is called: by its position where it has no name.
func (l *lineage) name(column, layout int32) string {
	if column <= unnamed {
		return strconv.Itoa(l.layouts[layout].position(column) + 1)
	}
	return l.columns[column]
}
