//go:build linux

package main

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// An aim chooses the moments of a cell's rounds, from how long commits and edits have
// taken lately. Shared by all rounds of the cell that run at once.
type aim struct {
	mu      sync.Mutex
	commits recent // from the start of a commit to the moment that its file had the name
	edits   recent // how long an edit took
}

// recent is the last few durations.
type recent []time.Duration

func (r *recent) add(d time.Duration) {
	*r = append(*r, d)
	if len(*r) > 64 {
		*r = (*r)[1:]
	}
}

// median is a guess before anything was measured.
func (r recent) median() time.Duration {
	if len(r) == 0 {
		return 2 * time.Millisecond
	}
	return slices.Sorted(slices.Values(r))[len(r)/2]
}

func (r recent) any() time.Duration {
	if len(r) == 0 {
		return r.median()
	}
	return r[rand.N(len(r))]
}

// A plan is when a round's commit and edits start, from the round's start.
type plan struct {
	commit time.Duration
	edits  []time.Duration
}

// draw plans a round. An edit that takes longer than a commit has the commit start
// somewhere in it, mostly. Else edits start somewhere around the commit: half of them
// anywhere in it and behind it, half of them so that they end when names were changed
// lately.
func (a *aim) draw(writers int) plan {
	a.mu.Lock()
	defer a.mu.Unlock()
	commit, edit := a.commits.median(), a.edits.median()
	p := plan{edits: make([]time.Duration, writers)}
	if edit > commit && rand.N(4) > 0 {
		p.commit = rand.N(edit + edit/4 + 1)
		return p
	}
	for i := range p.edits {
		if rand.N(2) == 0 {
			p.edits[i] = rand.N(commit + commit/2 + 1)
			continue
		}
		const spread = 100 * time.Microsecond
		p.edits[i] = max(0, a.commits.any()-rand.N(edit+1)+rand.N(2*spread)-spread)
	}
	return p
}

func (a *aim) committed(after time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.commits.add(after)
}

func (a *aim) edited(took time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.edits.add(took)
}

// A lookout sees when the name of the file goes to another one, by inotify.
type lookout struct {
	events *os.File
	mu     sync.Mutex
	seen   time.Time // the first time since reset
}

// watch looks at the name of a file in a directory.
func watch(dir, name string) (*lookout, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	l := &lookout{events: os.NewFile(uintptr(fd), "inotify")}
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_MOVED_FROM|syscall.IN_MOVED_TO); err != nil {
		return nil, os.NewSyscallError("inotify_add_watch", err)
	}
	go l.read(name)
	return l, nil
}

func (l *lookout) close() { _ = l.events.Close() }

func (l *lookout) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = time.Time{}
}

// moment returns when a committer's file got the name; the zero time if none did.
func (l *lookout) moment() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

// read reads events up to the end. A file that comes from a name in the directory, other
// than a committer's, is an editor's. The store's come from a directory below.
func (l *lookout) read(name string) {
	buf := make([]byte, 1<<14)
	var editors []uint32 // cookies of their renames
	for {
		n, err := l.events.Read(buf)
		if err != nil {
			return
		}
		at := time.Now()
		for rest := buf[:n]; len(rest) >= syscall.SizeofInotifyEvent; {
			mask, cookie := binary.NativeEndian.Uint32(rest[4:]), binary.NativeEndian.Uint32(rest[8:])
			size := binary.NativeEndian.Uint32(rest[12:])
			file := strings.TrimRight(string(rest[syscall.SizeofInotifyEvent:][:size]), "\x00")
			rest = rest[syscall.SizeofInotifyEvent+size:]
			switch {
			case mask&syscall.IN_MOVED_FROM != 0 && file != name && !strings.HasPrefix(file, plainPrefix):
				editors = append(editors[max(0, len(editors)-8):], cookie)
			case mask&syscall.IN_MOVED_TO != 0 && file == name && !slices.Contains(editors, cookie):
				l.note(at)
			}
		}
	}
}

func (l *lookout) note(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen.IsZero() {
		l.seen = at
	}
}
