package csvrows_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/inputs.txt anew")

// inputsFile holds the input of every table of this package, one Go string a line,
// for fuzz targets here and elsewhere to start from.
const inputsFile = "testdata/inputs.txt"

func tableInputs(t testing.TB) []string {
	inputs := []string{readTtslo(t)}
	for _, tt := range parseTests {
		input, _ := cutMarks(tt.input)
		inputs = append(inputs, input)
	}
	for _, tt := range refusedTests {
		input, _ := cutMarks(tt.input)
		inputs = append(inputs, input)
	}
	for _, tt := range detectTests {
		inputs = append(inputs, tt.inputs...)
	}
	for _, tt := range keyTests {
		inputs = append(inputs, tt.input)
	}
	for _, group := range []string{"set", "insert", "delete", "rename", "column"} {
		for _, tt := range editTests[group] {
			inputs = append(inputs, tt.before, tt.after)
		}
	}
	for _, tt := range refusedEdits {
		inputs = append(inputs, tt.before)
	}
	for _, tt := range readerTests {
		inputs = append(inputs, tt.input)
	}
	return inputs
}

func TestInputsFile(t *testing.T) {
	var b strings.Builder
	seen := map[string]bool{}
	for _, input := range tableInputs(t) {
		if !seen[input] {
			fmt.Fprintln(&b, strconv.Quote(input))
		}
		seen[input] = true
	}
	if *update {
		if err := os.WriteFile(inputsFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(inputsFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), string(got)); d != "" {
		t.Errorf("%s is not what the tables hold; run the tests with -update (-want +got):\n%s", inputsFile, d)
	}
}
