package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide help is where there is no terminal that says it: as its text is.
const helpWidth = 92

// printHelp prints what --help says of a command. Cobra's own printer is not used: it lets
// the lines of flags grow as long as they come, and does not tell when it cannot write.
func (a *app) printHelp(cmd *cobra.Command) error {
	width, _ := screen(a.out.stdout)
	if width == 0 {
		width = helpWidth
	}
	_, err := io.WriteString(a.out.stdout, helpText(cmd, width))
	return printed(err)
}

// help is printHelp where cobra has seen --help. It takes no error, so run does; and it
// does not look whether there is a command of that name.
func (a *app) help(cmd *cobra.Command, _ []string) {
	if cmd.HasSubCommands() {
		a.helpErr = a.unknownCommand(cmd, cmd.Flags().Args())
	}
	if a.helpErr == nil {
		a.helpErr = a.printHelp(cmd)
	}
}

// helpText has the parts that README and the manual pages have too: text, synopsis,
// examples, the commands below, the flags.
func helpText(cmd *cobra.Command, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage:\n", cmd.Long)
	if len(pages(cmd)) > 0 {
		fmt.Fprintf(&b, "  %s COMMAND [flags] ...\n", cmd.CommandPath())
	} else {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	helpCommands(&b, cmd)
	helpFlags(&b, cmd, width)
	if len(pages(cmd)) > 0 {
		fmt.Fprintf(&b, "\n%s COMMAND --help tells more of a command.\n", cmd.CommandPath())
	}
	return b.String()
}

// helpCommands lists the commands below one, by groups where it has them.
func helpCommands(b *strings.Builder, cmd *cobra.Command) {
	below := pages(cmd)
	if len(below) == 0 {
		return
	}
	groups := cmd.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{Title: "Commands:"}}
	}
	for _, group := range groups {
		fmt.Fprintf(b, "\n%s\n", group.Title)
		for _, sub := range below {
			if sub.GroupID == group.ID {
				fmt.Fprintf(b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
}

// flagColumn is where the text of a flag begins, behind its name or on the line below.
const flagColumn = 30

// helpFlags lists the flags. Their text is not put behind the longest name, as pflag does it:
// a flag that takes one of many words would leave no room.
func helpFlags(b *strings.Builder, cmd *cobra.Command, width int) {
	b.WriteString("\nFlags:\n")
	eachFlag(cmd, func(name, value, text string) {
		if strings.HasPrefix(name, "--") {
			name = "    " + name // where the others have a short one
		}
		head := strings.TrimRight("  "+name+" "+value, " ")
		if len(head) > flagColumn-2 {
			b.WriteString(head + "\n")
			head = ""
		}
		for line := range strings.SplitSeq(ansi.Wordwrap(text, max(width-flagColumn, flagColumn), ""), "\n") {
			fmt.Fprintf(b, "%-*s%s\n", flagColumn, head, line)
			head = ""
		}
	})
}

// eachFlag calls do with the names of each flag, what it takes, and what it does.
func eachFlag(cmd *cobra.Command, do func(name, value, text string)) {
	cmd.InitDefaultHelpFlag()
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		value, text := pflag.UnquoteUsage(flag)
		name := "--" + flag.Name
		if flag.Shorthand != "" {
			name = fmt.Sprintf("-%s, %s", flag.Shorthand, name)
		}
		do(name, value, text)
	})
}

// newHelp replaces cobra's own command, which answers a name that is none with the help of
// rowkeep and status 0.
func (a *app) newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print what --help says of a command",
		Long: `Help prints what --help says of a command.

Exit status: 0; 2 there is no such command; 4 output failed.`,
		Example: `  rowkeep help merge
  rowkeep help git install`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var words []cobra.Completion
			if of, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, sub := range pages(of) {
					if strings.HasPrefix(sub.Name(), typed) {
						words = append(words, described(sub.Name(), sub.Short))
					}
				}
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err == nil {
				err = a.unknownCommand(of, rest)
			}
			if err != nil {
				return err
			}
			return a.printHelp(of)
		},
	}
}
