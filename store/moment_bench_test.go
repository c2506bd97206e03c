package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// BenchmarkMoment measures how long the moment of a commit is in which a save could slip in:
// from when the file was last looked at until the exchange of the names has returned. A
// large file must not make it longer: the old one is open meanwhile, so its blocks are not
// freed in it. Both sizes take turns; look-x and exchange-x are the medians of the large
// one over those of the small one, from the start of the last look, and from its end.
// -benchtime counts rounds: 20x is plenty.
func BenchmarkMoment(b *testing.B) {
	const small, large = 20, 2_500_000 // rows of about 42 bytes
	for _, sure := range []bool{true, false} {
		b.Run(fmt.Sprintf("100MB-over-1kB/stamp=%v", sure), func(b *testing.B) {
			little, big := newTimedFile(b, small, sure), newTimedFile(b, large, sure)
			for b.Loop() {
				little.update(b)
				big.update(b)
			}
			b.ReportMetric(0, "ns/op") // of whole updates: no figure of anything
			b.ReportMetric(middle(little.looks), "1kB-ns/op")
			b.ReportMetric(middle(big.looks), "100MB-ns/op")
			b.ReportMetric(middle(big.looks)/middle(little.looks), "look-x")
			b.ReportMetric(middle(big.exchanges)/middle(little.exchanges), "exchange-x")
		})
	}
}

// A timedFile is a store on a file that notes when its commits come to a step.
type timedFile struct {
	store *Store
	file  *localFile
	n     int // of updates
	steps map[string]time.Time
	// From the last look, and from its end, until the exchange has returned.
	looks, exchanges []time.Duration
}

func newTimedFile(b *testing.B, rows int, sure bool) *timedFile {
	b.Helper()
	var content strings.Builder
	content.WriteString("id,n,note\n")
	for i := range rows {
		fmt.Fprintf(&content, "%08d,0,the note of a row that is not touched\n", i)
	}
	path := filepath.Join(b.TempDir(), "config.csv")
	if err := os.WriteFile(path, []byte(content.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	f := &timedFile{steps: map[string]time.Time{}}
	var err error
	if f.file, err = openFile(path, Options{}.withDefaults()); err != nil {
		b.Fatal(err)
	}
	if f.store, err = newStore(path, f.file, Options{}); err != nil {
		b.Fatal(err)
	}
	f.update(b) // makes the state directory
	f.file.place.Blind = f.file.place.Blind || !sure
	f.looks, f.exchanges = nil, nil
	f.file.moment = func(step string) { f.steps[step] = time.Now() }
	return f
}

func (f *timedFile) update(b *testing.B) {
	b.Helper()
	time.Sleep(2 * sys.Tick) // so that its time tells what the file is
	f.n++
	if _, err := f.store.Update(b.Context(), func(tx *Tx) error {
		return tx.Set(csvrows.Key{"00000007"}, map[string]string{"n": fmt.Sprint(f.n)})
	}); err != nil {
		b.Fatal(err)
	}
	f.looks = append(f.looks, f.steps["exchanged"].Sub(f.steps["look"]))
	f.exchanges = append(f.exchanges, f.steps["exchanged"].Sub(f.steps["exchange"]))
}

// middle is the median in nanoseconds.
func middle(times []time.Duration) float64 {
	return float64(slices.Sorted(slices.Values(times))[len(times)/2].Nanoseconds())
}
