package oracle

import (
	"slices"
)

// mergeLines merges the comment and blank lines above each kept row, where one side
// at most changed them or the change is plain.
func (m *merger) mergeLines() {
	a := &m.answer
	a.Lines, a.LinesKnown = map[string]int{}, !m.irregular() && m.sameHeaders() && !m.contestedKey()
	var leads [3]map[string][]Record
	for i := range leads {
		leads[i] = m.leads(i)
	}
	for _, place := range append(keys(m.keptPlaces()), AboveHeader, AtEnd) {
		lines, conflict, known := mergeLead(leads[base][place], leads[ours][place], leads[theirs][place])
		a.LinesKnown = a.LinesKnown && known && !m.interleaved(leads, place)
		for _, line := range lines {
			a.Lines[line]++
		}
		if conflict != nil {
			m.conflict(*conflict)
		}
	}
	if !a.LinesKnown {
		a.Conflicts = slices.DeleteFunc(a.Conflicts, func(c Conflict) bool { return c.Kind == "comment" })
	}
}

// sameHeaders reports that all versions have a header, or none has. Where it came or
// went, which lines stand above it is a matter of reading.
func (m *merger) sameHeaders() bool {
	b := m.in[base].HasHeader
	return m.in[ours].HasHeader == b && m.in[theirs].HasHeader == b
}

// contestedKey reports a row with a key in conflict, of which it is not plain whether it
// divides lines.
func (m *merger) contestedKey() bool {
	return slices.ContainsFunc(m.answer.Conflicts, func(c Conflict) bool { return c.Kind == "key_rename" })
}

// keptPlaces names each kept row by its key in base.
func (m *merger) keptPlaces() map[string]row {
	places := map[string]row{}
	for _, r := range m.rows {
		if r.has[base] && r.has[ours] && r.has[theirs] {
			places[r.key[base]] = r
		}
	}
	return places
}

// leads gathers the lines of a version above each of its kept rows, by their names
// in base.
func (m *merger) leads(version int) map[string][]Record {
	places := map[string]string{}
	for place, r := range m.keptPlaces() {
		places[r.key[version]] = place
	}
	return m.in[version].Leads(func(key string) string { return places[key] })
}

// mergeLead merges the lines between two kept rows. known is false where that needs
// an alignment.
func mergeLead(b, o, t []Record) (lines []string, conflict *Conflict, known bool) {
	bt, ot, tt := texts(b), texts(o), texts(t)
	switch {
	case slices.Equal(ot, bt):
		return tt, nil, true
	case slices.Equal(tt, bt), slices.Equal(ot, tt):
		return ot, nil, true
	case len(b) == 0 && disjoint(o, t):
		return append(ot, tt...), nil, true
	case len(b) == 1 && len(o) <= 1 && len(t) <= 1:
		return mergeLine(b[0], o, t)
	}
	return nil, nil, false
}

// interleaved reports lines that both sides changed where both added the same rows: what
// they have in common depends on how lines and rows alternate.
func (m *merger) interleaved(leads [3]map[string][]Record, place string) bool {
	for _, side := range []int{ours, theirs} {
		if slices.Equal(texts(leads[side][place]), texts(leads[base][place])) {
			return false
		}
	}
	return slices.ContainsFunc(m.rows, func(r row) bool { return !r.has[base] && r.has[ours] && r.has[theirs] })
}

func texts(records []Record) []string {
	var list []string
	for _, r := range records {
		list = append(list, r.Text)
	}
	return list
}

// disjoint reports that two lists have no line in common, in whatever form.
func disjoint(a, b []Record) bool {
	return !slices.ContainsFunc(a, func(x Record) bool {
		return slices.ContainsFunc(b, func(y Record) bool { return x.Kind == y.Kind && x.Words == y.Words })
	})
}

// fate is what became of one line on one side.
type fate struct {
	deleted bool
	text    string   // else
	form    bool     // nothing changed but the form
	added   []Record // in its place
}

