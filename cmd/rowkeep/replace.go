//go:build !windows

package main

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

// newPending creates a file beside target, with target's permission bits if it
// exists, that can take target's place in one step.
func newPending(target string) (pending, error) {
	return renameio.NewPendingFile(target,
		renameio.WithTempDir(filepath.Dir(target)),
		renameio.WithPermissions(0o666), // the umask applies
		renameio.WithExistingPermissions())
}
