//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	replace "github.com/rowkeep/rowkeep/fuzz/internal/plain"
)

// An aim chooses the moments of a cell's rounds, from how long commits and edits have
// taken lately. Shared by all rounds of the cell that run at once.
type aim struct {
	mu      sync.Mutex
	commits recent
	edits   recent
}

// recent is the last few durations.
type recent []time.Duration

func (r *recent) add(d time.Duration) {
	*r = append(*r, d)
	if len(*r) > 64 {
		*r = (*r)[1:]
	}
}

func (r recent) median() time.Duration { return r.quantile(2) }

// quantile is the duration that one in n is below; a guess before anything was measured.
func (r recent) quantile(n int) time.Duration {
	if len(r) == 0 {
		return 2 * time.Millisecond
	}
	return slices.Sorted(slices.Values(r))[len(r)/n]
}

// A plan is when a round's commit starts, from the round's start, and when the edits do.
type plan struct {
	commit time.Duration
	edits  []start
}

// A start is when an edit begins: After so long or, where it is Aimed, once the commit is
// about to replace the file, and after so long if that is not to be seen.
type start struct {
	After time.Duration
	Aimed bool
}

// draw plans a round. An edit that takes longer than a commit has the commit start
// somewhere in it, mostly. Else one edit in four starts anywhere in the commit, or half
// as long again behind it, and the others are aimed.
//
// A commit that waits for a writer is no measure: the next edit would come later still.
func (a *aim) draw(writers int) plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	commit, edit := a.commits.quantile(10), a.edits.median()
	p := plan{edits: make([]start, writers)}
	if edit > commit && rand.N(4) > 0 {
		p.commit = rand.N(edit + edit/4 + 1)
		return p
	}
	for i := range p.edits {
		if rand.N(4) == 0 {
			p.edits[i] = start{After: rand.N(commit + commit/2 + 1)}
		} else {
			p.edits[i] = start{After: 3 * commit, Aimed: true}
		}
	}
	return p
}

func (a *aim) committed(took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.commits.add(took)
}

func (a *aim) edited(took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.edits.add(took)
}

// A lookout is how a writer sees, by inotify, that a commit is about to replace the file:
// its temporary file is whole and closed, or gets another name.
type lookout struct {
	events, poll int
	dirs         map[int32]string // by watch
}

func newLookout() (*lookout, error) {
	events, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	err = syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, events, &syscall.EpollEvent{Events: syscall.EPOLLIN})
	return &lookout{events, poll, map[int32]string{}}, os.NewSyscallError("epoll_ctl", err)
}

// watch looks at where commits to a file make temporary files: beside it, and in the
// store's directory, which its first commit makes. What happened before is forgotten. A
// watch goes with its directory.
func (l *lookout) watch(path string) error {
	dir := filepath.Dir(path)
	for _, dir := range []string{dir, stateDir(path)} {
		watch, err := syscall.InotifyAddWatch(l.events, dir, syscall.IN_CLOSE_WRITE|syscall.IN_MOVED_TO)
		if err != nil && !errors.Is(err, syscall.ENOENT) {
			return os.NewSyscallError("inotify_add_watch", err)
		}
		if err == nil {
			l.dirs[int32(watch)] = dir
		}
	}
	l.seen(path, 0)
	return nil
}

// wait waits for a commit to a file, at the longest until a moment, and then a little, so
// that every step of the commit is met.
func (l *lookout) wait(path string, until int64) {
	var ready [1]syscall.EpollEvent
	step := []uint32{syscall.IN_CLOSE_WRITE, syscall.IN_MOVED_TO}[rand.N(2)]
	for {
		left := time.Duration(until - time.Now().UnixNano())
		if left <= 0 {
			return
		}
		if _, err := syscall.EpollWait(l.poll, ready[:], int(left/time.Millisecond)+1); err != nil && err != syscall.EINTR {
			return
		}
		if l.seen(path, step) {
			sleepUntil(time.Now().Add(rand.N(60 * time.Microsecond)).UnixNano())
			return
		}
	}
}

// seen reads what has happened, and reports that a commit to a file is at a step. Plain
// has only the first.
func (l *lookout) seen(path string, step uint32) bool {
	buf := make([]byte, 1<<14)
	found := false
	for {
		n, err := syscall.Read(l.events, buf)
		if err != nil || n <= 0 {
			return found
		}
		for rest := buf[:n]; len(rest) >= syscall.SizeofInotifyEvent; {
			watch, mask := int32(binary.NativeEndian.Uint32(rest)), binary.NativeEndian.Uint32(rest[4:])
			size := binary.NativeEndian.Uint32(rest[12:])
			name := strings.TrimRight(string(rest[syscall.SizeofInotifyEvent:][:size]), "\x00")
			rest = rest[syscall.SizeofInotifyEvent+size:]
			switch l.dirs[watch] {
			case filepath.Dir(path):
				found = found || step != 0 && strings.HasPrefix(name, replace.Prefix)
			case stateDir(path):
				found = found || mask&step != 0 && name != "lock" && name != "log"
			}
		}
	}
}
