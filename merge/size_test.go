package merge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Large inputs of the shapes that tempt a merge into work with the square of their
// size. None is timed: what is quadratic takes minutes here, not the part of a second
// that each of these takes. What comes out is checked as of any merge.
func TestLarge(t *testing.T) {
	const n = 20_000
	for _, c := range []struct {
		name  string
		merge func() large
	}{
		{"equal comments", func() large { return equalComments(30_000) }},
		{"comments all edited", func() large { return editedComments(n) }},
		{"reversed rows", func() large { return reversedRows(n) }},
		{"reversed rows, base's keys increasing", func() large { return reversedIncreasing(n) }},
		{"rows in two contradicting orders", func() large { return contradictingOrders(n) }},
		{"rows in two orders that join", func() large { return joinedOrders(n) }},
		{"all keys equal", func() large { return equalKeys(n) }},
		{"all keys equal, both sides changed", func() large { return equalKeysConflict(n) }},
		{"rows without a key", func() large { return keylessRows(n) }},
		{"new rows in one place", func() large { return newRows(n) }},
		{"new rows in one place, every third shared", func() large { return sharedNewRows(n / 4) }},
		{"every row renamed, all values equal", func() large { return renamedRows(n) }},
		{"every row commented out", func() large { return commentedRows(n) }},
		{"every row a conflict", func() large { return conflictingRows(n) }},
		{"columns reordered", func() large { return reorderedColumns(10_000) }},
		{"columns reordered on both sides", func() large { return reorderedColumnsBoth(10_000) }},
		{"columns added on both sides", func() large { return addedColumns(10_000) }},
		{"columns dropped", func() large { return droppedColumns(5_000) }},
		{"columns of one name", func() large { return equalColumns(10_000) }},
		{"a large cell", func() large { return largeCell(10 << 20) }},
		{"a long comment", func() large { return longComment(10 << 20) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.merge()
			r, err := merge.Merge([]byte(l.base), []byte(l.ours), []byte(l.theirs), merge.Options{Read: csvrows.Options{Key: []string{"id"}}})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Conflicts) != l.conflicts {
				t.Errorf("%d conflicts, want %d", len(r.Conflicts), l.conflicts)
			}
			if got := string(r.Bytes()); l.want != "" && got != l.want {
				t.Errorf("the result is wrong at byte %d", differAt(got, l.want))
			}
			changes := 0
			for range r.Changes() {
				changes++
			}
			if l.changes > 0 && changes != l.changes {
				t.Errorf("%d changes, want %d", changes, l.changes)
			}
		})
	}
}

// A large merge and what must come of it; want is empty where nothing but the conflicts
// is checked, changes 0 where they are only listed.
type large struct {
	base, ours, theirs, want string
	conflicts, changes       int
}

func differAt(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// rows joins a header and n rows.
func rows(header string, n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		b.WriteString(row(i))
	}
	return b.String()
}

// edited is row i with another value in row at.
func edited(at int, value string) func(i int) string {
	return func(i int) string {
		if i == at {
			return fmt.Sprintf("k%d,%s\n", i, value)
		}
		return fmt.Sprintf("k%d,v%d\n", i, i)
	}
}

func plainRow(i int) string { return edited(-1, "")(i) }

func equalComments(n int) large {
	file := func(ours, theirs bool) string {
		return rows("id,a\n", n, func(i int) string {
			s := "# ----\n"
			if i%10 != 0 {
				return s
			}
			switch {
			case i == 100 && ours:
				return s + "k100,o\n"
			case i == n-200 && theirs:
				return s + s + fmt.Sprintf("k%d,t\n", i)
			}
			return s + plainRow(i)
		})
	}
	return large{base: file(false, false), ours: file(true, false), theirs: file(false, true), want: file(true, true), changes: 3}
}

func editedComments(n int) large {
	file := func(suffix string, value string) string {
		return "id,a\n" + rows("", n, func(i int) string { return fmt.Sprintf("# the comment number %d%s\n", i, suffix) }) + "k," + value + "\n"
	}
	return large{base: file("", "v"), ours: file("!", "v"), theirs: file("", "t"), want: file("!", "t"), changes: n + 1}
}

func reversedRows(n int) large {
	reversed := func(row func(i int) string) string {
		return rows("id,a\n", n, func(i int) string { return row(n - 1 - i) })
	}
	return large{
		base: rows("id,a\n", n, plainRow), ours: reversed(plainRow), theirs: rows("id,a\n", n, edited(7, "t")),
		want: reversed(edited(7, "t")), changes: n, // all but one moved, and the edit
	}
}

