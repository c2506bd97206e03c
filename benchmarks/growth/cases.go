package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// An input is a kind of merge that can be made in any size.
type input struct {
	name string
	n    int
	make func(n int) versions
}

var cases = []input{
	{"equal comments", 100_000, equalComments},
	{"equal comments, every tenth edited by a side", 20_000, editedComments},
	{"comments in another order", 2_000, reversedComments},
	{"rows reversed by one side", 50_000, reversedRows},
	{"rows reversed by both sides, differently", 50_000, bothReversed},
	{"rows shuffled by both sides", 10_000, bothShuffled},
	{"all keys equal, one side edits", 5_000, equalKeys(false)},
	{"all keys equal, both sides edit", 5_000, equalKeys(true)},
	{"all rows without a key", 20_000, withoutKeys},
	{"all rows new in one place, both sides", 10_000, newRows},
	{"all rows new, none in common", 2_000, foreignRows},
	{"all keys renamed by one side", 4_000, renamedKeys},
	{"every row in conflict", 20_000, everyRow},
	{"every row deleted here, edited there", 5_000, deletedRows},
	{"columns reordered by one side", 2_500, reversedColumns},
	{"columns reordered by both sides, differently", 2_500, shuffledColumns},
	{"columns new on both sides", 2_500, newColumns},
	{"columns deleted here, edited there", 2_500, deletedColumns},
	{"one cell of n bytes, edited by both sides", 10_000_000, hugeCell},
	{"one field of n doubled quotes", 1_000_000, doubledQuotes},
}

// file joins a header and rows.
func file(header string, rows []string) []byte {
	var b bytes.Buffer
	b.WriteString(header + "\n")
	for _, r := range rows {
		b.WriteString(r + "\n")
	}
	return b.Bytes()
}

// rows makes n rows: the number of the row stands for each %d.
func rows(n int, format string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.ReplaceAll(format, "%d", fmt.Sprint(i))
	}
	return list
}

// every changes one in so many lines, from the given one on.
func every(lines []string, step, from int, change func(string) string) []string {
	out := slices.Clone(lines)
	for i := from; i < len(out); i += step {
		out[i] = change(out[i])
	}
	return out
}

func more(text string) func(string) string {
	return func(line string) string { return line + text }
}

func reversed(lines []string) []string {
	out := slices.Clone(lines)
	slices.Reverse(out)
	return out
}

func shuffled(lines []string, seed uint64) []string {
	out := slices.Clone(lines)
	rand.New(rand.NewPCG(seed, seed)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func equalComments(n int) versions {
	with := func(n int, last string) []byte {
		return file("id,v", append(slices.Repeat([]string{"# note"}, n), last))
	}
	return versions{with(n, "a,1"), with(n+n/10, "a,2"), with(n-n/10, "a,1")}
}

func editedComments(n int) versions {
	base := append(slices.Repeat([]string{"# a note on what follows"}, n), "a,1")
	return versions{
		file("id,v", base),
		file("id,v", every(base, 10, 0, more(" (ours)"))),
		file("id,v", every(base, 10, 5, more(" (theirs)"))),
	}
}

func reversedComments(n int) versions {
	base := rows(n, "# %d")
	return versions{
		file("id,v", append(base, "a,1")),
		file("id,v", append(reversed(base), "a,1")),
		file("id,v", append(shuffled(base, 1), "a,2")),
	}
}

func reversedRows(n int) versions {
	base := rows(n, "k%d,%d,x")
	return versions{file("id,v,w", base), file("id,v,w", every(base, 100, 0, more("y"))), file("id,v,w", reversed(base))}
}

func bothReversed(n int) versions {
	base := rows(n, "k%d,%d")
	halves := append(reversed(base[:n/2]), reversed(base[n/2:])...)
	return versions{file("id,v", base), file("id,v", reversed(base)), file("id,v", halves)}
}

func bothShuffled(n int) versions {
	base := rows(n, "k%d,%d")
	return versions{file("id,v", base), file("id,v", shuffled(base, 1)), file("id,v", shuffled(base, 2))}
}

func equalKeys(both bool) func(n int) versions {
	return func(n int) versions {
		base := append(rows(n, "k,%d"), "other,1")
		theirs := every(base, n+1, n, more("0"))
		if both {
			theirs = every(base, 100, 50, more("0"))
		}
		return versions{file("id,v", base), file("id,v", every(base, 100, 0, more("5"))), file("id,v", theirs)}
	}
}

func withoutKeys(n int) versions {
	base := rows(n, ",a value,%d")
	return versions{
		file("id,v,w", base),
		file("id,v,w", every(base, 10, 0, more("5"))),
		file("id,v,w", every(base, 10, 5, more("5"))),
	}
}

func newRows(n int) versions {
	all := rows(n+n/2, "k%d,%d")
	return versions{file("id,v", nil), file("id,v", all[:n]), file("id,v", all[n/2:])}
}

func foreignRows(n int) versions {
	return versions{file("id,v", nil), file("id,v", rows(n, "o%d,%d")), file("id,v", shuffled(rows(n, "t%d,%d"), 1))}
}

func renamedKeys(n int) versions {
	base := rows(n, "k%d,same")
	return versions{file("id,v", base), file("id,v", rows(n, "new%d,same")), file("id,v", every(base, n, 0, more("!")))}
}

func everyRow(n int) versions {
	return versions{file("id,v", rows(n, "k%d,1")), file("id,v", rows(n, "k%d,2")), file("id,v", rows(n, "k%d,3"))}
}

func deletedRows(n int) versions {
	return versions{file("id,v", rows(n, "k%d,1")), file("id,v", nil), file("id,v", rows(n, "k%d,2"))}
}

// table makes a file of three rows with the given columns; the cell in a column is its
// name with more behind it, but for the key's.
func table(columns []string, more string) []byte {
	all := append([]string{"id"}, columns...)
	var lines []string
	for _, key := range []string{"a", "b", "c"} {
		cells := slices.Clone(all)
		for i := range cells {
			cells[i] += more
		}
		cells[0] = key
		lines = append(lines, strings.Join(cells, ","))
	}
	return file(strings.Join(all, ","), lines)
}

func reversedColumns(n int) versions {
	columns := rows(n, "c%d")
	return versions{table(columns, ""), table(reversed(columns), ""), table(columns, "!")}
}

func shuffledColumns(n int) versions {
	columns := rows(n, "c%d")
	return versions{table(columns, ""), table(reversed(columns), ""), table(shuffled(columns, 1), "")}
}

func newColumns(n int) versions {
	columns := rows(n+n/2, "c%d")
	return versions{table(nil, ""), table(columns[:n], ""), table(shuffled(columns[n/2:], 1), "")}
}

func deletedColumns(n int) versions {
	columns := rows(n, "c%d")
	return versions{table(columns, ""), table(nil, ""), table(columns, "!")}
}

func hugeCell(n int) versions {
	with := func(end string) []byte {
		return file("id,v", []string{"a," + strings.Repeat("x", n) + end, "b,1"})
	}
	return versions{with(""), with("ours"), with("theirs")}
}

func doubledQuotes(n int) versions {
	with := func(end string) []byte {
		return file("id,v", []string{`a,"` + strings.Repeat(`""`, n) + end + `"`, "b,1"})
	}
	return versions{with(""), with("ours"), with("theirs")}
}
