package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/page"
	"github.com/rowkeep/rowkeep/merge"
)

// mergeCommand is one call of rowkeep merge.
type mergeCommand struct {
	*app
	opt    merge.Options
	labels []string
	output string
	report string
	format format
	files  inputs

	windows *windows // of the inputs, where they were merged so
}

func (a *app) newMerge() *cobra.Command {
	m := &mergeCommand{app: a}
	m.opt.Policies = map[string]merge.Policy{}
	cmd := &cobra.Command{
		Use:   "merge BASE OURS THEIRS",
		Short: "Merge three versions of a file",
		Long: `Merge writes BASE with the changes of OURS and of THEIRS, row by row and cell by
cell. BASE is the version that both were made from. Any of the three may be "-",
standard input.

Exit status: 0 the result is clean; 1 conflicts stand in it; 2 usage; 3 an input
cannot be merged; 4 a file cannot be read or written; 130 interrupted. On 2, 3 and 4
nothing is written.`,
		Example: `  rowkeep merge base.csv ours.csv theirs.csv > merged.csv
  rowkeep merge --key host,port -o ours.csv --report conflicts.json base.csv ours.csv theirs.csv
  rowkeep merge -o merged.csv --report conflicts.html --format html base.csv ours.csv theirs.csv
  rowkeep merge --policy order_id=ours --policy volume=sum base.csv ours.csv theirs.csv`,
		Args: operands("BASE", "OURS", "THEIRS"),
		RunE: m.run,
	}
	m.addFlags(cmd)
	configure(cmd, func(args []string) []string { return []string{args[1], args[2], args[0]} }, func(s config.Settings) {
		m.configured(s, cmd.Flags())
	})
	return cmd
}

// configured takes from a config what no flag has set.
func (m *mergeCommand) configured(s config.Settings, flags *pflag.FlagSet) {
	readAs(&m.opt.Read, s.Read, flags)
	if !flags.Changed("granularity") {
		m.opt.Granularity = s.Granularity
	}
	for column, policy := range s.Policies {
		if _, given := m.opt.Policies[column]; !given {
			m.opt.Policies[column] = policy
		}
	}
}

func (m *mergeCommand) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	addReadFlags(cmd, &m.opt.Read)
	flags.StringVarP(&m.output, "output", "o", stdio, "write the result to `FILE`, which may be one of the inputs (default standard output)")
	flags.StringVar(&m.report, "report", "", "write conflicts, changes and warnings to `FILE`")
	addReportFormat(cmd, &m.format, "form of the report; html is a page of its own, for a browser", word[format]{"json", formatJSON})
	addStrategy(cmd, &m.opt.Strategy)
	addPolicies(cmd, m.opt.Policies)
	completePolicies(cmd, &m.opt.Read)
	choose(cmd, &m.opt.Granularity, "granularity", "what conflicts: different changes of one cell, or any two of one row",
		word[merge.Granularity]{"cell", merge.Cells}, word[merge.Granularity]{"row", merge.Rows})
	flags.BoolVar(&m.opt.RefuseDuplicates, "refuse-duplicates", false, "refuse an input in which a key stands twice")
	choose(cmd, &m.opt.Output, "conflict-output", "what stands in the result where conflicts stand",
		word[merge.Output]{"markers", merge.Markers}, word[merge.Output]{"ours", merge.OutputOurs},
		word[merge.Output]{"theirs", merge.OutputTheirs}, word[merge.Output]{"base", merge.OutputBase},
		word[merge.Output]{"none", merge.NoOutput})
	choose(cmd, &m.opt.Style, "conflict-style", "form of markers",
		word[merge.Style]{"diff3", merge.Diff3}, word[merge.Style]{"merge", merge.MergeStyle}, word[merge.Style]{"zdiff3", merge.ZDiff3})
	flags.StringArrayVar(&m.labels, "label", nil, "`NAME` in markers, up to three times: for ours, base and theirs, as in git merge-file")
	flags.IntVar(&m.opt.MarkerSize, "marker-size", 0, "length `N` of markers (default 7)")
	m.addColor(cmd)
	m.addQuiet(cmd)
}

