package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A verdict is what was found of an answer.
type verdict struct {
	Right bool // all values, in the right order
	Text  string
}

// judge looks at the answer of a contest; a run without one has no verdict.
func (c *contest) judge(ctx context.Context) (v verdict, err error) {
	at := func(name string) string { return filepath.Join(c.set.dir, name) }
	switch {
	case c.want != "":
		err = work(ctx, &v, "merge", at(c.want), at(c.output))
	case c.minus != "":
		var found marks
		err = work(ctx, &found, "diff", at(c.output), c.minus, c.plus)
		v = c.set.judgeDiff(found)
	}
	return v, err
}

// judgeMerge holds a merge against the expected one.
func judgeMerge(want, got string) (verdict, error) {
	if same, err := sameContent(want, got); same || err != nil {
		return verdict{same, "byte for byte"}, err
	}
	conflicts, err := countMarks(got, "<<<<<<< ", "")
	if err != nil {
		return verdict{}, err
	}
	if conflicts.Minus > 0 {
		return verdict{false, fmt.Sprintf("%d false conflicts", conflicts.Minus)}, nil
	}
	expected, err := digestOf(want)
	if err != nil {
		return verdict{}, err
	}
	found, err := digestOf(got)
	switch {
	case err != nil:
		return verdict{false, "not CSV: " + err.Error()}, nil
	case found == expected:
		return verdict{true, "values right, bytes changed"}, nil
	case found.rows == expected.rows && found.sum == expected.sum:
		return verdict{false, "rows right, order lost"}, nil
	}
	return verdict{false, fmt.Sprintf("wrong: %d rows for %d, or other values", found.rows, expected.rows)}, nil
}

// sameContent compares two files.
func sameContent(a, b string) (same bool, err error) {
	var files [2]*os.File
	for i, path := range []string{a, b} {
		if files[i], err = os.Open(path); err != nil {
			return false, err
		}
		defer files[i].Close()
	}
	x, y := make([]byte, 1<<18), make([]byte, 1<<18)
	for {
		n, errX := io.ReadFull(files[0], x)
		m, errY := io.ReadFull(files[1], y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		for _, err := range []error{errX, errY} {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return true, nil // of both: they had as many bytes, and asked for more
			}
			if err != nil {
				return false, err
			}
		}
	}
}

// A digest tells the values of a table from others. sum is the same for the same rows in
// another order.
type digest struct {
	rows         int
	sum, ordered uint64
}

// seed makes digests of one process comparable.
var seed = maphash.MakeSeed()

func digestOf(path string) (d digest, err error) {
	f, err := os.Open(path)
	if err != nil {
		return d, err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<18))
	r.ReuseRecord = true
	for {
		record, err := r.Read()
		if err == io.EOF {
			return d, nil
		}
		if err != nil {
			return d, err
		}
		h := maphash.String(seed, strings.Join(record, "\x00"))
		d.rows++
		d.sum += h
		d.ordered = d.ordered*31 + h
	}
}

// marks are how many lines of a diff have a row of the first file, and of the second.
type marks struct{ Minus, Plus int }

// countMarks counts the lines of a file by how they begin; beginnings are between bars.
func countMarks(path, minus, plus string) (m marks, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if begins(lines.Bytes(), minus) {
			m.Minus++
		}
		if begins(lines.Bytes(), plus) {
			m.Plus++
		}
	}
	return m, lines.Err()
}

func begins(line []byte, beginnings string) bool {
	for b := range strings.SplitSeq(beginnings, "|") {
		if b != "" && bytes.HasPrefix(line, []byte(b)) {
			return true
		}
	}
	return false
}

// judgeDiff holds what a diff from base to ours found against what ours did.
func (s *set) judgeDiff(found marks) verdict {
	want := marks{s.Edited + s.Deleted, s.Edited + s.Added}
	if found == want {
		return verdict{true, "every row that differs"}
	}
	return verdict{false, fmt.Sprintf("%d rows out and %d in for %d and %d", found.Minus, found.Plus, want.Minus, want.Plus)}
}
