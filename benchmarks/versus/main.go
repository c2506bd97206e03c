// Versus runs whole processes on one sample and sets them side by side: rowkeep merge
// beside git merge-file, csvrows.Parse beside encoding/csv.
//
//	go run ./benchmarks/versus [-rows 1000000] [-rounds 5] [-check]
//
// All commands of a round run one after the other, and rounds repeat, so that a busy
// machine is busy for all. Times are medians of wall clock and of CPU (user and
// system); memory is the peak resident set that the system reports of the finished
// process, the greatest of all rounds.
//
// The sample has no row in which both sides edited one cell: whatever git reports is a
// false conflict. The output of rowkeep must be the expected merge, byte for byte, or
// the program fails. With -check it also fails if rowkeep is not faster than git, if
// Parse takes longer than encoding/csv, or more than 1.3 times the file of memory; with
// few rows the fixed memory of a process alone is more than that.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// mostMemory is the bar for the peak of csvrows.Parse, as a multiple of the file.
const mostMemory = 1.3

func main() {
	rows := flag.Int("rows", 1_000_000, "`rows` of the sample")
	rounds := flag.Int("rounds", 5, "medians of so many `rounds`")
	check := flag.Bool("check", false, "exit with status 1 if a bar is missed")
	work := flag.String("worker", "", "be a process that is measured: make, csvrows or encoding-csv")
	flag.Parse()
	if *work != "" {
		exitOn(runWorker(*work, flag.Arg(0), *rows))
		return
	}
	exitOn(compare(*rows, *rounds, *check))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
		os.Exit(1)
	}
}

// compare measures everything and prints the tables.
func compare(rows, rounds int, check bool) error {
	dir, err := os.MkdirTemp("", "rowkeep-versus-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	merges, parses, err := prepare(dir, rows)
	if err != nil {
		return err
	}
	if err := measure(append(merges, parses...), rounds); err != nil {
		return err
	}
	size, err := sizeOf(dir, "base.csv")
	if err != nil {
		return err
	}
	fmt.Printf("%d rows x 9 columns, %.1f MB a version, %d rounds\n\n", rows, float64(size)/1e6, rounds)
	bars, err := judgeMerges(dir, merges)
	if err != nil {
		return err
	}
	bars = append(bars, judgeParses(parses, size)...)
	err = errors.Join(bars...)
	if err != nil && !check {
		fmt.Println("missed:", err)
		return nil
	}
	return err
}

// prepare writes the sample, builds rowkeep and lists the commands.
func prepare(dir string, rows int) (merges, parses []*contestant, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	rowkeep := filepath.Join(dir, "rowkeep.exe")
	for _, step := range [][]string{
		{self, "-worker", "make", "-rows", fmt.Sprint(rows), dir},
		{"go", "build", "-o", rowkeep, "github.com/rowkeep/rowkeep/cmd/rowkeep"},
	} {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			return nil, nil, fmt.Errorf("%v: %w\n%s", step, err, out)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	merges = []*contestant{
		{name: "git merge-file -p > FILE", stdout: at("git.csv"), args: []string{"git", "merge-file", "-p", at("ours.csv"), at("base.csv"), at("theirs.csv")}},
		{name: "rowkeep merge > FILE", stdout: at("stdout.csv"), args: []string{rowkeep, "merge", at("base.csv"), at("ours.csv"), at("theirs.csv")}},
		{name: "rowkeep merge -o FILE", args: []string{rowkeep, "merge", "-o", at("output.csv"), at("base.csv"), at("ours.csv"), at("theirs.csv")}},
	}
	parses = []*contestant{
		{name: "encoding/csv, ReuseRecord", args: []string{self, "-worker", "encoding-csv", at("base.csv")}},
		{name: "csvrows.Parse", args: []string{self, "-worker", "csvrows", at("base.csv")}},
	}
	return merges, parses, nil
}

func sizeOf(dir, name string) (int64, error) {
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
