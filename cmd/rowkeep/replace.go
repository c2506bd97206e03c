//go:build !windows

package main

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

// newPending creates a file beside target, with target's permission bits if it
// exists, that can take target's place in one step.
//
// A file that is replaced is synced before: a power cut must not leave less than there was.
// There is nothing to lose where there was none, and syncing takes longer than a merge.
func newPending(target string, exists bool) (pending, error) {
	p, err := renameio.NewPendingFile(target,
		renameio.WithTempDir(filepath.Dir(target)),
		renameio.WithPermissions(0o666), // the umask applies
		renameio.WithExistingPermissions())
	if err != nil || exists {
		return p, err
	}
	return &pendingFile{File: p.File, target: target}, nil
}
