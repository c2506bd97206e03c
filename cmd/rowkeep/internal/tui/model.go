//go:build !wasip1

package tui

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
)

// A mode says who gets the keys.
type mode uint8

const (
	browsing mode = iota // the commands
	typing               // the line of text at the bottom
	choosing             // the question at the bottom, answered by one key
	helping              // the help; any key ends it
	writing              // nobody: the caller is writing
)

// model is the state of the screen, as Bubble Tea wants it.
type model struct {
	ctx      context.Context
	s        *settle.Session
	c        Config
	commands []command

	width, height int
	at            int  // the conflict that is looked at
	first         int  // the first one in the list that is seen
	showList      bool // in a narrow window
	mode          mode
	message       string // of what came of the last key

	input   textinput.Model
	entered func(m *model, text string) // what becomes of the line of text
	choices []choice
	needle  string   // of the last search
	frozen  []string // the screen while the caller has the session

	run     tea.Cmd // what the last key started
	written bool
	over    error // why there is nothing left to settle
}

// noneLeft is said where the file has become such that nothing conflicts.
const noneLeft = "no conflicts are left; w writes"

// A choice is a key that answers a question, and what follows.
type choice struct {
	key, text string
	do        func(m *model)
}

func newModel(ctx context.Context, s *settle.Session, c Config) model {
	input := textinput.New()
	input.SetVirtualCursor(true)
	m := model{ctx: ctx, s: s, c: c, commands: commands(), input: input, width: 80, height: 24}
	var known bool
	if m.at, known = s.Index(c.First); !known {
		m.at = max(0, s.Next(-1))
	}
	return m
}

// Init is of tea.Model: the first message is the size of the window.
func (m model) Init() tea.Cmd { return nil }

// wrote is the message of the caller's Write.
type wrote struct {
	Outcome
	err error
}

// Update is of tea.Model.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.run = nil
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case wrote:
		m.wrote(msg)
	case tea.KeyPressMsg:
		m.press(msg)
	default: // pasted text, for one
		if m.mode == typing {
			m.input, m.run = m.input.Update(msg)
		}
	}
	if m.mode != writing {
		m.scroll()
	}
	return m, m.run
}

// press gives a key to whom it is for.
func (m *model) press(k tea.KeyPressMsg) {
	if k.String() == "ctrl+c" && m.mode != writing { // a write is not left half way
		m.run = tea.Interrupt
		return
	}
	switch m.mode {
	case browsing:
		m.message = ""
		for _, c := range m.commands {
			if key.Matches(k, c.Binding) {
				c.do(m)
				return
			}
		}
		m.message = "? is the help"
	case typing:
		m.typed(k)
	case choosing:
		m.chosen(k.String())
	case helping:
		m.mode = browsing
	}
}

func (m *model) move(by int) { m.at = max(0, min(m.s.Len()-1, m.at+by)) }

// scroll keeps the conflict that is looked at in sight.
func (m *model) scroll() {
	page := m.listHeight()
	m.first = max(0, min(m.first, m.s.Len()-page))
	m.first = max(min(m.first, m.at), m.at-page+1)
}

func (m *model) next() {
	if i := m.s.Next(m.at); i >= 0 {
		m.at = i
		return
	}
	m.message = "all conflicts have an answer; w writes"
}

func (m *model) previous() {
	if i := m.s.Previous(m.at); i >= 0 {
		m.at = i
	}
}

func (m *model) takeOurs()   { m.answer(merge.Resolution{Side: merge.Ours}) }
func (m *model) takeTheirs() { m.answer(merge.Resolution{Side: merge.Theirs}) }
func (m *model) takeBase()   { m.answer(merge.Resolution{Side: merge.Base}) }

// answer answers the conflict that is looked at, and goes on to the next one.
func (m *model) answer(r merge.Resolution) {
	if err := m.s.Answer(m.s.Conflict(m.at).ID, r); err != nil {
		m.message = refusal(err)
		return
	}
	m.next()
}

// refusal says why an answer does not fit. Which conflict it was for is seen.
func refusal(err error) string {
	var refused *settle.AnswerError
	if !errors.As(err, &refused) {
		return err.Error()
	}
	if want := refused.Want(); want != "" {
		return refused.Err.Error() + "; want " + want
	}
	return refused.Err.Error()
}

func (m *model) withdraw() {
	if err := m.s.Answer(m.s.Conflict(m.at).ID, merge.Resolution{}); err != nil {
		m.message = refusal(err)
	}
}

func (m *model) undo() {
	if i := m.s.Undo(); i >= 0 {
		m.at = i
		return
	}
	m.message = "nothing to undo"
}

// edit asks for a value. It starts from the answer that there is, or else from ours, or from
// theirs where ours has deleted it.
func (m *model) edit() {
	c := m.s.Conflict(m.at)
	if !c.Kind.TakesValue() {
		m.message = fmt.Sprintf("a conflict %s is about more than one cell: o, t or b", c.Kind)
		return
	}
	start := c.Ours.Text
	if !c.Ours.Exists {
		start = c.Theirs.Text
	}
	switch r := m.s.Answered(m.at); r.Side {
	case merge.Neither:
		start = r.Value
	case merge.Theirs:
		start = c.Theirs.Text
	case merge.Base:
		start = c.Base.Text
	}
	what := "value"
	if c.Kind == merge.KindKeyRename {
		what = "key"
	}
	if plain(start) {
		m.ask(what+": ", start, (*model).take)
	} else {
		m.ask(what+`, \n is a line end: `, escaped(start), (*model).takeEscaped)
	}
}

