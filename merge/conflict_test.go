package merge_test

import (
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Who judges changes himself finds the same conflict that a merge would find.
func TestIdentityOf(t *testing.T) {
	const base = "id,a,b\n1,x,p\n2,y,q\n"
	for _, c := range []struct {
		name, ours, theirs string
		want               merge.Conflict
	}{
		{"cell", "id,a,b\n1,X,p\n2,y,q\n", "id,a,b\n1,Y,p\n2,y,q\n", merge.Conflict{Kind: merge.KindCell, Key: []string{"1"}, Column: "a"}},
		{"row", "id,a,b\n2,y,q\n", "id,a,b\n1,Y,p\n2,y,q\n", merge.Conflict{Kind: merge.KindDeleteModify, Key: []string{"1"}}},
		{"row, mirrored", "id,a,b\n1,Y,p\n2,y,q\n", "id,a,b\n2,y,q\n", merge.Conflict{Kind: merge.KindDeleteModify, Key: []string{"1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := merge.Merge([]byte(base), []byte(c.ours), []byte(c.theirs), merge.Options{Read: csvrows.Options{Key: []string{"id"}}})
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Conflicts) != 1 || r.Conflicts[0].ID != merge.IdentityOf(c.want) {
				t.Errorf("conflicts %+v, want one of ID %s", r.Conflicts, merge.IdentityOf(c.want))
			}
		})
	}
}
