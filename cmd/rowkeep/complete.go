package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Who presses the tab key is offered keys, columns and values of the file that the command
// line names. Two things are different from the commands themselves:
//
//   - Nobody is waited for: a file that cannot be read at once offers nothing.
//   - A name that holds what a shell takes for its own is not offered. bash puts what several
//     words begin with on the command line unquoted, and evaluates it at the next tab: a
//     file could run commands.

const (
	glanceMost  = 32 << 20        // bytes of a file that is read for a completion
	glanceLimit = 2 * time.Second // for what conflicts, which takes a merge
	offerMost   = 500             // words that are still a help
)

// shellSigns are what some shell gives a meaning.
const shellSigns = "$`\\\"';&|<>(){}[]*?!~#^%"

// offerable reports that a word can go to any command line as it is, but for spaces.
func offerable(word string) bool {
	return word != "" && word[0] != '-' && visible(word) == word && !strings.ContainsAny(word, shellSigns+"\t")
}

// offer picks the words that go on from what is typed. Of too many it only says so: shells
// would complete to what some of them have in common.
func offer(words []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	seen := map[string]bool{}
	words = slices.DeleteFunc(words, func(w string) bool {
		bad := seen[w] || !offerable(w) || !strings.HasPrefix(w, typed)
		seen[w] = true
		return bad
	})
	if len(words) > offerMost {
		return cobra.AppendActiveHelp(nil, fmt.Sprintf("%d begin so; type more", len(words))), cobra.ShellCompDirectiveNoFileComp
	}
	goesOn := func(w string) bool { return strings.HasSuffix(w, "=") || strings.HasSuffix(w, ":") }
	if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !goesOn(w) }) {
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// glance reads a file for completion; nil if it cannot be read.
func glance(file string, opt csvrows.Options) *csvrows.Table {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > glanceMost {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	parsed, err := csvrows.Parse(data, opt)
	if err != nil {
		return nil
	}
	table, err := csvrows.NewTable(parsed)
	if err != nil {
		return nil
	}
	return table
}

// completeArgs completes the first argument by files, and those behind it by words that
// list makes of the file's table and of the arguments behind FILE.
func (l *liveCommand) completeArgs(cmd *cobra.Command, list func(t *csvrows.Table, args []string, typed string) []string) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		if err := cmd.PreRunE(cmd, args); err != nil { // the config of the file
			return nil, cobra.ShellCompDirectiveError
		}
		table := glance(args[0], l.opt.Read)
		if table == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(list(table, args[1:], typed), typed)
	}
}

// keyWords are the keys as the command line has them.
func keyWords(t *csvrows.Table) []string {
	var words []string
	for key := range t.Keys() {
		words = append(words, keyWord(key))
	}
	return words
}

// keyWord is what keyArg reads.
func keyWord(key csvrows.Key) string {
	if len(key) == 1 {
		return key[0]
	}
	fields := make([]string, len(key))
	for i, value := range key {
		fields[i] = string(csvrows.Encode([]byte(value), false, ','))
	}
	return strings.Join(fields, ",")
}

// columnWords are the columns that are not given yet as COL=; behind that, the values
// that the column has.
func columnWords(t *csvrows.Table, given []string, typed string) []string {
	column, _, value := strings.Cut(typed, "=")
	if value {
		return valueWords(t, column)
	}
	var words []string
	for _, column := range t.Columns() {
		isGiven := func(arg string) bool { return strings.HasPrefix(arg, column+"=") }
		if !strings.Contains(column, "=") && !slices.ContainsFunc(given, isGiven) {
			words = append(words, column+"=")
		}
	}
	return words
}

func valueWords(t *csvrows.Table, column string) []string {
	var words []string
	for key := range t.Keys() {
		if row, err := t.Get(key); err == nil {
			words = append(words, column+"="+row[column])
		}
	}
	return words
}

// completeKey completes --key by the columns of the first of the files that has some.
func completeKey(cmd *cobra.Command, opt *csvrows.Options) {
	completeFlag(cmd, "key", func(args []string, typed string) []string {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		given := strings.Split(before, ",")
		for _, file := range args {
			// Which columns there are does not depend on the key, which may be half typed.
			if t := glance(file, csvrows.Options{Delimiter: opt.Delimiter, Comment: opt.Comment, NoComment: opt.NoComment}); t != nil {
				free := slices.DeleteFunc(slices.Clone(t.Columns()), func(c string) bool { return slices.Contains(given, c) })
				return prefixed(before, free)
			}
		}
		return nil
	})
}

