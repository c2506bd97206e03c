package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Version prints the version, and what it was built with and for.

Exit status: 0; 2 usage; 4 output failed.`,
		Example: "  rowkeep version",
		Args:    operands(),
		RunE:    func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	v := a.out.text()
	v.text(plain, fmt.Sprintf("rowkeep %s (%s %s/%s)", moduleVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
	return printed(v.Flush())
}

// moduleVersion is what the Go command recorded: a tag, or for a build from a checkout
// a pseudo-version with the commit, or "(devel)".
func moduleVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
