package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Cause tells how a change came to wait for somebody to settle it.
type Cause string

// The causes. OfUpdate: a commit failed, and nothing of it is in the file. OfPark: the
// clean part of a change was committed, by Options.Park. OfValidate: Options.Validate
// refused the merged result. OfMassKeyChange: more than half of the keys were exchanged.
// OfLateWriter: somebody wrote to a file that a commit had displaced, or renamed one in.
// OfSlipped: what somebody saved in the very moment of a commit stands in the file, and
// the commit's values wait. OfStaleSave: a save took back changes of the program.
const (
	OfUpdate        Cause = "update"
	OfPark          Cause = "park"
	OfValidate      Cause = "validate"
	OfMassKeyChange Cause = "mass_key_change"
	OfLateWriter    Cause = "late_writer"
	OfSlipped       Cause = "slipped"
	OfStaleSave     Cause = "stale_save"
)

// Pending is a change that could not be merged as a whole, and waits to be settled. Ours
// is the file as the change wants it, base what it was made from, theirs what stood in the
// file when it was kept.
type Pending struct {
	Seq   int64 // its number in the history, by which it is called
	Time  time.Time
	Cause Cause
	// Note is what Options.Validate said.
	Note string
	// Conflicts is how many there were; 0 where that is not known.
	Conflicts          int
	Base, Ours, Theirs Digest
	// OursBy and TheirsBy name the programs that made these, as Options.Actor says; ""
	// where somebody else did, or nothing tells.
	OursBy, TheirsBy string
}

// Dispute is a pending change with the content of its three versions. The caller must not
// change it.
type Dispute struct {
	Pending
	BaseData, OursData, TheirsData []byte
}

// ErrNotPending is the error where no change of a number waits to be settled: there never
// was one, or somebody has settled or dismissed it.
var ErrNotPending = errors.New("no such pending change")

// Pending lists the changes that wait to be settled, oldest first. They are kept until
// [Store.Resolve] or [Store.Dismiss], however many versions come after them.
func (s *Store) Pending() ([]Pending, error) {
	h, err := s.medium.history(0)
	if err != nil {
		return nil, err
	}
	var list []Pending
	for _, i := range h.Pending() {
		list = append(list, newPending(h, i))
	}
	return list, nil
}

func newPending(h state.History, i int) Pending {
	e := h.Entries[i]
	p := Pending{
		Seq: e.Seq, Time: e.Time, Cause: OfLateWriter, Conflicts: e.Conflicts,
		Base: Digest(e.Base), Ours: Digest(e.Digest), Theirs: Digest(e.Theirs), OursBy: e.Actor,
	}
	if d := e.Dispute; d != nil {
		p.Cause, p.Note = Cause(d.Why), d.Note
	}
	p.TheirsBy = stoodBy(h, e)
	return p
}

// stoodBy names who made what stood in the file at an entry: before it, or next, where it was
// kept with a commit, or with a conflict before anything else. Others may have come to the
// same content since.
func stoodBy(h state.History, e state.Entry) (actor string) {
	found := false
	for _, other := range h.Entries {
		if !other.Kind.Stood() {
			continue
		}
		behind := other.Seq > e.Seq
		if other.Digest == e.Theirs && !(behind && found) {
			actor, found = other.Actor, true
		}
		if behind {
			break
		}
	}
	return actor
}

// Dispute returns a pending change with its three versions. The error is ErrNotPending; a
// [*CorruptError] where damage keeps a version from being known; or what the system said of
// reading the history.
func (s *Store) Dispute(seq int64) (*Dispute, error) {
	h, err := s.medium.history(0)
	if err != nil {
		return nil, err
	}
	for _, i := range h.Pending() {
		if h.Entries[i].Seq != seq {
			continue
		}
		d := &Dispute{Pending: newPending(h, i)}
		d.BaseData, d.OursData, d.TheirsData = h.Disputed(i)
		if d.BaseData == nil || d.OursData == nil {
			at := h.Place(i)
			return nil, &CorruptError{Path: h.LogPath(), Line: at.Line, Offset: at.Offset, Err: errContent}
		}
		return d, nil
	}
	return nil, fmt.Errorf("change %d: %w", seq, ErrNotPending)
}

