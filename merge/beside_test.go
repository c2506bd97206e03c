package merge_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rowkeep/rowkeep/merge"
)

func TestRow(t *testing.T) {
	r, err := merge.Merge(
		[]byte("# prices\nid,price,note\n1,10,a\n\n2,20,\"two\nlines\"\n3,30,c\n"),
		[]byte("id,price,note,by\n1,10,a,\n2,21,\"two\nlines\",x,more\n3,30,c,\n"),
		[]byte("# prices\nid,cost,note\n1,10,a\n2,22,gone\n3,30,c\n"),
		merge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	is := func(s string) merge.Value { return merge.Value{Exists: true, Text: s} }
	none := merge.Value{}
	want := []merge.RowCell{
		{Column: "id", Key: true, Base: is("2"), Ours: is("2"), Theirs: is("2")},
		{Column: "price", Base: is("20"), Ours: is("21"), Theirs: is("22")},
		{Column: "note", Base: is("two\nlines"), Ours: is("two\nlines"), Theirs: is("gone")},
		{Column: "by", Base: none, Ours: is("x"), Theirs: none},
		{Column: "+1", Base: is(""), Ours: is("more"), Theirs: is("")},
	}
	if len(r.Conflicts) != 1 {
		t.Fatalf("conflicts: %+v", r.Conflicts)
	}
	if diff := cmp.Diff(want, r.Row(r.Conflicts[0])); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
}

// TestRowOfCases looks at the row of every conflict of the cases: in the conflict's column
// it has the conflict's values.
func TestRowOfCases(t *testing.T) {
	compared := map[merge.ConflictKind]int{}
	eachCase(t, func(t *testing.T, c *mergeCase) {
		r, err := merge.Merge(c.in[0], c.in[1], c.in[2], c.opt)
		if err != nil {
			return // refused
		}
		for _, conflict := range r.Conflicts {
			row := r.Row(conflict)
			i := slices.IndexFunc(row, func(x merge.RowCell) bool { return x.Column == conflict.Column })
			if i < 0 || !conflict.HasColumn {
				continue
			}
			got := merge.Conflict{Base: row[i].Base, Ours: row[i].Ours, Theirs: row[i].Theirs}
			want := merge.Conflict{Base: conflict.Base, Ours: conflict.Ours, Theirs: conflict.Theirs}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s of %q, column %q (-conflict +row):\n%s", conflict.Kind, conflict.Key, conflict.Column, diff)
			}
			compared[conflict.Kind]++
		}
	})
	t.Logf("compared: %v", compared)
	for _, kind := range []merge.ConflictKind{merge.KindCell, merge.KindAddAdd, merge.KindColumnAddAdd, merge.KindColumnDeleteEdit} {
		if compared[kind] == 0 {
			t.Errorf("no conflict %s was compared", kind)
		}
	}
}
