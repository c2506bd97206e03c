package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// medium is where the bytes live. The local file is one; tests have one in memory. The
// commit loop knows nothing else of either.
type medium interface {
	// used reports that a store has kept something here.
	used() bool
	// fresh reports that no version has been kept here yet, as far as can be seen. Whoever
	// calls it holds the lock.
	fresh() bool
	// lock keeps other stores from committing until unlock, which is to be called once.
	// What a store left that died while it had the lock is sorted out before lock returns.
	// The error is the context's cause where the lock was not free in time.
	lock(ctx context.Context) (unlock func(), err error)
	// load reads what stands there now.
	load(ctx context.Context) (held, error)
	// written reports that somebody has what load gave open for writing; false where
	// nothing tells.
	written(held) bool
	// swap makes the content of the last version what stands there, if that still is what
	// load gave, byte for byte; else it returns errChanged, and errBusy where somebody is
	// writing. It keeps and numbers the versions if and only if it does. Its other errors
	// are a [*CommitError]. Whoever calls it holds the lock.
	swap(ctx context.Context, old held, versions []state.Version) (swapped, error)
	// note keeps versions without a swap, and returns the number of the last one. Whoever
	// calls it holds the lock.
	note(versions []state.Version) (seq int64, err error)
	// last returns the newest version that is kept.
	last() (e state.Entry, ok bool, err error)
	// lacksEnd reports that the newest version is not known, as after a power cut. Whoever
	// calls it holds the lock.
	lacksEnd() bool
	// history returns those that are kept after number seq.
	history(seq int64) (state.History, error)
	// strays returns what others have written to content that was displaced: of the
	// commits of late, or of all. Whoever calls it holds the lock.
	strays(all bool) ([]stray, error)
	// prune drops old versions: now, or only if there were many commits since it did so
	// last. Whoever calls it holds the lock.
	prune(now bool) error
	// check looks for damage in what is kept.
	check(ctx context.Context) ([]Finding, error)
	// guarantee says what the medium promises where it is.
	guarantee() (Guarantee, error)
}

// held is what a medium held at one moment.
type held struct {
	data   []byte
	exists bool
	// still is how long ago the content changed, by the medium's clock.
	still time.Duration
	// tag is what the medium itself needs to know in swap.
	tag any
}

// swapped is what came of a swap.
type swapped struct {
	seq int64
	// slipped: what was displaced is not what load gave. It is among the strays.
	slipped bool
}

// stray is content that was displaced, and is not what was known of it: somebody renamed a
// file in at the very moment, or held the old one open and wrote to it later.
type stray struct {
	state.Absorbed
	data  []byte
	base  state.Digest // what it was made from, as far as is known
	still time.Duration
	busy  bool // somebody is writing it; there is no data yet
}

// errChanged means that somebody else was faster.
var errChanged = errors.New("the content has changed")

// errElsewhere is an errChanged: another file is meant than the one whose lock is held.
var errElsewhere = fmt.Errorf("%w: a symbolic link leads elsewhere", errChanged)

// errBusy means that somebody is writing now.
var errBusy = errors.New("a program has the file open for writing")