// completePolicies completes --policy by the columns of the first of the files that has
// some, and behind COL= by the rules.
func completePolicies(cmd *cobra.Command, opt *csvrows.Options) {
	completeFlag(cmd, "policy", func(args []string, typed string) []string {
		for _, file := range args {
			if t := glance(file, *opt); t != nil {
				return policyWords(t.Columns(), typed)
			}
		}
		return nil
	})
}

func policyWords(columns []string, typed string) []string {
	column, rule, hasRule := strings.Cut(typed, "=")
	switch {
	case !hasRule:
		var words []string
		for _, c := range columns {
			words = append(words, c+"=")
		}
		return words
	case strings.HasPrefix(rule, "newer:"):
		return prefixed(column+"=newer:", columns)
	}
	return prefixed(column+"=", []string{"fail", "ours", "theirs", "base", "max", "min", "sum", "union:", "newer:"})
}

func prefixed(before string, words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = before + w
	}
	return list
}

// completeFlag offers words for a flag that has been defined.
func completeFlag(cmd *cobra.Command, flag string, list func(args []string, typed string) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return offer(list(args, typed), typed)
	})
	if err != nil {
		panic(err) // a mistake of ours, as in complete
	}
}

// described is a word with what a shell shows beside it.
func described(word, what string) cobra.Completion {
	return cobra.CompletionWithDesc(word, visible(what))
}

// completeVersions completes the argument behind FILE by the numbers of versions.
func (h *historyCommand) completeVersions(cmd *cobra.Command) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return nil, cobra.ShellCompDirectiveDefault
		case 1:
		default:
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		s, err := h.open(args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		list, err := s.History()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var words []cobra.Completion
		for _, v := range slices.Backward(list) {
			words = append(words, described(fmt.Sprint(v.Seq), fmt.Sprintf("%s, %s", when(v.Time), v.Origin)))
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// addFlags is that of liveCommand, and completes ID.
func (m *mattersCommand) addFlags(cmd *cobra.Command) {
	m.liveCommand.addFlags(cmd)
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return nil, cobra.ShellCompDirectiveDefault
		case 1:
			return m.idWords(m.glance(cmd, args)), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// glance finds what there is to settle, if that can be found out at once.
func (m *mattersCommand) glance(cmd *cobra.Command, args []string) []*matter {
	ctx, cancel := context.WithTimeout(cmd.Context(), glanceLimit)
	defer cancel()
	if len(args) == 0 || cmd.PreRunE(cmd, args) != nil {
		return nil
	}
	s, err := m.open(args[0])
	if err != nil {
		return nil
	}
	list, err := await(ctx, func() ([]*matter, error) { return m.matters(ctx, s, args) })
	if err != nil {
		return nil
	}
	return list
}

// idWords are the numbers of changes and the ids of their conflicts.
func (m *mattersCommand) idWords(list []*matter) []cobra.Completion {
	var words []cobra.Completion
	for _, x := range list {
		if x.change != nil {
			words = append(words, described(fmt.Sprint(x.change.Seq), x.title()))
		}
		for i := range min(x.session.Len(), offerMost) {
			c := x.session.Conflict(i)
			words = append(words, described(c.ID, subject(string(c.Kind), c.Key, c.Column, c.HasColumn)))
		}
	}
	return words
}

// completeAnswers completes --take and --set by what conflicts.
func (m *mattersCommand) completeAnswers(cmd *cobra.Command) {
	answers := func(words func(cell string, c merge.Conflict) []string) func(args []string, typed string) []string {
		return func(args []string, _ string) []string {
			var list []string
			for _, x := range m.glance(cmd, args) {
				for i := range x.session.Len() {
					c := x.session.Conflict(i)
					list = append(list, words(keyWord(c.Key)+":"+c.Column, c)...)
				}
			}
			return list
		}
	}
	completeFlag(cmd, "take", answers(func(cell string, c merge.Conflict) []string {
		if !c.HasColumn {
			cell = keyWord(c.Key)
		}
		return prefixed(cell+"=", []string{"ours", "theirs", "base"})
	}))
	completeFlag(cmd, "set", answers(func(cell string, c merge.Conflict) []string {
		if !c.HasColumn {
			return nil
		}
		return prefixed(cell+"=", []string{c.Ours.Text, c.Theirs.Text, c.Base.Text})
	}))
	completePolicies(cmd, &m.opt.Read)
}
