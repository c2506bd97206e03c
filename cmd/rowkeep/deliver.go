package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rowkeep/rowkeep/internal/symlink"
)

// delivery is a result on its way to a file or to standard output. prepare does all
// that can fail for want of space or permission, out of sight; publish is the one step
// that shows; discard clears away what is left.
type delivery interface {
	prepare() error
	publish(ctx context.Context) (undo func() error, err error)
	discard()
}

// deliver brings results to where they belong: all of them, or on an error none. The
// last one is the one that must not be missing for a moment: those before it can be
// taken back.
func deliver(ctx context.Context, results []delivery) error {
	for _, r := range results {
		defer r.discard()
		if err := r.prepare(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	var undos []func() error
	for _, r := range results {
		undo, err := r.publish(ctx)
		if err != nil {
			return takeBack(undos, err)
		}
		undos = append(undos, undo)
	}
	return nil
}

// takeBack undoes what was published before err happened.
func takeBack(undos []func() error, err error) error {
	for _, undo := range slices.Backward(undos) {
		if left := undo(); left != nil {
			err = fmt.Errorf("%w; and it could not be taken back: %w", err, left)
		}
	}
	return err
}

// toFile replaces a file.
type toFile struct {
	file    string // as the command line names it
	target  string // the file behind all symbolic links
	write   func(io.Writer) error
	size    int64 // of what is written, where that is known
	pending pending
	// undoable asks for an undo. Its price is a moment in which the target does not
	// exist, which a report can bear and a user's table cannot.
	undoable bool
	old      string // where the target's old file is meanwhile
}

// pending is a file written beside its target: a renameio.PendingFile, whose methods these
// are, or a pendingFile.
type pending interface {
	io.Writer
	Fd() uintptr
	Sync() error
	CloseAtomicallyReplace() error
	Cleanup() error
}

func (d *toFile) prepare() (err error) {
	if d.target, err = symlink.Follow(d.file); err != nil {
		return fileFailure(d.file, err)
	}
	kind := checkKind(d.target)
	if err := ignore(fs.ErrNotExist, kind); err != nil {
		return fileFailure(d.file, err)
	}
	exists := kind == nil
	if d.pending, err = newPending(d.target, exists); err != nil {
		d.pending = nil // it may hold a nil pointer
		return fileFailure(d.file, err)
	}
	reserve(d.pending.Fd(), d.size)
	if err := d.write(d.pending); err != nil {
		return fileFailure(d.file, err)
	}
	if !exists {
		return nil // see newPending
	}
	if err := d.pending.Sync(); err != nil {
		return fileFailure(d.file, err)
	}
	return nil
}

func (d *toFile) publish(context.Context) (undo func() error, err error) {
	undo = func() error { return nil }
	if d.undoable {
		if undo, err = d.setAside(); err != nil {
			return nil, fileFailure(d.file, err)
		}
	}
	if err := d.pending.CloseAtomicallyReplace(); err != nil {
		return nil, takeBack([]func() error{undo}, fileFailure(d.file, err))
	}
	return undo, nil
}

// setAside renames the target out of the way.
func (d *toFile) setAside() (undo func() error, err error) {
	aside, err := os.CreateTemp(filepath.Dir(d.target), "."+filepath.Base(d.target))
	if err != nil {
		return nil, err
	}
	aside.Close()
	d.old = aside.Name()
	err = os.Rename(d.target, d.old)
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return ignore(fs.ErrNotExist, os.Remove(d.target)) }, nil
	}
	return func() error { return os.Rename(d.old, d.target) }, err
}

// ignore turns an error that does not matter here into none.
func ignore(what, err error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

func (d *toFile) discard() {
	if d.pending != nil {
		d.pending.Cleanup() //nolint:errcheck // a temporary file that cannot be removed is nobody's failure
	}
	if d.old != "" {
		os.Remove(d.old) // gone already if it was put back
	}
}

// toStream writes to standard output.
type toStream struct {
	w     io.Writer
	write func(io.Writer) error
	size  int64 // of what is written, where that is known
}

func (d toStream) prepare() error { return nil }

// publish cannot be undone, but interrupted: the reader of a pipe may never come. What fails
// half-way is taken back where that can be done.
func (d toStream) publish(ctx context.Context) (undo func() error, err error) {
	undo = func() error { return nil }
	takenBack := undo
	if f := emptyFile(d.w); f != nil {
		reserve(f.Fd(), d.size)
		takenBack = func() error {
			_, err := f.Seek(0, io.SeekStart)
			return errors.Join(f.Truncate(0), err)
		}
	}
	return await(ctx, func() (func() error, error) {
		if err := d.write(d.w); err != nil {
			return nil, stdoutFailure(takeBack([]func() error{takenBack}, err))
		}
		return undo, nil
	})
}

// emptyFile returns the regular file that a stream is, if nothing was written to it yet.
func emptyFile(w io.Writer) *os.File {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > 0 {
		return nil
	}
	if at, err := f.Seek(0, io.SeekCurrent); err != nil || at > 0 {
		return nil
	}
	return f
}

func (d toStream) discard() {}

func stdoutFailure(err error) *failure { return fileFailure("standard output", err) }

// printed is stdoutFailure of what may have gone well.
func printed(err error) error {
	if err != nil {
		return stdoutFailure(err)
	}
	return nil
}

// sameFile reports whether two names lead to one file, or would once it exists.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return canonical(a) == canonical(b)
}

// canonical is the one name of a file whose directory exists.
func canonical(file string) string {
	if target, err := symlink.Follow(file); err == nil {
		file = target
	}
	dir, base := filepath.Split(file)
	if resolved, err := filepath.EvalSymlinks(filepath.Clean(dir)); err == nil {
		dir = resolved
	}
	abs, err := filepath.Abs(filepath.Join(dir, base))
	if err != nil {
		return file
	}
	return abs
}
