package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// liveCommand is what the commands share that work on a file that is in use: they read
// and change it through a store.
type liveCommand struct {
	*app
	opt  store.Options
	file string
}

func (l *liveCommand) addFlags(cmd *cobra.Command) {
	addReadFlags(cmd, &l.opt.Read)
	configure(cmd, func(args []string) []string { return args[:1] }, func(s config.Settings) {
		readAs(&l.opt.Read, s.Read, cmd.Flags())
		l.opt.Policies, l.opt.Granularity = s.Policies, s.Granularity
	})
	l.addColor(cmd)
	l.addQuiet(cmd)
}

// open prepares the file that the command line names first.
func (l *liveCommand) open(file string) (*store.Store, error) {
	switch file {
	case stdio:
		return nil, usage("name a file: standard input cannot be changed in place")
	case "":
		return nil, errNoName
	}
	if err := l.opt.Read.Validate(); err != nil {
		return nil, usage("%w", err)
	}
	l.file = file
	s, err := store.Open(file, l.opt)
	if err != nil {
		return nil, l.failure(err)
	}
	return s, nil
}

// update edits the file and prints what that changed.
func (l *liveCommand) update(ctx context.Context, file string, edit func(*csvrows.Table) error) error {
	s, err := l.open(file)
	if err != nil {
		return err
	}
	var receipt *store.Receipt
	err = l.waiting(func() (err error) {
		receipt, err = s.Update(ctx, func(tx *store.Tx) error {
			if err := edit(tx.Table); err != nil {
				return l.editFailure(tx.Table, err)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	return l.report(receipt)
}

// waiting does what may have to wait for others, and gives its error a status.
func (l *liveCommand) waiting(work func() error) error {
	defer l.out.working("waiting for " + l.file)()
	if err := work(); err != nil {
		return l.failure(err)
	}
	return nil
}

// report prints the changes of a commit.
func (l *liveCommand) report(receipt *store.Receipt) error {
	l.out.warnings(inputs{merge.Ours: "ours", merge.Base: "base", merge.Theirs: l.file}, receipt.Warnings)
	if l.out.quiet {
		return nil
	}
	v := l.out.text()
	v.changes(slices.Values(receipt.Changes()))
	if err := v.Flush(); err != nil {
		// Not as what it is: the end of a pipe would go without a word.
		return &failure{status: statusIO, err: fmt.Errorf("%s is changed, but standard output: %v", l.file, cause(err))}
	}
	if !receipt.Written {
		l.out.message(plain, l.file+": nothing to change")
	}
	return nil
}

// keyArg reads a key from the command line: as it stands, or for a key of several
// columns as a line of CSV.
func (l *liveCommand) keyArg(arg string) (csvrows.Key, error) {
	if len(l.opt.Read.Key) < 2 && len(l.opt.Read.KeyIndex) < 2 {
		return csvrows.Key{arg}, nil
	}
	key, err := readRecord(arg, ',')
	if err != nil {
		return nil, usage("key %s: want the values of all key columns, with commas between them", quote(arg))
	}
	return key, nil
}

// rowArgs reads the arguments KEY COL=VAL...
func (l *liveCommand) rowArgs(args []string) (csvrows.Key, map[string]string, error) {
	key, err := l.keyArg(args[0])
	if err != nil {
		return nil, nil, err
	}
	values, err := cells(args[1:])
	return key, values, err
}

// cells reads COL=VAL arguments.
func cells(args []string) (map[string]string, error) {
	cells := make(map[string]string, len(args))
	for _, arg := range args {
		column, value, err := cutCell(arg)
		if err != nil {
			return nil, usage("%s: %w", quote(arg), err)
		}
		if _, twice := cells[column]; twice {
			return nil, usage("column %s is given twice", name(column))
		}
		cells[column] = value
	}
	return cells, nil
}

// cutCell cuts COL=VAL at the first equals sign. A column that holds one is quoted as in
// CSV; the value never is.
func cutCell(arg string) (column, value string, err error) {
	if rest, ok := strings.CutPrefix(arg, `"`); ok {
		if quoted, value, ok := strings.Cut(rest, `"=`); ok {
			return strings.ReplaceAll(quoted, `""`, `"`), value, nil
		}
	}
	column, value, ok := strings.Cut(arg, "=")
	if !ok {
		return "", "", errors.New("want COL=VAL")
	}
	return column, value, nil
}

// editFailure says what is wrong with a key or a column, and which was probably meant.
func (l *liveCommand) editFailure(t *csvrows.Table, err error) error {
	var edit *csvrows.EditError
	if !errors.As(err, &edit) {
		return err
	}
	f := &failure{status: statusInput, err: fmt.Errorf("%s: %s", l.file, editText(edit))}
	switch {
	case errors.Is(err, csvrows.ErrNoKey):
		var keys []string
		for key := range t.Keys() {
			keys = append(keys, key.String())
		}
		f.hint = meant(edit.Key.String(), keys)
	case errors.Is(err, csvrows.ErrNoColumn):
		f.hint = meant(edit.Column, t.Columns())
		if f.hint == "" {
			f.hint = "columns are " + names(t.Columns())
		}
	case errors.Is(err, csvrows.ErrKeyMismatch):
		f.hint = "rename-key changes a key"
	case errors.Is(err, csvrows.ErrNoHeader):
		f.hint = "write the names of the columns to its first line"
	}
	return f
}

func editText(e *csvrows.EditError) string {
	what := "column " + name(e.Column)
	if e.Column == "" && !errors.Is(e.Err, csvrows.ErrNoColumn) { // "" may be what somebody has typed
		what = "key " + names(e.Key)
	}
	return fmt.Sprintf("%s: %v", what, e.Err)
}

// meant hints at what s is nearest to.
func meant(s string, candidates []string) string {
	if near := nearest(s, candidates); near != "" {
		return "did you mean " + name(near) + "?"
	}
	return ""
}

// failure gives an error of the store its exit status and a hint. What is wrong with the
// file goes before the step at which that was found.
func (l *liveCommand) failure(err error) error {
	var ready *failure
	var file *store.FileError
	var commit *store.CommitError
	var path *fs.PathError
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.Is(err, context.Canceled):
		return errInterrupted
	case errors.Is(err, store.ErrUnsettled):
		return l.unsettled(err)
	case errors.As(err, &file):
		return l.unreadable(file)
	case errors.Is(err, store.ErrMassKeyChange):
		return &failure{status: statusInput, err: l.named(err), hint: "a spreadsheet may have turned 007 into 7; repair the file"}
	case errors.As(err, &commit):
		return l.notCommitted(commit)
	case errors.As(err, &path) && strings.HasSuffix(filepath.Dir(path.Path), ".rowkeep"):
		return fileFailure(path.Path, err) // something beside the file is wrong, not the file
	}
	return fileFailure(l.file, err)
}

// unsettled is about a file that looks as if somebody was still writing it.
func (l *liveCommand) unsettled(err error) *failure {
	f := &failure{status: statusIO, err: l.named(err), hint: "try again when whoever writes it is done"}
	var file *store.FileError
	if errors.As(err, &file) && !errors.Is(err, csvrows.ErrOpenQuote) {
		f.hint += "; if it is meant as it is: rowkeep accept " + shellWord(l.file)
	}
	return f
}

// unreadable is about a file that is whole, and damaged.
func (l *liveCommand) unreadable(err *store.FileError) *failure {
	f := &failure{status: statusInput, err: fmt.Errorf("%s: %w%s", l.file, err.Err, advice(err.Err))}
	var key *csvrows.KeyColumnError
	switch {
	case errors.Is(err, store.ErrConflictMarkers):
		f.hint = "rowkeep resolve " + shellWord(l.file) + " settles the conflict"
	case len(l.opt.Read.Key) == 0 && (errors.Is(err, store.ErrKeyChanged) || errors.As(err, &key) && !key.NoHeader):
		f.hint = "if it is meant as it is: rowkeep accept " + shellWord(l.file)
	}
	return f
}

// notCommitted is about a commit that came to nothing, or nobody knows to what.
func (l *liveCommand) notCommitted(err *store.CommitError) *failure {
	f := &failure{status: statusIO, err: l.named(err)}
	switch {
	case err.Step == "merge": // what would stand in the file cannot be read
		f.status = statusInput
	case err.Outcome == store.ConflictPending:
		f.status, f.hint = statusConflicts, "rowkeep conflicts "+shellWord(l.file)+" shows what waits to be settled"
	case errors.Is(err, store.ErrOwner):
		f.hint = "run it as the owner of the file, or as root"
	case errors.Is(err, store.ErrHardLinks):
		f.hint = "make the other names symbolic links to this one"
	case errors.Is(err, store.ErrMountPoint):
		f.hint = "mount the directory that the file is in, and not the file"
	case errors.Is(err, fs.ErrPermission) && err.Step == "lock":
		f.hint = "the lock belongs to another user; who made it, or root, may let you in"
	case errors.Is(err, fs.ErrPermission):
		f.hint = "the file's directory must be writable"
	}
	return f
}

// named puts the file's name as the user gave it in front of what went wrong, and at
// which step.
func (l *liveCommand) named(err error) error {
	var file *store.FileError
	var commit *store.CommitError
	switch {
	case errors.As(err, &commit):
		return fmt.Errorf("%s: %s: %w (%v)", l.file, commit.Step, cause(commit.Err), commit.Outcome)
	case errors.As(err, &file):
		return fmt.Errorf("%s: %w", l.file, file.Err)
	}
	return fmt.Errorf("%s: %w", l.file, cause(err))
}