func reversedIncreasing(n int) large {
	row := func(value string) func(i int) string {
		return func(i int) string { return fmt.Sprintf("%06d,%s\n", i, value) }
	}
	reversed := func(value string) string {
		return rows("id,a\n", n, func(i int) string { return row(value)(n - 1 - i) })
	}
	return large{base: rows("id,a\n", n, row("v")), ours: reversed("v"), theirs: rows("id,a\n", n, row("t")), want: reversed("t"), changes: 2*n - 1}
}

func contradictingOrders(n int) large {
	// Theirs is rotated, ours takes even rows before odd ones, each half reversed.
	rotated := rows("id,a\n", n, func(i int) string { return plainRow((i + 1) % n) })
	shuffled := rows("id,a\n", n, func(i int) string {
		if i < n/2 {
			return plainRow(n - 2 - 2*i)
		}
		return plainRow(2*n - 1 - 2*i)
	})
	return large{base: rows("id,a\n", n, plainRow), ours: shuffled, theirs: rotated}
}

func joinedOrders(n int) large {
	half := func(reverseFirst, reverseSecond bool) string {
		return rows("id,a\n", n, func(i int) string {
			switch {
			case i < n/2 && reverseFirst:
				return plainRow(n/2 - 1 - i)
			case i >= n/2 && reverseSecond:
				return plainRow(n/2 + n - 1 - i)
			}
			return plainRow(i)
		})
	}
	return large{base: half(false, false), ours: half(true, false), theirs: half(false, true), want: half(true, true), changes: n - 2}
}

func equalKeys(n int) large {
	file := func(at int, end string) string {
		return rows("id,a\n", n, func(i int) string {
			if i == at {
				return "d,edited\n"
			}
			return fmt.Sprintf("d,v%d\n", i)
		}) + end
	}
	return large{base: file(-1, "k,v\n"), ours: file(77, "k,v\n"), theirs: file(-1, "k,t\n"), want: file(77, "k,t\n"), changes: 2}
}

func equalKeysConflict(n int) large {
	file := func(at int) string {
		return rows("id,a\n", n, func(i int) string {
			if i == at {
				return "d,edited\n"
			}
			return fmt.Sprintf("d,v%d\n", i%10)
		})
	}
	return large{base: file(-1), ours: file(77), theirs: file(n - 77), conflicts: 1}
}

func keylessRows(n int) large {
	file := func(ours, theirs string) string {
		return rows("id,a\n", n, func(i int) string {
			switch i {
			case 77:
				return fmt.Sprintf(",value %d%s\n", i, ours)
			case n - 77:
				return fmt.Sprintf(",value %d%s\n", i, theirs)
			}
			return fmt.Sprintf(",value %d\n", i%1000)
		})
	}
	return large{base: file("", ""), ours: file("o", ""), theirs: file("", "t"), want: file("o", "t")}
}

func newRows(n int) large {
	file := func(from ...string) string {
		s := "id,a\nk,v\n"
		for _, f := range from {
			s += rows("", n, func(i int) string { return fmt.Sprintf("%s%d,v\n", f, i) })
		}
		return s + "z,v\n"
	}
	return large{base: file(), ours: file("p"), theirs: file("o"), want: file("o", "p"), changes: 2 * n}
}

func sharedNewRows(n int) large {
	file := func(names ...string) string {
		return rows("id,a\nk,v\n", n, func(i int) string {
			s := ""
			for _, name := range names {
				if i%3 == 0 {
					return fmt.Sprintf("shared%d,v\n", i)
				}
				s += fmt.Sprintf("%s%d,v\n", name, i)
			}
			return s
		})
	}
	want := rows("id,a\nk,v\n", n, func(i int) string {
		switch i % 3 {
		case 0:
			return fmt.Sprintf("shared%d,v\n", i)
		case 1:
			second := ""
			if i+1 < n {
				second = "%[2]s%[4]d,v\n"
			}
			run := "%[2]s%[3]d,v\n" + second
			return strings.NewReplacer("%[3]d", fmt.Sprint(i), "%[4]d", fmt.Sprint(i+1)).Replace(
				strings.ReplaceAll(run, "%[2]s", "a") + strings.ReplaceAll(run, "%[2]s", "b"))
		}
		return ""
	})
	return large{base: "id,a\nk,v\n", ours: file("b"), theirs: file("a"), want: want}
}

