//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A server shows disks as files, for loop devices to be laid over. Its process must do
// nothing itself that waits for such a device: it would wait for itself, and not even
// die of a kill.
type server struct {
	dir  string
	root *fs.Inode
	fuse *fuse.Server
}

// serve mounts the server at dir.
func serve(dir string) (*server, error) {
	root := &fs.Inode{}
	mounted, err := fs.Mount(dir, root, &fs.Options{MountOptions: fuse.MountOptions{
		FsName: "powercut", Name: "powercut", DirectMountStrict: true,
	}})
	if err != nil {
		return nil, err
	}
	return &server{dir, root, mounted}, nil
}

func (s *server) close() error { return s.fuse.Unmount() }

// add shows a disk as a file. What is written is in log, if that is not nil, once that was
// started. A name is for one disk only: caches of an earlier one must not be met again.
func (s *server) add(name string, d *disk, log *blockLog) *diskFile {
	file := &diskFile{path: filepath.Join(s.dir, name), disk: d, log: log}
	s.root.AddChild(name, s.root.NewPersistentInode(context.Background(), file, fs.StableAttr{}), true)
	return file
}

func (s *server) remove(name string) { s.root.RmChild(name) }

// diskFile is a disk as a file.
type diskFile struct {
	fs.Inode
	path string
	mu   sync.Mutex
	disk *disk
	log  *blockLog
}

var (
	_ fs.NodeOpener    = (*diskFile)(nil)
	_ fs.NodeGetattrer = (*diskFile)(nil)
	_ fs.NodeReader    = (*diskFile)(nil)
	_ fs.NodeWriter    = (*diskFile)(nil)
	_ fs.NodeFsyncer   = (*diskFile)(nil)
	_ fs.NodeAllocater = (*diskFile)(nil)
)

// startLog begins the log with the disk as it is.
func (f *diskFile) startLog() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log.start(f.disk)
}

// Open lets nothing come between the loop device and the disk: with direct I/O the
// kernel keeps no pages of the file.
func (f *diskFile) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, fs.OK
}

func (f *diskFile) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size = syscall.S_IFREG|0o600, uint64(f.disk.size)
	return fs.OK
}

func (f *diskFile) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fuse.ReadResultData(dest[:f.disk.read(dest, off)]), fs.OK
}

func (f *diskFile) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	if off+int64(len(data)) > f.disk.size {
		return 0, syscall.ENOSPC
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	pieces(data, off, func(data []byte, off int64) {
		f.disk.write(data, off)
		if f.log != nil {
			f.log.wrote(data, off)
		}
	})
	return uint32(len(data)), fs.OK
}

// Fsync is the device's flush. The mutex makes it one that covers all writes that were
// answered before it came.
func (f *diskFile) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.log != nil {
		f.log.flushed()
	}
	return fs.OK
}

// Allocate refuses to punch holes: the disk has no discard, and zeros are written out.
func (f *diskFile) Allocate(context.Context, fs.FileHandle, uint64, uint64, uint32) syscall.Errno {
	return syscall.EOPNOTSUPP
}
