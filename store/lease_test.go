//go:build unix

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
)

// BenchmarkLease measures how long a commit keeps editors from opening the file: from the
// lease to its release, on a small file. The figures are of that, and -v shows all as a
// histogram. -benchtime counts commits: 5000x is plenty.
func BenchmarkLease(b *testing.B) {
	path := filepath.Join(b.TempDir(), "config.csv")
	if err := os.WriteFile(path, []byte(windowRows), 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := openFile(path, Options{}.withDefaults())
	if err != nil {
		b.Fatal(err)
	}
	s, err := newStore(path, f, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if g, err := s.Guarantee(); err != nil || !g.Lease || !g.Exchange {
		b.Skip("SKIPPED: no lease or no exchange here: ", err)
	}
	var from time.Time
	var held []time.Duration
	f.moment = func(step string) {
		switch step {
		case "look": // the first thing behind the lease
			from = time.Now()
		case "sync directory": // the first behind its release
			held = append(held, time.Since(from))
		}
	}
	for n := 0; b.Loop(); n++ {
		_, err := s.Update(b.Context(), func(tx *Tx) error {
			return tx.Set(csvrows.Key{"a"}, map[string]string{"order_id": fmt.Sprint("O", n)})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(held)
	b.ReportMetric(float64(held[len(held)/2].Nanoseconds())/1000, "held-µs/median")
	b.ReportMetric(float64(held[len(held)*99/100].Nanoseconds())/1000, "held-µs/p99")
	b.ReportMetric(float64(held[len(held)-1].Nanoseconds())/1000, "held-µs/most")
	b.Log("\n" + histogram(held))
}

// histogram draws sorted times in classes that double.
func histogram(times []time.Duration) string {
	var text strings.Builder
	for under := 8 * time.Microsecond; len(times) > 0; under *= 2 {
		n, _ := slices.BinarySearch(times, under)
		fmt.Fprintf(&text, "%10s %6d\n", "< "+under.String(), n)
		times = times[n:]
	}
	return text.String()
}