func (m *mergeCommand) run(cmd *cobra.Command, args []string) error {
	m.files = inputs{merge.Base: args[0], merge.Ours: args[1], merge.Theirs: args[2]}
	if err := m.validate(cmd, args); err != nil {
		return err
	}
	result, err := await(cmd.Context(), func() (*merge.Result, error) { return m.merge(args) })
	if err != nil {
		return err
	}
	if err := m.deliver(cmd.Context(), result); err != nil {
		return err
	}
	m.summary(result)
	if !result.Clean() {
		m.status = statusConflicts
	}
	return nil
}

// validate finds what makes no sense before any file is opened.
func (m *mergeCommand) validate(cmd *cobra.Command, args []string) error {
	for _, file := range []*string{&m.output, &m.report} {
		if *file == "/dev/stdout" { // what stands behind it is to be written to, not replaced
			*file = stdio
		}
	}
	names := []*string{&m.opt.Labels.Ours, &m.opt.Labels.Base, &m.opt.Labels.Theirs}
	if len(m.labels) > len(names) {
		return usage("--label stands %d times, and there are three versions to name", len(m.labels))
	}
	for i, label := range m.labels {
		*names[i] = label
	}
	if err := m.opt.Validate(); err != nil {
		return usage("%w", err)
	}
	switch {
	case m.report == "" && cmd.Flags().Changed("report"), m.output == "":
		return errNoName
	case m.report == "" && cmd.Flags().Changed("format"):
		return usage("--format is the form of the report: --report names its file")
	case m.report == stdio && m.output == stdio:
		return usage("result and report cannot both go to standard output; give -o FILE")
	case m.report == "" || m.report == stdio:
		return nil
	case m.output != stdio && sameFile(m.report, m.output):
		return usage("-o and --report name the same file %s", m.report)
	}
	for _, input := range args {
		if input != stdio && sameFile(m.report, input) {
			return usage("--report names the input %s; only -o may", input)
		}
	}
	return nil
}

func (m *mergeCommand) merge(args []string) (*merge.Result, error) {
	if result, done, err := m.mergeWindows(args); done {
		return result, err
	}
	done := m.out.working("reading")
	contents, err := m.readAll(args)
	done()
	if err != nil {
		return nil, err
	}
	defer m.out.working("merging")()
	result, err := merge.Merge(contents[0], contents[1], contents[2], m.opt)
	if err != nil {
		return nil, m.files.failure(err)
	}
	return result, nil
}

// mergeWindows merges without reading the inputs into memory whole, where that is to be had.
// Base is read once more when the result is written; a result on a pipe could not be taken
// back if base has changed until then, so it is done there only where it must.
func (m *mergeCommand) mergeWindows(args []string) (*merge.Result, bool, error) {
	w := openWindows(args)
	if w == nil {
		return nil, false, nil
	}
	if m.output == stdio && !w.tooLarge() && emptyFile(m.out.file()) == nil {
		w.close()
		return nil, false, nil
	}
	defer m.out.working("merging")()
	result, done, err := m.inWindows(w, func() (*merge.Result, error) {
		return merge.MergeLarge(w.parts[0], w.parts[1], w.parts[2], m.opt, w.memory())
	})
	if err != nil || !done {
		w.close()
		if err != nil {
			err = m.files.failure(err)
		}
		return nil, done, err
	}
	m.windows = w // open until the result is written
	return result, true, nil
}

// write writes the result.
func (m *mergeCommand) write(result *merge.Result, w io.Writer) error {
	_, err := result.WriteTo(w)
	if m.windows != nil {
		defer m.windows.close()
		if changed := m.windows.changed(); changed != nil {
			return changed
		}
	}
	return err
}

