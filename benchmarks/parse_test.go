package benchmarks

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/csvrows"
)

// BenchmarkParse reads a file in memory. The readers do different work: csvrows cuts
// records and keeps their bytes, csvrows-fields cuts every field too, and encoding-csv
// cuts and decodes every field, reusing its record.
func BenchmarkParse(b *testing.B) {
	for _, quoted := range quotings {
		for _, size := range sizes {
			data := quoted.apply(b, cached(sample.Shape{Rows: size.rows}).Base)
			for _, r := range readers {
				b.Run(fmt.Sprintf("quoted=%s/rows=%s/reader=%s", quoted.name, size.name, r.name), func(b *testing.B) {
					b.SetBytes(int64(len(data)))
					b.ReportAllocs()
					for b.Loop() {
						if n := r.records(b, data); n != size.rows+1 {
							b.Fatalf("%d records, want %d", n, size.rows+1)
						}
					}
				})
			}
		}
	}
}

// readers count the records of a file.
var readers = []struct {
	name    string
	records func(b *testing.B, data []byte) int
}{
	{"csvrows", func(b *testing.B, data []byte) int { return parse(b, data).Len() }},
	{"csvrows-fields", countFields},
	{"encoding-csv", countStandard},
}

func parse(b *testing.B, data []byte) *csvrows.File {
	f, err := csvrows.Parse(data, csvrows.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func countFields(b *testing.B, data []byte) int {
	f := parse(b, data)
	var fields []csvrows.Field
	for i := range f.Len() {
		if fields = f.Fields(fields[:0], i); len(fields) != sample.Columns {
			b.Fatalf("record %d has %d fields", i, len(fields))
		}
	}
	return f.Len()
}

func countStandard(b *testing.B, data []byte) int {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	for n := 0; ; n++ {
		_, err := r.Read()
		if err == io.EOF {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// A quoting says which fields are in quotes.
type quoting struct {
	name  string
	apply func(b *testing.B, data []byte) []byte
}

var quotings = []quoting{
	{"none", requote(func(int) bool { return false })},
	{"tenth-of-notes", func(_ *testing.B, data []byte) []byte { return data }},
	{"half", requote(func(n int) bool { return n%2 == 0 })},
	{"all", requote(func(int) bool { return true })},
}

// requote returns a function that writes a file anew, with quotes where quoted says so
// of the n-th field. Values that would need quotes change.
func requote(quoted func(n int) bool) func(*testing.B, []byte) []byte {
	plain := strings.NewReplacer(",", ";", `"`, "'")
	return func(b *testing.B, data []byte) []byte {
		f := parse(b, data)
		var out []byte
		for i := range f.Len() {
			for col, field := range f.Fields(nil, i) {
				if col > 0 {
					out = append(out, ',')
				}
				value := plain.Replace(string(field.Value()))
				out = append(out, csvrows.Encode([]byte(value), quoted(i+col), ',')...)
			}
			out = append(out, '\n')
		}
		return out
	}
}
