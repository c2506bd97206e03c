// Package judge tells whether a merge or a diff that some program wrote is right. It reads
// files as streams, of any size.
package judge

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"strings"
)

// A Verdict is what was found of an answer.
type Verdict struct {
	Right bool // all values, in the right order
	Text  string
}

// ErrEmpty is an answer without a byte, which is none.
var ErrEmpty = errors.New("nothing was written")

// Merge holds a merge against the expected one.
func Merge(want, got string) (Verdict, error) {
	info, err := os.Stat(got)
	if err == nil && info.Size() == 0 {
		err = ErrEmpty
	}
	if err != nil {
		return Verdict{}, err
	}
	if same, err := sameContent(want, got); same || err != nil {
		return Verdict{same, "byte for byte"}, err
	}
	conflicts, err := CountMarks(got, "<<<<<<< ", "")
	if err != nil {
		return Verdict{}, err
	}
	if conflicts.Minus > 0 {
		return Verdict{false, fmt.Sprintf("%d false conflicts", conflicts.Minus)}, nil
	}
	expected, err := digestOf(want)
	if err != nil {
		return Verdict{}, err
	}
	found, err := digestOf(got)
	switch {
	case err != nil:
		return Verdict{false, "not CSV: " + err.Error()}, nil
	case found == expected:
		return Verdict{true, "values right, bytes changed"}, nil
	case found.rows == expected.rows && found.sum == expected.sum:
		return Verdict{false, "rows right, order lost"}, nil
	}
	return Verdict{false, fmt.Sprintf("wrong: %d rows for %d, or other values", found.rows, expected.rows)}, nil
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

// Marks are how many lines of a diff have a row of the first file, and of the second.
type Marks struct{ Minus, Plus int }

// CountMarks counts the lines of a file by how they begin; beginnings are between bars.
func CountMarks(path, minus, plus string) (m Marks, err error) {
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
