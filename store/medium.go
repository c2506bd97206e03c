package store

import (
	"context"
	"errors"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// medium is where the bytes live. The local file is one; tests have one in memory. The
// commit loop knows nothing else of either.
type medium interface {
	// lock keeps other stores from committing until unlock, which is to be called once.
	// The error is the context's cause where the lock was not free in time.
	lock(ctx context.Context) (unlock func(), err error)
	// load reads what stands there now.
	load(ctx context.Context) (held, error)
	// swap makes data the content if what stands there still is what load gave, byte for
	// byte; else it returns errChanged. It keeps the record and numbers it, if and only if
	// it does. Its other errors are a [*CommitError]. Whoever calls it holds the lock.
	swap(ctx context.Context, old held, data []byte, rec state.Record) (seq int64, err error)
	// last returns the record of the newest commit.
	last() (rec state.Record, ok bool, err error)
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

// errChanged means that somebody else was faster.
var errChanged = errors.New("the content has changed")
