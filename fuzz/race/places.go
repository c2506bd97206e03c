//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/rowkeep/rowkeep/store"
)

// A setting is a place that is no file system of its own, but a file that is harder to
// commit to, on one. What the store promises there the rig attacks, and nothing else.
type setting struct {
	mount   string   // what it is made on
	inPlace bool     // the file cannot be replaced, so the store is told to write to it
	kinds   []string // whose edits the store promises to keep; nil: all
	// unprivileged: the committer is a process that may not lease other users' files, as
	// root in most containers.
	unprivileged bool
	// arrange makes a file what it is to be, and undoes that.
	arrange func(path string) (undo func() error, err error)
}

var settings = map[string]setting{
	// What is renamed in between a commit's last two steps is lost there.
	"fuse-simple": {mount: "fuse-simple", kinds: []string{"append", "overwrite", "hold", "truncate"}, arrange: asItIs},
	// Nobody can tell there who is still writing, so that half a file that has held still for
	// the settle time counts: those kinds are left out that pause for longer.
	"otheruser": {mount: "ext4", unprivileged: true, kinds: []string{"rename", "append", "overwrite", "hold", "mmap", "in-place"}, arrange: giveAway},
	// Nobody can rename over a mount point, and whoever did over a second name would part them.
	"bind":     {mount: "ext4", inPlace: true, kinds: sameFile, arrange: mountOver},
	"hardlink": {mount: "ext4", inPlace: true, kinds: sameFile, arrange: nameTwice},
}

var sameFile = []string{"append", "overwrite", "hold", "mmap", "truncate", "python", "in-place"}

// attacks reports that a kind of writer is to be run on a file system.
func attacks(system, kind string) bool {
	s, special := settings[system]
	return !special || s.kinds == nil || slices.Contains(s.kinds, kind)
}

func nothing() error { return nil }

func asItIs(string) (func() error, error) { return nothing, nil }

// nobody is a user without rights.
const nobody = 65534

func giveAway(path string) (func() error, error) { return nothing, os.Chown(path, nobody, nobody) }

// mountOver mounts another file over one, as container systems do.
func mountOver(path string) (func() error, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	source := path + ".source"
	if err := os.WriteFile(source, data, 0o640); err != nil {
		return nil, err
	}
	undo := func() error { return syscall.Unmount(path, syscall.MNT_DETACH) }
	return undo, syscall.Mount(source, path, "", syscall.MS_BIND, "")
}

func nameTwice(path string) (func() error, error) { return nothing, os.Link(path, path+".second") }

// committerVariable makes the program a committer.
const committerVariable = "ROWKEEP_RACE_COMMITTER"

// withoutLease runs a program that may not lease other users' files.
var withoutLease = []string{"setpriv", "--bounding-set=-lease"}

// A step is what a committer of its own process is told to do.
type step struct {
	Do      string // "open", "guarantee", "begin", "commit", "finish"
	Path    string
	Settle  time.Duration
	InPlace bool
	Key     string
}

// options are those of the store.
func (s step) options() store.Options {
	return store.Options{Settle: s.Settle, Actor: "race", InPlace: s.InPlace}
}

// remote is a keeper in a process of its own.
type remote struct {
	hand *hand
	open step
}

// newRemote starts one, by a program that starts programs with fewer rights.
func newRemote(open step, wrapper []string) (*remote, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h, err := startProcess(append(wrapper, self), committerVariable+"=1")
	if err != nil {
		return nil, err
	}
	r := &remote{h, open}
	if _, err := r.do("open", ""); err != nil {
		h.stop()
		return nil, err
	}
	return r, nil
}

func (r *remote) do(what, key string) (answer, error) {
	s := r.open
	s.Do, s.Key = what, key
	if err := r.hand.ask(s); err != nil {
		return answer{}, err
	}
	return r.hand.hear()
}

func (r *remote) begin(_ context.Context, key string) error {
	_, err := r.do("begin", key)
	return err
}

func (r *remote) commit(context.Context) error {
	_, err := r.do("commit", "")
	return err
}

func (r *remote) finish(context.Context) error {
	_, err := r.do("finish", "")
	return err
}

func (r *remote) close() { r.hand.stop() }

// serveCommits is the life of such a process.
func serveCommits(in io.Reader, out io.Writer) error {
	steps, answers := json.NewDecoder(in), json.NewEncoder(out)
	var k *keeper
	for {
		var s step
		if err := steps.Decode(&s); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if s.Do == "open" {
			k = &keeper{path: s.Path, opt: s.options()}
		}
		g, err := k.do(context.Background(), s)
		a := answerOf(err, 0)
		a.Guarantee = g
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// do takes a step.
func (k *keeper) do(ctx context.Context, s step) (g store.Guarantee, err error) {
	switch s.Do {
	case "open":
		err = k.open(ctx)
	case "guarantee":
		g, err = k.store.Guarantee()
	case "begin":
		err = k.begin(ctx, s.Key)
	case "commit":
		err = k.commit(ctx)
	case "finish":
		err = k.finish(ctx)
	}
	return g, err
}
