package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/page"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
)

// conflictsCommand is one call of rowkeep conflicts.
type conflictsCommand struct {
	mattersCommand
	format format
	full   bool // each conflict with the row around it
}

func (a *app) newConflicts() *cobra.Command {
	c := &conflictsCommand{mattersCommand: mattersCommand{liveCommand: liveCommand{app: a}}}
	cmd := &cobra.Command{
		Use:   "conflicts FILE [ID]",
		Short: "List the conflicts that wait to be settled",
		Long: `Conflicts lists the changes of FILE that wait to be settled, with what conflicts in each:
updates of programs that failed because somebody else had changed the same, saves made
from an older version, edits that nothing else could be done with. Each is merged with
what stands in FILE now; one that does not conflict any more is moot. Where FILE holds
conflict markers, as a merge leaves them, those conflicts are listed.

ID is the number of a change or the id of a conflict, of which the first four digits are
enough if no other has the same. Of these conflicts it shows all: the line in each
version, the three values with what differs inside them, and the columns beside them.

With --format json there is one object of schema ` + schemaConflicts + `: file, changes, each
with change (its number; null for markers), time, cause, note, ours_by, key, moot, base_known,
and conflicts as in rowkeep merge --report. With ID a conflict has row too: column, base, ours,
theirs, merged and conflict, the id of the conflict that decides over the cell. With ndjson
each change and each conflict is a line, and a line of type "end" is the last.

Exit status: 0 nothing waits; 1 something does; 2 usage; 3 there is no such ID, or the
file cannot be merged; 4 the file or what is kept beside it cannot be read.`,
		Example: `  rowkeep conflicts config.csv
  rowkeep conflicts config.csv 12
  rowkeep conflicts --format json config.csv`,
		Args: rangeOfOperands(1, 2, "FILE [ID]"),
		RunE: c.run,
	}
	c.addFlags(cmd)
	addReportFormat(cmd, &c.format, "form of the output; html is a page of its own, for a browser", word[format]{"text", formatText})
	return cmd
}

func (c *conflictsCommand) run(cmd *cobra.Command, args []string) error {
	s, err := c.open(args[0])
	if err != nil {
		return err
	}
	done := c.out.working("looking at " + args[0])
	list, err := await(cmd.Context(), func() ([]*matter, error) { return c.matters(cmd.Context(), s, args) })
	done()
	if err != nil {
		return err
	}
	if len(list) > 0 {
		c.status = statusConflicts
	}
	c.full = len(args) > 1
	if err := c.print(list); err != nil {
		var f *failure
		if errors.As(err, &f) {
			return f
		}
		return stdoutFailure(err)
	}
	if len(list) > 0 && !c.full && c.format == formatText && !c.out.quiet {
		c.out.hint(fmt.Sprintf("rowkeep conflicts %s ID shows one in full; rowkeep resolve %s settles them", shellWord(c.file), shellWord(c.file)))
	}
	return nil
}

func (c *conflictsCommand) print(list []*matter) error {
	switch c.format {
	case formatJSON:
		return c.printJSON(list)
	case formatNDJSON:
		return c.printNDJSON(list)
	case formatHTML:
		r, err := mattersPage(c.file, list)
		if err != nil {
			return err
		}
		return page.Write(c.out.stdout, r)
	}
	if len(list) > 0 && list[0].unread != nil {
		c.out.message(yellow, "warning: the file cannot be read; this is what conflicted when the changes were kept: "+list[0].unread.Error())
	}
	return c.out.show(func(v *view) {
		if len(list) == 0 {
			v.line(span{plain, c.file + ": nothing waits to be settled"})
		}
		for _, x := range list {
			v.line(span{bold, x.title()})
			for i := range x.session.Len() {
				if x.shows(i) {
					c.show(v, x, i)
				}
			}
		}
	})
}

// show prints a conflict: on one line, or in full.
func (c *conflictsCommand) show(v *view, x *matter, i int) {
	conflict := x.conflict(i)
	what := subject(string(conflict.Kind), conflict.Key, conflict.Column, conflict.HasColumn)
	if conflict.Note != "" {
		what += ", " + conflict.Note
	}
	if c.full {
		v.line(span{yellow, "conflict " + conflict.ID}, span{plain, ": " + what})
		showFull(v, x, i)
		return
	}
	line := append(make([]span, 0, 16), span{yellow, "  " + conflict.ID}, span{plain, "  " + what + ":"})
	separator := " "
	for n, value := range versionSpans(conflict, v.colored) {
		side := merge.Base + merge.Side(n)
		if side == merge.Base && !x.session.HasBase() {
			continue
		}
		line = append(append(line, span{plain, separator + side.String() + " "}), value...)
		separator = ", "
	}
	v.line(line...)
}

// showFull prints where the versions of a conflict stand and who made them, and the row
// around it.
func showFull(v *view, x *matter, i int) {
	lines := x.conflict(i).Lines
	for n, line := range [...]int{lines.Base, lines.Ours, lines.Theirs} {
		side := merge.Base + merge.Side(n)
		if side == merge.Base && !x.session.HasBase() {
			continue
		}
		place := "not there"
		if line > 0 {
			place = fmt.Sprintf("line %d", line)
		}
		if by := x.by(side); by != "" {
			place += ", " + brief(by)
		}
		v.line(span{plain, fmt.Sprintf("  %-6s  %s", side, place)})
	}
	for _, cell := range x.session.Row(i).Cells {
		if cell.Conflict < 0 {
			showClean(v, cell)
		} else {
			showDisputed(v, x, cell)
		}
	}
}

