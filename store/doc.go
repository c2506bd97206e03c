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
//   - Update and Commit returned nil: content and name are on disk (fsync of the file, then
//     of its directory), and what others had saved before the commit read the file for the
//     last time is in it.
//   - They returned an error: the file is as it was and no temporary file lies about,
//     unless a [*CommitError] says that the outcome is unknown.
//   - Bytes that no change is about stay: quoting, line ends, comments, blank lines, the
//     missing final newline. So do mode, owner and group, and symbolic links, which are
//     written through.
//   - A file that is half written is not taken for one with rows deleted; a file that is
//     damaged is not written to.
//   - Waiting ends: after [Options.Wait], with the context, and with the death of whoever
//     holds the lock.
//
// # No promises
//
//   - What somebody writes between the last reading and the end of the rename is lost,
//     and so is what an editor writes later to a file that it held open across the
//     rename. There is no history yet to find it in.
//   - An editor that loaded the file before a commit and saves its whole buffer after it
//     takes the commit back. Nothing here tells that from a deliberate undo.
//   - ACLs and extended attributes are not copied. Hard links are refused, and so is a
//     file that is itself a mount point, and one whose owner and group the process may
//     not give to a new file: whoever is not root must mostly own what he commits to.
//   - Programs that hold the old file open, or watch it instead of its directory, do not
//     see the new one.
//   - On Windows the rename is as atomic as the system's, and directories are not synced.
//
// # State
//
// Beside config.csv the store makes a directory .config.csv.rowkeep, with the lock, the
// temporary files and a record of each commit: base, what stood in the file, result, by
// hash and length. Processes that use the store take turns by that lock. Those who may
// write the file may enter it, and nobody else.
//
// # Half-written files
//
// A version is suspicious while it is empty, ends inside quotes or in NUL bytes, is the
// beginning of what it was, or lacks the last line or the final newline that it had. It
// counts once it has held still for [Options.Settle]: people do delete the last rows. What
// nobody means is ErrUnsettled instead: an empty file that was not empty, an open quote, a
// record that was cut, NUL bytes at the end. [Store.Accept] overrules it.
//
// # What a commit costs
//
// An Update of one cell by a running store makes these system calls, by strace on Linux
// (left out: what Go's runtime does around each open for its poller):
//
//	lock            readlink, open, flock
//	news            open, fstat, close: has another process written to the log?
//	strays          fstatat: has anybody written to what the last commit displaced?
//	read            readlink, open, fstat, pread, fstat, close
//	write           open, fstat, open, write, fstat, flistxattr, flistxattr, fchmod
//	sync            fsync, close
//	record          open, fstat, pwrite, close
//	intend          renameat2, fstatat (and F_SETLEASE)
//	look            fstat, pread, readlink (and F_GETLEASE; pread where the last change is younger than 20 ms)
//	replace         exchange: the commit point
//	displaced       fstatat (and F_GETLEASE, F_SETLEASE)
//	sync directory  open, fsync, close
//	unlock          close, flock, close
package store