// Resolve settles a pending change. It is merged with what stands in the file now, however
// much that has changed since; answer is asked about each conflict that is left then and
// that no policy settles; and the result is committed, which closes the change. If no
// conflict was left the receipt has none. The file may have the result already:
// Receipt.Written is false then.
//
// The answer may depend on the three values: they may be other ones than those that the
// change was kept with. The zero Resolution leaves a conflict standing. If all stand,
// nothing is written, the change still waits, and the error is a [*merge.ConflictError];
// if some do, what was settled is committed, the rest waits as a change of a new number,
// and the ConflictError is that of a [*CommitError] with outcome ConflictPending. The error
// is ErrNotPending where somebody else was faster; csvrows.ErrDuplicateKey, in a [*CommitError],
// where an answer is a key that another row has; else as of [Store.Dispute] and of
// [Store.Update].
func (s *Store) Resolve(ctx context.Context, seq int64, answer func(merge.Conflict) merge.Resolution) (*Receipt, error) {
	return s.commit(ctx, func(now Snapshot) (proposal, error) {
		// Under the lock: of two people who settle it at once the second is told.
		d, err := s.Dispute(seq)
		if err != nil {
			return proposal{}, err
		}
		return s.settle(d, now, answer)
	})
}

// settle merges a pending change with what stands in the file.
func (s *Store) settle(d *Dispute, now Snapshot, answer func(merge.Conflict) merge.Resolution) (proposal, error) {
	base, err := newSnapshot(d.BaseData, s.opt.Read)
	if err != nil {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	opt := s.opt.merge()
	opt.Resolve = func(c merge.Conflict) merge.Resolution {
		r := answer(c)
		if r.Side == merge.NoSide && s.opt.Resolve != nil {
			r = s.opt.Resolve(c)
		}
		return r
	}
	p := proposal{base: base, ours: d.OursData, closes: []int64{d.Seq}}
	if p.merged, err = merge.Merge(d.BaseData, d.OursData, now.Bytes(), opt); err != nil {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	switch left := len(standing(p.merged)); {
	case left == 0:
		p.result = p.merged.Bytes()
	case left == len(p.merged.Conflicts):
		return proposal{}, p.merged.Err()
	default:
		p = s.park(p, now, opt, state.Entry{Actor: d.OursBy}, d.Cause)
	}
	p.ours = nil // if it is refused it waits as it did
	if err := s.keyTwice(p, now); err != nil {
		return proposal{}, &CommitError{Path: s.path, Step: "merge", Err: err}
	}
	return p, nil
}

// keyTwice is an error if a key stands twice in the result and in no input: it was given by
// somebody who did not know that another row has it.
func (s *Store) keyTwice(p proposal, now Snapshot) error {
	renamed := func(c merge.Conflict) bool { return c.Kind == merge.KindKeyRename }
	if !slices.ContainsFunc(p.merged.Conflicts, renamed) {
		return nil // no key was given
	}
	diff, err := merge.Diff(now.Bytes(), p.result, s.opt.Read)
	if err != nil {
		return err
	}
	for _, w := range diff.Warnings {
		known := func(x merge.Warning) bool { return x.Kind == w.Kind && slices.Equal(x.Key, w.Key) }
		if w.Kind == merge.WarnDuplicateKey && !slices.ContainsFunc(p.merged.Warnings, known) {
			return &csvrows.EditError{Op: "rename", Key: w.Key, Err: csvrows.ErrDuplicateKey}
		}
	}
	return nil
}

// Dismiss drops a pending change: the file stays as it is, which need not be readable, and
// the change waits no longer. Its versions stay in the history as long as others do. The
// error is ErrNotPending, or a [*CommitError].
func (s *Store) Dismiss(ctx context.Context, seq int64) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if _, err := s.pendingEntry(seq); err != nil { // beside a file without any nothing is made
		return err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := s.pendingEntry(seq); err != nil {
		return err
	}
	return s.note([]state.Version{closing(s.opt.Actor, []int64{seq})})
}

func (s *Store) pendingEntry(seq int64) (state.Entry, error) {
	h, err := s.medium.history(0)
	if err != nil {
		return state.Entry{}, err
	}
	for _, i := range h.Pending() {
		if h.Entries[i].Seq == seq {
			return h.Entries[i], nil
		}
	}
	return state.Entry{}, fmt.Errorf("change %d: %w", seq, ErrNotPending)
}

// closing says of changes that they wait no longer.
func closing(actor string, seqs []int64) state.Version {
	return state.Version{Entry: state.Entry{Kind: state.Closed, Time: time.Now().UTC(), Actor: actor, Closes: seqs}}
}

// keptError is around the error of a change that is to be kept, until it is: seq are the
// numbers it has then.
type keptError struct {
	error
	kept  state.Version
	found []state.Version // what stands in the file, where the history does not know it
	seq   []int64
}

func (u *keptError) Unwrap() error { return u.error }

// withFile has what stands in the file kept along with a change that was refused: so that the
// history begins with it, and tells who wrote it. What a stale save is about is left for
// the commit that mends it.
func (h healed) withFile(now Snapshot, err error) error {
	var u *keptError
	if errors.As(err, &u) && h.unknown && len(h.events) == 0 && h.now.digest == now.digest {
		u.found = []state.Version{foundVersion(now)}
	}
	return err
}

// refused is the error of a proposal that is not committed, with what is to be kept of it.
func (p proposal) refused(now Snapshot, err error) error {
	if p.ours == nil {
		return err // it is kept, or its origin is
	}
	why, note := OfUpdate, ""
	var failed *CommitError
	switch {
	case errors.Is(err, ErrMassKeyChange):
		why = OfMassKeyChange
	case errors.As(err, &failed):
		why, note = OfValidate, failed.Err.Error()
	}
	entry := state.Entry{Time: time.Now().UTC(), Conflicts: len(standing(p.merged))}
	return &keptError{error: err, kept: state.NewDispute(entry, string(why), note, p.base.Bytes(), p.ours, now.Bytes())}
}

// mostPending bounds how many changes wait at once that somebody has been told of: a
// program that tries the same for ever must not fill the disk. Those that nobody else
// knows are always kept.
const mostPending = 1000

// keepUnmerged keeps the change that an error is about, unless it waits already. That it
// cannot be kept is told beside the error. The lock is held.
func (s *Store) keepUnmerged(err error) error {
	var u *keptError
	if !errors.As(err, &u) {
		return err
	}
	h, failed := s.medium.history(0)
	if failed != nil {
		return errors.Join(err, failed)
	}
	open := h.Pending()
	ours := state.DigestOf(u.kept.Content)
	for _, i := range open {
		if e := h.Entries[i]; e.Digest == ours && e.Base == u.kept.Base {
			u.seq = []int64{e.Seq}
			return err
		}
	}
	if len(open) >= mostPending {
		return err
	}
	u.kept.Actor = s.opt.Actor
	seq, failed := s.keep(append(u.found, u.kept))
	if failed != nil {
		return errors.Join(err, failed)
	}
	u.seq = []int64{seq}
	return err
}

// park makes of a change that conflicts one that leaves the file's value there, and keeps
// the rest of the change: as ours the result with the change's values there, so that what
// is settled or clean does not come up again.
func (s *Store) park(p proposal, now Snapshot, opt merge.Options, entry state.Entry, why Cause) proposal {
	base, ours := p.base.Bytes(), p.ours
	as := func(output merge.Output) *merge.Result {
		opt.Output = output
		r, err := merge.Merge(base, ours, now.Bytes(), opt)
		if err != nil {
			panic(fmt.Sprintf("store: what was merged before: %v", err))
		}
		return r
	}
	p.parked = standing(p.merged)
	p.merged = as(merge.OutputTheirs)
	p.result = p.merged.Bytes()
	restOurs, restBase := as(merge.OutputOurs).Bytes(), base
	if s.opt.sums() { // what both have would be added up once more
		restBase = as(merge.OutputBase).Bytes()
	}
	entry.Time, entry.Conflicts = time.Now().UTC(), len(p.parked)
	p.aside = []state.Version{state.NewDispute(entry, string(why), "", restBase, restOurs, p.result)}
	return p
}

// sums reports a policy that adds up changes.
func (o Options) sums() bool {
	for _, p := range o.Policies {
		if p.String() == "sum" {
			return true
		}
	}
	return false
}
