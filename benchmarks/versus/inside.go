package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// What happens inside a process is measured by benchmarks. Those named here take their turns
// within one run, with what they are compared to, and report ratios of medians.

// A suite is benchmarks of a package that take so many rounds.
type suite struct{ dir, pattern, rounds string }

var suites = []suite{
	{"./benchmarks", "Merge$/edited=1%/rows=1M$", "15x"},
	{"./benchmarks", "Merge$/edited=1%/keys=unsorted/rows=1M$", "15x"},
	{"./benchmarks", "Parse/quoted=(none|tenth-of-notes|all)/columns=9/rows=1M$", "5x"},
	{"./benchmarks", "Update/(size=1kB|size=100kB)$", "400x"},
	{"./benchmarks", "Update/(size=10MB|size=100MB)$", "15x"},
	{"./store", "Moment/.*/stamp=false", "20x"},
}

// insideRows is how many rows the benchmarks have.
const insideRows = 1_000_000

// measureInside runs all suites. What they report is known by benchmark and unit.
func (b *bench) measureInside(ctx context.Context) error {
	if b.rows != insideRows {
		return nil
	}
	b.inside = map[string]float64{}
	for _, s := range suites {
		cmd := exec.CommandContext(ctx, "go", "test", s.dir, "-run", "^$", "-bench", s.pattern, "-benchtime", s.rounds)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", cmd, err, out)
		}
		for name, value := range reported(out) {
			b.inside[name] = value
			fmt.Fprintf(os.Stderr, "versus: %s: %.3g\n", name, value)
		}
	}
	return nil
}

// reported reads lines like
//
//	BenchmarkUpdate/size=1kB-2   400   1188000 update-ns/op   1.15 ratio
//
// into the figures without a dimension, by "Update/size=1kB ratio".
func reported(out []byte) map[string]float64 {
	figures := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 4 {
			continue
		}
		name, found := strings.CutPrefix(words[0], "Benchmark")
		if !found {
			continue
		}
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			if _, err := strconv.Atoi(name[i+1:]); err == nil { // of processors
				name = name[:i]
			}
		}
		for i := 2; i+1 < len(words); i += 2 {
			unit := words[i+1]
			value, err := strconv.ParseFloat(words[i], 64)
			if err == nil && (unit == "ratio" || strings.HasPrefix(unit, "x-") || strings.HasSuffix(unit, "-x")) {
				figures[name+" "+unit] = value
			}
		}
	}
	return figures
}

// inside is a figure of a benchmark.
func inside(name string) func(*bench) result {
	return func(b *bench) result {
		value, ok := b.inside[name]
		if !ok {
			return result{unknown: "the benchmarks are of " + number(insideRows) + " rows"}
		}
		return result{ratio: value}
	}
}
