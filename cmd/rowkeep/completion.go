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
