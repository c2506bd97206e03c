package csvrows_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/jszwec/csvutil"

	"github.com/rowkeep/rowkeep/csvrows"
)

const config = `# prices in USD
id,price,note
btc_1,100,"first, of two"
btc_2,200,5" pipe

# paused: eth_1,300
`

func ExampleParse() {
	f, err := csvrows.Parse([]byte(config), csvrows.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range f.Len() {
		fmt.Printf("%d %v %q\n", f.Line(i), f.Kind(i), f.Text(i))
	}
	note, _ := f.Field(2, 2)
	fmt.Printf("%s reads as %s\n", note, note.Value())
	// Output:
	// 1 comment "# prices in USD"
	// 2 header "id,price,note"
	// 3 row "btc_1,100,\"first, of two\""
	// 4 row "btc_2,200,5\" pipe"
	// 5 blank ""
	// 6 comment "# paused: eth_1,300"
	// "first, of two" reads as first, of two
}

func ExampleParse_error() {
	_, err := csvrows.Parse([]byte("id,note\na,\"never closed\nb,x\n"), csvrows.Options{})
	fmt.Println(err)
	var pe *csvrows.ParseError
	if errors.As(err, &pe) {
		fmt.Println(pe.Line, pe.Column, pe.Offset)
	}
	// Output:
	// line 2, column 3 (byte 10): quote is never closed
	// 2 3 10
}

func ExampleDetect() {
	base := []byte("id;price\na;1,5\n")
	theirs := []byte("id;price\na;1,5\nb;2,5\n")
	d, err := csvrows.Detect(csvrows.Options{}, base, theirs)
	fmt.Printf("%q %v\n", d, err)

	// Somebody saved the file with commas.
	ours := []byte("name,price\nb,\"1,5\"\n")
	_, err = csvrows.Detect(csvrows.Options{}, base, ours, theirs)
	fmt.Println(err)
	// Output:
	// ';' <nil>
	// line 1, column 1: fields are separated by ',', those of the other input by ';'
}

func ExampleFile_KeyColumns() {
	f, err := csvrows.Parse([]byte("a,b,c,d,e,f,g,h,i,j\n"), csvrows.Options{Key: []string{"id"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = f.KeyColumns()
	fmt.Println(err)
	// Output:
	// line 1, column 1: header has no key column "id" (it names "a", "b", "c", "d", "e", "f", "g", "h", ... 2 more)
}

func ExampleTable() {
	f, err := csvrows.Parse([]byte(config), csvrows.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := csvrows.NewTable(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = errors.Join(
		t.Set(csvrows.Key{"btc_1"}, map[string]string{"price": "110"}),
		t.InsertAfter(csvrows.Key{"btc_1"}, csvrows.Key{"btc_3"}, map[string]string{"price": "150"}),
		t.Append(csvrows.Key{"eth_2"}, map[string]string{"note": `2" pipe`}),
		t.Delete(csvrows.Key{"btc_2"}))
	if err != nil {
		fmt.Println(err)
	}
	_, _ = t.WriteTo(os.Stdout)
	// Output:
	// # prices in USD
	// id,price,note
	// btc_1,110,"first, of two"
	// btc_3,150,
	//
	// # paused: eth_1,300
	// eth_2,,"2"" pipe"
}

func ExampleTable_Set_refused() {
	f, err := csvrows.Parse([]byte(config), csvrows.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := csvrows.NewTable(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = t.Set(csvrows.Key{"btc_1"}, map[string]string{"prize": "110"})
	fmt.Println(err)
	fmt.Println(errors.Is(err, csvrows.ErrNoColumn))
	fmt.Println(t.AddColumn("note"))
	// Output:
	// set row "btc_1" column "prize": no column has this name
	// true
	// add column "note": a column has this name already
}

func ExampleFile_Reader() {
	f, err := csvrows.Parse([]byte(config), csvrows.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	type row struct {
		ID    string  `csv:"id"`
		Price float64 `csv:"price"`
	}
	d, err := csvutil.NewDecoder(f.Reader())
	if err != nil {
		fmt.Println(err)
		return
	}
	var rows []row
	if err := d.Decode(&rows); err != nil {
		fmt.Println(err)
	}
	fmt.Println(rows)
	// Output:
	// [{btc_1 100} {btc_2 200}]
}