func fateOf(line Record, side []Record) fate {
	switch {
	case len(side) == 0:
		return fate{deleted: true}
	case side[0].Kind != line.Kind:
	case side[0].Words == line.Words:
		return fate{text: side[0].Text, form: true}
	case Alike(side[0].Text, line.Text), Alike(side[0].Words, line.Words):
		return fate{text: side[0].Text}
	}
	return fate{deleted: true, added: side}
}

// Alike reports that common prefix and suffix make more than half of the longer text.
func Alike(a, b string) bool {
	shorter, longer := min(len(a), len(b)), max(len(a), len(b))
	prefix, suffix := 0, 0
	for prefix < shorter && a[prefix] == b[prefix] {
		prefix++
	}
	for suffix < shorter-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	return 2*(prefix+suffix) > longer
}

// mergeLine merges a single line that both sides changed.
func mergeLine(line Record, ours, theirs []Record) (lines []string, conflict *Conflict, known bool) {
	o, t := fateOf(line, ours), fateOf(line, theirs)
	switch {
	case line.Kind == Blank, o.form && t.form:
		return nil, nil, false
	case o.deleted && t.deleted:
		return append(texts(o.added), texts(t.added)...), nil, disjoint(o.added, t.added)
	case o.form:
		return t.lines(), nil, true
	case t.form:
		return o.lines(), nil, true
	case !o.deleted && !t.deleted && ours[0].Words == theirs[0].Words:
		return nil, nil, false
	}
	c := Conflict{Kind: "comment", Values: [3]string{Text(line.Text), o.value(), t.value()}}
	return nil, &c, true
}

// lines is what stands where one side alone changed more than the form.
func (f fate) lines() []string {
	if f.deleted {
		return texts(f.added)
	}
	return []string{f.text}
}

func (f fate) value() string {
	if f.deleted {
		return Null
	}
	return Text(f.text)
}

// order says how the rows of the result stand, where that is plain.
func (m *merger) order() {
	places := m.keptPlaces()
	var orders [3][]string
	for i := range orders {
		orders[i] = keptOrder(m.in[i].Order, i, places)
	}
	switch {
	case m.irregular():
	case slices.Equal(orders[ours], orders[base]):
		m.answer.KeptOrder = results(orders[theirs], places)
	case slices.Equal(orders[theirs], orders[base]), slices.Equal(orders[ours], orders[theirs]):
		m.answer.KeptOrder = results(orders[ours], places)
	}
	for _, r := range m.rows {
		if !r.has[base] && r.has[ours] != r.has[theirs] && !m.irregular() {
			m.answer.Below[r.result] = m.rowBelow(r, places)
		}
	}
	m.neighbours()
}

// neighbours pairs the rows that one side alone added in one place: they stand as they
// do there.
func (m *merger) neighbours() {
	below := m.answer.Below
	for _, side := range []int{ours, theirs} {
		order := m.in[side].Order
		for j, second := range order {
			for _, first := range order[:j] {
				a, addedFirst := below[first]
				b, addedSecond := below[second]
				if addedFirst && addedSecond && a == b {
					m.answer.Above = append(m.answer.Above, [2]string{first, second})
				}
			}
		}
	}
}

// keptOrder lists the kept rows of a version, by their names in base.
func keptOrder(order []string, version int, places map[string]row) []string {
	back := map[string]string{}
	for place, r := range places {
		back[r.key[version]] = place
	}
	var kept []string
	for _, key := range order {
		if place, ok := back[key]; ok {
			kept = append(kept, place)
		}
	}
	return kept
}

func results(order []string, places map[string]row) []string {
	list := []string{}
	for _, place := range order {
		list = append(list, places[place].result)
	}
	return list
}

// rowBelow finds the kept row below one that a side added.
func (m *merger) rowBelow(r row, places map[string]row) string {
	side := ours
	if r.has[theirs] {
		side = theirs
	}
	order := m.in[side].Order
	below := keptOrder(order[slices.Index(order, r.key[side]):], side, places)
	if len(below) == 0 {
		return ""
	}
	return places[below[0]].result
}
