package main

import (
	"io"

	"github.com/spf13/cobra"
)

// newCompletion replaces cobra's own command, which answers a shell it does not know
// with help and status 0.
func (a *app) newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script of a shell",
		Long: `Completion prints a script that completes commands and flags, and from the file that the
command line names its keys, columns and values, its versions and what conflicts. Names that
hold what a shell takes for its own are not offered: a file could run commands.

Exit status: 0; 2 usage, as for a shell that is not known; 4 output failed.`,
		Example: `  source <(rowkeep completion bash)
  rowkeep completion zsh > "${fpath[1]}/_rowkeep"
  rowkeep completion fish > ~/.config/fish/completions/rowkeep.fish`,
		Args:      operands("SHELL"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			write := map[string]func(io.Writer) error{
				"bash":       func(w io.Writer) error { return cmd.Root().GenBashCompletionV2(w, true) },
				"zsh":        cmd.Root().GenZshCompletion,
				"fish":       func(w io.Writer) error { return cmd.Root().GenFishCompletion(w, true) },
				"powershell": cmd.Root().GenPowerShellCompletionWithDesc,
			}[args[0]]
			if write == nil {
				return usage("no completion for %q: bash, zsh, fish, powershell", args[0])
			}
			if err := write(a.out.stdout); err != nil {
				return stdoutFailure(err)
			}
			return nil
		},
	}
}
