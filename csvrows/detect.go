package csvrows

import (
	"bytes"
	"strings"
)

// delimiters are the candidates of [Detect], best first.
const delimiters = ",\t;|"

// Detect returns the one delimiter by which all inputs are to be read: comma,
// tab, semicolon or pipe. It looks at the header (or the first row) of each: a
// delimiter that lets more of them name the key column wins, then the one that
// cuts the narrowest header into more fields, then all of them. A header of one
// field goes with any delimiter, and no header at all gives a comma.
//
// If one input is plainly cut by another delimiter than the rest, the error is a
// [*DelimiterError].
func Detect(opt Options, inputs ...[]byte) (byte, error) {
	if opt.Delimiter != 0 {
		return opt.Delimiter, nil
	}
	var best byte
	var top [3]int
	for _, d := range opt.candidates() {
		if s := score(inputs, opt, d); best == 0 || less(top, s) {
			best, top = d, s
		}
	}
	return best, agree(inputs, opt, best)
}

// candidates returns the delimiters that the comment prefix leaves free. A prefix
// that takes all of them leaves the comma, which [Options.Validate] then refuses.
func (o Options) candidates() []byte {
	var free []byte
	for _, d := range []byte(delimiters) {
		if strings.IndexByte(o.prefix(), d) < 0 {
			free = append(free, d)
		}
	}
	if len(free) == 0 {
		return []byte(delimiters[:1])
	}
	return free
}

// headNames returns what the header of data is under delim: its names, or the
// values of the first row where no header is expected. line is where it stands.
// An input without one has no names, and neither has one whose header is blank under
// another delimiter (",,," read by tabs): that names nothing.
func headNames(data []byte, opt Options, delim byte) (names []string, line int) {
	opt.Delimiter = delim
	f := readHead(data, opt)
	at := f.header
	if last := f.Len() - 1; opt.NoHeader && last >= 0 && f.Kind(last) == Row {
		at = last
		f.columns = columnNames(f.Fields(nil, at))
	}
	if at < 0 || len(bytes.Trim(f.Text(at), " \v\f\""+delimiters)) == 0 {
		return nil, 0
	}
	return f.columns, f.Line(at)
}

// readHead parses data up to its first row, which is as much as decides about the
// header. It looks at a growing start of data, because the scanner searches all
// it is given for carriage returns and quotes.
func readHead(data []byte, opt Options) *File {
	const window = 1 << 10
	for n := window; ; n *= 8 {
		f := newFile(data[:min(n, len(data))], opt)
		whole := n >= len(data)
		if f.scanHead(whole) || whole {
			f.findHeader()
			return f
		}
	}
}

// scanHead fills f.recs up to the first row and reports whether it found the end
// of one. If f is the whole input, a row whose quote is never closed ends with that
// line: [Parse] is to refuse it under the delimiter that it looks like.
func (f *File) scanHead(whole bool) bool {
	pos, found := f.bom, false
	for s := f.scanner(); pos < len(f.data) && !found; {
		end, kind, open := f.cut(s, pos)
		if open >= 0 {
			if !whole {
				return false
			}
			end, kind = s.behind(s.lineEnd(open)), Row
		}
		f.recs.add(pos, kind)
		pos, found = end, kind == Row
	}
	f.end(pos)
	return found && pos < len(f.data)
}

// namesKey reports whether names hold every key column that opt gives, or, where
// it gives none, a column "id" in any case.
func namesKey(names []string, opt Options) bool {
	if opt.NoHeader {
		return false
	}
	if len(opt.Key) == 0 {
		return indexFold(names, defaultKey) >= 0
	}
	for _, k := range opt.Key {
		if index(names, k) < 0 {
			return false
		}
	}
	return true
}

// score rates a delimiter: inputs that name the key under it, fields of the
// narrowest header, fields of all headers.
func score(inputs [][]byte, opt Options, delim byte) (s [3]int) {
	for _, data := range inputs {
		names, _ := headNames(data, opt, delim)
		if len(names) == 0 {
			continue
		}
		if namesKey(names, opt) {
			s[0]++
		}
		if s[1] == 0 || len(names) < s[1] {
			s[1] = len(names)
		}
		s[2] += len(names)
	}
	return s
}

func less(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// agree checks that no header stays whole under delim while another candidate
// cuts it, where delim does cut the others.
func agree(inputs [][]byte, opt Options, delim byte) error {
	var whole []int // inputs whose header is one field that is not the key
	cut := false
	for i, data := range inputs {
		names, _ := headNames(data, opt, delim)
		cut = cut || len(names) > 1
		if len(names) == 1 && !namesKey(names, opt) {
			whole = append(whole, i)
		}
	}
	if !cut {
		return nil
	}
	for _, i := range whole {
		for _, other := range opt.candidates() {
			if names, line := headNames(inputs[i], opt, other); len(names) > 1 {
				return &DelimiterError{Input: i, Line: line, Found: other, Expected: delim}
			}
		}
	}
	return nil
}
