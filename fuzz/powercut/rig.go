//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A rig runs a workload on a disk that it logs, and shows what may be on that disk after
// a power cut. It knows nothing of what the workload does.
type rig struct {
	fsys   fileSystem
	dir    string
	server *server
	shown  int // disks so far
}

// newRig makes a rig, which its owner closes.
func newRig(fsys fileSystem) (*rig, error) {
	dir, err := os.MkdirTemp("", "powercut")
	if err != nil {
		return nil, err
	}
	r := &rig{fsys: fsys, dir: dir}
	err = errors.Join(os.Mkdir(r.disks(), 0o700), os.Mkdir(r.mount(), 0o700))
	if err == nil {
		r.server, err = serve(r.disks())
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return r, nil
}

func (r *rig) disks() string { return filepath.Join(r.dir, "disks") }

// mount is where processes mount a disk, each in its own namespace.
func (r *rig) mount() string { return filepath.Join(r.dir, "mount") }

// close fails while a loop device is over one of the disks.
func (r *rig) close() error {
	if err := r.server.close(); err != nil {
		return err
	}
	return os.RemoveAll(r.dir)
}

// place tells a process where it works.
func (r *rig) place(file *diskFile) place {
	return place{FS: r.fsys.name, Image: file.path, Mount: r.mount()}
}

// patience bounds each process: one that takes longer hangs.
const patience = time.Minute

// What a workload says to begin the log and to end it. Anything else is a mark.
const (
	ready = "ready"
	end   = "end"
)

// record runs the role of a workload, with the argument for the place where it works, and
// returns the log of the disk. Each of its marks is in the log before it goes on.
func (r *rig) record(ctx context.Context, role string, arg func(place) any) (*blockLog, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	log := &blockLog{}
	file := r.show(newDisk(r.fsys.size), log)
	defer r.hide(file)
	err := listen(ctx, role, arg(r.place(file)), func(line string) {
		switch line {
		case ready:
			file.startLog()
		case end:
			log.stop()
		default:
			log.mark(line)
		}
	})
	return log, err
}

// inspect runs the role of a check on an image.
func (r *rig) inspect(ctx context.Context, image *disk, role string, arg func(place) any, result any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	file := r.show(image, nil)
	defer r.hide(file)
	return ask(ctx, role, arg(r.place(file)), result)
}

// show shows a disk under a name that no other one had: the kernel's caches of an earlier
// one must not be met again.
func (r *rig) show(d *disk, log *blockLog) *diskFile {
	r.shown++
	return r.server.add(fmt.Sprintf("%d.img", r.shown), d, log)
}

func (r *rig) hide(file *diskFile) { r.server.remove(filepath.Base(file.path)) }
