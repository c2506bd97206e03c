// Growth shows how the time of a merge grows with its input: at n and at 4n, on inputs
// that a careless merge is quadratic on. Linear work takes 4 times as long, n log n
// a little more, quadratic work 16 times.
//
// The time is that of the merge, of its bytes and of the list of its changes: medians
// of rounds that take n and 4n in turns. The garbage is collected between the rounds,
// not within, and a first round that does not count fetches the memory: else 4n would
// pay the system for what n finds ready. Where n fits a cache of the processor and 4n
// does not, the ratio is above 4 though the work is linear; on a busy machine the more.
//
//	go run ./benchmarks/growth [-rounds 9] [-case SUBSTRING] [-check]
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/rowkeep/rowkeep/merge"
)

// bar is the greatest ratio that still counts as not quadratic.
const bar = 6.0

func main() {
	rounds := flag.Int("rounds", 9, "medians of so many `rounds`")
	only := flag.String("case", "", "only cases whose name holds this `text`")
	check := flag.Bool("check", false, fmt.Sprintf("exit with status 1 if a ratio is above %.0f", bar))
	flag.Parse()
	debug.SetGCPercent(-1)
	steep, err := measure(os.Stdout, *rounds, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(2)
	}
	if *check && steep > 0 {
		fmt.Fprintf(os.Stderr, "growth: %d ratios are above %.0f\n", steep, bar)
		os.Exit(1)
	}
}

// measure prints the table and returns how many ratios are above the bar.
func measure(w io.Writer, rounds int, only string) (steep int, err error) {
	if rounds < 1 {
		return 0, fmt.Errorf("%d rounds measure nothing", rounds)
	}
	fmt.Fprintf(w, "| %-46s | %7s | %9s | %9s | %5s |\n", "input", "n", "n, ms", "4n, ms", "ratio")
	fmt.Fprintf(w, "|%s|%s:|%s:|%s:|%s:|\n", strings.Repeat("-", 48), strings.Repeat("-", 8), strings.Repeat("-", 10), strings.Repeat("-", 10), strings.Repeat("-", 6))
	matched := 0
	for _, c := range cases {
		if !strings.Contains(c.name, only) {
			continue
		}
		matched++
		small, large, err := c.medians(rounds)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", c.name, err)
		}
		ratio := float64(large) / float64(small)
		if ratio > bar {
			steep++
		}
		fmt.Fprintf(w, "| %-46s | %7d | %9.1f | %9.1f | %5.1f |\n", c.name, c.n, milliseconds(small), milliseconds(large), ratio)
	}
	if matched == 0 {
		return 0, fmt.Errorf("no case is named like %q", only)
	}
	return steep, nil
}

// medians times the case at n and at 4n.
func (c input) medians(rounds int) (small, large time.Duration, err error) {
	inputs := [2]versions{c.make(c.n), c.make(4 * c.n)}
	var times [2][]time.Duration
	for round := range rounds + 1 {
		for i, in := range inputs {
			d, err := in.merge()
			if err != nil {
				return 0, 0, err
			}
			if round > 0 {
				times[i] = append(times[i], d)
			}
		}
	}
	return median(times[0]), median(times[1]), nil
}

func median(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// versions are what is merged.
type versions struct{ base, ours, theirs []byte }

// merge times one merge.
func (v versions) merge() (time.Duration, error) {
	runtime.GC()
	start := time.Now()
	r, err := merge.Merge(v.base, v.ours, v.theirs, merge.Options{})
	if err != nil {
		return 0, err
	}
	size := len(r.Bytes())
	for range r.Changes() {
		size++
	}
	took := time.Since(start)
	if size == 0 {
		return 0, fmt.Errorf("the merge came to nothing")
	}
	return took, nil
}
