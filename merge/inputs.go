package merge

import (
	"bytes"
	"errors"
	"slices"
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
}

// readInputs parses the three inputs by one dialect and finds the key in each. If
// only the key or the delimiter stands in the way, it returns that error beside the
// parsed files, for which law 1 may still decide.
func readInputs(data [3][]byte, opt csvrows.Options) (in [3]version, key []string, err error) {
	if err := opt.Validate(); err != nil {
		return in, nil, err
	}
	delim, mixed := csvrows.Detect(opt, data[:]...)
	if mixed == nil {
		opt.Delimiter = delim
	}
	if err := parseAll(&in, data, opt); err != nil {
		return in, nil, err
	}
	if mixed != nil {
		var d *csvrows.DelimiterError
		errors.As(mixed, &d)
		return in, nil, &usableError{&InputError{sideOf(d.Input), mixed}}
	}
	if opt.NoHeader {
		return in, positionKey(&in), nil
	}
	key, err = resolveKey(&in, opt.Key)
	return in, key, err
}

// parseAll parses the inputs side by side. Of several errors it returns the first
// input's.
func parseAll(in *[3]version, data [3][]byte, opt csvrows.Options) error {
	var errs [3]error
	var wg sync.WaitGroup
	for i := range in {
		wg.Go(func() { in[i].File, errs[i] = csvrows.Parse(data[i], opt) })
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
// as many as the widest row of any.
func positionKey(in *[3]version) []string {
	width := 0
	for i := range in {
		width = max(width, in[i].Width())
	}
	cols, _ := in[inBase].KeyColumns()
	width = max(width, slices.Max(cols)+1)
	names := csvrows.PositionNames(width)
	var key []string
	for _, c := range cols {
		key = append(key, names[c])
	}
	for i := range in {
		in[i].names, in[i].key, in[i].hasNames = names, cols, true
	}
	return key
}

// resolveKey finds the key columns in each input that has a header. Where no key is
// given it is base's default key, or what both sides renamed that to.
func resolveKey(in *[3]version, given []string) ([]string, error) {
	key := given
	if len(given) == 0 {
		key = nil
	}
	for i := range in {
		in[i].names = in[i].Columns()
		in[i].hasNames = in[i].HeaderRecord() >= 0
		if key == nil && in[i].hasNames {
			key = []string{csvrows.DefaultKey(in[i].names)}
		}
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
			return nil, &usableError{&InputError{sideOf(i), err}}
		}
		in[i].key = cols
	}
	borrowNames(in)
	return renamed, nil
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

// equalInputs finds the version that law 1 makes the result: M(b,b,t) = t,
// M(b,o,b) = o, M(b,x,x) = x. It returns -1 if the law is silent.
func equalInputs(data [3][]byte) int {
	switch {
	case bytes.Equal(data[inBase], data[inOurs]):
		return inTheirs
	case bytes.Equal(data[inBase], data[inTheirs]), bytes.Equal(data[inOurs], data[inTheirs]):
		return inOurs
	}
	return -1
}
