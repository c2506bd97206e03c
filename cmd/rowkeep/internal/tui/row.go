//go:build !wasip1

package tui

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/highlight"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
)

// linesOfValue is how many lines of a value are shown below the row.
const linesOfValue = 3

// row shows the conflict that is looked at: what it is, the row around it, and its values.
func (m model) row(width int) []string {
	c := m.s.Conflict(m.at)
	lines := []string{m.heading(c, width), faint.Render(where(c)), ""}
	values := m.values(c, width)
	row := m.s.Row(m.at)
	if room := m.bodyHeight() - len(lines) - len(values) - 1; len(row.Cells) > 0 && row.Cells[0].Column != "" && room > 1 {
		lines = append(append(lines, table(row.Cells, m.at, width, room)...), "")
	}
	return append(lines, values...)
}

func (m model) heading(c merge.Conflict, width int) string {
	what := string(c.Kind)
	if c.Key != nil {
		what += ", key " + shown(strings.Join(c.Key, ","))
	}
	if c.HasColumn {
		what += ", column " + shown(c.Column)
	}
	place := fmt.Sprintf("conflict %d of %d", m.at+1, m.s.Len())
	what = ansi.Truncate(what, max(0, width-len(place)-1), "…")
	return bold.Render(pad(what, width-len(place))) + place
}

// where are the lines that the versions stand in.
func where(c merge.Conflict) string {
	var parts []string
	for _, v := range []struct {
		name string
		line int
	}{{"base", c.Lines.Base}, {"ours", c.Lines.Ours}, {"theirs", c.Lines.Theirs}} {
		if v.line > 0 {
			parts = append(parts, fmt.Sprintf("%s line %d", v.name, v.line))
		}
	}
	if c.Note == "commented_out" {
		parts = append(parts, "made a comment where it was deleted")
	}
	return strings.Join(parts, ", ")
}

// wideRow is from what width on the table also shows what the row is merged to.
const wideRow = 72

// table shows the cells of a row in the three versions: those around the cell of the
// conflict, as far as there is room.
func table(cells []settle.Cell, at, width, room int) []string {
	heads := []string{"base", "ours", "theirs"}
	if width >= wideRow {
		heads = append(heads, "merged")
	}
	name := nameWidth(cells, width)
	value := max(1, (width-2-name)/len(heads)-1)
	line := func(mark, column string, texts []string) string {
		s := mark + " " + pad(ansi.Truncate(column, name, "…"), name)
		for _, text := range texts[:len(heads)] {
			s += " " + pad(ansi.Truncate(text, value, "…"), value)
		}
		return s
	}
	lines := []string{faint.Render(line(" ", "column", heads))}
	for _, c := range around(cells, at, room-1) {
		lines = append(lines, line(cellMark(c), shown(c.Column), cellTexts(c)))
	}
	return lines
}

// around are n cells, with that of the conflict at a place among them.
func around(cells []settle.Cell, at, n int) []settle.Cell {
	if len(cells) <= n {
		return cells
	}
	place := slices.IndexFunc(cells, func(c settle.Cell) bool { return c.Conflict == at })
	from := max(0, min(place-n/2, len(cells)-n))
	return cells[from : from+n]
}

func nameWidth(cells []settle.Cell, width int) int {
	widest := len("column")
	for _, c := range cells {
		widest = max(widest, ansi.StringWidth(shown(c.Column)))
	}
	return min(widest, max(len("column"), width/4))
}

func cellTexts(c settle.Cell) []string {
	merged := cellText(c.Merged, c.Base)
	if c.Open {
		merged = open.Render("?")
	}
	return []string{cellText(c.Base, c.Base), cellText(c.Ours, c.Base), cellText(c.Theirs, c.Base), merged}
}

func cellMark(c settle.Cell) string {
	switch {
	case c.Conflict < 0:
		return " "
	case c.Open:
		return open.Render("!")
	}
	return done.Render("=")
}

// cellText is a value in the table, underlined where it is not base's.
func cellText(v, base merge.Value) string {
	switch {
	case !v.Exists:
		return faint.Render("-")
	case v.Exists != base.Exists || v.Text != base.Text:
		return differ.Render(shown(v.Text))
	}
	return shown(v.Text)
}

// values shows the three versions of what conflicts, in full as far as that goes, and the
// answer.
func (m model) values(c merge.Conflict, width int) []string {
	texts := m.texts(c)
	parts := highlight.Three(texts[0], texts[1], texts[2])
	var lines []string
	for i, v := range []struct {
		name, who string
		value     merge.Value
	}{{"base", m.c.Base, c.Base}, {"ours", m.c.Ours, c.Ours}, {"theirs", m.c.Theirs, c.Theirs}} {
		if v.name == "base" && !m.s.HasBase() {
			continue
		}
		lines = append(lines, valueLines(v.name, v.who, v.value, parts[i], width)...)
	}
	if r := m.s.Answered(m.at); r.Side != merge.NoSide {
		answer := r.Side.String()
		if r.Side == merge.Neither {
			answer = fmt.Sprintf("%q", ansi.Truncate(shown(r.Value), width, "…"))
		}
		lines = append(lines, "", done.Render("answer  "+answer))
	}
	return lines
}

// texts are the three versions as text. Several rows with one key are one line each.
func (m model) texts(c merge.Conflict) [3]string {
	if c.Kind != merge.KindDuplicateKey {
		return [3]string{c.Base.Text, c.Ours.Text, c.Theirs.Text}
	}
	var rows [3][]string
	for _, cell := range m.s.Row(m.at).Cells {
		for i, v := range []merge.Value{cell.Base, cell.Ours, cell.Theirs} {
			if v.Exists {
				rows[i] = append(rows[i], v.Text)
			}
		}
	}
	var texts [3]string
	for i := range rows {
		texts[i] = strings.Join(rows[i], "\n")
	}
	return texts
}

// valueLines shows one version: name, value, and who wrote it, where that fits.
func valueLines(name, who string, v merge.Value, parts []highlight.Part, width int) []string {
	const indent = 8
	room := max(10, width-indent)
	text := styled(highlight.Shorten(parts, room*linesOfValue))
	switch {
	case !v.Exists:
		text = faint.Render("does not exist")
	case len(v.Rows) == 1 && parts == nil:
		text = "the row as above"
	default:
		text = `"` + text + `"`
	}
	wrapped := strings.Split(ansi.Hardwrap(text, room, true), "\n")
	wrapped = wrapped[:min(len(wrapped), linesOfValue)]
	lines := make([]string, len(wrapped))
	for i, w := range wrapped {
		label := ""
		if i == 0 {
			label = name
		}
		lines[i] = pad(label, indent) + w
	}
	if who = shown(who); who != "" && len(lines) == 1 && ansi.StringWidth(lines[0])+2+ansi.StringWidth(who) <= width {
		lines[0] += faint.Render("  " + who)
	}
	return lines
}

// styled underlines what changed.
func styled(parts []highlight.Part) string {
	var b strings.Builder
	for _, p := range parts {
		style := lipgloss.NewStyle()
		if p.Changed {
			style = differ
		}
		if p.Left > 0 {
			b.WriteString(faint.Render(fmt.Sprintf("…%d bytes…", p.Left)))
			continue
		}
		b.WriteString(style.Render(shown(p.Text)))
	}
	return b.String()
}
