package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// word is one of a closed set of values that a flag takes.
type word[T any] struct {
	name  string
	value T
}

// choose defines a flag that takes one of words, for the parser, the help and the
// completion alike. The first word is the default.
func choose[T any](cmd *cobra.Command, dst *T, flag, usage string, words ...word[T]) {
	*dst = words[0].value
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.name
	}
	set := func(s string) error {
		for _, w := range words {
			if w.name == s {
				*dst = w.value
				return nil
			}
		}
		return errors.New("want one of " + strings.Join(list, ", "))
	}
	cmd.Flags().Var(choice{set, strings.Join(list, "|")}, flag, fmt.Sprintf("%s (default %s)", usage, list[0]))
	complete(cmd, flag, list)
}

// choice is a pflag.Value whose type, which help shows, is the list of its words.
type choice struct {
	set  func(string) error
	list string
}

func (c choice) Set(s string) error { return c.set(s) }
func (c choice) Type() string       { return c.list }
func (c choice) String() string     { return "" }

// complete offers a list of words to the shell. An error would mean that the flag is
// not defined, or twice: a mistake of ours.
func complete(cmd *cobra.Command, flag string, list []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// format is the form of a report.
type format uint8

const (
	formatText format = iota
	formatJSON
	formatNDJSON
	formatHTML
)

func addFormat(cmd *cobra.Command, dst *format) {
	choose(cmd, dst, "format", "form of the output",
		word[format]{"text", formatText}, word[format]{"json", formatJSON}, word[format]{"ndjson", formatNDJSON})
}

// addReportFormat is addFormat for what can be a page too; usual is the default.
func addReportFormat(cmd *cobra.Command, dst *format, usage string, usual word[format]) {
	words := []word[format]{usual}
	for _, w := range []word[format]{{"text", formatText}, {"json", formatJSON}, {"ndjson", formatNDJSON}, {"html", formatHTML}} {
		if w != usual {
			words = append(words, w)
		}
	}
	choose(cmd, dst, "format", usage, words...)
}

// addTextOrJSON is addFormat where lines of JSON would have no use.
func addTextOrJSON(cmd *cobra.Command, dst *format) {
	choose(cmd, dst, "format", "form of the output", word[format]{"text", formatText}, word[format]{"json", formatJSON})
}

func (a *app) addColor(cmd *cobra.Command) {
	choose(cmd, &a.out.color, "color", "colour of text",
		word[colorMode]{"auto", colorAuto}, word[colorMode]{"always", colorAlways}, word[colorMode]{"never", colorNever})
}

func (a *app) addQuiet(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&a.out.quiet, "quiet", "q", false, "no messages but errors")
}

// addReadFlags defines how input is to be read.
func addReadFlags(cmd *cobra.Command, opt *csvrows.Options) {
	flags := cmd.Flags()
	flags.Func("key", "key columns: `COL[,COL]`, quoted as in CSV where a name holds a comma (default as .rowkeep.toml says, else the column id, else the first)", func(s string) (err error) {
		opt.Key, err = readRecord(s, ',')
		return err
	})
	completeKey(cmd, opt)
	flags.Func("delimiter", "what separates fields: `BYTE`, or tab, comma, semicolon, pipe (default found from the header)", func(s string) (err error) {
		opt.Delimiter, err = config.Delimiter(s)
		return err
	})
	complete(cmd, "delimiter", []string{"comma", "tab", "semicolon", "pipe"})
	flags.Func("comment", "`PREFIX` of comment lines, '' for none (default #)", func(s string) error {
		opt.Comment, opt.NoComment = s, s == ""
		return nil
	})
	flags.BoolVar(&opt.NoHeader, "no-header", false, "the first line is a row; columns are 1, 2, ...")
	flags.IntSliceVar(&opt.KeyIndex, "key-index", nil, "with --no-header: positions of the key columns, from 1: `N[,N]` (default 1)")
}

// flagFailure is what is wrong with a flag. A number that is none is said to be that, without
// the words of package strconv.
func flagFailure(err error) *failure {
	var invalid *pflag.InvalidValueError
	var number *strconv.NumError
	if !errors.As(err, &invalid) || !errors.As(err, &number) {
		return usage("%w", err)
	}
	why := errors.New("want a number")
	if errors.Is(number.Err, strconv.ErrRange) {
		why = number.Err
	}
	return usage("invalid argument %q for \"--%s\" flag: %w", invalid.GetValue(), invalid.GetFlag().Name, why)
}

// readRecord cuts a list of names. Quotes are as in CSV, so a name may hold the
// separator.
func readRecord(s string, separator rune) ([]string, error) {
	r := csv.NewReader(strings.NewReader(s))
	r.Comma = separator
	r.LazyQuotes = true // 5" is a name
	list, err := r.Read()
	if err != nil {
		return nil, errors.New("want a name")
	}
	return list, nil
}

// addStrategy defines the rule for all conflicts.
func addStrategy(cmd *cobra.Command, dst *merge.Strategy) {
	choose(cmd, dst, "strategy", "settle every conflict that no policy settles",
		word[merge.Strategy]{"fail", merge.Fail}, word[merge.Strategy]{"ours", merge.TakeOurs},
		word[merge.Strategy]{"theirs", merge.TakeTheirs}, word[merge.Strategy]{"base", merge.TakeBase})
}

// addPolicies defines --policy, which may stand several times.
func addPolicies(cmd *cobra.Command, policies map[string]merge.Policy) {
	cmd.Flags().Func("policy", "settle the conflicts of one column: `COL=RULE`, where RULE is fail, ours, theirs, base, max, min, sum, union:SEP or newer:COLUMN", func(s string) error {
		column, rule, err := cutPolicy(s)
		if err != nil {
			return err
		}
		policies[column], err = merge.ParsePolicy(rule)
		return err
	})
}

// cutPolicy cuts COL=RULE. A column that holds an equals sign is quoted as in CSV.
func cutPolicy(s string) (column, rule string, err error) {
	parts, err := readRecord(s, '=')
	if err != nil || len(parts) < 2 {
		return "", "", errors.New("want COL=RULE")
	}
	return parts[0], strings.Join(parts[1:], "="), nil
}
