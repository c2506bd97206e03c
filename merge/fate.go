package merge

import (
	"bytes"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
)

// A fate is what becomes of a row of base that one side deleted and the other
// changed. Rows that one side deleted and the other left alone have none: they go.
type fate struct {
	deleter int
	keeper  int
	rec     int32 // the keeper's record
	// comment is the deleter's record into which it turned the row, or none.
	comment int32
	verdict verdict
}

// judgeDeletions decides every row of base that stands in one side only.
func (m *merger) judgeDeletions() {
	m.fates = map[int32]*fate{}
	m.turned = [3]map[int32]*fate{inOurs: {}, inTheirs: {}}
	for b := range int32(m.in[inBase].Len()) {
		if m.in[inBase].Kind(int(b)) != csvrows.Row {
			continue
		}
		if g := m.groupOf(inBase, b); g != nil && g.conflict {
			continue
		}
		for _, d := range []int{inOurs, inTheirs} {
			k := other(d)
			if j := m.rows.side[k][b]; m.rows.side[d][b] == none && j >= 0 {
				m.judgeDeletion(d, b, j)
			}
		}
	}
}

// warnMovedAway warns of rows that one side deleted and the other moved: they are
// gone, and so is the move. A row was moved if it stands behind another number of
// kept rows than in base.
func (m *merger) warnMovedAway() {
	var behind [3][]int32
	for b := range int32(m.in[inBase].Len()) {
		for _, k := range []int{inOurs, inTheirs} {
			j := m.rows.side[k][b]
			if j < 0 || m.rows.side[other(k)][b] != none || m.fates[b] != nil || m.groupOf(inBase, b) != nil {
				continue
			}
			for _, v := range []int{inBase, k} {
				if behind[v] == nil {
					behind[v] = m.keptAbove(v)
				}
			}
			if behind[inBase][b] != behind[k][j] {
				m.warn(Warning{
					Kind: WarnOrder, Input: sideOf(k), Key: m.in[k].Key(int(j), m.in[k].key), Line: m.in[k].Line(int(j)),
					Message: "the row was moved here; the other side deleted it",
				})
			}
		}
	}
}

// keptAbove counts, for each record of a version, the kept rows above it.
func (m *merger) keptAbove(v int) []int32 {
	above := make([]int32, m.in[v].Len())
	n := int32(0)
	for rec := range above {
		above[rec] = n
		if m.rows.kept[v][rec] {
			n++
		}
	}
	return above
}

func (m *merger) judgeDeletion(d int, b, j int32) {
	k := other(d)
	alike := m.alike(inBase, k)
	if alike && bytes.Equal(m.in[inBase].Text(int(b)), m.in[k].Text(int(j))) {
		return
	}
	renamed := m.keyChanged(k, b, j)
	if !renamed && !m.modified(k, b, j) {
		if alike { // else other columns explain other bytes
			m.warn(Warning{
				Kind: WarnForm, Input: sideOf(k), Key: m.in[k].Key(int(j), m.in[k].key), Line: m.in[k].Line(int(j)),
				Message: "the row's form was changed here; the other side deleted the row",
			})
		}
		return
	}
	f := &fate{deleter: d, keeper: k, rec: j, comment: m.turnedInto(d, b)}
	conf := m.deletionConflict(f, b, renamed)
	f.verdict = m.settle(&conf, nil)
	m.report(conf)
	m.fates[b] = f
	if f.comment >= 0 {
		m.turned[d][f.comment] = f
	}
}

func (m *merger) deletionConflict(f *fate, b int32, renamed bool) Conflict {
	t := triple{b, none, none}
	t[f.keeper] = f.rec
	conf := Conflict{Key: m.in[inBase].Key(int(b), m.in[inBase].key), Lines: m.linesOf(t)}
	if f.comment >= 0 {
		conf.Note = "commented_out"
		conf.Lines.set(f.deleter, m.in[f.deleter].Line(int(f.comment)))
	}
	if renamed {
		conf.Kind = KindKeyRename
		conf.Column, conf.HasColumn = m.keyLabel(), true
		conf.Base = m.keyValue(inBase, b)
		*conf.value(sideOf(f.keeper)) = m.keyValue(f.keeper, f.rec)
	} else {
		conf.Kind = KindDeleteModify
		if f.deleter == inTheirs {
			conf.Kind = KindModifyDelete
		}
		conf.Base = m.rowOf(inBase, b)
		*conf.value(sideOf(f.keeper)) = m.rowOf(f.keeper, f.rec)
	}
	conf.ID = m.occurrenceID(conf.Kind, conf.Column, conf.Key...)
	return conf
}