// plain reports a value that a line of text can hold as it is.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r == '\t' || escape.Unprintable(r) })
}

// escaped writes a value as Go does, without the quotes around it.
func escaped(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

func (m *model) take(value string) { m.answer(merge.Resolution{Side: merge.Neither, Value: value}) }

func (m *model) takeEscaped(text string) {
	value, err := strconv.Unquote(`"` + text + `"`)
	if err != nil {
		m.message = `no such value: write a backslash as \\, a quote as \"`
		return
	}
	m.take(value)
}

// search goes to the next conflict that has a text in its key, column or values.
func (m *model) search() { m.ask("search: ", "", (*model).find) }

func (m *model) find(text string) {
	if text != "" {
		m.needle = strings.ToLower(text)
	}
	for i := range m.s.Len() {
		at := (m.at + 1 + i) % m.s.Len()
		if strings.Contains(haystack(m.s.Conflict(at)), m.needle) {
			m.at = at
			return
		}
	}
	m.message = "not found: " + escape.Visible(m.needle)
}

func haystack(c merge.Conflict) string {
	texts := append([]string{string(c.Kind), c.Column, c.Base.Text, c.Ours.Text, c.Theirs.Text}, c.Key...)
	return strings.ToLower(strings.Join(texts, "\n"))
}

// ask gets a line of text.
func (m *model) ask(prompt, start string, entered func(*model, string)) {
	m.mode, m.entered = typing, entered
	m.input.Prompt = prompt
	m.input.SetValue(start)
	m.input.CursorEnd()
	m.run = m.input.Focus()
}

func (m *model) typed(k tea.KeyPressMsg) {
	switch k.String() {
	case "esc":
		m.mode = browsing
	case "enter":
		m.mode = browsing
		m.entered(m, m.input.Value())
	default:
		m.input, m.run = m.input.Update(k)
	}
}

// choose puts a question that one key answers; any other key does nothing.
func (m *model) choose(question string, choices ...choice) {
	m.mode, m.message, m.choices = choosing, question, choices
}

func (m *model) chosen(k string) {
	m.mode, m.message = browsing, ""
	for _, c := range m.choices {
		if c.key == k {
			c.do(m)
			return
		}
	}
}

// askAll asks which conflicts are meant, and then by what they are answered.
func (m *model) askAll() {
	c := m.s.Conflict(m.at)
	choices := []choice{m.allOf("l", "all that are left", settle.Match{}), m.allOf("k", "kind "+string(c.Kind), settle.Match{Kind: c.Kind})}
	if c.HasColumn {
		choices = append(choices, m.allOf("c", "column "+shown(c.Column), settle.Match{Column: c.Column, HasColumn: true}))
	}
	if c.Key != nil {
		choices = append(choices, m.allOf("r", "row "+shown(strings.Join(c.Key, ",")), settle.Match{Key: c.Key}))
	}
	m.choose("answer", choices...)
}

func (m *model) allOf(key, text string, match settle.Match) choice {
	side := func(key string, side merge.Side) choice {
		return choice{key, side.String(), func(m *model) { m.answerAll(match, merge.Resolution{Side: side}) }}
	}
	return choice{key, text, func(m *model) {
		m.choose(text+" with", side("o", merge.Ours), side("t", merge.Theirs), side("b", merge.Base))
	}}
}

func (m *model) answerAll(match settle.Match, r merge.Resolution) {
	n, err := m.s.AnswerAll(match, r)
	if err != nil {
		m.message = refusal(err)
		return
	}
	m.next()
	m.message = fmt.Sprintf("%d answered with %s, %d left; u undoes all of them", n, r.Side, m.s.Left())
}

// write asks about what is left, and lets the caller write.
func (m *model) write() {
	if left := m.s.Left(); left > 0 {
		m.choose(fmt.Sprintf("%d conflicts have no answer. Write, and leave them as conflicts?", left), choice{"y", "yes", (*model).startWrite})
		return
	}
	m.startWrite()
}

// startWrite leaves the session to the caller until the message comes back.
func (m *model) startWrite() {
	m.message = "writing"
	m.mode, m.frozen = writing, m.screen()
	ctx, s, write := m.ctx, m.s, m.c.Write
	m.run = func() tea.Msg {
		outcome, err := write(ctx, s)
		return wrote{outcome, err}
	}
}

// wrote ends the program, or tells what is in the way.
func (m *model) wrote(w wrote) {
	m.mode = browsing
	switch {
	case w.Written:
		m.written, m.run = true, tea.Quit
	case w.Over:
		m.over, m.run = w.err, tea.Quit
	case w.err != nil:
		m.message = "nothing is written: " + w.err.Error()
	default:
		m.moved(w.Moved)
	}
}

// moved tells what the file's new content means for the answers.
func (m *model) moved(moved settle.Moved) {
	m.message = fmt.Sprintf("the file changed: %d to answer again, %d new, %d moot; nothing is written yet",
		len(moved.Asked), len(moved.New), len(moved.Moot))
	m.at = max(0, m.s.Next(-1))
}

// quit asks first if answers would be lost.
func (m *model) quit() {
	if m.s.Left() == m.s.Len() {
		m.run = tea.Quit
		return
	}
	m.choose("Quit? The answers are forgotten, nothing is written.", choice{"y", "yes", func(m *model) { m.run = tea.Quit }})
}
