package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Origin tells where a version comes from.
type Origin string

// The origins. Written: a store committed it. Read: somebody else wrote it to the file.
// Stray: somebody else wrote it to a file that a commit displaced; it was merged.
// OfConflict: what it changes is pending. The first two stood in the file.
const (
	Written    Origin = "written"
	Read       Origin = "read"
	Stray      Origin = "stray"
	OfConflict Origin = "conflict"
)

// Stood reports that the version was the file's content.
func (o Origin) Stood() bool { return o == Written || o == Read }

// Version describes a version in the history.
type Version struct {
	Seq    int64
	Origin Origin
	Time   time.Time
	Actor  string // of the program that kept it; "" where others wrote it
	Digest Digest // of its content

	// Of a written version: what the change was made from, what stood in the file before
	// it, whether the two were merged, and how many conflicts were settled. Base and Theirs
	// of other versions say the same of the merge that they were part of, and Conflicts of a
	// pending change how many there were.
	Base, Theirs Digest
	Merged       bool
	Conflicts    int
	// Accepted: somebody said that it is meant as it is. Nothing that it takes back is
	// given back.
	Accepted bool
}

// origins are the public names of what the log keeps.
var origins = map[state.Kind]Origin{
	state.Commit: Written, state.Read: Read, state.Stray: Stray, state.Conflict: OfConflict,
}

func newVersion(e state.Entry) Version {
	return Version{
		Seq: e.Seq, Origin: origins[e.Kind], Time: e.Time, Actor: e.Actor, Digest: Digest(e.Digest),
		Base: Digest(e.Base), Theirs: Digest(e.Theirs), Merged: e.Merged, Conflicts: e.Conflicts, Accepted: e.Accepted,
	}
}

// ErrNoVersion is the error where the history has no version of a number: there never was
// one, or it has been dropped.
var ErrNoVersion = errors.New("no such version in the history")

// CorruptError says where damage in what is kept beside the file hides a version.
type CorruptError struct {
	Path   string
	Line   int   // from 1
	Offset int64 // of the line, in bytes
	Err    error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s: line %d (byte %d): %v", e.Path, e.Line, e.Offset, e.Err)
}
func (e *CorruptError) Unwrap() error { return e.Err }

// errContent is the cause where a version is in the log and its content is not.
var errContent = errors.New("the content of the version is not known: what it was made from is damaged")

// History lists the versions that are kept, oldest first; [History] in Options says how
// many those are. Damage hides versions and does not keep the others from being listed:
// [Store.Check] tells of it.
func (s *Store) History() ([]Version, error) {
	h, err := s.medium.history(0)
	if err != nil {
		return nil, err
	}
	var list []Version
	for _, e := range h.Entries {
		if e.Kind != state.Closed {
			list = append(list, newVersion(e))
		}
	}
	return list, nil
}

// Contents yields the versions that are kept with their content, oldest first. The content
// is nil where damage keeps it from being known; the caller must not change it.
func (s *Store) Contents() (iter.Seq2[Version, []byte], error) {
	h, err := s.medium.history(0)
	if err != nil {
		return nil, err
	}
	return func(yield func(Version, []byte) bool) {
		for e, content := range h.Contents {
			if e.Kind != state.Closed && !yield(newVersion(e), content) {
				return
			}
		}
	}, nil
}

// Version returns the content of a version. It matches the version's digest. The error is
// ErrNoVersion; a [*CorruptError] where damage keeps the version from being known; or what
// the system said of reading the history.
func (s *Store) Version(seq int64) ([]byte, error) {
	h, err := s.medium.history(0)
	if err != nil {
		return nil, err
	}
	i, at, damaged := h.Index(seq)
	corrupt := &CorruptError{Path: h.LogPath(), Line: at.Line, Offset: at.Offset, Err: state.ErrDamaged}
	switch {
	case damaged:
		return nil, corrupt
	case i < 0:
		return nil, fmt.Errorf("version %d: %w", seq, ErrNoVersion)
	}
	gone := true // since, with other old versions
	for e, content := range h.Contents {
		switch {
		case e.Seq == seq && content != nil:
			return content, nil
		case e.Seq == seq:
			gone = false
		}
	}
	if gone {
		return nil, fmt.Errorf("version %d: %w", seq, ErrNoVersion)
	}
	corrupt.Err = errContent
	return nil, corrupt
}

// Restore makes an old version the file's content, by a commit: what stands in the file is
// in the history first, damaged or not. The version is meant as it is, so that nothing
// that it takes back counts as lost later. A file that is missing is made again, of mode
// 0600.
//
// The errors are those of [Store.Version] and [Store.Update], and a [*FileError] where the
// version cannot be read with the store's options.
func (s *Store) Restore(ctx context.Context, seq int64) (*Receipt, error) {
	content, err := s.Version(seq)
	if err != nil {
		return nil, err
	}
	if _, err := newSnapshot(content, s.opt.Read); err != nil {
		return nil, &FileError{s.path, fmt.Errorf("version %d: %w", seq, err)}
	}
	receipt, err := s.commit(ctx, func(now Snapshot) (proposal, error) {
		return proposal{base: now, result: content, accepted: true}, nil
	})
	var damaged *FileError
	if errors.As(err, &damaged) || errors.Is(err, fs.ErrNotExist) {
		return s.restoreOver(ctx, content)
	}
	return receipt, err
}

// restoreOver is Restore where what stands in the file is of no use, or is missing. It
// becomes a version as it is, unless somebody is writing it.
func (s *Store) restoreOver(ctx context.Context, content []byte) (*Receipt, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	result, err := newSnapshot(content, s.opt.Read)
	if err != nil {
		return nil, &FileError{s.path, err}
	}
	for range mostTries {
		old, err := s.medium.load(ctx)
		switch {
		case err != nil:
			return nil, err
		case s.medium.written(old):
			return nil, &FileError{s.path, fmt.Errorf("%w: %w", ErrUnsettled, errBusy)}
		case old.exists && bytes.Equal(old.data, content):
			return s.newReceipt(proposal{base: result}, result, result), nil
		}
		receipt, err := s.overwrite(ctx, old, result)
		if errors.Is(err, errChanged) || errors.Is(err, errBusy) {
			continue
		}
		return receipt, err
	}
	return nil, &CommitError{Path: s.path, Step: "read again", Err: ErrContended}
}

// overwrite replaces content that cannot be read. What slips in at that moment is merged
// by the next commit.
func (s *Store) overwrite(ctx context.Context, old held, result Snapshot) (*Receipt, error) {
	was := Snapshot{}
	receipt := s.newReceipt(proposal{}, was, result)
	receipt.Written = true
	var versions []state.Version
	if old.exists {
		receipt.Theirs = Digest(state.DigestOf(old.data))
		versions = append(versions, state.Version{
			Entry: state.Entry{Kind: state.Read, Time: receipt.Time}, Content: old.data,
		})
	}
	versions = append(versions, receipt.version(s.opt.Actor, proposal{accepted: true}, result))
	s.plan(step{after: result, at: receipt.Time}) // nobody was told of what it replaces
	done, err := s.medium.swap(ctx, old, versions)
	if err != nil {
		return nil, err
	}
	receipt.Seq = done.seq
	s.remember(result)
	return receipt, nil
}

// retain drops what the options do not keep: at once, or if there were enough commits
// since it did so last. That it cannot be done keeps nobody from committing. The lock is
// held.
func (s *Store) retain(ctx context.Context, now bool) {
	if err := s.medium.prune(now); err != nil {
		s.opt.Logger.WarnContext(ctx, "old versions cannot be dropped", "path", s.path, "error", err)
	}
}
