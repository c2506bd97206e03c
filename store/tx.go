package store

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Tx is a change in the making: a table of the rows as its base has them, to read and to
// edit. Nothing of it is in the file before it is committed. It is for one goroutine, and
// not for use after its end.
type Tx struct {
	*csvrows.Table
	store   *Store
	base    Snapshot
	pending []int64 // what is kept of commits of it that failed
	// replaced: the table is of other content than base, which it tells nothing about.
	replaced bool
}

// newTx begins a change of base. Where there is no file it begins with the header of the
// one to be made.
func (s *Store) newTx(base Snapshot) (*Tx, error) {
	tx := &Tx{store: s, base: base}
	if !base.Exists() {
		return tx, tx.Replace(s.opt.header())
	}
	table, err := base.Table()
	if err != nil {
		return nil, &FileError{s.path, err}
	}
	tx.Table = table
	return tx, nil
}

// Base is what the change is made from.
func (tx *Tx) Base() Snapshot { return tx.base }

// Replace makes content the whole file, as an editor does that saves its buffer; the
// table is that of content then. The errors are those of [csvrows.Parse], a
// [*csvrows.KeyColumnError] and ErrConflictMarkers, and the transaction is unchanged then;
// ErrDone where it is over.
func (tx *Tx) Replace(content []byte) error {
	if tx.store == nil {
		return ErrDone
	}
	snap, err := newSnapshot(bytes.Clone(content), tx.store.opt.Read)
	if err != nil {
		return err
	}
	table, err := snap.Table()
	if err != nil {
		return err
	}
	tx.Table, tx.replaced = table, true
	return nil
}

// proposal is the change by itself. What it does not touch is not read again, where the table
// can tell.
func (tx *Tx) proposal() proposal {
	f, head, tail := tx.Patched()
	if f == nil || tx.replaced {
		return proposal{base: tx.base, result: tx.Bytes()}
	}
	p := proposal{base: tx.base, result: f.Bytes()}
	if merge.MarkerLine(p.result[head:len(p.result)-tail]) == 0 { // else the line is told in what reads it
		p.read, p.kept = digested(f), state.Kept{Of: state.Digest(tx.base.digest), Head: head, Tail: tail}
	}
	return p
}

// Commit merges the change into what stands in the file now, and ends the transaction.
//
// After an error the file is as it was, and the transaction can be edited and committed
// again, unless a [*CommitError] says that the outcome is another: that ends it too. The
// errors are a [*merge.ConflictError] where somebody else changed the same; ErrDone where
// it was committed; else as of [Store.Update]. What conflicts is kept, and waits to be
// settled (see [Store.Pending]) until the transaction is committed after all.
func (tx *Tx) Commit(ctx context.Context) (*Receipt, error) {
	if tx.store == nil {
		return nil, ErrDone
	}
	s, own := tx.store, tx.proposal()
	receipt, err := s.commit(ctx, func(now Snapshot) (proposal, error) {
		if now.digest == tx.base.digest && bytes.Equal(now.Bytes(), tx.base.Bytes()) {
			p := own
			p.base, p.closes = now, tx.pending
			return p, nil
		}
		p, err := s.combine(tx.base, own.result, now)
		p.closes = tx.pending
		return p, err
	})
	if kept := (*keptError)(nil); errors.As(err, &kept) {
		tx.keeps(kept.seq)
		if err == error(kept) { // else it also says that nothing was kept
			err = kept.error
		}
	}
	if failed := (*CommitError)(nil); err == nil || errors.As(err, &failed) && failed.Outcome != NotCommitted {
		tx.end() // the change stands in the file, and a sum must not count it once more
	}
	return receipt, err
}

// keeps notes what is kept of a commit that failed; that can be what is kept of one before.
func (tx *Tx) keeps(seq []int64) {
	for _, n := range seq {
		if !slices.Contains(tx.pending, n) {
			tx.pending = append(tx.pending, n)
		}
	}
}

// Again begins anew after a commit that failed, from what stands in the file now: for an
// edit that somebody has merged with that by hand. Once it is committed, nothing that was
// kept of the commit that failed waits to be settled. The errors are those of
// [Store.Snapshot], and ErrDone; the transaction is unchanged then, and over otherwise.
func (tx *Tx) Again(ctx context.Context) (*Tx, error) {
	if tx.store == nil {
		return nil, ErrDone
	}
	next, err := tx.store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	next.pending = tx.pending
	tx.end()
	return next, nil
}

// end makes every later use a fault of the program that it cannot overlook.
func (tx *Tx) end() { tx.Table, tx.store = nil, nil }
