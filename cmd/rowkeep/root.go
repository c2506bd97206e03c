package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit statuses. Scripts rely on them: README.md documents them, and none ever
// changes its meaning.
const (
	statusClean       = 0
	statusConflicts   = 1 // or differences, or findings
	statusUsage       = 2
	statusInput       = 3
	statusIO          = 4
	statusInterrupted = 130
)

// failure is an error with its exit status and, where something helps, a hint.
type failure struct {
	status int
	err    error
	hint   string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usage(format string, args ...any) *failure {
	return &failure{status: statusUsage, err: fmt.Errorf(format, args...)}
}

// asFailure leaves a failure as it is. Whatever else goes wrong is the system's: what is
// wrong with the command line is found by functions of ours, which say so.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return &failure{status: statusIO, err: err}
}

var errInterrupted = &failure{status: statusInterrupted, err: errors.New("interrupted")}

// app is one call of the command.
type app struct {
	stdin  io.Reader
	out    *output
	status int // of the subcommand that ran, where it did not fail

	helpErr error // why help was not printed
}

// run is the whole command: it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, out: newOutput(stdout, stderr)}
	root := a.newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = a.helpErr
	}
	if err == nil {
		return a.status
	}
	f := asFailure(err)
	if f.status == statusUsage && f.hint == "" {
		f.hint = fmt.Sprintf("%s --help shows the usage", cmd.CommandPath())
	}
	if !errors.Is(err, syscall.EPIPE) { // whoever closed the pipe knows
		a.out.failure(f)
	}
	return f.status
}

func (a *app) newRoot() *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:   "rowkeep",
		Short: "Change, merge and compare CSV files by row and cell",
		Long: `Rowkeep changes, merges and compares CSV files that a program and people change at the
same time, by row and cell, and keeps every byte that nobody changed.

How a file is to be read, and what settles its conflicts, may stand in .rowkeep.toml beside
it or above it in its git work tree: see rowkeep git --help. Flags win.

Exit status: 0 clean; 1 conflicts stand, files differ or check found something;
2 usage; 3 input that cannot be merged; 4 input or output failed; 130 interrupted.`,
		Example: `  rowkeep demo
  rowkeep set config.csv btc_1 enabled=false
  rowkeep merge -o merged.csv base.csv ours.csv theirs.csv`,
		Args: a.unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return a.printVersion()
			}
			return a.printHelp(cmd)
		},
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.Flags().BoolVar(&version, "version", false, "print the version, as rowkeep version does")
	root.SetHelpFunc(a.help)
	root.SetHelpCommand(a.newHelp())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagFailure(err) })
	group(root, "Read and change a file that is in use:",
		a.newGet(), a.newSet(), a.newAdd(), a.newRm(), a.newRenameKey(), a.newEdit(), a.newWatch())
	group(root, "Settle conflicts:", a.newConflicts(), a.newResolve())
	group(root, "Look at what is kept of a file:",
		a.newLog(), a.newShow(), a.newRestore(), a.newAccept(), a.newStatus())
	group(root, "Merge and compare files:", a.newMerge(), a.newDiff(), a.newCheck(), a.newGit())
	group(root, "More:", a.newDemo(), a.newCompletion(), a.newVersion(), a.newMan())
	bySubject(root)
	return root
}

// group adds commands that stand together in help.
func group(root *cobra.Command, title string, cmds ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, cmd := range cmds {
		cmd.GroupID = title
	}
	root.AddCommand(cmds...)
}

// bySubject lets flags stand in help in the order in which they were defined.
func bySubject(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	for _, sub := range cmd.Commands() {
		bySubject(sub)
	}
}

// unknownCommand refuses what is left of a command line where the name of a command below
// parent should stand.
func (a *app) unknownCommand(parent *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	f := usage("no command %q", args[0])
	f.hint = parent.CommandPath() + " --help shows what there is"
	if near := parent.SuggestionsFor(args[0]); len(near) > 0 && args[0] != "" { // from which all begin
		f.hint = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return f
}

// operands checks for exactly the named arguments, at most one of which is standard
// input.
func operands(names ...string) cobra.PositionalArgs {
	count := rangeOfOperands(len(names), len(names), strings.Join(names, " "))
	return func(cmd *cobra.Command, args []string) error {
		if err := count(cmd, args); err != nil {
			return err
		}
		return oneStdin(args)
	}
}

// rangeOfOperands checks for at least and at most so many arguments; most is -1 where
// there may be any number of them.
func rangeOfOperands(least, most int, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if n := len(args); n < least || most >= 0 && n > most {
			return usage("want %s; arguments given: %d", strings.TrimSpace(cmd.CommandPath()+" "+want), n)
		}
		return nil
	}
}

func oneStdin(args []string) error {
	seen := false
	for _, arg := range args {
		if arg == stdio && seen {
			return usage("standard input can be read only once")
		}
		seen = seen || arg == stdio
	}
	return nil
}

// await runs work until it is done or ctx is, whichever is first. Work that is left
// behind ends with the process, so it must not change any file.
func await[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := work()
		done <- outcome{v, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	}
}
