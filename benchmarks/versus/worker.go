package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rowkeep/rowkeep/benchmarks/sample"
	"github.com/rowkeep/rowkeep/csvrows"
)

// runWorker does one piece of work in a process of its own.
func runWorker(work, path string, rows int) error {
	switch work {
	case "make":
		return makeSample(path, rows)
	case "csvrows":
		return readWith(path, countRecords)
	case "encoding-csv":
		return readWith(path, countStandard)
	}
	return fmt.Errorf("no worker %q", work)
}

// makeSample writes the three versions and the expected merge.
func makeSample(dir string, rows int) error {
	s := sample.New(sample.Shape{Rows: rows, Edited: 1})
	for name, data := range map[string][]byte{"base.csv": s.Base, "ours.csv": s.Ours, "theirs.csv": s.Theirs, "want.csv": s.Want} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// readWith reads a file into memory and cuts it.
func readWith(path string, count func(data []byte) (int, error)) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n, err := count(data)
	if err == nil && n < 2 {
		err = fmt.Errorf("%s: %d records", path, n)
	}
	return err
}

func countRecords(data []byte) (int, error) {
	f, err := csvrows.Parse(data, csvrows.Options{})
	if err != nil {
		return 0, err
	}
	return f.Len(), nil
}

func countStandard(data []byte) (int, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	for n := 0; ; n++ {
		_, err := r.Read()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
