package merge_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/merge"
)

// TestRowLarge looks at the rows of a merge that did not read its inputs whole: they are
// those of one that did.
func TestRowLarge(t *testing.T) {
	var versions [3]strings.Builder
	for i := range versions {
		versions[i].WriteString("id,a,b\n")
		for r := range 20_000 {
			value := "same"
			if r%1000 == 7 {
				value = fmt.Sprint("version ", i)
			}
			fmt.Fprintf(&versions[i], "k%06d,%s,text %d\n", r, value, r)
		}
	}
	section := func(i int) *io.SectionReader {
		s := versions[i].String()
		return io.NewSectionReader(strings.NewReader(s), 0, int64(len(s)))
	}
	large, err := merge.MergeLarge(section(0), section(1), section(2), merge.Options{}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := merge.Merge([]byte(versions[0].String()), []byte(versions[1].String()), []byte(versions[2].String()), merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Conflicts) != 20 {
		t.Fatalf("%d conflicts", len(whole.Conflicts))
	}
	for i, c := range whole.Conflicts {
		want := whole.Row(c)
		if len(want) != 3 {
			t.Fatalf("row %v", want)
		}
		if diff := cmp.Diff(want, large.Row(large.Conflicts[i])); diff != "" {
			t.Errorf("key %q (-whole +large):\n%s", c.Key, diff)
		}
	}
}
