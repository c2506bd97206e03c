package merge_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// A daemon fills in an order while a person edits the same row and adds another.
func ExampleMerge() {
	base := []byte("id,enabled,order_id,note\n# majors\nbtc_1,true,,\n")
	ours := []byte("id,enabled,order_id,note\n# majors\nbtc_1,false,OQ7XYZ,\n")
	theirs := []byte("id,enabled,order_id,note\n# majors\nbtc_1,true,,take profit\neth_1,true,,\n")

	result, err := merge.Merge(base, ours, theirs, merge.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", result.Bytes())
	// Output:
	// id,enabled,order_id,note
	// # majors
	// btc_1,false,OQ7XYZ,take profit
	// eth_1,true,,
}

// Conflicts are data. Err is for callers who want none.
func ExampleMerge_conflict() {
	base := []byte("id,enabled,volume\nbtc_1,true,1\n")
	ours := []byte("id,enabled,volume\nbtc_1,false,2\n")
	theirs := []byte("id,enabled,volume\nbtc_1,paused,1\n")

	result, err := merge.Merge(base, ours, theirs, merge.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range result.Conflicts {
		fmt.Println(c.Kind, c.Key, c.Column, c.Base.Text, c.Ours.Text, c.Theirs.Text)
	}
	var conflict *merge.ConflictError
	fmt.Println(errors.As(result.Err(), &conflict))
	fmt.Printf("%s", result.Bytes())
	// Output:
	// cell [btc_1] enabled true false paused
	// true
	// id,enabled,volume
	// <<<<<<< ours: id=btc_1
	// btc_1,false,2
	// ||||||| base: id=btc_1
	// btc_1,true,2
	// =======
	// btc_1,paused,2
	// >>>>>>> theirs: id=btc_1
}

// Each column has its own rule; what no rule settles, the strategy does.
func ExampleParsePolicy() {
	sum, err := merge.ParsePolicy("sum")
	if err != nil {
		fmt.Println(err)
		return
	}
	opt := merge.Options{
		Policies: map[string]merge.Policy{"stock": sum},
		Strategy: merge.TakeTheirs,
	}
	base := []byte("id,stock,shelf\nbolt,10,A1\n")
	ours := []byte("id,stock,shelf\nbolt,12.5,A2\n")
	theirs := []byte("id,stock,shelf\nbolt,9,B1\n")
	result, err := merge.Merge(base, ours, theirs, opt)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", result.Bytes())
	for _, c := range result.Conflicts {
		fmt.Println(c.Column, "settled by", c.Settled)
	}
	// Output:
	// id,stock,shelf
	// bolt,11.5,B1
	// stock settled by sum
	// shelf settled by theirs
}

func ExampleDiff() {
	before := []byte("host,port\nweb,80\ndb,5432\n")
	after := []byte("host,port\nweb,8080\ncache,6379\ndb,5432\n")
	result, err := merge.Diff(before, after, csvrows.Options{Key: []string{"host"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for c := range result.Changes() {
		fmt.Println(c.Kind, c.Key, c.Column, c.Lines.Theirs)
	}
	// Output:
	// cell [web] port 2
	// row_added [cache]  3
}

func ExampleResult_WriteNDJSON() {
	result, err := merge.Diff([]byte("id,v\n1,a\n"), []byte("id,v\n1,b\n"), csvrows.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := result.WriteNDJSON(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"type":"report","schema":"rowkeep.diff/1","key":["id"]}
	// {"type":"change","kind":"cell","from":"theirs","key":["1"],"column":"v","before":"a","after":"b","lines":{"base":2,"ours":2,"theirs":2}}
	// {"type":"stats","rows":{"base":1,"theirs":1}}
}
