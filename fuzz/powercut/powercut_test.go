//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var images = flag.Int("images", 75, "so many crash images of each file system")

// fewImages are enough where much of what is looked at must be found.
const fewImages = 24

// TestMain takes part in the rig's processes. The tests run in the server.
func TestMain(m *testing.M) {
	if !play() && missing() == nil {
		noServer = becomeServer()
	}
	os.Exit(m.Run())
}

var noServer error

// eachFileSystem runs a test where the rig can.
func eachFileSystem(t *testing.T, test func(*testing.T, fileSystem)) {
	if err := errors.Join(missing(), noServer); err != nil {
		t.Skipf("needs root, FUSE, loop devices and mount namespaces: %v", err)
	}
	for _, fsys := range fileSystems {
		// With fast_commit ext4 loses what an editor alone has synced, while the store is at
		// rest: seen on Linux 6.18 where another thread syncs too.
		if fsys.name == "ext4-fast" {
			continue
		}
		t.Run(fsys.name, func(t *testing.T) {
			if !fsys.installed() {
				t.Skipf("needs %s", fsys.mkfs[0])
			}
			test(t, fsys)
			checkDetached(t)
		})
		if raceEnabled {
			return // the detector sees the same programs on each of them
		}
	}
}

// checkDetached reports loop devices over files of ours.
func checkDetached(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		backing, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(backing), os.TempDir()) { // an error: it went away just now
			t.Errorf("%s is still over %s", file, backing)
		}
	}
}

// TestStore cuts the power while the store commits: there is the old file or the new one,
// the new one once the commit was acknowledged, and whatever somebody else had saved.
func TestStore(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	if raceEnabled {
		*images = min(*images, 40) // the detector sees little of other processes, and is slow
	}
	eachFileSystem(t, func(t *testing.T, fsys fileSystem) {
		got, err := trial{fsys, workStore, 12, *images, 1}.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", strings.Join(tallyHead, ", "), got.row())
		for _, v := range got.violations {
			t.Error(v)
		}
		if got.seen < *images {
			t.Errorf("only %d distinct images: more commits are needed", got.seen)
		}
		if got.old == 0 || got.new == 0 || got.after == 0 || got.edits == 0 {
			t.Error("one of the kinds of image did not come up")
		}
	})
}

// TestKept is a commit that may not lose an edit either: what is only beside the file
// counts as found.
func TestKept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	eachFileSystem(t, func(t *testing.T, fsys fileSystem) {
		got, err := trial{fsys, workKept, 6, fewImages, 1}.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range got.violations {
			t.Error(v)
		}
		if got.slipped != 6 || got.aside == 0 {
			t.Errorf("%d edits slipped in, on the images %d were found beside the file", got.slipped, got.aside)
		}
	})
}

// TestFinds is the rig's own test: workloads that do what the store must not.
func TestFinds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for workload, want := range map[string]breach{
		workNoFileSync: torn,
		workNoDirSync:  lostCommit,
		workDropped:    lostEdit,
	} {
		t.Run(workload, func(t *testing.T) {
			eachFileSystem(t, func(t *testing.T, fsys fileSystem) {
				got, err := trial{fsys, workload, 6, fewImages, 1}.run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%d of %d images: %s", got.kinds[want], got.seen, want)
				if got.kinds[want] == 0 {
					t.Errorf("%d images, and none with this: %s", got.seen, want)
				}
			})
		})
	}
}

// TestStop ends the workload in the middle, by a signal that it does not survive.
func TestStop(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	eachFileSystem(t, func(t *testing.T, fsys fileSystem) {
		r, err := newRig(fsys)
		if err != nil {
			t.Fatal(err)
		}
		file := r.show(newDisk(fsys.size), nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		begun := false
		err = listen(ctx, "work", workArg{r.place(file), workStore, 4, 1}, func(line string) {
			if begun = line == begin+" 2"; begun {
				cancel()
			}
		})
		if err == nil || !begun {
			t.Errorf("it was not stopped in its second commit (%t): %v", begun, err)
		}
		checkDetached(t)
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
}
