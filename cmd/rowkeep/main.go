// Rowkeep changes, merges and compares CSV files that a program and people change at the same
// time, by row and cell.
//
// Each subcommand has a file of its name (those of git begin with git, and that of rowkeep
// resolve is cut by how it is told what to do), where its flags, its help and its steps are. What
// several need is in the others:
//
//   - root.go runs a command line, and says what an exit status is; flags.go and configure.go
//     have the flags in common and .rowkeep.toml, help.go and man.go print how all is used, and
//     complete.go what a shell offers.
//   - input.go reads files, large.go those that are not to be in memory whole. deliver.go brings
//     results to files, all or none, with replace.go, pending.go and reserve_*.go.
//   - live.go works on a file in use, through package store; history.go on its versions,
//     matter.go on what waits to be settled.
//   - output.go is the way to the terminal: view.go fits lines to it, values.go words what they
//     say of values and conflicts, report.go of a whole merge, and pager.go shows what is too
//     long. json.go is for programs.
//
// The command speaks by these rules, which output.go and deliver.go keep:
//
//   - Results go to standard output, messages to standard error as "rowkeep: ...".
//   - The exit status says what happened: 0 clean, 1 conflicts stand (or differences,
//     or findings), 2 usage, 3 input that cannot be merged, 4 input or output failed,
//     130 interrupted.
//   - On 2, 3 and 4 a merge leaves standard output empty and every file as it was.
//   - What a file holds is escaped before it reaches a terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	// A write to a pipe that nobody reads shall fail, not end the program in the
	// middle of a delivery.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
