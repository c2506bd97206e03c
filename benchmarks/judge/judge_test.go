package judge

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestMerge(t *testing.T) {
	const want = "id,v\na,1\nb,\"2, 3\"\n"
	for got, expected := range map[string]Verdict{
		want:                                {true, "byte for byte"},
		"id,v\r\n\"a\",1\r\nb,\"2, 3\"\r\n": {true, "values right, bytes changed"},
		"id,v\nb,\"2, 3\"\na,1\n":           {false, "rows right, order lost"},
		"id,v\na,1\nb,\"2, 4\"\n":           {false, "wrong: 3 rows for 3, or other values"},
		"id,v\na,1\n":                       {false, "wrong: 2 rows for 3, or other values"},
		want + "c,1\n":                      {false, "wrong: 4 rows for 3, or other values"},
		"id,v\n<<<<<<< x\n":                 {false, "1 false conflicts"},
	} {
		dir := t.TempDir()
		write(t, dir, "want", want)
		write(t, dir, "got", got)
		found, err := Merge(filepath.Join(dir, "want"), filepath.Join(dir, "got"))
		if err != nil || found != expected {
			t.Errorf("%q: %+v, want %+v; %v", got, found, expected, err)
		}
	}
}

func TestMergeOfNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "want", "id\n")
	write(t, dir, "got", "")
	if v, err := Merge(filepath.Join(dir, "want"), filepath.Join(dir, "got")); !errors.Is(err, ErrEmpty) {
		t.Error(v, err)
	}
}

func TestCountMarks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "diff", "~ a\n- b\n+ c\n+ d\nother\n")
	found, err := CountMarks(filepath.Join(dir, "diff"), "~ |- ", "~ |+ ")
	if err != nil || found != (Marks{2, 3}) {
		t.Fatal(found, err)
	}
}

func write(t *testing.T, dir, name, text string) {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