// deliver writes report and result. The result comes last: it may replace an input.
func (m *mergeCommand) deliver(ctx context.Context, result *merge.Result) error {
	defer m.out.working("writing")()
	var results []delivery
	if m.report != "" {
		results = append(results, m.reportTo(result))
	}
	if result.HasOutput() {
		write := func(w io.Writer) error { return m.write(result, w) }
		if m.output == stdio {
			results = append(results, toStream{m.out.file(), write, result.Size()})
		} else {
			results = append(results, &toFile{file: m.output, write: write, size: result.Size()})
		}
	}
	return deliver(ctx, results)
}

// reportTo is the report on its way.
func (m *mergeCommand) reportTo(result *merge.Result) delivery {
	text := func(v *view) { printReport(v, m.files, result) }
	if m.report == stdio && m.format == formatText {
		return toStream{w: m.out.stdout, write: func(io.Writer) error { return m.out.show(text) }}
	}
	write := result.WriteJSON
	switch m.format {
	case formatText:
		write = func(w io.Writer) error { return plainly(w, text) }
	case formatNDJSON:
		write = result.WriteNDJSON
	case formatHTML:
		write = func(w io.Writer) error { return page.Write(w, m.page(result)) }
	}
	if m.report == stdio {
		return toStream{w: m.out.stdout, write: write}
	}
	return &toFile{file: m.report, write: write, undoable: true}
}

// page is the report as a page, on which the versions go by their labels.
func (m *mergeCommand) page(result *merge.Result) page.Report {
	called := maps.Clone(m.files)
	for side, label := range map[merge.Side]string{merge.Base: m.opt.Labels.Base, merge.Ours: m.opt.Labels.Ours, merge.Theirs: m.opt.Labels.Theirs} {
		if label != "" {
			called[side] = label
		}
	}
	part := pagePart(called, result)
	part.AllConflicts = "rowkeep merge … --report FILE --format text"
	part.AllChanges = part.AllConflicts
	return newPage(part)
}

// summary tells a person what the report tells a program.
func (m *mergeCommand) summary(result *merge.Result) {
	if m.out.quiet {
		return
	}
	m.out.warnings(m.files, result.Warnings)
	v := m.out.messages()
	v.conflicts(m.files, result.Conflicts)
	v.Flush()
	if n := len(result.Conflicts); n > 0 {
		m.out.message(bold, fmt.Sprintf("%d of %d conflicts stand", result.Stats.Standing, n))
	}
	m.hints(result)
}

// hints says what a conflict or a flag does not say of itself.
func (m *mergeCommand) hints(result *merge.Result) {
	if m.opt.Output == merge.Markers && slices.ContainsFunc(result.Conflicts, hasNoMarkers) {
		m.out.hint("markers cannot show a conflict of a column: base stands there; settle it with --policy COLUMN=ours, theirs or base")
	}
	for _, column := range m.policyColumns() {
		ofConflict := func(c merge.Conflict) bool { return c.HasColumn && c.Column == column }
		if !slices.Contains(result.Columns, column) && !slices.ContainsFunc(result.Conflicts, ofConflict) {
			m.out.hint(fmt.Sprintf("the result has no column %s, which --policy names", name(column)))
		}
	}
}

// policyColumns are the columns that policies name, sorted: theirs, and those of newer:COLUMN.
func (m *mergeCommand) policyColumns() []string {
	var columns []string
	for column, policy := range m.opt.Policies {
		columns = append(columns, column)
		if decides, ok := strings.CutPrefix(policy.String(), "newer:"); ok {
			columns = append(columns, decides)
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// hasNoMarkers reports a standing conflict about a column.
func hasNoMarkers(c merge.Conflict) bool {
	switch c.Kind {
	case merge.KindColumnDeleteEdit, merge.KindColumnEditDelete, merge.KindColumnRename:
		return c.Settled == ""
	}
	return false
}
