package fuzz

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The plain model of the store: a file is rows by key and a set of comments; a commit
// compares three of them cell by cell. It knows nothing of bytes, order or form, and is
// not asked about renames: every row holds, in the column of, a value that no other key
// has, and no two comments are alike.

// storeColumns are the columns behind the key. a and b are set to few values, so that
// edits collide; policy sum adds up n.
var storeColumns = []string{"a", "b", "n", "of"}

const sumColumn = "n"

// table is what a file says.
type table struct {
	rows     map[string]map[string]string // key, column
	comments map[string]bool
}

// readTable reads a file of the model's: cells in quotes or not, and nothing that would
// need them.
func readTable(content string) table {
	x := table{map[string]map[string]string{}, map[string]bool{}}
	for i, line := range textLines(content) {
		switch {
		case i == 0:
		case strings.HasPrefix(line, "#"):
			x.comments[line] = true
		default:
			key, row := readRow(line)
			x.rows[key] = row
		}
	}
	return x
}

func readRow(line string) (key string, row map[string]string) {
	row = map[string]string{}
	for i, cell := range strings.Split(line, ",") {
		cell = strings.Trim(cell, `"`)
		if i == 0 {
			key = cell
		} else {
			row[storeColumns[i-1]] = cell
		}
	}
	return key, row
}

// textLines cuts content into lines without their ends.
func textLines(content string) (lines []string) {
	for line := range strings.Lines(content) {
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	return lines
}

// An expectation is what a commit should come to.
type expectation struct {
	result    table
	conflicts []string // keys and columns where both sides did something else
	settled   int      // sums
	massive   bool     // a side exchanged more than half of the keys
}

// expect says what becomes of a change from base to ours where the file holds theirs.
func expect(base, ours, theirs table) expectation {
	e := expectation{result: table{map[string]map[string]string{}, map[string]bool{}}}
	e.massive = massive(base, ours) || massive(base, theirs)
	for _, key := range allKeys(base, ours, theirs) {
		e.row(key, base.rows[key], ours.rows[key], theirs.rows[key])
	}
	for _, side := range []table{ours, theirs} {
		for c := range side.comments {
			if !base.comments[c] || ours.comments[c] && theirs.comments[c] {
				e.result.comments[c] = true
			}
		}
	}
	return e
}

// massive reports that more than half of the keys went, and at least as many came.
func massive(base, side table) bool {
	gone, came := 0, 0
	for key := range base.rows {
		if side.rows[key] == nil {
			gone++
		}
	}
	for key := range side.rows {
		if base.rows[key] == nil {
			came++
		}
	}
	return gone > 0 && 2*gone > len(base.rows) && came >= gone
}

func allKeys(tables ...table) (keys []string) {
	for _, x := range tables {
		keys = slices.AppendSeq(keys, maps.Keys(x.rows))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// row decides about one row; nil means that a side does not have it.
func (e *expectation) row(key string, base, ours, theirs map[string]string) {
	switch {
	case ours == nil && theirs == nil:
	case base == nil && ours == nil:
		e.result.rows[key] = theirs
	case base == nil && theirs == nil:
		e.result.rows[key] = ours
	case ours == nil || theirs == nil:
		e.deleted(key, base, ours, theirs)
	default:
		e.cells(key, base, ours, theirs)
	}
}

// deleted decides about a row that one side deleted: the other must have left it alone.
func (e *expectation) deleted(key string, base, ours, theirs map[string]string) {
	kept := ours
	if kept == nil {
		kept = theirs
	}
	if !maps.Equal(kept, base) {
		e.conflicts = append(e.conflicts, key)
	}
}

func (e *expectation) cells(key string, base, ours, theirs map[string]string) {
	row := map[string]string{}
	for _, col := range storeColumns {
		b, o, t := base[col], ours[col], theirs[col]
		changed := base != nil && o != b && t != b
		switch {
		case changed && col == sumColumn:
			e.settled++
			row[col] = strconv.Itoa(atoi(o) + atoi(t) - atoi(b))
		case o == t || base != nil && t == b:
			row[col] = o
		case base != nil && o == b:
			row[col] = t
		default:
			e.conflicts = append(e.conflicts, key+" "+col)
		}
	}
	e.result.rows[key] = row
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

// differences lists what distinguishes two tables, as a receipt has it.
func differences(from, to table) (list []string) {
	for _, key := range allKeys(from, to) {
		before, after := from.rows[key], to.rows[key]
		switch {
		case before == nil:
			list = append(list, "row_added "+key)
		case after == nil:
			list = append(list, "row_deleted "+key)
		default:
			for _, col := range storeColumns {
				if before[col] != after[col] {
					list = append(list, fmt.Sprintf("cell %s %s: %q %q", key, col, before[col], after[col]))
				}
			}
		}
	}
	for c := range from.comments {
		if !to.comments[c] {
			list = append(list, "gone "+c)
		}
	}
	for c := range to.comments {
		if !from.comments[c] {
			list = append(list, "new "+c)
		}
	}
	slices.Sort(list)
	return list
}
