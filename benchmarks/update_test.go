package benchmarks

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// BenchmarkUpdate changes one cell of a file by a running store, beside what a program
// does that is as durable and looks at nothing: write a new file, sync it, rename it,
// sync the directory. The bytes are the same; making them costs that program nothing
// here. Both take turns in one directory, as the time of a sync is the disk's, and the
// disk's mood changes. Figures are medians of a round's times; ratio is of these. -benchtime
// counts rounds: 200x is plenty.
func BenchmarkUpdate(b *testing.B) {
	for _, size := range []struct {
		name string
		rows int
	}{
		{"size=1kB", 9},
		{"rows=100", 100},
		{"size=100kB", 900},
		{"size=10MB", 90_000},
		{"size=100MB", 900_000},
	} {
		b.Run(size.name, func(b *testing.B) { benchmarkUpdate(b, sample.New(sample.Shape{Rows: size.rows}).Base) })
	}
}

func benchmarkUpdate(b *testing.B, content []byte) {
	dir := b.TempDir()
	kept, plain := filepath.Join(dir, "kept.csv"), filepath.Join(dir, "plain.csv")
	for _, path := range []string{kept, plain} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	s, err := store.Open(kept, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	f := parse(b, content)
	key := f.Key(f.Len()/2, []int{0})
	edit := func(n int) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.Set(key, map[string]string{"threshold": strconv.Itoa(n)}) }
	}
	if _, err := s.Update(b.Context(), edit(-1)); err != nil { // makes the state directory
		b.Fatal(err)
	}
	var updates, replaces []time.Duration
	for n := 0; b.Loop(); n++ {
		updates = append(updates, timed(b, func() error {
			_, err := s.Update(b.Context(), edit(n))
			return err
		}))
		data, err := os.ReadFile(kept)
		if err != nil {
			b.Fatal(err)
		}
		replaces = append(replaces, timed(b, func() error { return replaceByHand(plain, data) }))
	}
	checkSame(b, kept, plain)
	update, replace := median(updates), median(replaces)
	b.ReportMetric(0, "ns/op") // of both and of what is between them: no figure of anything
	b.ReportMetric(float64(update.Nanoseconds()), "update-ns/op")
	b.ReportMetric(float64(replace.Nanoseconds()), "by-hand-ns/op")
	b.ReportMetric(float64(update)/float64(replace), "ratio")
}

func timed(b *testing.B, do func() error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// replaceByHand replaces a file so that its new content is on disk.
func replaceByHand(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// checkSame fails if the two did not write the same, or nothing at all.
func checkSame(b *testing.B, one, other string) {
	b.Helper()
	var data [2][]byte
	for i, path := range []string{one, other} {
		var err error
		if data[i], err = os.ReadFile(path); err != nil {
			b.Fatal(err)
		}
	}
	if !bytes.Equal(data[0], data[1]) {
		b.Fatal("the files differ")
	}
	if f := parse(b, data[0]); f.Len() == 0 || f.Kind(f.Len()/2) != csvrows.Row {
		b.Fatalf("%d records", f.Len())
	}
}
