package main

var ofStore = []mutant{
	// Steps of a commit, left out.
	{
		"commit-no-sync", "store/fileswap.go", "",
		`if err := errors.Join(temp.sync(), temp.Close()); err != nil {`, `if err := temp.Close(); err != nil {`,
		"the new file may be empty after a power cut",
	},
	{
		"commit-no-sync-dir", "store/fileswap.go", "",
		`if err := sys.SyncDir(filepath.Dir(old.tag.(place).target)); err != nil {`, `if err := error(nil); err != nil {`,
		"an acknowledged commit may be gone after a power cut",
	},
	{
		"commit-no-lease", "store/exchange.go", "",
		`lease, err = takeLease(r)`, `lease, err = leaseOrNot{}, nil`,
		"somebody can open the file for writing between look and exchange",
	},
	{
		"commit-no-look", "store/exchange.go", "",
		`was, err = f.unchanged(r, old)`, `was, err = *old.tag.(place).at, nil`,
		"what was saved before the lease is displaced",
	},
	{
		"commit-no-displaced-check", "store/exchange.go", "",
		`slipped := err != nil || is.Ino != was.Ino || is.Dev != was.Dev`, `slipped := err != nil && is.Ino != was.Ino`,
		"a file renamed in at the last moment is taken for the old one",
	},
	{
		"commit-no-change-back", "store/exchange.go", "",
		`if !slipped && (lease.broken() || !is.SameAccess(was)) {`, `if !slipped && !is.SameAccess(was) {`,
		"an editor that waits gets the displaced file",
	},
	{
		"commit-changed-back-removed", "store/exchange.go", "",
		`return replaced{displaced: true, back: is.Ino == mine}, errBusy`, `return replaced{displaced: is.Ino != mine, back: is.Ino == mine}, errBusy`,
		"what somebody wrote to our file before it was changed back is removed",
	},
	{
		"commit-clean-up-armed", "store/fileswap.go", "",
		`armed = false`, `armed = true`,
		"the displaced file is removed",
	},
	{
		"commit-record-stays", "store/fileswap.go", "",
		`if failed := undo(); failed != nil {`, `if failed := error(nil); failed != nil {`,
		"a commit that did not come about is in the history",
	},
	{
		"commit-no-lock", "store/file.go", "func (f *localFile) lock(ctx context.Context) (unlock func(), err error) {",
		`f.setLocked(target)`, `f.setLocked(target); _ = release()`,
		"two processes commit at once",
	},
	{
		"commit-no-meta", "store/fileswap.go", "",
		`err = vanished(sys.CopyMeta(temp.File, old, *at.at)) // FUSE has no attributes of what is not there any more`, ``,
		"the new file has not the old one's mode",
	},
	{
		"meta-no-attributes", "store/internal/sys/meta_unix.go", "",
		`if err := copyAttributes(to, from); err != nil {`, `if err := error(nil); err != nil {`,
		"access control lists and attributes are lost",
	},
	{
		"commit-back-not-synced", "store/exchange.go", "",
		`if err := sys.SyncDir(filepath.Dir(target)); err != nil { // what was on disk for a moment is not`, `if err := error(nil); err != nil { _ = filepath.Dir`,
		"a commit that failed may stand after a power cut",
	},

	// Large versions.
	{
		"whole-unchecked", "store/internal/state/whole.go", "",
		`if err != nil || DigestOf(content) != of {`, `if err != nil {`,
		"a damaged version is given away",
	},
	{
		"whole-stays", "store/internal/state/history.go", "",
		`if err := l.dir.dropWhole(kept); err != nil {`, `if err := error(nil); err != nil || kept == nil {`,
		"dropped versions stay on disk",
	},
	{
		"whole-not-counted", "store/internal/state/history.go", "",
		`used += whole`, `_ = whole`,
		"large versions are never dropped",
	},
	{
		"whole-read-late", "store/internal/state/history.go", "",
		`if newer, ok := h.rewritten(content); ok {`, `if newer, ok := h.rewritten(content); ok && false {`,
		"who reads while old versions are dropped misses those that stay",
	},

	{
		"log-through-link", "store/internal/sys/file_unix.go", "",
		`return os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW, 0)`, `return os.OpenFile(name, os.O_RDWR, 0)`,
		"who may write to the state directory has somebody else write to any file",
	},
	{
		"memo-unchecked", "store/internal/state/log.go", "",
		`if !ok || string(sum) != hashText(xxhash.Sum64(data)) {`, `if _, known := m[string(sum)]; !known && (!ok || string(sum) != hashText(xxhash.Sum64(data))) {`,
		"damage in what was read before is not seen",
	},
	{
		"prune-too-few", "store/internal/state/history.go", "",
		`for n := may; n >= max(must, may-may/6); n-- {`, `for n := may; n >= may-may/6; n-- {`,
		"more versions stay than may",
	},
	{
		"key-guessed", "store/settle.go", "",
		`err = snap.keyFrom(Snapshot(k), s.opt.Read)`, `_ = snap.keyFrom(Snapshot(k), s.opt.Read)`,
		"rows are told by another column than before",
	},
	{
		"unchanged-young", "store/exchange.go", "",
		`if at.alone && (at.aged || f.place.stampsTell) && f.place.storesTell && !f.place.Blind {`, `if at.alone && f.place.storesTell && !f.place.Blind {`,
		"a save in the same tick of the clock is displaced as if it had been looked at",
	},
	{
		"unchanged-mapped", "store/exchange.go", "",
		`if at.alone && (at.aged || f.place.stampsTell) && f.place.storesTell && !f.place.Blind {`, `if at.alone && (at.aged || f.place.stampsTell) && !f.place.Blind {`,
		"what was stored into a mapping in memory is displaced as if it had been looked at",
	},
	{
		"seconds-aged", "store/internal/sys/sys.go", "",
		`if s.Changed%time.Second == 0 {`, `if false {`,
		"a save in the second of the one before is displaced as if it had been looked at",
	},
	{
		"displaced-young", "store/strays.go", "",
		`if f.unsure() && !at.Aged(started) {`, `if false && !at.Aged(started) {`,
		"without a lease, a late write in the same tick of the clock is not found",
	},
	{
		"heard-forgotten", "store/file.go", "",
		`if f.heard {`, `if false {`,
		"a commit that a process was killed in is made after all, if others saw it before they took the lock",
	},

	// Spares.
	{
		"spare-log-not-synced", "store/spare.go", "",
		`if err := f.held.Sync(); err != nil {`, `if err := error(nil); err != nil {`,
		"after a power cut nothing has what was displaced",
	},
	{
		"spare-names-not-synced", "store/spare.go", "",
		`if err := f.dir().SyncNames(); err != nil {`, `if err := error(nil); err != nil {`,
		"after a power cut a displaced file has content of a later commit",
	},
	{
		"spare-not-synced", "store/fileswap.go", "",
		`return sys.SyncData(b.File)`, `return nil`,
		"what is written to a spare may be lost in a power cut",
	},
	{
		"spare-longer", "store/fileswap.go", "",
		`err = temp.Truncate(int64(len(data)))`, ``,
		"the end of what a spare held stands behind the content",
	},
	{
		"spare-unlike", "store/spare.go", "",
		`if same, err := sys.SameMeta(file, old, at); err == nil && same {`, `if _, err := sys.SameMeta(file, old, at); err == nil {`,
		"the file gets the mode that it had long ago",
	},
	{
		"spare-attributes", "store/internal/sys/meta_unix.go", "",
		`if err != nil || len(had) != len(want) {`, `if err == nil { return true, nil }; if len(had) != len(want) {`,
		"the file loses its attributes",
	},
	{
		"spare-no-lease", "store/internal/state/spare.go", "",
		`_, err = sys.TakeWriteLease(f)`, ``,
		"what somebody has open is written to",
	},
	{
		"spare-linked", "store/internal/state/spare.go", "",
		`if is.Links > 1 {`, `if false {`,
		"what a backup has linked is written to",
	},
	{
		"spare-spliced", "store/internal/state/spare.go", "",
		`} else if !all {`, `} else if false && !all {`,
		"what is in a pipe or a socket is written to",
	},
	{
		"spare-changed", "store/internal/state/spare.go", "",
		`if is != at {`, `if is.Ino != at.Ino {`,
		"what a late writer wrote is written over",
	},
	{
		"spare-opened-late", "store/internal/state/spare.go", "",
		`if f != nil && is != s.at {`, `if f != nil && is.Ino != s.at.Ino {`,
		"what was written to a spare is written over",
	},
	{
		"spare-setgid", "store/spare.go", "",
		`if at.Perm() > 0o777 {`, `if false {`,
		"the file loses setuid and setgid",
	},
	{
		"spare-read-only", "store/internal/state/spare.go", "",
		`if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {`, `if errors.Is(err, fs.ErrNotExist) {`,
		"each commit to a file that may not be written tells of an error",
	},
	{
		"spare-apart", "store/spare.go", "",
		`if d.Seq >= f.stays+apart {`, `if d.Seq%apart == 0 {`,
		"damage in the log hides all versions of commits with odd numbers",
	},
	{
		"spare-bytes", "store/spare.go", "",
		`if len(f.older) < tune.Store.Spares && f.size(f.older) < spareBytes {`, `if len(f.older) < tune.Store.Spares {`,
		"there may be gigabytes of spares",
	},
	{
		"spare-unknown-forgotten", "store/spare.go", "",
		`if _, err := sys.StampAt(d.Path); err == nil {`, `if false {`,
		"who has a file open that was set aside is not found before the next Open",
	},
	{
		"spare-without-exchange", "store/spare.go", "",
		`for n := len(f.spares); n > 0 && f.place.Exchange; n-- {`, `for n := len(f.spares); n > 0; n-- {`,
		"a commit that was killed before its rename is taken for one that was made",
	},
	{
		"spare-trusted", "store/internal/state/spare.go", "",
		`if !stampsTell {`, `if false {`,
		"what a late writer wrote in the same tick of the clock is written over",
	},
	{
		"spare-unread", "store/internal/state/spare.go", "",
		`return hashText(sum.Sum64()) == hash, err`, `return sum != nil, err`,
		"what a late writer wrote in the same tick of the clock is written over",
	},
	{
		"spare-open-forgotten", "store/spare.go", "func (f *localFile) retired(older []state.Displaced) (spares []*state.Spare, err error) {",
		`f.recent = append(f.recent, d)`, `f.recent = append([]state.Displaced{}, f.recent...)`,
		"a file that somebody has open is looked at no more",
	},
	{
		"spare-none", "store/spare.go", "",
		`f.spares = append(f.spares, named...)`, `_ = named`,
		"each commit makes a file",
	},

	// What comes behind it.
	{
		"slip-not-mended", "store/commit.go", "",
		`if slipped {`, `if slipped && false {`,
		"a commit returns before what slipped in is merged",
	},
	{
		"slip-loses", "store/absorb.go", "",
		`more, found, slipped, err := s.absorb(ctx, st, merge.OutputOurs)`, `more, found, slipped, err := s.absorb(ctx, st, merge.OutputTheirs)`,
		"what slipped in gives way where it conflicts",
	},
	{
		"stray-ignored", "store/strays.go", "",
		`}, true, nil`, `}, false, nil`,
		"what is written to a displaced file is not found",
	},
	{
		"stray-merged-twice", "store/absorb.go", "",
		`p.absorbed = []state.Absorbed{st.Absorbed}`, ``,
		"what strayed is found again and again",
	},
	{
		"stale-save-stands", "store/heal.go", "",
		`return healed{now: result, events: v.events, unknown: true, pending: s.contested(v, now)}, nil`,
		`_ = result; return healed{now: now, events: v.events, unknown: true, pending: s.contested(v, now)}, nil`,
		"a stale save takes commits back",
	},
	{
		"stale-conflict-not-kept", "store/commit.go", "",
		`if h.pending != nil {`, `if false {`,
		"a save that conflicts waits nowhere",
	},
	{
		"stale-conflict-not-asked", "store/contest.go", "",
		`for _, e := range j.contested {`, `for _, e := range j.contested[:0] {`,
		"who settles a save that conflicts is not asked about what nothing tells of",
	},
	{
		"anew-is-a-deletion", "store/heal.go", "",
		`anew: e.Kind == state.Commit && e.Theirs == state.Digest{} && !e.Accepted,`, ``,
		"a program that makes a deleted file anew has deleted its rows",
	},
	{
		"past-of-another-file", "store/heal.go", "",
		`if len(h.Entries) > 0 && h.Entries[0].Same(s.pastEnd) {`, `if len(h.Entries) > 0 {`,
		"a save is judged by the history of the file where the link led before",
	},
	{
		"strays-of-another-file", "store/file.go", "",
		`f.recent, f.older, f.named, f.spares = nil, nil, nil, nil`, `f.older, f.named, f.spares = nil, nil, nil`,
		"what strayed from the file where the link led before is merged",
	},
	{
		"watch-keeps-all", "store/trail.go", "",
		`if len(w.steps) > mostSteps {`, `if false {`,
		"a watcher who stays away costs ever more",
	},

	// Half-written files, crashes.
	{
		"stale-save-of-our-own", "store/heal.go", "",
		`case s.medium.lacksEnd():`, `case false:`,
		"a commit that the log has lost is taken for a stale save",
	},

	{
		"settle-never", "store/settle.go", "",
		`case why == nil || still >= s.opt.Settle && !why.lasting:`, `case true:`,
		"a half-written file is taken for one with rows deleted",
	},
	{
		"settle-at-once", "store/settle.go", "",
		`case why == nil || still >= s.opt.Settle && !why.lasting:`, `case why == nil || !why.lasting:`,
		"what looks half written is not waited for",
	},
	{
		"recover-not", "store/file.go", "",
		`err = errors.Join(f.finishInPlace(), log.Recover(now.data), f.dir().Sweep())`, `_ = now; err = errors.Join(f.finishInPlace(), f.dir().Sweep())`,
		"a commit that was killed before its commit point counts",
	},
	{
		"recover-no-sweep", "store/file.go", "",
		`err = errors.Join(f.finishInPlace(), log.Recover(now.data), f.dir().Sweep())`, `err = errors.Join(f.finishInPlace(), log.Recover(now.data))`,
		"temporary files of killed commits pile up",
	},
	{
		"recover-not-in-place", "store/file.go", "",
		`err = errors.Join(f.finishInPlace(), log.Recover(now.data), f.dir().Sweep())`, `err = errors.Join(log.Recover(now.data), f.dir().Sweep())`,
		"a file that was half written in place stays so",
	},
	{
		"recover-end-stays-lost", "store/internal/state/recover.go", "",
		`if err := l.regain(displaced, holds); err != nil {`, `if err := error(nil); err != nil {`,
		"what a power cut took from the log is not put back",
	},
	{
		"recover-exchanged", "store/internal/state/recover.go", "",
		`if exchanges {`, `if false {`,
		"a commit that was made is taken back as the next one was killed",
	},
	{
		"recover-changed-back", "store/internal/state/recover.go", "",
		`if last.isOf(e) {`, `if false && last.isOf(e) {`,
		"a commit that was changed back when it was killed counts",
	},
	{
		"log-any-hash", "store/internal/state/log.go", "",
		`if !ok || string(sum) != hashText(xxhash.Sum64(data)) {`, `if _ = xxhash.Sum64; !ok || len(sum) != 16 {`,
		"a damaged line of the log counts",
	},
	{
		"patch-any-hash", "store/internal/state/patch.go", "",
		`if DigestOf(content) != want {`, `if false {`,
		"damage to one version makes others out of the wrong one",
	},
	{
		"patch-of-dropped", "store/internal/state/history.go", "",
		`if e.Patch.Of != (Digest{}) && e.Patch.Of != before {`, `if false && e.Patch.Of != before {`,
		"what is pruned takes the content of the first version that stays along",
	},

	// Updates together.
	{
		"group-failed-stays", "store/group.go", "",
		`return took, table, true, nil`, `continue`,
		"what a failing edit began is committed with the others",
	},

	// What an error says.
	{
		"take-back-silent", "store/fileswap.go", "",
		`return &CommitError{Path: f.path, Step: "record", Outcome: Unknown, Err: failed}`, `return &CommitError{Path: f.path, Step: "record", Err: failed}`,
		"a change that may yet come is said not to",
	},
	{
		"guarantee-of-the-place", "store/guarantee.go", "",
		`if err := obstacle(place{target: target, at: at}); err != nil {`, `if _ = obstacle; err != nil {`,
		"what a directory can do is promised of a file that cannot be replaced",
	},
	{
		"in-place-no-wait", "store/inplace.go", "",
		`if f.written(old) { // our own descriptor would hide others`, `if false {`,
		"what somebody writes slowly to a file that cannot be replaced is overwritten",
	},
	{
		"in-place-stays-silent", "store/inplace.go", "",
		`return swapped{}, &CommitError{Path: f.path, Step: "write ahead", Outcome: Unknown, Err: failed}`, `return swapped{}, &CommitError{Path: f.path, Step: "write ahead", Err: failed}`,
		"a change that stands in the file is said not to",
	},
	{
		"in-place-recorded-first", "store/inplace.go", "",
		`err := f.dir().PutAhead(state.Ahead{Seq: seq, Old: old.data, New: data})`, `_, _, err := f.log.Append(versions...); err = errors.Join(err, f.dir().PutAhead(state.Ahead{Seq: seq, Old: old.data, New: data}))`,
		"a commit in place that was killed before it began comes about later",
	},
}