// keyChanged reports a pair of records with different keys: a rename.
func (m *merger) keyChanged(s int, b, j int32) bool {
	m.keyA, _ = m.in[inBase].AppendKey(m.keyA[:0], int(b), m.in[inBase].key)
	m.keyB, _ = m.in[s].AppendKey(m.keyB[:0], int(j), m.in[s].key)
	return !bytes.Equal(m.keyA, m.keyB)
}

// keyLabel names the key columns as a rename's column.
func (m *merger) keyLabel() string { return joined(m.keyNames) }

func (m *merger) keyValue(v int, rec int32) Value {
	return text(joined(m.in[v].Key(int(rec), m.in[v].key)))
}

// joined writes a list as one line of CSV, so that a comma in an item does not part
// it. A list of one is the item itself.
func joined(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	items := make([]string, len(list))
	for i, x := range list {
		items[i] = string(csvrows.Encode([]byte(x), false, ','))
	}
	return strings.Join(items, ",")
}

// turnedInto finds the comment of side d that is base's row b behind the comment
// prefix: one that d alone has and that is no edit of a comment of base, whose fields
// hold the row's key.
func (m *merger) turnedInto(d int, b int32) int32 {
	if m.commented[d] == nil {
		m.commented[d] = m.indexCommented(d)
	}
	m.keyA, _ = m.in[inBase].AppendKey(m.keyA[:0], int(b), m.in[inBase].key)
	if rec, ok := m.commented[d][string(m.keyA)]; ok {
		return rec
	}
	return none
}

// indexCommented reads the comments that a side alone has as if they were rows and
// indexes them by key; of two for one key the first counts. What stands beside the row
// in the version that kept it is not the row.
func (m *merger) indexCommented(d int) map[string]int32 {
	elsewhere := map[string]bool{}
	for _, v := range []int{inBase, other(d)} {
		for i := range m.in[v].Len() {
			if m.in[v].Kind(i) == csvrows.Comment {
				elsewhere[string(m.said(v, int32(i), csvrows.Comment))] = true
			}
		}
	}
	edited := m.editedLines(d)
	index := map[string]int32{}
	opt := m.opt.Read
	opt.NoComment, opt.Comment = true, ""
	opt.NoHeader, opt.Key = true, nil
	opt.Delimiter = m.in[d].Delimiter()
	for i := range m.in[d].Len() {
		if m.in[d].Kind(i) != csvrows.Comment || elsewhere[string(m.said(d, int32(i), csvrows.Comment))] || edited[int32(i)] {
			continue
		}
		text := m.withoutPrefix(d, i)
		row, err := csvrows.Parse(text, opt)
		if err != nil || row.Len() != 1 {
			continue
		}
		key, _ := row.AppendKey(nil, 0, m.in[d].key)
		if _, taken := index[string(key)]; !taken {
			index[string(key)] = int32(i)
		}
	}
	return index
}

// withoutPrefix returns a comment of side d without the prefix and the spaces behind
// it. A quoted comment loses the quotes of its first field too.
func (m *merger) withoutPrefix(d, rec int) []byte {
	bare := func(text []byte) []byte {
		return bytes.TrimLeft(bytes.TrimPrefix(text, []byte(m.prefix())), " \t")
	}
	text := m.in[d].Text(rec)
	if !csvrows.Field(text).Quoted() {
		return bare(text)
	}
	first, _ := m.in[d].Field(rec, 0)
	return slices.Concat(csvrows.Encode(bare(first.Value()), false, m.in[d].Delimiter()), text[len(first):])
}

// prefix is the comment prefix in force.
func (m *merger) prefix() string {
	if m.opt.Read.Comment == "" {
		return "#"
	}
	return m.opt.Read.Comment
}
