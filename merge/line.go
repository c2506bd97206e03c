package merge

import (
	"bytes"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A leadLine is a comment, a blank or a row without a key. Lines of equal words are one
// line, in whatever form.
type leadLine struct {
	rec   int32
	words int32
	kind  csvrows.Kind
	text  []byte // what likeness is judged by
	said  []byte // the same without the form of a comment
}

// readLine reads a record that is a line.
func (m *merger) readLine(v int, rec int32, kind csvrows.Kind) leadLine {
	l := leadLine{rec: rec, words: m.wordsID(v, rec, kind), kind: kind}
	if kind == csvrows.Row {
		for _, x := range m.values(v, rec, m.layoutIn(v)) {
			l.text = append(append(l.text, x.value...), m.in[v].Delimiter())
		}
		l.said = l.text
		return l
	}
	l.text, l.said = m.in[v].Text(int(rec)), m.said(v, rec, kind)
	return l
}

// lineID numbers the texts of lines; of a row without a key, its values in the
// result's columns.
func (m *merger) lineID(v int, rec int32, kind csvrows.Kind) int32 {
	if kind == csvrows.Row {
		return m.numberOf(kind, []byte(m.valueID(v, rec, m.layoutIn(v))))
	}
	return m.numberOf(kind, m.in[v].Text(int(rec)))
}

// wordsID numbers what lines say: all forms of a comment have one number, and so have
// all blanks.
func (m *merger) wordsID(v int, rec int32, kind csvrows.Kind) int32 {
	if kind == csvrows.Row {
		return m.lineID(v, rec, kind)
	}
	return m.numberOf(kind, m.said(v, rec, kind))
}

func (m *merger) numberOf(kind csvrows.Kind, text []byte) int32 {
	m.keyA = append(append(m.keyA[:0], byte(kind)), text...)
	id, ok := m.lineIDs[string(m.keyA)]
	if !ok {
		id = int32(len(m.lineIDs))
		m.lineIDs[string(m.keyA)] = id
	}
	return id
}

// said is a comment without its form: the quotes and the delimiters that pad it. A blank
// says nothing.
func (m *merger) said(v int, rec int32, kind csvrows.Kind) []byte {
	if kind == csvrows.Blank {
		return nil
	}
	text, delim := m.in[v].Text(int(rec)), m.in[v].Delimiter()
	if csvrows.Field(text).Quoted() {
		var values [][]byte
		for _, f := range m.in[v].Fields(nil, int(rec)) {
			values = append(values, f.Value())
		}
		text = bytes.Join(values, []byte{delim})
	}
	for len(text) > 0 && text[len(text)-1] == delim {
		text = text[:len(text)-1]
	}
	return text
}

// lesser is the side whose line, of two that both have, has the lesser bytes.
func (m *merger) lesser(t triple) int {
	switch {
	case t[inOurs] < 0:
		return inTheirs
	case t[inTheirs] >= 0 && bytes.Compare(m.in[inTheirs].Text(int(t[inTheirs])), m.in[inOurs].Text(int(t[inOurs]))) < 0:
		return inTheirs
	}
	return inOurs
}
