package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/rowkeep/rowkeep/benchmarks/process"
	"github.com/rowkeep/rowkeep/benchmarks/sample"
)

// runWorker does one step in a process of its own.
func runWorker(task string, args []string) error {
	if task == "within" && len(args) > 1 {
		return within(args[0], args[1:])
	}
	return process.Answer(func() (any, error) {
		if len(args) < 2 {
			return nil, fmt.Errorf("%s needs rows and seed", task)
		}
		rows, err1 := strconv.Atoi(args[0])
		seed, err2 := strconv.ParseUint(args[1], 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		shape := sample.Shape{Rows: rows, Edited: 1, Seed: seed}
		switch {
		case task == "make":
			return makeFiles(shape)
		case task == "check" && len(args) == 3:
			return check(shape, args[2])
		}
		return nil, fmt.Errorf("no worker does %s %q", task, args)
	})
}

// within joins the group and becomes the command.
func within(dir string, args []string) error {
	if err := (&group{dir: dir}).join(); err != nil {
		return err
	}
	program, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	return syscall.Exec(program, args, os.Environ())
}

// makeFiles writes the three versions into the folder it is run in.
func makeFiles(shape sample.Shape) (counts sample.Counts, err error) {
	var files [3]*os.File
	for i, name := range []string{"base.csv", "ours.csv", "theirs.csv"} {
		if files[i], err = os.Create(name); err != nil {
			return counts, err
		}
		defer files[i].Close() // Sync has said what Close might
	}
	counts, err = sample.Write(shape, sample.Files{Base: files[0], Ours: files[1], Theirs: files[2], Want: io.Discard})
	return counts, errors.Join(err, files[0].Sync(), files[1].Sync(), files[2].Sync())
}

// check makes the sample again and compares the merge with the file. It returns the length
// of both.
func check(shape sample.Shape, path string) (length int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	c := &comparer{r: bufio.NewReaderSize(f, 1<<18)}
	if _, err := sample.Write(shape, sample.Files{Base: io.Discard, Ours: io.Discard, Theirs: io.Discard, Want: c}); err != nil {
		return c.at, err
	}
	if _, err := c.r.ReadByte(); err != io.EOF {
		return c.at, fmt.Errorf("the merge goes on behind byte %d, where the expected one ends", c.at)
	}
	return c.at, nil
}

// A comparer is written what its reader must read.
type comparer struct {
	r    *bufio.Reader
	at   int64
	read []byte
}

func (c *comparer) Write(want []byte) (int, error) {
	if len(c.read) < len(want) {
		c.read = make([]byte, len(want))
	}
	got := c.read[:len(want)]
	n, err := io.ReadFull(c.r, got)
	if !bytes.Equal(got[:n], want[:n]) {
		return 0, fmt.Errorf("the merge is not the expected one, within %d bytes behind byte %d", n, c.at)
	}
	c.at += int64(n)
	if err != nil {
		return n, fmt.Errorf("the merge ends at byte %d: %w", c.at, err)
	}
	return n, nil
}
