//go:build linux

package main

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	replace "github.com/rowkeep/rowkeep/fuzz/internal/plain"
	"github.com/rowkeep/rowkeep/internal/tune"
	"github.com/rowkeep/rowkeep/store"
)

// A committer adds rows to a file while others write it.
type committer interface {
	// begin does what happens ahead of the round.
	begin(ctx context.Context, key string) error
	// commit adds the row.
	commit(ctx context.Context) error
	// finish is the last word, after everybody else has finished.
	finish(ctx context.Context) error
	close()
}

const (
	plainly = "plain"
	rowkeep = "rowkeep"
)

// hasty has a commit write to what the last but one displaced, where nothing speaks against
// it: a late writer is to be met then.
var hasty = tune.Shelf{LookBack: 1, Spares: 1}

// newCommitter returns one for a file that stands there whole.
func newCommitter(ctx context.Context, strategy, path string, settle time.Duration, at setting) (committer, error) {
	if strategy == plainly {
		return &plain{path: path}, nil
	}
	open := step{Path: path, Settle: settle, InPlace: at.inPlace}
	if at.unprivileged {
		return newRemote(open, withoutLease)
	}
	k := &keeper{path: path, opt: open.options()}
	return k, k.open(ctx)
}

// keeper commits by a store: by Update, or by Begin ahead of the round and Commit in it.
type keeper struct {
	path  string
	opt   store.Options
	store *store.Store
	key   string
	tx    *store.Tx
}

func (k *keeper) close() {}

// open opens the store, and lets it see the file.
func (k *keeper) open(ctx context.Context) (err error) {
	if k.store, err = store.Open(k.path, k.opt); err != nil {
		return err
	}
	_, err = k.store.Snapshot(ctx)
	return err
}

func (k *keeper) begin(ctx context.Context, key string) (err error) {
	k.key, k.tx = key, nil
	if rand.N(2) == 0 {
		return nil
	}
	if k.tx, err = k.store.Begin(ctx); err != nil {
		return err
	}
	return k.add(k.tx)
}

func (k *keeper) commit(ctx context.Context) (err error) {
	if k.tx != nil {
		_, err = k.tx.Commit(ctx)
	} else {
		_, err = k.store.Update(ctx, k.add)
	}
	return err
}

func (k *keeper) add(tx *store.Tx) error {
	return tx.Append(csvrows.Key{k.key}, map[string]string{"value": ourValue, "note": note})
}

// finish updates nothing, so that the store looks at what came late. One time in four it
// does so by a store that is opened anew, as after a restart; between these it has spares.
func (k *keeper) finish(ctx context.Context) error {
	if rand.N(4) == 0 {
		var err error
		if k.store, err = store.Open(k.path, k.opt); err != nil {
			return err
		}
	}
	_, err := k.store.Update(ctx, func(*store.Tx) error { return nil })
	return err
}

// plain is what careful programs do without a store.
type plain struct {
	path, key string
	// beforeRename, if set, runs between the last look and the rename.
	beforeRename func()
}

func (p *plain) begin(_ context.Context, key string) error {
	p.key = key
	return nil
}

func (p *plain) finish(context.Context) error { return nil }

func (p *plain) close() {}

func (p *plain) commit(ctx context.Context) error {
	for {
		err := replace.Replace(p.path, p.add, p.beforeRename)
		// The name is gone for a moment while an editor saves by moving the file away.
		if !errors.Is(err, replace.ErrMoved) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		time.Sleep(rand.N(time.Millisecond))
	}
}

func (p *plain) add(content []byte) ([]byte, error) {
	if len(content) > 0 && content[len(content)-1] != '\n' {
		content = append(content, '\n')
	}
	return append(content, row(p.key, ourValue)+"\n"...), nil
}
