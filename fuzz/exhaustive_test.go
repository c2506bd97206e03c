package fuzz

import (
	"strings"
	"testing"
)

// checkAll runs the laws and the oracle on a triple that an enumeration made.
func checkAll(t *testing.T, base, ours, theirs string) {
	t.Helper()
	tr := triple{[]byte(base), []byte(ours), []byte(theirs), commas()}
	if err := firstBroken(tr, func(l law) bool { return !l.slow }); err != nil {
		t.Fatalf("%v\n%v", err, tr)
	}
	for _, p := range []property{agreesWithOracle, markers} {
		if _, err := p(tr); err != nil {
			t.Fatalf("%v\n%v", err, tr)
		}
	}
}

// tuples calls do with every list of n numbers below base.
func tuples(n, below int, do func([]int)) {
	list := make([]int, n)
	for {
		do(list)
		i := 0
		for ; i < n; i++ {
			if list[i]++; list[i] < below {
				break
			}
			list[i] = 0
		}
		if i == n {
			return
		}
	}
}

// TestEveryCell merges every three versions of one cell: absent (a short row), empty,
// or one of three values, up to renaming those.
func TestEveryCell(t *testing.T) {
	cells := []string{"k1\n", "k1,\n", "k1,x\n", "k1,y\n", "k1,z\n"}
	tuples(3, len(cells), func(c []int) {
		if !firstUses(c, 2) {
			return
		}
		for _, neighbours := range []string{"", "k2,x\n", "# note\nk2\n"} {
			file := func(i int) string { return "id,a\n" + cells[c[i]] + neighbours }
			checkAll(t, file(0), file(1), file(2))
		}
	})
}

// firstUses reports that numbers from least on are used in their order, as one of all
// lists that are the same but for renaming.
func firstUses(list []int, least int) bool {
	next := least
	for _, x := range list {
		if x > next {
			return false
		}
		if x == next {
			next++
		}
	}
	return true
}

// TestEveryPresence merges every three subsets of three rows.
func TestEveryPresence(t *testing.T) {
	rows := []string{"k1,x\n", "k2,y\n", "k3,\n"}
	tuples(3, 1<<len(rows), func(sets []int) {
		file := func(i int) string {
			var b strings.Builder
			b.WriteString("id,a\n")
			for bit, row := range rows {
				if sets[i]&(1<<bit) != 0 {
					b.WriteString(row)
				}
			}
			return b.String()
		}
		checkAll(t, file(0), file(1), file(2))
	})
}

// TestEveryRowAndValue merges every three versions of two rows that are absent or hold
// one of two values.
func TestEveryRowAndValue(t *testing.T) {
	values := []string{"", "x", "y"}
	tuples(6, len(values), func(v []int) {
		file := func(i int) string {
			text := "id,a\n"
			for row, key := range []string{"k1", "k2"} {
				if value := values[v[2*i+row]]; value != "" {
					text += key + "," + value + "\n"
				}
			}
			return text
		}
		checkAll(t, file(0), file(1), file(2))
	})
}

// TestEveryOrder merges every two orders of three and four rows with the order that
// base has, which stands for all up to renaming.
func TestEveryOrder(t *testing.T) {
	for _, n := range []int{3, 4} {
		orders := permutations(n)
		for _, o := range orders {
			for _, p := range orders {
				checkAll(t, inOrder(orders[0]), inOrder(o), inOrder(p))
			}
		}
	}
}

// permutations of the numbers below n, the sorted one first.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := n - 1; at >= 0; at-- {
			longer := append(append(append([]int{}, p[:at]...), n-1), p[at:]...)
			all = append(all, longer)
		}
	}
	return all
}

func inOrder(order []int) string {
	text := "id,a\n"
	for _, i := range order {
		text += keys[i] + "," + keys[i] + "\n"
	}
	return text
}
