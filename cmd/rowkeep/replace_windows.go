package main

import (
	"os"
	"path/filepath"
)

// newPending creates a file beside target that can take target's place in one step.
// Package renameio does not build for Windows, as it cannot promise there that
// the step is atomic: neither do we.
func newPending(target string) (pending, error) {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target))
	if err != nil {
		return nil, err
	}
	return &pendingFile{File: f, target: target}, nil
}

type pendingFile struct {
	*os.File
	target string
	done   bool
}

func (p *pendingFile) CloseAtomicallyReplace() error {
	if err := p.Close(); err != nil {
		return err
	}
	if err := os.Rename(p.Name(), p.target); err != nil {
		return err
	}
	p.done = true
	return nil
}

func (p *pendingFile) Cleanup() error {
	if p.done {
		return nil
	}
	p.Close() // it may be closed already
	return os.Remove(p.Name())
}
