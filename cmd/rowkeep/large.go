package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/rowkeep/rowkeep/merge"
)

// Files in the same order are merged and compared window by window, in memory that does not
// grow with them. That is also faster, as memory which is used again need not be found
// first. What cannot be done so (package merge says why) is done with the files in memory.

// windowsFrom is from how many bytes of inputs on that is worth it.
const windowsFrom = 16 << 20

// windows are inputs that are open to be read bit by bit.
type windows struct {
	names  []string
	files  []*os.File
	parts  []*io.SectionReader
	before fs.FileInfo // of the first, which is read twice
	size   int64
	limit  int64 // of the process's memory
}

// openWindows opens inputs that are regular files; it returns nil where one is none, or all
// are small. What is wrong with a file is told when it is read into memory.
func openWindows(names []string) *windows {
	w := &windows{names: names}
	for _, name := range names {
		info, err := os.Stat(name)
		if name == stdio || err != nil || !info.Mode().IsRegular() {
			return nil
		}
		w.size += info.Size()
	}
	if w.size < windowsFrom {
		return nil
	}
	w.limit = memoryLimit()
	for _, name := range names {
		if !w.open(name) {
			w.close()
			return nil
		}
	}
	return w
}

func (w *windows) open(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	w.files = append(w.files, f)
	info, err := f.Stat()
	if err != nil {
		return false
	}
	if w.before == nil {
		w.before = info
	}
	w.parts = append(w.parts, io.NewSectionReader(f, 0, info.Size()))
	return true
}

// memory is how many bytes a merge may take. Of more than twice the size it would make no use.
func (w *windows) memory() int { return int(min(2*w.size, w.limit/4*3, math.MaxInt)) }

// memoryLimit is how many bytes of memory the process may use: as its control group says,
// else all that the machine has.
func memoryLimit() int64 {
	limit, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil || limit == 0 || limit > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(limit)
}

// tooLarge reports inputs that would fill the memory if they were read whole.
func (w *windows) tooLarge() bool { return w.size > w.limit/2 }

func (w *windows) close() {
	for _, f := range w.files {
		f.Close()
	}
}

// changed is an error if the first input has changed since it was opened: what was written
// of it is not what was merged.
func (w *windows) changed() error {
	now, err := w.files[0].Stat()
	if err != nil {
		return fileFailure(w.names[0], err)
	}
	if now.Size() != w.before.Size() || !now.ModTime().Equal(w.before.ModTime()) {
		return &failure{status: statusIO, err: fmt.Errorf("%s: it changed while it was merged; try again", w.names[0])}
	}
	return nil
}

// unfit reports an error after which the inputs are to be read into memory: it cannot be
// done in windows, or a file could not be read, which reading it whole tells better.
func unfit(err error) bool {
	var path *fs.PathError
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, io.EOF) || errors.As(err, &path)
}

// inWindows merges or compares inputs window by window; done is false where that is not to
// be had. It tells what a merge in memory will need if that is much.
func (a *app) inWindows(w *windows, do func() (*merge.Result, error)) (result *merge.Result, done bool, err error) {
	before := debug.SetMemoryLimit(w.limit / 8 * 7) // the collector works harder before the system ends us
	result, err = do()
	if err == nil || !unfit(err) {
		return result, true, err
	}
	debug.SetMemoryLimit(before)
	if w.tooLarge() {
		a.out.message(yellow, fmt.Sprintf("warning: %v; so the files are read into memory whole, %d MiB", err, w.size>>20))
	}
	return nil, false, nil
}
