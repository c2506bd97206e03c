package fuzz

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/tools/txtar"
)

// Seeds are the inputs of the other packages' tests and the worked merges, which live
// beside the repository.
const (
	mergeCases  = "../merge/testdata/*.txtar"
	parseInputs = "../csvrows/testdata/inputs.txt"
	workedCases = "../../shared/cases/cases/*"
)

// largestSeed keeps megabyte inputs from slowing every run down.
const largestSeed = 1 << 14

// seeds returns all seeds; a file of one input is a seed as all three versions.
func seeds(t testing.TB) []triple {
	t.Helper()
	all := append(unitSeeds(t), parseSeeds(t)...)
	for _, dir := range glob(t, workedCases) {
		if tr, ok := workedSeed(t, dir); ok {
			all = append(all, tr)
		}
	}
	return all
}

// TestSeeds proves that the seeds that must be there are.
func TestSeeds(t *testing.T) {
	if n := len(unitSeeds(t)); n < 50 {
		t.Errorf("%s gives %d seeds only", mergeCases, n)
	}
	if n := len(parseSeeds(t)); n < 50 {
		t.Errorf("%s gives %d seeds only", parseInputs, n)
	}
	if len(glob(t, workedCases)) == 0 {
		t.Logf("no worked merges in %s: run without them", workedCases)
	}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// unitSeeds reads the cases of package merge.
func unitSeeds(t testing.TB) []triple {
	t.Helper()
	var all []triple
	for _, file := range glob(t, mergeCases) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tr := triple{opt: commas()}
		for _, f := range archive.Files {
			tr.set(t, f)
		}
		all = append(all, tr)
	}
	return all
}

// set takes one file of a case: its bytes, or Go string literals of them.
func (tr *triple) set(t testing.TB, f txtar.File) {
	t.Helper()
	into, ok := map[string]*[]byte{
		"base": &tr.base, "ours": &tr.ours, "theirs": &tr.theirs,
		"base.quoted": &tr.base, "ours.quoted": &tr.ours, "theirs.quoted": &tr.theirs,
	}[f.Name]
	switch {
	case !ok:
	case filepath.Ext(f.Name) == ".quoted":
		*into = bytes.Join(unquoted(t, f.Data), nil)
	default:
		*into = f.Data
	}
}

// unquoted reads a Go string literal a line.
func unquoted(t testing.TB, data []byte) [][]byte {
	t.Helper()
	var all [][]byte
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		s, err := strconv.Unquote(scanner.Text())
		if err != nil {
			t.Fatalf("%q: %v", scanner.Text(), err)
		}
		all = append(all, []byte(s))
	}
	return all
}

// parseSeeds pairs each input of csvrows' tables with the one before it.
func parseSeeds(t testing.TB) []triple {
	t.Helper()
	data, err := os.ReadFile(parseInputs)
	if err != nil {
		t.Fatal(err)
	}
	var all []triple
	last := []byte("id,a\n1,x\n")
	for _, input := range unquoted(t, data) {
		if len(input) <= largestSeed {
			all = append(all, triple{input, last, input, commas()}, triple{last, input, input, commas()})
			last = input
		}
	}
	return all
}

// workedSeed reads a worked merge; those that a program generates have no files.
func workedSeed(t testing.TB, dir string) (triple, bool) {
	t.Helper()
	tr := triple{opt: commas()}
	for name, into := range map[string]*[]byte{"base": &tr.base, "ours": &tr.ours, "theirs": &tr.theirs} {
		data, err := os.ReadFile(filepath.Join(dir, name+".csv"))
		if err != nil || len(data) > largestSeed {
			return triple{}, false
		}
		*into = data
	}
	return tr, true
}
