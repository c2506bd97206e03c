package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

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
			var script bytes.Buffer
			if err := write(&script); err != nil {
				return err
			}
			_, err := io.WriteString(a.out.stdout, mended(script.String(), args[0]))
			return printed(err)
		},
	}
}

// mends are what cobra's scripts need for words that are not plain. A column may have a dash in
// its name: only a word that begins with one is a flag. And fish gives words without their
// quotes, which are then evaluated: a key of two words would be two, and one with brackets a
// command that runs (github.com/spf13/cobra/issues/2096).
var mends = map[string][][2]string{
	"zsh": {
		{`[[ "${lastParam}" =~ '-.*=' ]]`, `[[ "${lastParam}" =~ '^-.*=' ]]`},
	},
	"fish": {
		{`set -l args (commandline -opc)`, `set -l args (commandline -opc | string replace -r '^~(?=/|$)' "$HOME" | string escape)`},
		{`set -l lastArg (string escape -- (commandline -ct))`, "set -l typed (commandline -ct | string unescape)\n    set -l lastArg (string escape -- \"$typed\")"},
		{`string match -r -- '-.*=' "$lastArg"`, `string match -r -- '^-.*=' "$typed"`},
		{`set -l prefix (commandline -t | string escape --style=regex)`, "set -l typed (commandline -ct | string unescape)\n        set -l prefix (string escape --style=regex -- \"$typed\")"},
	},
}

// mended is a script of cobra's with the mends of a shell.
func mended(script, shell string) string {
	for _, m := range mends[shell] {
		if strings.Count(script, m[0]) != 1 {
			panic(fmt.Sprintf("cobra's script for %s has another form: no %s", shell, m[0])) // tests find that out
		}
		script = strings.Replace(script, m[0], m[1], 1)
	}
	return script
}
