//go:build linux && (amd64 || arm64)

package mounts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A FUSE mount shows a directory as a file system of its own. Its server is a process of
// its own too: one that waits for what it serves itself might wait for ever.

func init() {
	makers["fuse"] = loopback("")
	makers["fuse-simple"] = loopback("simple")
	server = serve
}

// loopback has a server show an empty directory. A simple one knows no better renames than
// a network file system does.
func loopback(simple string) maker {
	return func(m *Mount, work string) error {
		source, dir := filepath.Join(work, "source"), filepath.Join(work, "fuse")
		if err := errors.Join(os.Mkdir(source, 0o755), os.Mkdir(dir, 0o755)); err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		cmd := exec.Command(self, source, dir, simple)
		cmd.Env = append(os.Environ(), serving+"=1")
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		m.undo = append(m.undo, func() error { return errors.Join(in.Close(), cmd.Wait()) })
		if _, err := io.ReadFull(out, make([]byte, len(mounted))); err != nil {
			return fmt.Errorf("%w: no FUSE here: %w", ErrUnavailable, err)
		}
		m.Dir = dir
		m.undo = append(m.undo, func() error { return unmount(dir) })
		return nil
	}
}

// mounted is what a server says when its mount is there.
const mounted = "mounted\n"

// serve is the life of a server: until its standard input ends.
func serve() error {
	source, dir, simple := os.Args[1], os.Args[2], os.Args[3] != ""
	root, err := fs.NewLoopbackRoot(source)
	if err != nil {
		return err
	}
	if simple {
		top := simplify(root)
		top.RootData.RootNode = top
		root = top
	}
	// What is known of a file is asked for anew each time: the server is not the only one
	// that changes it, as far as the kernel knows.
	never := time.Duration(0)
	s, err := fs.Mount(dir, root, &fs.Options{
		AttrTimeout: &never, EntryTimeout: &never,
		MountOptions: fuse.MountOptions{FsName: "loopback", Name: "loopback", DirectMountStrict: true},
	})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(os.Stdout, mounted); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = s.Unmount() // whoever made the mount has unmounted it, as a rule
	return nil
}

// A simpleNode cannot exchange names, and keeps no name free.
type simpleNode struct{ fs.LoopbackNode }

var (
	_ fs.NodeRenamer     = (*simpleNode)(nil)
	_ fs.NodeWrapChilder = (*simpleNode)(nil)
)

func simplify(node fs.InodeEmbedder) *simpleNode {
	return &simpleNode{fs.LoopbackNode{RootData: node.(*fs.LoopbackNode).RootData}}
}

// WrapChild makes all that is below as simple.
func (n *simpleNode) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return simplify(child)
}

// Rename refuses flags, as nfs_rename in the kernel does.
func (n *simpleNode) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.EINVAL
	}
	return n.LoopbackNode.Rename(ctx, name, parent, newName, 0)
}
