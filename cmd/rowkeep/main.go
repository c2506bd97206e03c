// Rowkeep merges, compares and checks CSV files by row and cell.
//
// It speaks by these rules, which output.go and deliver.go keep:
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
