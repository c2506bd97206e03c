package main

import (
	"os"
	"path/filepath"
)

// newPending creates a file beside target that can take target's place in one step.
// Package renameio does not build for Windows, as it cannot promise there that
// the step is atomic: neither do we.
func newPending(target string, _ bool) (pending, error) {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target))
	if err != nil {
		return nil, err
	}
	return &pendingFile{File: f, target: target}, nil
}
