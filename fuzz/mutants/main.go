// Mutants proves that the tests can fail: it puts one small mistake at a time into
// csvrows, merge or store, runs the tests, and tells which one noticed.
//
//	go run ./fuzz/mutants [-run TEXT] [-list] [-short] [-parallel N]
//
// The mistakes stand in csvrows.go, merge.go and store.go: a line of a file, what is to stand in its place, and
// what that breaks. The tests run in stages, nearest first, until one fails: those of
// the package, of what imports it, then the laws and the oracle of package fuzz, all
// in short mode and with a fixed seed. The checkout is never touched: the go command
// reads the changed file by way of an overlay.
//
// The exit status is 1 if a mutant survives, if one does not apply any more (its line
// is gone, or stands twice), if one does not compile, or if the tests fail without
// any. A mutant that makes a test run for ever is killed by the time limit, one that
// eats memory by the limit of that (on Linux); both are told.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	run := flag.String("run", "", "only mutants whose name holds this `text`")
	list := flag.Bool("list", false, "list the mutants and check that they apply; run nothing")
	short := flag.Bool("short", false, "only every fifth mutant")
	parallel := flag.Int("parallel", runtime.NumCPU(), "so `many` mutants at a time")
	flag.Parse()
	if err := kill(os.Stdout, *run, *list, *short, *parallel); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// kill runs the chosen mutants and prints what became of them.
func kill(w io.Writer, run string, list, short bool, parallel int) error {
	chosen := choose(run, short)
	if len(chosen) == 0 || parallel < 1 {
		return fmt.Errorf("nothing to run: %d mutants are named like %q", len(chosen), run)
	}
	lab, err := newLab()
	if err != nil {
		return err
	}
	defer lab.close()
	if list {
		return lab.list(w, chosen)
	}
	start := time.Now()
	if err := lab.proveTests(chosen); err != nil {
		return err
	}
	fmt.Fprintf(w, "the tests pass without a mutant, in %s\n", seconds(time.Since(start)))
	tally := map[string]int{}
	for result := range lab.runAll(chosen, parallel) {
		fmt.Fprintln(w, result)
		tally[result.verdict()]++
	}
	fmt.Fprintf(w, "%d mutants in %s: %d killed, of these %d by a limit\n",
		len(chosen), seconds(time.Since(start)), tally[killed]+tally[stopped], tally[stopped])
	if n := len(chosen) - tally[killed] - tally[stopped]; n > 0 {
		return fmt.Errorf("%d survived, %d are broken", tally[survived], tally[broken])
	}
	return nil
}

// choose returns the mutants to run.
func choose(run string, short bool) []mutant {
	var chosen []mutant
	for i, m := range mutants {
		if strings.Contains(m.name, run) && (!short || i%5 == 0) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// list prints the mutants with their lines.
func (l *lab) list(w io.Writer, chosen []mutant) error {
	bad := 0
	for _, m := range chosen {
		_, line, err := m.apply(l.root)
		if err != nil {
			bad++
			fmt.Fprintf(w, "%-26s %s\n", m.name, err)
			continue
		}
		fmt.Fprintf(w, "%-26s %s:%d: %s\n", m.name, m.file, line, m.breaks)
	}
	if bad > 0 {
		return fmt.Errorf("%d mutants do not apply", bad)
	}
	return checkNames(chosen)
}

// checkNames reports names that stand twice, as -run could not tell them apart.
func checkNames(list []mutant) error {
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.name] {
			return fmt.Errorf("two mutants are named %s", m.name)
		}
		seen[m.name] = true
	}
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// packages lists the packages that hold mutants.
func packages(list []mutant) []string {
	var names []string
	for _, m := range list {
		if !slices.Contains(names, m.pkg()) {
			names = append(names, m.pkg())
		}
	}
	return names
}
