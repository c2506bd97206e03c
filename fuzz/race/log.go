//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A journal is the log: JSON, one line a batch, after one line that names the program.
// A run that was killed goes on where its log ends.
type journal struct {
	file    *os.File // nil: nothing is kept
	batches []batch
}

// build names the program that a log is of. Another program's rounds say nothing of this
// one.
type build struct {
	Build string `json:"build"`
}

var errOtherBuild = errors.New("it is of another build of the rig or the store; name another file")

// openJournal reads what there is of a log. A last line that was cut by a kill goes.
func openJournal(path string) (*journal, error) {
	if path == "" {
		return &journal{}, nil
	}
	self, err := thisBuild()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f}
	if err := j.load(self); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return j, nil
}

// load reads the whole lines, and leaves the file to be written behind them.
func (j *journal) load(self build) error {
	data, err := io.ReadAll(j.file)
	if err != nil {
		return err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	if err := j.file.Truncate(int64(len(data))); err != nil {
		return err
	}
	if _, err := j.file.Seek(int64(len(data)), io.SeekStart); err != nil {
		return err
	}
	if len(data) == 0 {
		return j.write(self)
	}
	return j.parse(data, self)
}

func (j *journal) parse(data []byte, self build) error {
	lines := json.NewDecoder(bufio.NewReader(bytes.NewReader(data)))
	var of build
	if err := lines.Decode(&of); err != nil {
		return err
	}
	if of != self {
		return errOtherBuild
	}
	for {
		var b batch
		if err := lines.Decode(&b); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		j.batches = append(j.batches, b)
	}
}

// add keeps a batch.
func (j *journal) add(b batch) error {
	j.batches = append(j.batches, b)
	return j.write(b)
}

func (j *journal) write(line any) error {
	if j.file == nil {
		return nil
	}
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(data, '\n'))
	return err
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// done counts the rounds of a cell.
func (j *journal) done(c cell) int {
	n := 0
	for _, b := range j.batches {
		if b.cell == c {
			n += b.Rounds
		}
	}
	return n
}

// thisBuild is the hash of the program.
func thisBuild() (build, error) {
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		return build{}, err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return build{}, err
	}
	return build{fmt.Sprintf("%x", hash.Sum(nil)[:8])}, nil
}
