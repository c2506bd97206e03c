package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/config"
	"github.com/rowkeep/rowkeep/csvrows"
)

// The kinds of findings.
const (
	findUnreadable     = "unreadable"
	findNoKeyColumn    = "no_key_column"
	findPrefixedHeader = "prefixed_header"
	findDuplicateKey   = "duplicate_key"
	findConflictMarker = "conflict_marker"
	findMixedLineEnds  = "mixed_line_ends"
	findRaggedRow      = "ragged_row"
)

// finding is one thing wrong with a file.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// checkCommand is one call of rowkeep check.
type checkCommand struct {
	*app
	read   csvrows.Options
	flags  *pflag.FlagSet
	format format
}

func (a *app) newCheck() *cobra.Command {
	c := &checkCommand{app: a}
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Find what a merge would stumble over",
		Long: `Check lists, as FILE:LINE: KIND: MESSAGE, what is wrong with files:

  unreadable       an open quote, or UTF-16
  no_key_column    the header lacks the key column
  prefixed_header  the header starts with the comment prefix
  duplicate_key    a key stands in more than one row
  conflict_marker  a marker of an unfinished merge was left behind
  mixed_line_ends  lines end in more than one way
  ragged_row       a row has more or fewer fields than the header

Exit status: 0 nothing found; 1 findings; 2 usage; 3 a file is unreadable or lacks the key
column; 4 a file cannot be opened. Of several files it is the worst.`,
		Example: `  rowkeep check config.csv
  rowkeep check --key host,port --format json *.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := rangeOfOperands(1, -1, "FILE...")(cmd, args); err != nil {
				return err
			}
			return oneStdin(args)
		},
		RunE: c.run,
	}
	addReadFlags(cmd, &c.read)
	c.flags = cmd.Flags()
	addFormat(cmd, &c.format)
	a.addColor(cmd)
	return cmd
}

func (c *checkCommand) run(cmd *cobra.Command, args []string) (err error) {
	if err := c.read.Validate(); err != nil {
		return usage("%w", err)
	}
	c.status, err = await(cmd.Context(), func() (int, error) { return c.check(args) })
	return err
}

// check reads one file after the other; one that fails does not keep it from the
// others. The status is the worst of all.
func (c *checkCommand) check(files []string) (status int, err error) {
	report, end := c.printer()
	for _, file := range files {
		data, read, err := c.readOne(file)
		var f *failure
		if errors.As(err, &f) {
			c.out.failure(f)
			status = max(status, f.status)
			continue
		}
		done := c.out.working("checking " + called(file))
		k := checker{file: called(file)}
		k.check(data, read)
		done()
		for _, f := range k.findings {
			report(f)
		}
		status = max(status, k.status)
	}
	if err := end(); err != nil {
		return 0, stdoutFailure(err)
	}
	return status, nil
}

// readOne returns a file and how it is to be read: each may have a config of its own.
func (c *checkCommand) readOne(file string) (data []byte, read csvrows.Options, err error) {
	read = c.read
	if file != stdio {
		settings, err := config.Lookup(file)
		if err != nil {
			return nil, read, configFailure(err)
		}
		readAs(&read, settings.Read, c.flags)
		if err := read.Validate(); err != nil { // a flag and the config may contradict
			return nil, read, usage("%w", err)
		}
	}
	contents, err := c.readAll([]string{file})
	if err != nil {
		return nil, read, err
	}
	return contents[0], read, nil
}

// printer returns what prints one finding, and what ends the output.
func (c *checkCommand) printer() (report func(finding), end func() error) {
	if c.format == formatText {
		v := c.out.text()
		return func(f finding) {
			v.text(yellow, fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Kind, f.Message))
		}, v.Flush
	}
	w := bufio.NewWriter(c.out.stdout)
	if c.format == formatNDJSON {
		return func(f finding) {
			w.Write(encode(struct {
				Type string `json:"type"`
				finding
			}{"finding", f}))
			w.WriteByte('\n')
		}, w.Flush
	}
	w.WriteString(`{"schema":"rowkeep.check/1","findings":[`)
	separator := "\n"
	return func(f finding) {
			w.WriteString(separator)
			w.Write(encode(f))
			separator = ",\n"
		}, func() error {
			w.WriteString("]}\n")
			return w.Flush()
		}
}

// checker looks at one file. Its findings come in the order of lines.
type checker struct {
	file     string
	findings []finding
	status   int

	firstEnd []byte // how the first record ends
	mixed    bool   // another one ends otherwise, which has been reported
	width    int    // fields of the header, or of the first row if there is none
	fields   []csvrows.Field
	key      []byte
	seen     map[string]int // line of the first row with a key
}

func (k *checker) found(line int, kind, format string, args ...any) {
	k.status = max(k.status, statusConflicts)
	k.findings = append(k.findings, finding{k.file, line, kind, fmt.Sprintf(format, args...)})
}

func (k *checker) check(data []byte, opt csvrows.Options) {
	f, err := csvrows.Parse(data, opt)
	var open *csvrows.ParseError
	if errors.As(err, &open) {
		k.found(open.Line, findUnreadable, "column %d (byte %d): %v%s", open.Column, open.Offset, open.Err, advice(err))
		k.markers(data, 1)
		k.status = statusInput
		return
	}
	if f.PrefixedHeader() {
		k.found(f.Line(f.HeaderRecord()), findPrefixedHeader, "the header starts with the comment prefix; remove the prefix")
	}
	columns, err := f.KeyColumns()
	var missing *csvrows.KeyColumnError
	if errors.As(err, &missing) {
		k.found(missing.Line, findNoKeyColumn, "header has no key column %q%s", missing.Column, advice(err))
		k.status = statusInput
	}
	k.records(f, columns)
}

// records looks at every record; columns are those of the key, nil for none.
func (k *checker) records(f *csvrows.File, columns []int) {
	k.width = len(f.Columns())
	k.seen = map[string]int{}
	line := 1
	for i := range f.Len() {
		k.lineEnd(f.LineEnd(i), line)
		if f.Kind(i) == csvrows.Row && !isMarker(f.Text(i)) {
			k.fieldCount(f, i, line)
			k.duplicate(f, i, columns, line)
		}
		line = k.markers(f.Raw(i), line)
	}
}

func (k *checker) lineEnd(end []byte, line int) {
	switch {
	case len(end) == 0 || k.mixed: // the last line may lack an end
	case k.firstEnd == nil:
		k.firstEnd = end
	case !bytes.Equal(end, k.firstEnd):
		k.mixed = true
		k.found(line, findMixedLineEnds, "the line ends in %s, those before it in %s", endName(end), endName(k.firstEnd))
	}
}

func endName(end []byte) string {
	switch string(end) {
	case "\r\n":
		return "CR LF"
	case "\r":
		return "CR"
	}
	return "LF"
}

func (k *checker) fieldCount(f *csvrows.File, i, line int) {
	k.fields = f.Fields(k.fields[:0], i)
	switch n := len(k.fields); {
	case k.width == 0:
		k.width = n
	case n != k.width:
		k.found(line, findRaggedRow, "the number of fields is %d, not %d", n, k.width)
	}
}

// duplicate compares a key with those before it. Rows without a key are not the same.
func (k *checker) duplicate(f *csvrows.File, i int, columns []int, line int) {
	if columns == nil {
		return
	}
	var empty bool
	k.key, empty = f.AppendKey(k.key[:0], i, columns)
	if empty {
		return
	}
	if first, ok := k.seen[string(k.key)]; ok {
		k.found(line, findDuplicateKey, "key %s stands in line %d too", names(f.Key(i, columns)), first)
		return
	}
	k.seen[string(k.key)] = line
}

// markers looks for markers in the lines of text, which starts in line, and returns
// the line that follows. A field of several lines is looked into too: a line merge
// puts its markers there.
func (k *checker) markers(text []byte, line int) int {
	for len(text) > 0 {
		var physical []byte
		physical, text = cutLine(text)
		if isMarker(physical) {
			k.found(line, findConflictMarker, "left over from a merge: %s", quote(string(physical)))
		}
		line++
	}
	return line
}

// cutLine cuts text behind its first line end, which line leaves out.
func cutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexAny(text, "\r\n")
	if end < 0 {
		return text, nil
	}
	rest = text[end+1:]
	if text[end] == '\r' && len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return text[:end], rest
}

// isMarker reports seven or more of <, | or >, alone or before a space, and "=======".
func isMarker(line []byte) bool {
	if string(line) == "=======" {
		return true
	}
	if len(line) < 7 || strings.IndexByte("<|>", line[0]) < 0 {
		return false
	}
	rest := bytes.TrimLeft(line, string(line[:1]))
	return len(line)-len(rest) >= 7 && (len(rest) == 0 || rest[0] == ' ')
}
