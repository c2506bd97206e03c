package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rowkeep/rowkeep/benchmarks/judge"
	"github.com/rowkeep/rowkeep/benchmarks/process"
	"github.com/rowkeep/rowkeep/benchmarks/sample"
)

// A set is a sample in files of one folder: base.csv, ours.csv, theirs.csv, the expected
// want.csv, and the scripts of the peers; where copies are asked for, the two copies of
// base equal.csv and copy.csv.
type set struct {
	name  string
	shape sample.Shape
	dir   string
	made
}

// made is what the process that made a set tells of it.
type made struct {
	sample.Counts
	Bytes int64 // of base, ours and theirs together
}

// makeSet makes a set in a process of its own.
func (b *bench) makeSet(ctx context.Context, name string, shape sample.Shape, copies bool) (*set, error) {
	shape.Seed = b.seed
	s := &set{name: name, shape: shape, dir: filepath.Join(b.data, fmt.Sprint(b.sets))}
	b.sets++
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		return nil, err
	}
	text, err := json.Marshal(shape)
	if err != nil {
		return nil, err
	}
	return s, process.Work(ctx, &s.made, "make", string(text), s.dir, strconv.FormatBool(copies))
}

// runWorker is the other side of process.Work.
func runWorker(task string, args []string) error {
	return process.Answer(func() (any, error) {
		switch {
		case task == "make" && len(args) == 3:
			return makeFiles(args[0], args[1], args[2] == "true")
		case task == "merge" && len(args) == 2:
			return judge.Merge(args[0], args[1])
		case task == "diff" && len(args) == 3:
			return judge.CountMarks(args[0], args[1], args[2])
		}
		return nil, fmt.Errorf("no worker does %s %q", task, args)
	})
}

// makeFiles makes the files of a set.
func makeFiles(shapeText, dir string, copies bool) (m made, err error) {
	var shape sample.Shape
	if err := json.Unmarshal([]byte(shapeText), &shape); err != nil {
		return m, err
	}
	names := []string{"base.csv", "ours.csv", "theirs.csv", "want.csv"}
	if copies {
		names = append(names, "equal.csv", "copy.csv")
	}
	files := make([]io.Writer, len(names))
	for i, name := range names {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return m, err
		}
		defer f.Close() // an error of Close says what one of Write has said
		files[i] = f
	}
	base := io.MultiWriter(append(files[4:], files[0])...)
	if m.Counts, err = sample.Write(shape, sample.Files{Base: base, Ours: files[1], Theirs: files[2], Want: files[3]}); err != nil {
		return m, err
	}
	for _, name := range names[:3] {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return m, err
		}
		m.Bytes += info.Size()
	}
	return m, copyScripts(dir)
}

func copyScripts(dir string) error {
	folder, err := fs.Sub(scripts, "peers")
	if err != nil {
		return err
	}
	return os.CopyFS(dir, folder)
}
