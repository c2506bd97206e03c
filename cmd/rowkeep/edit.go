package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// editCommand is one call of rowkeep edit.
type editCommand struct {
	liveCommand
	dir     string // of all that is kept if the edit does not get into the file
	offered []byte // what stood in the copy when the editor opened it
}

// copy is the file that the editor opens; base is what the copy was made from. Both are
// called as the file is, so that an editor knows what to make of it.
func (e *editCommand) copy() string { return filepath.Join(e.dir, "edit", filepath.Base(e.file)) }
func (e *editCommand) base() string { return filepath.Join(e.dir, "base", filepath.Base(e.file)) }

func (a *app) newEdit() *cobra.Command {
	e := &editCommand{liveCommand: liveCommand{app: a}}
	cmd := &cobra.Command{
		Use:   "edit FILE",
		Short: "Edit a private copy of a file that is in use, and merge it back",
		Long: `Edit opens a private copy of FILE in $VISUAL or $EDITOR. When the editor ends, what it
saved is checked and merged into the file as it stands then. Where somebody else changed
the same, the copy is offered again with both versions between markers, and so it is
where it cannot be read; to leave the editor without a change ends that. An edit that did
not get into the file is kept, and the way to merge it is printed. An empty file is no
edit.

Exit status: 0 merged, or nothing was changed; 1 conflicts were left; 2 usage; 3 what was
saved, or the file, is damaged; 4 the editor failed, or the file cannot be read or
written.`,
		Example: `  rowkeep edit config.csv
  VISUAL='code --wait' rowkeep edit config.csv`,
		Args: operands("FILE"),
		RunE: e.run,
	}
	e.addFlags(cmd)
	return cmd
}

func (e *editCommand) run(cmd *cobra.Command, args []string) error {
	s, err := e.open(args[0])
	if err != nil {
		return err
	}
	tx, err := s.Begin(cmd.Context())
	if err != nil {
		return e.failure(err)
	}
	if e.dir, err = os.MkdirTemp("", "rowkeep-edit-"); err != nil {
		return fileFailure("temporary directory", err)
	}
	err = e.offer(tx.Base(), tx.Bytes())
	if err == nil {
		err = e.rounds(cmd.Context(), tx)
	}
	return e.leave(tx.Base(), err)
}

// offer writes what the editor is to show.
func (e *editCommand) offer(base store.Snapshot, content []byte) error {
	e.offered = content
	for file, data := range map[string][]byte{e.copy(): content, e.base(): base.Bytes()} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fileFailure(file, err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return fileFailure(file, err)
		}
	}
	return nil
}

// leave removes the copy, unless it holds an edit that did not get into the file.
func (e *editCommand) leave(first store.Snapshot, err error) error {
	var f *failure
	if errors.As(err, &f) {
		if saved, err := os.ReadFile(e.copy()); err == nil && len(saved) > 0 && !bytes.Equal(saved, first.Bytes()) {
			return &failure{status: f.status, err: f.err, hint: e.kept(saved)}
		}
	}
	if left := os.RemoveAll(e.dir); left != nil && err == nil {
		return fileFailure(e.dir, left)
	}
	return err
}

// kept says how to merge an edit by hand: not with conflicts, whose markers would stand
// in a file that is in use.
func (e *editCommand) kept(saved []byte) string {
	say := "your edit is kept: "
	if merge.MarkerLine(saved) > 0 {
		say = "your edit is kept; settle the conflicts between the markers in it first: "
	}
	file := shellWord(e.file)
	return say + strings.Join([]string{"rowkeep merge --conflict-output none -o", file, shellWord(e.base()), shellWord(e.copy()), file}, " ")
}

// rounds lets the person edit until what was saved is in the file.
func (e *editCommand) rounds(ctx context.Context, tx *store.Tx) error {
	var open error // why the copy is offered again
	for {
		saved, err := e.edited()
		if err != nil {
			return err
		}
		if bytes.Equal(saved, e.offered) {
			if open == nil {
				e.out.message(plain, e.file+": nothing to change")
			}
			return open
		}
		receipt, err := e.commit(ctx, tx, saved)
		if err == nil {
			return e.report(receipt)
		}
		var conflict *merge.ConflictError
		switch {
		case errors.As(err, &conflict):
			if tx, err = e.again(ctx, tx, saved); err != nil {
				return err
			}
			open = &failure{status: statusConflicts, err: fmt.Errorf("%s: the conflicts were left as they are", e.file)}
		case e.damaged(err):
			e.offered, open = saved, err
			e.out.message(red, err.Error())
		default:
			return err
		}
		if err := e.pause(); err != nil {
			return err
		}
	}
}