func renamedRows(n int) large {
	return large{
		base:   rows("id,a\n", n, func(i int) string { return fmt.Sprintf("%05d,same\n", i) }) + "z,v\n",
		ours:   rows("id,a\n", n, func(i int) string { return fmt.Sprintf("x%d,same\n", i) }) + "z,v\n",
		theirs: rows("id,a\n", n, func(i int) string { return fmt.Sprintf("%05d,same\n", i) }) + "z,t\n",
		want:   rows("id,a\n", n, func(i int) string { return fmt.Sprintf("x%d,same\n", i) }) + "z,t\n",
	}
}

func commentedRows(n int) large {
	return large{
		base:      rows("id,a\n", n, plainRow),
		ours:      rows("id,a\n", n, func(i int) string { return "# " + plainRow(i) }),
		theirs:    rows("id,a\n", n, func(i int) string { return edited(i, "t")(i) }),
		conflicts: n,
	}
}

func conflictingRows(n int) large {
	return large{
		base:      rows("id,a\n", n, plainRow),
		ours:      rows("id,a\n", n, func(i int) string { return edited(i, "o")(i) }),
		theirs:    rows("id,a\n", n, func(i int) string { return edited(i, "t")(i) }),
		conflicts: n,
	}
}

// table writes a row of names and one of values, in the order of columns.
func table(columns []int, value func(c int) string) string {
	var names, values strings.Builder
	names.WriteString("id")
	values.WriteString("1")
	for _, c := range columns {
		fmt.Fprintf(&names, ",c%d", c)
		values.WriteString("," + value(c))
	}
	return names.String() + "\n" + values.String() + "\n"
}

func plainValue(c int) string { return fmt.Sprintf("v%d", c) }

func countTo(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func reorderedColumns(n int) large {
	columns := countTo(n)
	reversed := countTo(n)
	slices.Reverse(reversed)
	value := func(c int) string {
		if c == 77 {
			return "t"
		}
		return plainValue(c)
	}
	return large{base: table(columns, plainValue), ours: table(reversed, plainValue), theirs: table(columns, value), want: table(reversed, value), changes: 2}
}

func reorderedColumnsBoth(n int) large {
	columns := countTo(n)
	rotated := append(countTo(n)[1:], 0)
	swapped := countTo(n)
	for i := 0; i+1 < n; i += 2 {
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
	}
	return large{base: table(columns, plainValue), ours: table(rotated, plainValue), theirs: table(swapped, plainValue)}
}

func addedColumns(n int) large {
	o, t := countTo(n), countTo(2 * n)[n:]
	// By name as text: "c1..." comes before "c0..." in no digit.
	want := table(append(slices.Clone(o), t...), plainValue)
	return large{base: "id\n1\n", ours: table(o, plainValue), theirs: table(t, plainValue), want: want}
}

func droppedColumns(n int) large {
	file := func(columns []int, value string) string {
		s := table(columns, plainValue)
		for i := range 10 {
			s += fmt.Sprintf("%d%s\n", i+2, strings.Repeat(","+value, len(columns)))
		}
		return s
	}
	return large{base: file(countTo(n), "v"), ours: "id\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n", theirs: file(countTo(n), "t"), conflicts: 10 * n}
}

func equalColumns(n int) large {
	file := func(first, last string) string {
		return "id" + strings.Repeat(",v", n) + "\n1," + first + strings.Repeat(",x", n-2) + "," + last + "\n"
	}
	return large{base: file("x", "x"), ours: file("o", "x"), theirs: file("x", "t"), want: file("o", "t"), changes: 2}
}

func largeCell(size int) large {
	big := strings.Repeat("0123456789abcde\"\"", size/17)
	file := func(a, prefix, b string) string {
		return "id,a,b\n1," + a + ",\"" + prefix + big + "\"\n2," + b + ",y\n"
	}
	return large{base: file("x", "", "x"), ours: file("x", "!", "x"), theirs: file("X", "", "t"), want: file("X", "!", "t"), changes: 3}
}

func longComment(size int) large {
	big := "# " + strings.Repeat("z, ", size/3)
	file := func(suffix, a string) string { return "id,a\n" + big + suffix + "\n1," + a + "\n" }
	return large{base: file("", "x"), ours: file("!", "x"), theirs: file("", "t"), want: file("!", "t"), changes: 2}
}
