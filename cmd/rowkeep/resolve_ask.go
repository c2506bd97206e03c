package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/tui"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// ask settles matters at the terminal, one after the other. Whoever quits leaves the rest
// as it was.
func (r *resolveCommand) ask(ctx context.Context, s *store.Store, list []*matter) error {
	for n, x := range list {
		written, err := r.askOne(ctx, s, x)
		switch {
		case err != nil:
			return r.partly(err, list, n)
		case !written:
			r.status = statusConflicts
			for _, x := range list[n:] {
				r.say(plain, fmt.Sprintf("%s: left as it was", x.title()))
			}
			return nil
		}
	}
	return nil
}

// askOne settles a matter, and reports whether it was written.
func (r *resolveCommand) askOne(ctx context.Context, s *store.Store, x *matter) (written bool, err error) {
	if x.change != nil {
		if err := r.freshen(ctx, s, x); err != nil {
			return false, err
		}
	}
	after := func() error { return nil }
	written, err = r.atTerminal(ctx, x.session, tui.Config{
		Title: r.file, Base: x.by(merge.Base), Ours: x.by(merge.Ours), Theirs: x.by(merge.Theirs), First: x.only,
		Write: func(ctx context.Context, _ *settle.Session) (tui.Outcome, error) {
			outcome, report, err := r.writeAsked(ctx, s, x)
			after = report
			return outcome, err
		},
	})
	if err != nil || !written {
		return false, err
	}
	r.settled(x)
	return true, after()
}

// atTerminal lets a person settle the conflicts of a session, and reports whether that was
// written. c says what they are called and how answers are written.
func (a *app) atTerminal(ctx context.Context, s *settle.Session, c tui.Config) (written bool, err error) {
	c.NoColor, c.Input, c.Output = !a.out.colored(a.out.stdoutTTY), a.stdin, a.out.stdout
	written, err = tui.Run(ctx, s, c)
	switch {
	case errors.Is(err, context.Canceled):
		return false, errInterrupted
	case err != nil:
		return false, fileFailure("terminal", err)
	}
	return written, nil
}

// freshen merges a change with what stands in the file now.
func (r *resolveCommand) freshen(ctx context.Context, s *store.Store, x *matter) error {
	now, err := s.Snapshot(ctx)
	if err != nil {
		return r.failure(err)
	}
	if _, err := x.rebase(now.Bytes()); err != nil {
		return r.mergeFailure(x.change.Seq, err)
	}
	return nil
}

// writeAsked writes answers that were given at the terminal. If the file has changed so
// that there is something to answer again, nothing is written. report prints what was done,
// once the terminal shows lines again.
func (r *resolveCommand) writeAsked(ctx context.Context, s *store.Store, x *matter) (_ tui.Outcome, report func() error, err error) {
	if x.marked != nil {
		return r.writeAskedMarked(ctx, s, x)
	}
	now, err := s.Snapshot(ctx)
	if err != nil {
		return tui.Outcome{}, nil, r.failure(err)
	}
	moved, err := x.rebase(now.Bytes())
	if err != nil {
		return tui.Outcome{}, nil, r.mergeFailure(x.change.Seq, err)
	}
	if len(moved.Asked) > 0 || len(moved.New) > 0 {
		return tui.Outcome{Moved: moved}, nil, nil
	}
	receipt, err := s.Resolve(ctx, x.change.Seq, x.session.Resolver())
	left := (*merge.ConflictError)(nil)
	if err != nil && (!errors.As(err, &left) || receipt == nil) {
		return tui.Outcome{Over: errors.Is(err, store.ErrNotPending)}, nil, r.changeFailure(x.change.Seq, err)
	}
	return tui.Outcome{Written: true}, func() error {
		if left != nil {
			r.left(x, left.Conflicts, true)
		}
		return r.report(receipt)
	}, nil
}

func (r *resolveCommand) writeAskedMarked(ctx context.Context, s *store.Store, x *matter) (tui.Outcome, func() error, error) {
	left, err := r.putMarked(ctx, s, x)
	if errors.Is(err, errMoved) {
		moved, err := r.reread(x)
		return tui.Outcome{Moved: moved, Over: errors.Is(err, errSettled)}, nil, err
	}
	if err == nil && !left.written {
		err = errors.New("nothing is answered")
	}
	if err != nil {
		return tui.Outcome{}, nil, err
	}
	return tui.Outcome{Written: true}, func() error {
		if len(left.conflicts) > 0 {
			r.left(x, left.conflicts, true)
		}
		return nil
	}, nil
}