// edited returns what the person saved.
func (e *editCommand) edited() ([]byte, error) {
	if err := e.runEditor(); err != nil {
		return nil, err
	}
	saved, err := os.ReadFile(e.copy())
	if err != nil {
		return nil, fileFailure(e.copy(), err)
	}
	if len(saved) == 0 && len(e.offered) > 0 {
		return nil, &failure{
			status: statusInput, err: errors.New("your edit: what was saved is empty, as if the editor had failed"),
			hint: "to delete all rows, keep the header",
		}
	}
	return saved, nil
}

// commit brings what was saved into the file. The error is a [*failure], or a
// [*merge.ConflictError].
func (e *editCommand) commit(ctx context.Context, tx *store.Tx, saved []byte) (*store.Receipt, error) {
	ctx, stop := renew(ctx)
	defer stop()
	err := tx.Replace(saved)
	if err == nil {
		err = e.comparable(tx.Base().Bytes(), saved)
	}
	if err != nil {
		status := statusInput
		if errors.Is(err, store.ErrConflictMarkers) {
			status = statusConflicts
		}
		return nil, &failure{status: status, err: fmt.Errorf("your edit: %w%s", err, advice(err))}
	}
	receipt, err := tx.Commit(ctx)
	var conflict *merge.ConflictError
	if err != nil && !errors.As(err, &conflict) {
		err = e.failure(err)
	}
	return receipt, err
}

// comparable returns why what was saved has no key by which its rows are those of the file: a
// header that got lost would else make all of it another file.
func (e *editCommand) comparable(base, saved []byte) error {
	_, err := merge.Diff(base, saved, e.opt.Read)
	if input := (*merge.InputError)(nil); errors.As(err, &input) {
		return input.Err
	}
	return err
}

// damaged reports that what was saved cannot be read as it is.
func (e *editCommand) damaged(err error) bool {
	var parse *csvrows.ParseError
	var key *csvrows.KeyColumnError
	var delimiter *csvrows.DelimiterError
	return errors.As(err, &parse) || errors.As(err, &key) || errors.As(err, &delimiter) || errors.Is(err, store.ErrConflictMarkers)
}

// pause lets a person at a terminal read why the editor opens again.
func (e *editCommand) pause() error {
	if !readsTerminal(e.stdin) {
		return nil
	}
	e.out.message(bold, "press Enter to edit again, or leave the editor without a change to stop")
	if _, err := e.stdin.Read(make([]byte, 1024)); err != nil && err != io.EOF {
		return fileFailure("standard input", err)
	}
	return nil
}

// again begins anew from what stands in the file now, and offers the conflicts between
// that and what was saved.
func (e *editCommand) again(ctx context.Context, tx *store.Tx, saved []byte) (*store.Tx, error) {
	ctx, stop := renew(ctx)
	defer stop()
	base := tx.Base()
	tx, err := tx.Again(ctx)
	if err != nil {
		return nil, e.failure(err)
	}
	result, err := merge.Merge(base.Bytes(), saved, tx.Base().Bytes(), merge.Options{
		Read: e.opt.Read, Policies: e.opt.Policies, Granularity: e.opt.Granularity,
		Labels: merge.Labels{Ours: "your edit", Theirs: "the file now"},
	})
	if err != nil {
		return nil, &failure{status: statusInput, err: fmt.Errorf("%s: %w", e.file, err)}
	}
	v := e.out.messages()
	for _, c := range result.Conflicts {
		v.conflict(speaker, inputs{merge.Base: "before", merge.Ours: "your edit", merge.Theirs: e.file}, c)
	}
	v.Flush()
	e.out.message(bold, fmt.Sprintf("conflicts: %d; settle them between the markers, and save", len(result.Conflicts)))
	return tx, e.offer(tx.Base(), result.Bytes())
}

// renew returns a context that an interrupt ends from now on: one that came while the
// editor ran was meant for the editor.
func renew(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt)
}

// runEditor opens the copy in the person's editor, which may be a command line as with
// git. Interrupts are the editor's while it runs: they reach this process too.
func (e *editCommand) runEditor() error {
	editor := cmp.Or(strings.TrimSpace(os.Getenv("VISUAL")), strings.TrimSpace(os.Getenv("EDITOR")), defaultEditor())
	var cmd *exec.Cmd
	switch {
	case runtime.GOOS == "windows":
		words := append(strings.Fields(editor), e.copy())
		cmd = exec.Command(words[0], words[1:]...)
	case shellWord(editor) == editor:
		cmd = exec.Command(editor, e.copy()) // a shell would die of the editor's interrupt
	default:
		cmd = exec.Command("sh", "-c", editor+` "$@"`, editor, e.copy())
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = e.stdin, e.out.stderr, e.out.stderr
	if isTerminal(e.out.stdout) {
		cmd.Stdout = e.out.stdout
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	if err := cmd.Run(); err != nil {
		return &failure{status: statusIO, err: fmt.Errorf("editor %s: %w", name(editor), err), hint: "set VISUAL or EDITOR"}
	}
	return nil
}

func defaultEditor() string {
	if runtime.GOOS == "windows" {
		return "notepad"
	}
	return "vi"
}