// showClean prints a cell that merged clean, and the sides if they differ.
func showClean(v *view, cell settle.Cell) {
	text := "    " + name(cell.Column) + "  " + show(cell.Merged, nil)
	if cell.Ours.Text != cell.Theirs.Text {
		text += "  (ours " + show(cell.Ours, nil) + ", theirs " + show(cell.Theirs, nil) + ")"
	}
	v.line(span{plain, text})
}

// showDisputed prints a cell that conflicts, a line for each version.
func showDisputed(v *view, x *matter, cell settle.Cell) {
	if cell.Column != "" {
		v.line(span{bold, "  ! " + name(cell.Column)})
	}
	values := versionSpans(merge.Conflict{Base: cell.Base, Ours: cell.Ours, Theirs: cell.Theirs}, true)
	for n, value := range values {
		side := merge.Base + merge.Side(n)
		if side == merge.Base && !x.session.HasBase() {
			continue
		}
		head := fmt.Sprintf("      %-6s  ", side)
		v.line(append([]span{{plain, head}}, value...)...)
		if !v.colored {
			carets(v, head, value)
		}
	}
}

// carets underlines what differs inside a value where no colour tells.
func carets(v *view, head string, value []span) {
	line := strings.Repeat(" ", columns(head))
	differs, same := false, false
	for _, s := range value {
		mark := " "
		if s.paint != plain {
			mark, differs = "^", true
		} else if s.text != `"` {
			same = true
		}
		line += strings.Repeat(mark, columns(visible(s.text)))
	}
	if differs && same {
		v.line(span{plain, strings.TrimRight(line, " ")})
	}
}

const schemaConflicts = "rowkeep.conflicts/1"

// matterJSON is a matter without its conflicts.
type matterJSON struct {
	Change    *int64     `json:"change"`
	Time      *time.Time `json:"time"`
	Cause     string     `json:"cause"` // "markers" where there is no change
	Note      *string    `json:"note"`
	OursBy    *string    `json:"ours_by"`
	Key       any        `json:"key"`
	KeyB64    [][]byte   `json:"key_b64,omitempty"`
	Moot      bool       `json:"moot"`
	BaseKnown bool       `json:"base_known"`
}

func newMatterJSON(x *matter) matterJSON {
	m := matterJSON{Cause: "markers", Moot: x.session.Len() == 0, BaseKnown: x.session.HasBase()}
	m.Key, m.KeyB64 = keyJSON(x.session.Key())
	if d := x.change; d != nil {
		m.Change, m.Time, m.Cause, m.Note, m.OursBy = &d.Seq, &d.Time, string(d.Cause), optional(d.Note), optional(d.OursBy)
	}
	return m
}

// cellJSON is a cell of the row around a conflict.
type cellJSON struct {
	Column    any    `json:"column"`
	ColumnB64 []byte `json:"column_b64,omitempty"`
	versionsJSON
	Merged    any     `json:"merged"`
	MergedB64 []byte  `json:"merged_b64,omitempty"`
	Conflict  *string `json:"conflict"`
}

func (c *conflictsCommand) printJSON(list []*matter) error {
	w := bufio.NewWriter(c.out.stdout)
	fmt.Fprintf(w, `{"schema":%q,"file":%s,"changes":[`, schemaConflicts, encode(c.file))
	for n, x := range list {
		if n > 0 {
			w.WriteByte(',')
		}
		head := encode(newMatterJSON(x))
		fmt.Fprintf(w, "\n%s,\"conflicts\":[", head[:len(head)-1])
		separator := "\n"
		for i := range x.session.Len() {
			if data := c.conflictJSON(x, i, ""); data != nil {
				w.WriteString(separator)
				w.Write(data)
				separator = ",\n"
			}
		}
		w.WriteString("]}")
	}
	w.WriteString("]}\n")
	return w.Flush()
}

func (c *conflictsCommand) printNDJSON(list []*matter) error {
	w := bufio.NewWriter(c.out.stdout)
	fmt.Fprintf(w, "{\"type\":\"report\",\"schema\":%q,\"file\":%s}\n", schemaConflicts, encode(c.file))
	n := 0
	for _, x := range list {
		fmt.Fprintf(w, "{\"type\":\"change\",%s\n", encode(newMatterJSON(x))[1:])
		number := encode(newMatterJSON(x).Change)
		for i := range x.session.Len() {
			if data := c.conflictJSON(x, i, fmt.Sprintf(`"type":"conflict","change":%s,`, number)); data != nil {
				w.Write(data)
				w.WriteByte('\n')
				n++
			}
		}
	}
	fmt.Fprintf(w, "{\"type\":\"end\",\"changes\":%d,\"conflicts\":%d}\n", len(list), n)
	return w.Flush()
}

// conflictJSON is a conflict behind some fields of its own, with the row around it where it
// is to be shown in full; nil if it is not to be shown.
func (c *conflictsCommand) conflictJSON(x *matter, i int, fields string) []byte {
	conflict := x.conflict(i)
	if !x.shows(i) {
		return nil
	}
	data, err := conflict.MarshalJSON()
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	data = append([]byte("{"+fields), data[1:]...)
	if !c.full {
		return data
	}
	row := []cellJSON{}
	for _, cell := range x.session.Row(i).Cells {
		var j cellJSON
		j.Column, j.ColumnB64 = valueJSON(merge.Value{Exists: cell.Column != "", Text: cell.Column})
		j.versionsJSON = newVersions(cell.Base, cell.Ours, cell.Theirs)
		j.Merged, j.MergedB64 = valueJSON(cell.Merged)
		if cell.Conflict >= 0 {
			j.Conflict = optional(x.session.Conflict(cell.Conflict).ID)
		}
		row = append(row, j)
	}
	return append(append(data[:len(data)-1], `,"row":`...), append(encode(row), '}')...)
}
