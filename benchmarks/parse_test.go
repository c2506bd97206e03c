package benchmarks

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/csvrows"
)

// BenchmarkParse reads a file in memory, beside encoding/csv. The readers do different
// work: scan cuts records and keeps their bytes, fields cuts every field too, and
// encoding-csv cuts and decodes every field, reusing its record. They take turns on the
// same bytes; figures are medians of a round's times, and scan-x and fields-x tell how
// many times as fast as encoding/csv the other two are. -benchtime counts rounds: 20x is
// plenty.
func BenchmarkParse(b *testing.B) {
	for _, quoted := range quotings {
		for _, size := range sizes {
			benchmarkParse(b, shape{quoted, sample.Columns, size.name, size.rows})
		}
		for _, columns := range []int{2, 200} {
			benchmarkParse(b, shape{quoted, columns, "10k", 10_000})
		}
	}
}

// A shape is that of a file to be parsed.
type shape struct {
	quoted  quoting
	columns int
	size    string
	rows    int
}

func benchmarkParse(b *testing.B, s shape) {
	b.Run(fmt.Sprintf("quoted=%s/columns=%d/rows=%s", s.quoted.name, s.columns, s.size), func(b *testing.B) {
		data := s.quoted.apply(b, widened(b, cached(sample.Shape{Rows: s.rows}).Base, s.columns))
		times := make([][]time.Duration, len(readers))
		for b.Loop() {
			for i, r := range readers {
				times[i] = append(times[i], timed(b, func() error { return r.read(data, s) }))
			}
		}
		b.ReportMetric(0, "ns/op") // of all readers together: no figure of anything
		medians := make([]time.Duration, len(readers))
		for i, r := range readers {
			medians[i] = median(times[i])
			b.ReportMetric(float64(medians[i].Nanoseconds()), r.name+"-ns/op")
		}
		standard := float64(medians[len(medians)-1])
		b.ReportMetric(standard/float64(medians[0]), "scan-x")
		b.ReportMetric(standard/float64(medians[1]), "fields-x")
	})
}

// readers read a whole file and fail where they find another number of records or fields
// than it has. The last one is what the others are compared with.
var readers = []struct {
	name string
	read func(data []byte, s shape) error
}{
	{"scan", scanRecords},
	{"fields", cutFields},
	{"encoding-csv", readStandard},
}

func parse(b *testing.B, data []byte) *csvrows.File {
	f, err := csvrows.Parse(data, csvrows.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func scanRecords(data []byte, s shape) error {
	f, err := csvrows.Parse(data, csvrows.Options{})
	if err != nil {
		return err
	}
	return s.expect(f.Len(), s.columns)
}

func cutFields(data []byte, s shape) error {
	f, err := csvrows.Parse(data, csvrows.Options{})
	if err != nil {
		return err
	}
	var fields []csvrows.Field
	for i := range f.Len() {
		if fields = f.Fields(fields[:0], i); len(fields) != s.columns {
			break
		}
	}
	return s.expect(f.Len(), len(fields))
}

func readStandard(data []byte, s shape) error {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	for n, columns := 0, 0; ; n++ {
		record, err := r.Read()
		if err == io.EOF {
			return s.expect(n, columns)
		}
		if err != nil {
			return err
		}
		columns = len(record)
	}
}

// expect compares what was found in a file with what is in it.
func (s shape) expect(records, columns int) error {
	if records != s.rows+1 || columns != s.columns {
		return fmt.Errorf("%d records and %d columns, want %d and %d", records, columns, s.rows+1, s.columns)
	}
	return nil
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
		return rewritten(b, data, func(out []byte, i int, fields []csvrows.Field) []byte {
			for col, field := range fields {
				value := plain.Replace(string(field.Value()))
				out = append(append(out, csvrows.Encode([]byte(value), quoted(i+col), ',')...), ',')
			}
			return out
		})
	}
}

// widened returns a file whose records have so many fields: those of the sample, over and
// over.
func widened(b *testing.B, data []byte, columns int) []byte {
	if columns == sample.Columns {
		return data
	}
	return rewritten(b, data, func(out []byte, _ int, fields []csvrows.Field) []byte {
		for col := range columns {
			out = append(append(out, fields[col%len(fields)]...), ',')
		}
		return out
	})
}

// rewritten returns a file of records that add appends, each field with a comma behind it.
func rewritten(b *testing.B, data []byte, add func(out []byte, i int, fields []csvrows.Field) []byte) []byte {
	f := parse(b, data)
	out := make([]byte, 0, len(data))
	var fields []csvrows.Field
	for i := range f.Len() {
		fields = f.Fields(fields[:0], i)
		out = add(out, i, fields)
		out[len(out)-1] = '\n'
	}
	return out
}
