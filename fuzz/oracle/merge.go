package oracle

import (
	"errors"
	"fmt"
)

// merger holds what is known of one merge while it is worked out.
type merger struct {
	in      [3]*Table
	columns []column
	rows    []row
	answer  Answer
}

// abstention is thrown where the contract needs a judgement; Merge catches it.
type abstention string

// Merge answers what the merge of three versions comes to.
func Merge(baseText, oursText, theirsText []byte, f Format) (answer Answer) {
	defer func() {
		if p := recover(); p != nil {
			reason, ok := p.(abstention)
			if !ok {
				panic(p)
			}
			answer = Answer{Abstained: string(reason)}
		}
	}()
	texts := [3]string{string(baseText), string(oursText), string(theirsText)}
	m := &merger{}
	for i, text := range texts {
		t, err := readTable(text, f)
		if errors.Is(err, ErrUnclear) {
			return Answer{Abstained: err.Error()}
		}
		if err != nil {
			return Answer{Refused: fmt.Sprintf("input %d: %v", i, err)}
		}
		m.in[i] = t
	}
	if winner, ok := unchanged(texts); ok {
		return asIs(m.in[winner], f)
	}
	if err := m.index(f); err != nil {
		return Answer{Refused: err.Error()}
	}
	m.merge()
	return m.answer
}

// unchanged applies law 1, which comes before every other rule.
func unchanged(texts [3]string) (winner int, ok bool) {
	switch {
	case texts[ours] == texts[base]:
		return theirs, true
	case texts[theirs] == texts[base], texts[ours] == texts[theirs]:
		return ours, true
	}
	return 0, false
}

// asIs is the answer that a version stands as it is.
func asIs(t *Table, f Format) Answer {
	key := keyNames(f, t)
	if err := t.index(key); err != nil {
		panic(abstention("a version without the key column stands as it is"))
	}
	a := Answer{Key: key, Columns: map[Column]bool{}, Rows: t.Rows, Unsure: t.Repeated, Lines: map[string]int{}, LinesKnown: true}
	for _, c := range t.Columns {
		a.Columns[c] = true
	}
	for _, rec := range t.Records {
		if rec.Kind == Comment || rec.Kind == Blank {
			a.Lines[rec.Text]++
		}
	}
	a.KeptOrder = t.Order
	return a
}

func (m *merger) index(f Format) error {
	key := keyNames(f, m.in[:]...)
	m.answer.Key = key
	lacking := 0
	var missing error
	for _, t := range m.in {
		if err := t.index(key); err != nil {
			missing, lacking = err, lacking+1
		}
	}
	if lacking == 2 && len(f.Key) == 0 {
		panic(abstention("both sides changed the name of the default key column"))
	}
	return missing
}

func (m *merger) merge() {
	a := &m.answer
	a.Unsure, a.Rows, a.Columns, a.Below = map[string]bool{}, map[string]Cells{}, map[Column]bool{}, map[string]string{}
	for _, t := range m.in {
		if t.Keyless > 0 {
			a.Unsure[Key(make([]string, len(t.keyColumns))...)] = true
		}
	}
	m.pairColumns()
	m.pairRows()
	for _, r := range m.rows {
		m.mergeRow(r)
	}
	m.resultColumns()
	m.mergeLines()
	m.order()
}

func (m *merger) conflict(c Conflict) { m.answer.Conflicts = append(m.answer.Conflicts, c) }

// irregular reports rows that cannot be told by their key.
func (m *merger) irregular() bool {
	for _, t := range m.in {
		if len(t.Repeated) > 0 || t.Keyless > 0 {
			return true
		}
	}
	return false
}
