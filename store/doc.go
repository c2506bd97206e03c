// Package store changes a CSV file that people and other programs change at the same
// time, and loses neither's work.
//
// # Model
//
// The other writers know nothing of the store: editors that truncate the file and write
// it again, editors that rename a new file over it, scripts that append. Nobody locks it
// for them. So a change has a base, the [Snapshot] that it was made from; at the commit
// the file is read again; if it is not the base any more, base, change and file are
// merged by row and cell (package merge); and the file is replaced in one step.
//
//	s, err := store.Open("config.csv", store.Options{})
//	receipt, err := s.Update(ctx, func(tx *store.Tx) error {
//		return tx.Set(csvrows.Key{"btc_1"}, map[string]string{"enabled": "false"})
//	})
//
// [Store.Update] is for short edits: it runs on what stands in the file now, and again if
// that changes before the commit. [Store.Begin] and [Tx.Commit] are for edits that take
// minutes: what others did meanwhile is merged. What both changed differently is a
// [*merge.ConflictError], unless the options settle it, and nothing is written then.
//
// # Promises
//
//   - A reader of the path sees the old file or the new one, whole, as far as the store
//     writes it.
//   - No edit is lost: none that was saved before a commit, in its very moment, or through
//     a descriptor from before it that is written to later. What cannot be merged is told,
//     and every version is kept.
//   - Update and Commit returned nil: content and name are on disk (fsync of the file, then
//     of its directory), and the change is in the file, or in what later merges made of it.
//   - They returned an error: the file is as it was and no temporary file lies about,
//     unless a [*CommitError] says that the outcome is another.
//   - Bytes that no change is about stay: quoting, line ends, comments, blank lines, the
//     missing final newline. So do mode, owner and group, access control lists, the user's
//     extended attributes, and symbolic links, which are written through.
//   - A file that is half written is not taken for one with rows deleted; a file that is
//     damaged is not written to.
//   - Waiting ends: after [Options.Wait], with the context, and with the death of whoever
//     holds the lock.
//
// How the second one is kept stands in exchange.go: a read lease is held from the last look
// to the exchange of the two names, and what was displaced is looked at, then and later.
//
// # Where less is promised
//
// The store tries out what a place can do; [Store.Guarantee] tells, and so does the command
// rowkeep status. What is missing from the first row is not promised there:
//
//	Linux, ext4 xfs btrfs tmpfs   lease, exchange: all of the above (tmpfs: until the power goes)
//	overlayfs (containers)        the lease does not see mappings: what is written through
//	                              one in the moment of a commit is found by the next one
//	FUSE without leases, macOS,   no lease: what is written in place in the moment of a commit
//	root without CAP_LEASE        is found afterwards, and merged then
//	NFS, SMB, exFAT, other unix   no exchange: what somebody renames in between a commit's last
//	                              two steps is lost; other computers cannot be seen at all
//	hard links, mount points,     [Options.InPlace] writes to the file: a reader may see it half
//	unwritable directories,       written; a crash in the middle is mended by the next Open; what
//	another user's file           somebody writes in that very moment is overwritten where there
//	                              are no leases, or while others have the file open to read it
//	Windows                       as without exchange; directories are not synced
//
// # No promises
//
//   - The disk lies about what it has written; somebody removes the state directory.
//   - A late writer is found as long as the file that he holds is kept: until he closes it, and
//     where leases do not tell of him, see [History]. A client of NFS 3, to which the system
//     exports the file, has it open without the system's knowledge, and so has whoever opens
//     what lies below a FUSE file system past that: what they write more than forty commits
//     late may get into a file that is in use again, and what they go on reading so late may
//     be of two versions.
//   - A store of the file that is not looked at again, by a commit, a Watch or an Open,
//     does not find late writes.
//   - What was saved by others and not synced by them may be gone after a power cut.
//   - A commit that displaces a file does not sync the log, but for what only the log tells:
//     changes that wait or are settled, strays, what somebody accepted. After a power cut what
//     is missing from it is put back from what commits displaced, and from the file. What the very last commit wrote is
//     only in the file then: if somebody saves an older copy over it before any store has
//     looked, nothing is left to make it again from. The receipt's Events say so
//     (EventUnknownAncestor); the save stands, and all that is known is in the history.
//   - For some microseconds of a commit that is then changed back, as an editor is about to
//     open the file, its new content can be read. Who copies it then, and renames the copy
//     over the file, may have a sum count what that commit adds once more.
//   - Programs that hold the old file open, or watch it instead of its directory, do not
//     see the new one. Hard links would part.
//
// # Stale saves
//
// An editor that loaded the file before a commit and saves its buffer after it takes the
// commit back. The history tells from which version a save was made: by texts in it that
// the program was the first to write, then by nearness. The save is merged from there, so
// that the commit stands again, and the receipt's Events say so; a tie is a conflict in
// which the program's values stand: the save waits as a pending change, whose number the
// event names. [Options.Owned] columns are always the program's. What
// somebody provably takes back on purpose stands. A person wins in any case by
// [Store.Accept], or with [Options.Notice] by leaving the comment in.
//
// Without such a comment nobody can tell a full undo of one whole commit from a stale save;
// it is made again then.
//
// A file that was deleted, and that the program made anew ([Options.Create]), has lost the
// rows of before; the program has not deleted them. If the old file comes back, moved or
// edited, it is judged by the history of before, and what the program wrote since is added.
//
// # Conflicts, crashes
//
// A change that conflicts fails with a [*merge.ConflictError], and nothing is written; with
// [Options.Park] what is clean of it is committed. What conflicts with a file that somebody
// renamed in at the commit point is in the file only where it does not. In the last two
// cases the outcome is ConflictPending.
//
// In each case the change is kept with what it was made from and what stood in the file,
// and waits: [Store.Pending] lists what waits, [Store.Resolve] merges it with what stands in
// the file by then and asks about what still conflicts, [Store.Dismiss] drops it. So does
// the commit of the same transaction, once it comes about. The command does that as
// rowkeep conflicts and rowkeep resolve.
//
// After a crash, of the process or the machine, the file is old or new. Open sorts out what
// was left. Whoever is told an outcome "unknown" reads the file.
//
// # Watching
//
// [Store.Watch] tells what others do to the file: a loop over [News], each from one version
// to the next with the changes by key and column.
//
//   - A version is told once it has settled, as a whole. Saves that follow each other faster
//     than the watcher looks are one piece of news. A file that is as it was told last is
//     none, whatever it was in between.
//   - What this store writes is not told, of whatever goroutine; what other processes write
//     is, those that use a store too. Nor is what happens to other names in the directory.
//   - After a first commit a watcher repairs: it gives back what a stale save took, and merges
//     what went astray, as soon as there is something. The news has what it did, and Events.
//   - While the caller is busy nothing waits for it: the store goes on, and keeps what others
//     and itself have done in turn, up to 16 versions. If it is more, all is joined into one
//     piece of news, from the version that the caller knows to the newest: News.Joined says
//     that its Diff has what the store wrote in between too. So a caller who stays away
//     costs no more memory than that.
//   - It learns of changes from the directories of the file and of its link (inotify, kqueue
//     or the like). If the system's queue runs over it looks at everything. Where nothing can
//     be watched, or links lead on to other links, it looks once a second; so it does while
//     something could not be done, or while somebody writes to a displaced file.
//   - A file that is missing, and one that is there again, is told by News.Missing and
//     News.Created. A file that cannot be used is an error, once for each of its contents, and
//     watching goes on. Only the end of the context ends it, or a break.
//
// # State
//
// Beside config.csv the store makes a directory .config.csv.rowkeep, with the lock, the
// temporary files, what commits displaced, and a log of all versions, written and found,
// each with a hash of its own: damage is noticed, and told by [Store.Check]. What was
// displaced some forty commits ago, of a large file sooner, and is in the log on disk, becomes
// a spare, which a later commit writes to instead of a new file: unless somebody has it open,
// maps it, has linked it, or has given its pages to a pipe or a socket, which a write lease and
// a look at it and at the page cache tell. Processes that
// use the store take turns by that lock. Those who may write the file may enter it, and
// nobody else. It belongs to one computer: keep it out of what a sync tool carries about.
//
// # Half-written files
//
// A version is suspicious while it is empty, ends inside quotes or in NUL bytes, is the
// beginning of what it was, or lacks the last line or the final newline that it had. It
// counts once it has held still for [Options.Settle]: people do delete the last rows. What
// nobody means is ErrUnsettled instead: an empty file that was not empty, an open quote, a
// record that was cut, NUL bytes at the end. [Store.Accept] overrules it. So it does where no
// key is named and a save renames, drops or moves the column by which rows were told.
//
// # What a commit costs
//
// An Update of one cell by a running store makes these system calls, by strace on Linux
// (left out: what Go's runtime does around each open for its poller):
//
//	lock            readlink, open, flock
//	news            open, fstat, close: has another process written to the log?
//	strays          fstatat: has anybody written to what the last commit displaced?
//	read            readlink, open, fstat (under F_SETLEASE), pread, fstat, close
//	write           open, fstat, open, write, fstat, flistxattr, flistxattr, fchmod, fstat
//	sync            fsync, close
//	record          open, fstat, pwrite, fstat, close
//	intend          renameat2 (and F_SETLEASE)
//	look            fstat, readlink (and F_GETLEASE; pread too on tmpfs, and before Linux 6.13 where the last change is younger than 20 ms)
//	replace         exchange: the commit point
//	displaced       fstatat (and F_GETLEASE, F_SETLEASE)
//	sync directory  open, fsync, close
//	unlock          close, flock, close
//
// With a spare two of the steps are others:
//
//	write           open, fstat, open, fstat (under F_SETLEASE), fstat, flistxattr, flistxattr, write, fstat
//	sync            fdatasync, close
package store
