package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"github.com/rowkeep/rowkeep/store/internal/state"
	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// FindingKind says what is wrong with what a store keeps.
type FindingKind string

// The kinds of findings.
const (
	// FindDamagedLine: a line of the log is torn or altered, or was put aside; the version
	// that it was of is lost.
	FindDamagedLine FindingKind = "damaged_line"
	// FindUnknownContent: a version is listed, and its content is not known any more, or
	// what a pending change was made from, or met.
	FindUnknownContent FindingKind = "unknown_content"
	// FindStray: an edit is in a displaced file and not merged yet. A commit does it, or
	// [Store.Repair]; what looks half written waits.
	FindStray FindingKind = "stray"
	// FindLeftOver: a commit was killed, and its temporary file is there. The next one
	// removes it.
	FindLeftOver FindingKind = "left_over"
	// FindMode: who may not write the file can look into what is kept beside it.
	FindMode FindingKind = "mode"
	// FindOwner: what is kept belongs to somebody else than the file.
	FindOwner FindingKind = "owner"
)

// Finding is something wrong with what a store keeps.
type Finding struct {
	Kind FindingKind
	Path string
	Seq  int64 // of the version, where it is about one
	Line int   // of the log, from 1, where it is about one
	Note string
}

// Check looks for damage in what is kept beside the file, and changes nothing; no finding
// means that all is well. It waits for a commit that is under way, if it may take the
// lock. The error is that of the system where something cannot be looked at.
func (s *Store) Check() ([]Finding, error) {
	ctx, cancel := s.bounded(context.Background())
	defer cancel()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	return s.medium.check(ctx)
}

// check needs no state directory: without one there is nothing to find.
func (f *localFile) check(ctx context.Context) ([]Finding, error) {
	log, err := f.logNow()
	if err != nil {
		return nil, err
	}
	dir := log.Dir()
	if there, err := dir.Exists(); err != nil || !there {
		return nil, err
	}
	// Without the lock, as for whoever may only read, a commit under way may show.
	if unlock, err := dir.Lock(ctx); err == nil {
		defer func() { _ = unlock() }()
	}
	h, err := dir.History()
	if err != nil {
		return nil, err
	}
	found := damage(h)
	strays, err := unmerged(dir, h)
	if err != nil {
		return nil, err
	}
	left, err := dir.LeftOver()
	if err != nil {
		return nil, err
	}
	for _, path := range left {
		found = append(found, Finding{Kind: FindLeftOver, Path: path, Note: "the next commit removes it"})
	}
	access, err := accessible(dir)
	return append(append(found, strays...), access...), err
}

// damage is what of the log cannot be read.
func damage(h state.History) (found []Finding) {
	for _, at := range h.Damaged {
		found = append(found, Finding{
			Kind: FindDamagedLine, Path: h.LogPath(), Line: at.Line,
			Note: fmt.Sprintf("byte %d: %v; its version is lost", at.Offset, state.ErrDamaged),
		})
	}
	i := 0
	for e, content := range h.Contents {
		if content == nil || !e.Whole(content) {
			found = append(found, Finding{
				Kind: FindUnknownContent, Path: h.LogPath(), Seq: e.Seq, Line: h.Place(i).Line, Note: errContent.Error(),
			})
		}
		i++
	}
	return found
}

// unmerged are displaced files with content that is in no version.
func unmerged(dir state.Dir, h state.History) (found []Finding, err error) {
	displaced, err := dir.Displaced()
	if err != nil {
		return nil, err
	}
	for _, d := range displaced {
		data, _, somebody, err := d.Look(true)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		note := "it holds an edit that is not merged yet"
		if somebody {
			note = "a program that opened it before commit has it open for writing"
		} else if asExpected(h, d, state.DigestOf(data)) {
			continue
		}
		found = append(found, Finding{Kind: FindStray, Path: d.Path, Seq: d.Seq, Note: note})
	}
	return found, nil
}

// asExpected reports that a displaced file holds what was displaced, what its commit
// wrote, or what was found in it and merged.
func asExpected(h state.History, d state.Displaced, is state.Digest) bool {
	return is.Hash == d.Hold || is.Hash == d.New || is.Hash == h.Expected(d).Hash
}

// accessible compares owner and mode of what is kept with those of the file.
func accessible(dir state.Dir) ([]Finding, error) {
	file, err := sys.StampAt(dir.File())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	wide, foreign, err := dir.Access(file)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, path := range wide {
		found = append(found, Finding{Kind: FindMode, Path: path, Note: "who may not write the file may use it; take permissions away"})
	}
	for _, path := range foreign {
		found = append(found, Finding{Kind: FindOwner, Path: path, Note: "it belongs to somebody else than the file does"})
	}
	return found, nil
}

// pruneEvery is after how many commits of a process old versions are dropped, as the log is
// written anew then, and the first version that stays is kept in full.
const pruneEvery = 64

func (f *localFile) prune(now bool) error { return errors.Join(f.retire(), f.drop(now)) }

// drop drops what the history need not keep.
func (f *localFile) drop(now bool) error {
	keep := f.opt.History.keep()
	if !now && f.commits < pruneEvery {
		return nil
	}
	f.commits = 0
	log := f.lockedLog()
	if err := f.forget(); err != nil {
		return err
	}
	crowded, err := log.Crowded(keep)
	if err != nil || !crowded {
		return err
	}
	return log.Prune(keep, f.mayGo)
}

// forget drops what is known of displaced files that are gone: others drop versions too.
func (f *localFile) forget() error {
	list, err := f.dir().Displaced()
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(list))
	for _, d := range list {
		there[d.Path] = true
	}
	maps.DeleteFunc(f.looked, func(path string, _ sys.Stamp) bool { return !there[path] })
	return nil
}

// mayGo reports that nobody has written to a displaced file since its content was merged,
// or is about to.
func (f *localFile) mayGo(h state.History, d state.Displaced) bool {
	data, _, somebody, err := d.Look(f.unsure())
	if err != nil || somebody || !asExpected(h, d, state.DigestOf(data)) {
		return false
	}
	delete(f.looked, d.Path)
	return true
}
