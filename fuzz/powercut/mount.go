//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// A fileSystem is one that the rig knows.
type fileSystem struct {
	name   string
	driver string // the kernel's name for it
	size   int64
	mkfs   []string
}

var fileSystems = []fileSystem{
	{"ext4", "ext4", 64 << 20, []string{"mkfs.ext4", "-q", "-F", "-b", "4096"}},
	{"ext4-fast", "ext4", 64 << 20, []string{"mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "fast_commit"}},
	{"xfs", "xfs", 300 << 20, []string{"mkfs.xfs", "-q", "-f", "-K"}}, // less it refuses
	{"btrfs", "btrfs", 128 << 20, []string{"mkfs.btrfs", "-q", "-f", "-K"}},
}

// installed reports whether such a file system can be made here.
func (f fileSystem) installed() bool {
	_, err := exec.LookPath(f.mkfs[0])
	return err == nil
}

func fileSystemNamed(name string) (fileSystem, error) {
	for _, f := range fileSystems {
		if f.name == name {
			return f, nil
		}
	}
	return fileSystem{}, fmt.Errorf("no file system %q: there are ext4, ext4-fast, xfs and btrfs", name)
}

// make makes a file system on a device.
func (f fileSystem) make(dev *os.File) error {
	out, err := exec.Command(f.mkfs[0], append(f.mkfs[1:], dev.Name())...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", f.mkfs[0], err, out)
	}
	return nil
}

// A place is where a process works: an image, and where to mount it.
type place struct{ FS, Image, Mount string }

// errMount is wrapped by the error of with for an image that cannot be mounted.
var errMount = errors.New("does not mount")

// with mounts the image, made anew if fresh, while do runs. After an error the mount and
// the loop device are there until the process ends.
func (p place) with(fresh bool, do func() error) error {
	fsys, err := fileSystemNamed(p.FS)
	if err != nil {
		return err
	}
	dev, err := attach(p.Image)
	if err != nil {
		return err
	}
	if fresh {
		if err := fsys.make(dev); err != nil {
			return err
		}
	}
	if err := unix.Mount(dev.Name(), p.Mount, fsys.driver, 0, ""); err != nil {
		return fmt.Errorf("%w: %w", errMount, err)
	}
	if err := do(); err != nil {
		return err
	}
	if err := unix.Unmount(p.Mount, 0); err != nil {
		return os.NewSyscallError("umount", err)
	}
	return dev.Close()
}

// attach lays a loop device over a file. The kernel takes it away when nobody has it open
// or mounted any more, however that comes to be: mounts are in a namespace that ends with
// its process.
func attach(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	for {
		dev, err := attachFree(control, file)
		if !errors.Is(err, unix.EBUSY) { // else somebody was faster
			return dev, err
		}
	}
}

func attachFree(control, file *os.File) (*os.File, error) {
	n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return nil, os.NewSyscallError("LOOP_CTL_GET_FREE", err)
	}
	dev, err := os.OpenFile(fmt.Sprintf("/dev/loop%d", n), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	config := unix.LoopConfig{Fd: uint32(file.Fd())}
	config.Info.Flags = unix.LO_FLAGS_AUTOCLEAR
	if err := unix.IoctlLoopConfigure(int(dev.Fd()), &config); err != nil {
		return nil, errors.Join(os.NewSyscallError("LOOP_CONFIGURE", err), dev.Close())
	}
	return dev, nil
}
