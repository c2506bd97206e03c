package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
)

// An editor that truncates a file and writes it slowly shows an empty or a cut file for
// a while, which must never be taken for a deletion of rows. So whatever could be half
// of a version is read again until it has held still for the settle time; a version
// that is nothing like that counts at once.

// doubt is why a version may be half written.
type doubt struct {
	reason string
	// lasting: it may be half written even if it holds still. Nobody empties a file, cuts
	// it inside a record, or leaves a quote open, and means it.
	lasting bool
	cause   error // what reading it came to, or nil
}

func (d *doubt) err() error {
	if d.cause != nil {
		return fmt.Errorf("%w: %w", ErrUnsettled, d.cause)
	}
	return fmt.Errorf("%w: %s", ErrUnsettled, d.reason)
}

// known is the newest version that a store has read or written. Where only a commit
// record tells of it, it has a digest and no file.
type known Snapshot

// doubts judges content that is not the known one, by itself and by what stood there
// before; nil means that nothing speaks against it.
func (k known) doubts(data []byte) *doubt {
	switch {
	case len(data) == 0:
		return &doubt{reason: "it is empty", lasting: k.digest.Len > 0}
	case data[len(data)-1] == 0:
		return &doubt{reason: "it ends in NUL bytes", lasting: true}
	case k.file == nil && int64(len(data)) < k.digest.Len:
		return &doubt{reason: "it is shorter than it was"}
	case k.file == nil && !endsLine(data):
		return &doubt{reason: "its last line has no end"}
	case k.file == nil:
		return nil
	case bytes.HasPrefix(k.file.Bytes(), data):
		return &doubt{reason: "it is the beginning of what it was", lasting: cutsRecord(k.file, len(data))}
	case endsLine(k.file.Bytes()) && !endsLine(data):
		return &doubt{reason: "its last line has no end"}
	case !bytes.Contains(data, lastRecord(k.file)):
		return &doubt{reason: "what was its last line is gone"}
	}
	return nil
}

// cutsRecord reports that a file of n bytes less would end inside a record: neither
// where one starts nor where one's text ends.
func cutsRecord(f *csvrows.File, n int) bool {
	i := sort.Search(f.Len(), func(i int) bool { return f.Offset(i+1) > n })
	return n > f.Offset(i) && n < f.Offset(i)+len(f.Text(i))
}

func endsLine(data []byte) bool {
	return len(data) > 0 && (data[len(data)-1] == '\n' || data[len(data)-1] == '\r')
}

// lastRecord is the text of the last record that is not blank.
func lastRecord(f *csvrows.File) []byte {
	for i := f.Len() - 1; i >= 0; i-- {
		if f.Kind(i) != csvrows.Blank {
			return f.Text(i)
		}
	}
	return nil
}

// settled reads the medium until what it holds is whole, and returns that; a file that is
// missing only if one may be created. The errors are those of the medium, fs.ErrNotExist,
// and a [*FileError].
func (s *Store) settled(ctx context.Context) (held, Snapshot, error) {
	var seen []byte
	since, there, calm := time.Now(), true, false
	for pause := s.opt.Settle / 20; ; pause = min(2*pause, s.opt.Settle) {
		now, err := s.load(ctx)
		gone := errors.Is(err, fs.ErrNotExist) || err == nil && !now.exists
		if there && gone {
			there, since, seen = false, time.Now(), nil
		}
		if gone && s.newest().file != nil && time.Since(since) < s.opt.Settle {
			// Some editors move the file away before they write it anew.
			s.opt.Logger.DebugContext(ctx, "waiting for the file to come again", "path", s.path)
			if err := sleep(ctx, max(time.Millisecond, min(pause, s.opt.Settle-time.Since(since)))); err != nil {
				return held{}, Snapshot{}, err
			}
			continue
		}
		if err != nil || !now.exists {
			return now, Snapshot{}, err
		}
		if !there || !bytes.Equal(now.data, seen) {
			seen, since, there, calm = now.data, time.Now(), true, false
		}
		snap, why, err := s.judge(now)
		still := max(now.still, time.Since(since))
		switch {
		case why == nil || still >= s.opt.Settle && !why.lasting:
			if err != nil {
				return held{}, Snapshot{}, &FileError{s.path, err}
			}
			s.remember(snap)
			return now, snap, nil
		case still >= s.opt.Settle && calm:
			return held{}, Snapshot{}, &FileError{s.path, why.err()}
		}
		// It counts as what somebody left only if it is the same after he was gone.
		calm = !s.medium.written(now)
		s.opt.Logger.DebugContext(ctx, "waiting for the file to settle", "path", s.path, "reason", why.reason)
		if err := sleep(ctx, max(time.Millisecond, min(pause, max(s.opt.Settle-still, busyWait)))); err != nil {
			return held{}, Snapshot{}, &FileError{s.path, fmt.Errorf("%w (%w)", why.err(), err)}
		}
	}
}

// load reads the medium. A file may be missing only where one may be created. One that
// changes under every reading, until the context ends, is unsettled.
func (s *Store) load(ctx context.Context) (held, error) {
	now, err := s.medium.load(ctx)
	switch {
	case err != nil && err == context.Cause(ctx):
		err = &FileError{s.path, fmt.Errorf("%w: it changes while it is read (%w)", ErrUnsettled, err)}
	case err == nil && !now.exists && len(s.opt.Create) == 0:
		err = &fs.PathError{Op: "open", Path: s.path, Err: fs.ErrNotExist}
	}
	return now, err
}

// judge reads content. What is known already is not read again; a quote that is never
// closed may be one that is not closed yet.
func (s *Store) judge(now held) (Snapshot, *doubt, error) {
	k, data := s.newest(), now.data
	if k.file != nil && bytes.Equal(k.file.Bytes(), data) {
		return Snapshot(k), nil, nil
	}
	snap, err := newSnapshot(data, s.opt.Read)
	switch {
	case errors.Is(err, csvrows.ErrOpenQuote):
		return snap, &doubt{reason: err.Error(), lasting: true, cause: err}, err
	case errors.Is(err, csvrows.ErrUTF16):
		return snap, nil, err
	}
	why := k.doubts(data)
	if err == nil && s.committed(snap) {
		return snap, nil, nil
	}
	if err == nil {
		err = snap.keyFrom(Snapshot(k), s.opt.Read)
	}
	if why == nil && s.medium.written(now) {
		why = &doubt{reason: errBusy.Error()}
	}
	return snap, why, err
}

// committed reports that a snapshot is the result of the newest commit, of whatever
// process: stores put whole files in place. Without a record the doubt stays.
func (s *Store) committed(snap Snapshot) bool {
	last, ok, err := s.medium.last()
	return err == nil && ok && Digest(last.Digest) == snap.digest
}

// sleep waits; the error is the context's cause if it ends before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
