package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A group is a control group with a limit of memory, page cache included. Of version 1 it
// lies below the group that this process is in, so that whoever limits or ends that one has
// it too; of version 2, where that may not be, below the next one that allows it.
type group struct {
	dir string
	version
}

// A version names the files of a control group; the two kinds of groups differ in little
// else.
type version struct {
	number      string
	limit, swap string // swap is the limit of memory and swap, where that is on
	peak        string // of memory
	events      string // lines with a name and a count; or a count
}

var (
	first  = version{"1", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max_usage_in_bytes", "memory.oom_control"}
	second = version{"2", "memory.max", "memory.swap.max", "memory.peak", "memory.events"}
)

// newGroup makes a group.
func newGroup(memory int64) (*group, error) {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	g, err := place(string(own), string(mounts))
	if err != nil {
		return nil, err
	}
	g.dir = filepath.Join(g.dir, "rowkeep-large-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, err
	}
	if err := g.set(g.limit, memory); err != nil {
		g.remove()
		return nil, err
	}
	swap := memory // of both together
	if g.version == second {
		swap = 0
	}
	if err := g.set(g.swap, swap); err != nil && !errors.Is(err, os.ErrNotExist) {
		g.remove()
		return nil, err
	}
	return g, nil
}

// place finds where a group can be made that limits memory, by the groups of this process
// and the file systems that are mounted.
func place(own, mounts string) (*group, error) {
	var dir string // of version 2
	for line := range strings.Lines(own) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(parts) < 3:
		case slices.Contains(strings.Split(parts[1], ","), "memory"):
			mount, err := mountOf(mounts, "cgroup", "memory")
			return &group{filepath.Join(mount, parts[2]), first}, err
		case parts[1] == "":
			dir = parts[2]
		}
	}
	if dir == "" {
		return nil, errors.New("this process is in no control group")
	}
	mount, err := mountOf(mounts, "cgroup2", "")
	if err != nil {
		return nil, err
	}
	dir, err = delegating(mount, dir)
	return &group{dir, second}, err
}

// delegating goes up from a group to the next one whose children may have a limit of
// memory: one that has processes may not hand it on.
func delegating(mount, own string) (string, error) {
	for dir := own; ; dir = filepath.Dir(dir) {
		handed, err := os.ReadFile(filepath.Join(mount, dir, "cgroup.subtree_control"))
		if err != nil {
			return "", err
		}
		if slices.Contains(strings.Fields(string(handed)), "memory") {
			return filepath.Join(mount, dir), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no control group above this process hands on the control of memory")
		}
	}
}

// mountOf finds where the groups of a kind are mounted; option is one of the mount.
func mountOf(mounts, kind, option string) (string, error) {
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) > 3 && f[2] == kind && (option == "" || slices.Contains(strings.Split(f[3], ","), option)) {
			return f[1], nil
		}
	}
	return "", fmt.Errorf("no %s %s is mounted", kind, option)
}

func (g *group) set(file string, value int64) error {
	f, err := os.OpenFile(filepath.Join(g.dir, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strconv.FormatInt(value, 10))
	return errors.Join(err, f.Close())
}

// join moves this process into the group.
func (g *group) join() error { return g.set("cgroup.procs", int64(os.Getpid())) }

// count reads a file with one number.
func (g *group) count(file string) int64 {
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (g *group) String() string {
	return fmt.Sprintf("a control group (version %s) of %d MiB", g.version.number, g.count(g.limit)>>20)
}

// usage tells the peak of the group since it was made. Kernels before 5.19 do not know it of
// groups of version 2.
func (g *group) usage() string {
	if g.count(g.peak) < 0 {
		return "of the group not known"
	}
	return fmt.Sprintf("of the group with its page cache %d MiB", g.count(g.peak)>>20)
}

// errKilled is that a group was too small.
var errKilled = errors.New("the kernel ended a process for want of memory")

// blame returns errKilled if that has happened.
func (g *group) blame() error {
	text, err := os.ReadFile(filepath.Join(g.dir, g.events))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if count, found := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); found && count != "0" {
			return fmt.Errorf("%w: %s was not enough", errKilled, g)
		}
	}
	return nil
}

// remove removes the group, which is empty but for a moment perhaps.
func (g *group) remove() {
	for range 50 {
		err := os.Remove(g.dir)
		if !errors.Is(err, unix.EBUSY) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
