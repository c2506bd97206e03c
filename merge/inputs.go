package merge

import (
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/rowkeep/rowkeep/csvrows"
)

// The three inputs are held in arrays of this order.
const (
	inBase = iota
	inOurs
	inTheirs
)

// other is the other one of the two sides.
func other(side int) int { return inOurs + inTheirs - side }

// sideOf names an input.
func sideOf(in int) Side { return Base + Side(in) }

// A version is one of the three inputs.
type version struct {
	*csvrows.File
	// names are the columns. A version without a header has those of the others.
	names []string
	// key holds the positions of the key columns; nil where no header tells them.
	key []int
	// hasNames is false for a version whose names are borrowed.
	hasNames bool
	// sketch is what the file lacks of the input; nil if it is whole.
	sketch *sketch
	number int // inBase, inOurs or inTheirs
}

// parts returns text and line end of a record.
func (x *version) parts(rec int) (text, end []byte) {
	text = x.Text(rec)
	return text, text[len(text) : x.Offset(rec+1)-x.Offset(rec)]
}

// inputs are the three versions and the key by which their rows are told apart.
type inputs struct {
	in       [3]version
	keyNames []string
	// sketch is set if the files are those of a reduction.
	sketch *sketch
	// refused is why versions that parse cannot be merged: an [*InputError] about
	// the key or the delimiter. Law 1 may still decide.
	refused error
}

// read parses the inputs by one dialect and finds the key in each. The error is an
// [*InputError] about an input that does not parse.
func (m *merger) read(data [3][]byte) error {
	opt := m.opt.Read
	delim, mixed := csvrows.Detect(opt, data[:]...)
	if mixed == nil {
		opt.Delimiter = delim
	}
	if m.reduces && mixed == nil {
		data = m.reduce(data, opt)
	}
	return m.readFiles(data, opt, mixed)
}

// readFiles parses files, which may be a sketch, and finds the key. mixed is why they are
// not all to be read by the delimiter.
func (m *merger) readFiles(data [3][]byte, opt csvrows.Options, mixed error) error {
	if err := m.parse(data, opt); err != nil {
		return err
	}
	for v := range m.in {
		m.in[v].sketch, m.in[v].number = m.sketch, v
	}
	var d *csvrows.DelimiterError
	switch {
	case errors.As(mixed, &d):
		m.refused = &InputError{sideOf(d.Input), mixed}
	case opt.NoHeader:
		m.keyNames, m.refused = positionKey(&m.in)
	default:
		m.keyNames, m.refused = resolveKey(&m.in, opt.Key)
	}
	return nil
}

// parse parses the inputs side by side. Of several errors it returns the first
// input's.
func (x *inputs) parse(data [3][]byte, opt csvrows.Options) error {
	var errs [3]error
	var wg sync.WaitGroup
	for i := range x.in {
		wg.Go(func() { x.in[i].File, errs[i] = csvrows.Parse(data[i], opt) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return &InputError{sideOf(i), err}
		}
	}
	return nil
}

// positionKey names the columns of headerless inputs by position: all three have
// as many as the widest row of any. A key position that no row reaches is an error.
func positionKey(in *[3]version) ([]string, error) {
	width := 0
	for i := range in {
		width = max(width, in[i].Width())
	}
	cols, _ := in[inBase].KeyColumns()
	names := csvrows.PositionNames(width)
	var key []string
	for _, c := range cols {
		key = append(key, strconv.Itoa(c+1))
	}
	switch {
	case width == 0:
		cols = nil // no rows, no columns
	case slices.Max(cols) >= width:
		return nil, &InputError{Base, &csvrows.KeyColumnError{Column: strconv.Itoa(slices.Max(cols) + 1), Line: 1, Columns: names, NoHeader: true}}
	}
	for i := range in {
		in[i].names, in[i].key, in[i].hasNames = names, cols, true
	}
	return key, nil
}

// resolveKey finds the key columns in each input that has a header. Where no key is
// given it is base's default key, or what both sides renamed that to; and if base has no
// header, the default key of the sides.
func resolveKey(in *[3]version, given []string) ([]string, error) {
	for i := range in {
		in[i].names = in[i].Columns()
		in[i].hasNames = in[i].HeaderRecord() >= 0
	}
	key := given
	if len(given) == 0 {
		key = defaultKey(in)
	}
	renamed := key
	if len(given) == 0 && bothRenamed(in, key) {
		renamed = []string{csvrows.DefaultKey(in[inOurs].names)}
	}
	for i := range in {
		if !in[i].hasNames {
			continue
		}
		want := key
		if i != inBase {
			want = renamed
		}
		cols, err := in[i].Positions(want)
		if err != nil {
			return nil, &InputError{sideOf(i), err}
		}
		in[i].key = cols
	}
	borrowNames(in)
	return renamed, nil
}

// defaultKey is the default key of base, or if that has no header, of the sides. Of two
// that differ it is the one called "id", else the lesser: it must not matter which side is
// asked first.
func defaultKey(in *[3]version) []string {
	if in[inBase].hasNames {
		return []string{csvrows.DefaultKey(in[inBase].names)}
	}
	var keys []string
	for _, s := range []int{inOurs, inTheirs} {
		if in[s].hasNames {
			keys = append(keys, csvrows.DefaultKey(in[s].names))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return []string{csvrows.DefaultKey(keys)}
}

// bothRenamed reports that base's key column is gone from both sides, which agree on
// another default key.
func bothRenamed(in *[3]version, key []string) bool {
	b, o, t := &in[inBase], &in[inOurs], &in[inTheirs]
	if !b.hasNames || !o.hasNames || !t.hasNames {
		return false
	}
	if slices.Contains(o.names, key[0]) || slices.Contains(t.names, key[0]) {
		return false
	}
	return csvrows.DefaultKey(o.names) == csvrows.DefaultKey(t.names)
}

// borrowNames gives an input without a header the columns of the others: a side has
// those of base, or else of the other side; base has those that both sides have.
func borrowNames(in *[3]version) {
	for _, side := range []int{inOurs, inTheirs} {
		if !in[side].hasNames {
			from := inBase
			if !in[inBase].hasNames {
				from = other(side)
			}
			in[side].names, in[side].key = in[from].names, in[from].key
		}
	}
}
