package main

import (
	"context"
	"errors"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// writeMarked replaces a file with markers by one in which the answered conflicts are
// settled. Where nothing is answered it stays.
func (r *resolveCommand) writeMarked(ctx context.Context, s *store.Store, x *matter) error {
	for range mostMoves {
		left, err := r.putMarked(ctx, s, x)
		switch {
		case errors.Is(err, errMoved):
			if _, err := r.reread(x); err != nil {
				return err
			}
			if err := x.answer(r.rules); err != nil {
				return r.answerFailure([]*matter{x}, err)
			}
			continue
		case err != nil:
			return err
		case left.written:
			r.settled(x)
		}
		if len(left.conflicts) > 0 {
			r.left(x, left.conflicts, left.written)
		}
		return nil
	}
	return fileFailure(r.file, errMoved)
}

// mostMoves is how many times a file may change while it is being written.
const mostMoves = 5

// errMoved means that a file is not any more what was read.
var errMoved = errors.New("it has changed again and again")

// errSettled means that a file has no markers any more.
var errSettled = errors.New("somebody else has settled its conflicts")

// leftOver is what a file with markers has left to settle.
type leftOver struct {
	conflicts []merge.Conflict
	written   bool
}

// putMarked writes the file, if it is as it was read; else the error is errMoved.
func (r *resolveCommand) putMarked(ctx context.Context, s *store.Store, x *matter) (leftOver, error) {
	result, err := x.session.Result()
	if err != nil {
		return leftOver{}, x.files(r.file).failure(err)
	}
	var left leftOver
	for _, c := range result.Conflicts {
		if c.Settled == "" {
			left.conflicts = append(left.conflicts, c)
		}
	}
	if len(left.conflicts) > 0 && len(left.conflicts) == len(result.Conflicts) {
		return left, nil
	}
	done := r.out.working("waiting for " + r.file)
	left.written, err = s.CompareAndSwap(ctx, x.content, result.Bytes())
	done()
	switch {
	case err != nil:
		err = r.failure(err)
	case !left.written:
		err = errMoved
	}
	return left, err
}

// reread takes a file with markers apart once more, and keeps the answers to what is asked
// as before. Where there are no markers any more, somebody else was faster.
func (r *resolveCommand) reread(x *matter) (settle.Moved, error) {
	now, err := r.readAll([]string{r.file})
	if err != nil {
		return settle.Moved{}, err
	}
	if merge.MarkerLine(now[0]) == 0 {
		return settle.Moved{}, fileFailure(r.file, errSettled)
	}
	list, err := r.ofMarkers(now[0])
	if err != nil {
		return settle.Moved{}, err
	}
	x.marked, x.content = list[0].marked, list[0].content
	return x.session.Become(list[0].session), nil
}
