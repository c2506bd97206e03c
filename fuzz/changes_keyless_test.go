package fuzz

import "testing"

// A row without a key follows the renames of columns: what FuzzDrawn found once.
func TestReplayRenamesColumnsOfRowsWithoutKey(t *testing.T) {
	const rows = "x,y,k1\nx,y,k2\nx,z,\n"
	tr := triple{[]byte("b,a,id\n" + rows), []byte("b,a,id\n" + rows), []byte("c,a,id\n" + rows), commas()}
	views, err := tr.views()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views {
		if applies, err := replay(v); err != nil || !applies {
			t.Errorf("applies %v, %v", applies, err)
		}
	}
}
