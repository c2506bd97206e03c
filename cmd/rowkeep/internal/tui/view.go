//go:build !wasip1

package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/merge"
)

// Sizes of the screen, in characters and lines.
const (
	leastWidth, leastHeight = 30, 8
	twoPanes                = 64 // from this width on list and row stand side by side
	widestList              = 40
)

// The terminal's own palette, so that dark and light are its business.
var (
	bold   = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
	open   = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	done   = lipgloss.NewStyle().Foreground(lipgloss.Green)
	differ = lipgloss.NewStyle().Underline(true)
)

// View is of tea.Model.
func (m model) View() tea.View {
	v := tea.NewView(strings.Join(m.screen(), "\n"))
	v.AltScreen = true
	return v
}

// screen is what is seen: as many lines as the window has, none wider than it.
func (m model) screen() []string {
	if m.mode == writing {
		return m.frozen
	}
	if m.width < leastWidth || m.height < leastHeight {
		return []string{ansi.Truncate("the window is too small", m.width, "")}
	}
	body := m.body()
	lines := append([]string{m.title()}, fill(body, m.bodyHeight())...)
	lines = append(lines, m.bottom()...)
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, m.width, "…")
	}
	return lines
}

// bodyHeight is what the title and the lines at the bottom leave.
func (m model) bodyHeight() int { return m.height - 1 - len(m.bottom()) }

func (m model) listHeight() int { return max(1, m.bodyHeight()) }

func (m model) body() []string {
	switch {
	case m.mode == helping:
		return m.help()
	case m.s.Len() == 0:
		return []string{"", "  " + noneLeft}
	case m.width < twoPanes && m.showList:
		return m.list(m.width)
	case m.width < twoPanes:
		return m.row(m.width)
	}
	left := min(widestList, m.width*3/10)
	return beside(fill(m.list(left), m.bodyHeight()), m.row(m.width-left-3), left)
}

// beside puts two columns of lines next to each other.
func beside(left, right []string, width int) []string {
	lines := make([]string, len(left))
	for i, l := range left {
		r := ""
		if i < len(right) {
			r = right[i]
		}
		lines[i] = pad(l, width) + faint.Render(" │ ") + r
	}
	return lines
}

func (m model) title() string {
	count := fmt.Sprintf("%d of %d conflicts answered", m.s.Len()-m.s.Left(), m.s.Len())
	title := ansi.Truncate(shown(m.c.Title), max(0, m.width-len(count)-1), "…")
	return bold.Render(pad(title, m.width-len(count))) + count
}

// bottom are the last message, or what is typed, and the keys: on more than a line each where
// the window is narrow, so that nobody has to guess, but never on so many that the body is gone.
func (m model) bottom() []string {
	message := flow(strings.Fields(shown(m.message)), " ", m.width, max(1, m.height/4))
	keys := max(1, m.height/8)
	switch m.mode {
	case typing:
		input := m.input
		input.SetWidth(max(1, m.width-ansi.StringWidth(input.Prompt)-1))
		return []string{input.View(), faint.Render("enter takes it, esc leaves it")}
	case choosing:
		for i, line := range message {
			message[i] = bold.Render(line)
		}
		return append(message, flow(m.choicesShown(), "  ", m.width, keys)...)
	}
	return append(message, flow(m.keysShown(), "  ", m.width, keys)...)
}

// flow puts parts on lines of a width, each on one as long as it is not wider. What is over
// most lines makes the last one too long.
func flow(parts []string, separator string, width, most int) []string {
	lines := []string{""}
	for _, part := range parts {
		last := len(lines) - 1
		longer := lines[last] + separator + part
		switch {
		case lines[last] == "":
			lines[last] = part
		case len(lines) == most || ansi.StringWidth(longer) <= width:
			lines[last] = longer
		default:
			lines = append(lines, part)
		}
	}
	return lines
}

func (m model) choicesShown() []string {
	var parts []string
	for _, c := range m.choices {
		parts = append(parts, bold.Render(c.key)+" "+c.text)
	}
	return append(parts, faint.Render("any other key: no"))
}

func (m model) keysShown() []string {
	var parts []string
	for _, c := range m.commands {
		if c.short != "" {
			parts = append(parts, bold.Render(c.Help().Key)+" "+c.short)
		}
	}
	return parts
}

func (m model) help() []string {
	lines := []string{""}
	for _, c := range m.commands {
		if c.Help().Desc != "" {
			lines = append(lines, "  "+pad(bold.Render(c.Help().Key), 15)+c.Help().Desc)
		}
	}
	return append(lines, "",
		"  List: the letter of the answer, or · where there is none.",
		"  Row: ! conflicts, = has an answer; underlined is not as in base.")
}

// list shows the conflicts around the one that is looked at.
func (m model) list(width int) []string {
	var lines []string
	for i := m.first; i < min(m.s.Len(), m.first+m.listHeight()); i++ {
		line := pad(ansi.Truncate(m.entry(i), width-2, "…"), width-2)
		if i == m.at {
			lines = append(lines, bold.Render("> "+line))
		} else {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

// entry is one conflict in the list: its answer, and what it is about.
func (m model) entry(i int) string {
	mark := open.Render("·")
	if side := m.s.Answered(i).Side; side != merge.NoSide {
		mark = done.Render(letter(side))
	}
	return mark + " " + about(m.s.Conflict(i))
}

func letter(s merge.Side) string {
	if s == merge.Neither {
		return "e" // edited
	}
	return s.String()[:1]
}

// about says in few words what a conflict is about.
func about(c merge.Conflict) string {
	var parts []string
	if c.Key != nil {
		parts = append(parts, shown(strings.Join(c.Key, ",")))
	}
	switch {
	case c.Kind == merge.KindComment:
		parts = append(parts, shown(firstText(c)))
	case c.HasColumn:
		parts = append(parts, shown(c.Column))
	default:
		parts = append(parts, string(c.Kind))
	}
	return strings.Join(parts, " ")
}

func firstText(c merge.Conflict) string {
	for _, v := range []merge.Value{c.Base, c.Ours, c.Theirs} {
		if v.Exists {
			return v.Text
		}
	}
	return ""
}

// shown makes text of a file fit for one line of a terminal.
func shown(s string) string { return strings.ReplaceAll(escape.Visible(s), "\t", `\t`) }

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

// fill makes it n lines.
func fill(lines []string, n int) []string {
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n]
}
