//go:build linux

// Package mounts gives a test real file systems to run on: ext4, xfs and btrfs in images
// behind loop devices, tmpfs, an overlay whose upper layer is ext4, a bind mount, FUSE. It
// needs root, and the mkfs programs of what it makes. A program that mounts FUSE must begin
// with Isolate.
//
// Nothing stays mounted: Close unmounts, and a process that begins with Isolate has
// mounts of its own, which end with it however it ends.
package mounts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// ErrUnavailable is why a mount cannot be had here, a reason to skip: no root, no mkfs
// program, no loop device.
var ErrUnavailable = errors.New("not available here")

// A Mount is a file system of its own, empty at first.
type Mount struct {
	// Dir is its root.
	Dir  string
	undo []func() error // last first
}

// maker mounts a file system. What it has done by the time it fails, m.Close undoes.
type maker func(m *Mount, work string) error

var ext4 = image(128<<20, "mkfs.ext4", "-q", "-F")

var makers = map[string]maker{
	"ext4":      ext4,
	"xfs":       image(320<<20, "mkfs.xfs", "-q", "-f"), // mkfs refuses less than 300 MB
	"btrfs":     image(128<<20, "mkfs.btrfs", "-q", "-f"),
	"tmpfs":     tmpfs,
	"overlayfs": overlay,
	"bind":      bind,
}

// Make mounts an empty file system of a kind: ext4, xfs, btrfs, tmpfs, overlayfs, bind, fuse,
// or fuse-simple, which cannot exchange names.
// The error wraps ErrUnavailable where the machine lacks what that takes.
func Make(kind string) (*Mount, error) {
	mk, ok := makers[kind]
	if !ok {
		return nil, fmt.Errorf("no kind of mount is called %q", kind)
	}
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("mounting %s: %w: only root may mount", kind, ErrUnavailable)
	}
	m := &Mount{}
	work, err := os.MkdirTemp("", "rowkeep-mount-")
	if err == nil {
		m.undo = append(m.undo, func() error { return os.RemoveAll(work) })
		err = mk(m, work)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mounting %s: %w", kind, err), m.Close())
	}
	return m, nil
}

// Close unmounts. It stops at what it cannot unmount, so that nothing below a mount is
// removed that is still there.
func (m *Mount) Close() error {
	for ; len(m.undo) > 0; m.undo = m.undo[:len(m.undo)-1] {
		if err := m.undo[len(m.undo)-1](); err != nil {
			return err
		}
	}
	return nil
}

// at makes the directory work/name and mounts something on it.
func (m *Mount) at(work, name string, mount func(dir string) error) (dir string, err error) {
	dir = filepath.Join(work, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	if err := mount(dir); err != nil {
		return "", err
	}
	m.undo = append(m.undo, func() error { return unmount(dir) })
	return dir, nil
}

// unmount takes a mount away. One that a process still uses leaves the tree now, and
// goes when that process does.
func unmount(dir string) error {
	err := syscall.Unmount(dir, 0)
	if errors.Is(err, syscall.EBUSY) {
		err = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
	return err
}

func tmpfs(m *Mount, work string) (err error) {
	m.Dir, err = m.at(work, "tmpfs", func(dir string) error { return mount("tmpfs", dir, "tmpfs", 0, "") })
	return err
}

// mount is mount(2). What the system does not know, or does not let root do, as in a
// container, is a reason to skip.
func mount(source, dir, fstype string, flags uintptr, data string) error {
	err := syscall.Mount(source, dir, fstype, flags, data)
	if errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.EPERM) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// image makes a file system in a file and mounts that. The file lies in a tmpfs: a flush
// costs little then, and the disk is not written to.
func image(size int64, mkfs ...string) maker {
	return func(m *Mount, work string) error {
		if _, err := exec.LookPath(mkfs[0]); err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		memory, err := m.at(work, "memory", func(dir string) error { return mount("tmpfs", dir, "tmpfs", 0, "") })
		if err != nil {
			return err
		}
		file := filepath.Join(memory, "image")
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Truncate(file, size)); err != nil {
			return err
		}
		if err := run(append(mkfs, file)...); err != nil {
			return err
		}
		// The loop device is mount(8)'s: it frees itself when the mount goes.
		m.Dir, err = m.at(work, "disk", func(dir string) error {
			if err := run("mount", "-o", "loop", file, dir); err != nil {
				return fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
			return nil
		})
		return err
	}
}

// overlay lays a directory of ext4 over an empty one.
func overlay(m *Mount, work string) error {
	if err := ext4(m, work); err != nil {
		return err
	}
	lower, upper, index := filepath.Join(work, "lower"), filepath.Join(m.Dir, "upper"), filepath.Join(m.Dir, "work")
	for _, dir := range []string{lower, upper, index} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	var err error
	m.Dir, err = m.at(work, "overlay", func(dir string) error {
		return mount("overlay", dir, "overlay", 0, "lowerdir="+lower+",upperdir="+upper+",workdir="+index)
	})
	return err
}

// bind shows a directory at a second place.
func bind(m *Mount, work string) error {
	source := filepath.Join(work, "source")
	if err := os.Mkdir(source, 0o755); err != nil {
		return err
	}
	var err error
	m.Dir, err = m.at(work, "bind", func(dir string) error { return mount(source, dir, "", syscall.MS_BIND, "") })
	return err
}

func run(args ...string) error {
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}
