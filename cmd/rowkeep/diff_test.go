package main

import (
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/rowkeep/rowkeep/merge"
)

// TestAhead lists changes ahead: all of them, or as many as are wanted.
func TestAhead(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 5000} {
		list := make([]merge.Change, n)
		for i := range list {
			list[i].Column = strconv.Itoa(i)
		}
		got := slices.Collect(ahead(slices.Values(list)))
		if len(got) != n || n > 0 && got[n-1].Column != list[n-1].Column {
			t.Errorf("%d changes of %d", len(got), n)
		}
		for c := range ahead(slices.Values(list)) {
			if c.Column != "0" {
				t.Errorf("the first is %s", c.Column)
			}
			break
		}
	}
}

// TestChangesPlainly shows values without colours as with them.
func TestChangesPlainly(t *testing.T) {
	for _, before := range plainValues {
		for _, after := range plainValues {
			c := merge.Change{Kind: merge.ChangeCell, Key: []string{"k", before}, Column: "c"}
			c.Before, c.After = merge.Value{Exists: true, Text: before}, merge.Value{Exists: true, Text: after}
			var shown [2]string
			for i, colored := range []bool{false, true} {
				for _, s := range changeSpans(c, colored) {
					shown[i] += visible(s.text)
				}
			}
			if shown[0] != shown[1] || !regexp.MustCompile("^~ k, .* -> .*$").MatchString(shown[0]) {
				t.Errorf("%s\n%s, in colours", shown[0], shown[1])
			}
		}
	}
}
