package state

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/gofrs/flock"
)

// Waits between two tries to take the lock: each is drawn from up to twice the one
// before, so that those who wait do not come at the same moments.
const (
	shortestWait = 200 * time.Microsecond
	longestWait  = 20 * time.Millisecond
)

// Lock keeps the other processes that commit to the file out, until unlock. It is the
// kernel's lock (flock(2)), which ends with its process. The error is the context's
// cause if the lock is not free in time.
func (d Dir) Lock(ctx context.Context) (unlock func() error, err error) {
	lock := flock.New(d.join(lockName))
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		locked, err := lock.TryLock()
		if err != nil {
			return nil, err
		}
		if locked {
			return lock.Unlock, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(rand.N(wait) + shortestWait):
		}
	}
}
