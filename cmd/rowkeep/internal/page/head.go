package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/escape"
	"github.com/rowkeep/rowkeep/merge"
)

// headView is what the top of the page shows.
type headView struct {
	Policy, Title, Headline string
	Diff, Clean             bool
	Tiles                   []tile
	Kinds, States           []choice
	Searchable              bool
	What                    string // what is counted: conflicts or rows
	Total                   int
	Part                    *partView // where it is the only one
	Left                    []leftView
}

// A tile is a number of the summary.
type tile struct {
	Number, Name, Class string
}

// A choice is one of a filter.
type choice struct {
	ID, Name string
	Count    int
}

func newHead(r Report) headView {
	h := headView{Policy: policy(), Title: escape.Visible(r.Title), What: "conflicts", Diff: len(r.Parts) > 0 && r.Parts[0].Diff}
	kinds, states, changes := map[string]int{}, map[string]int{}, 0
	for _, p := range r.Parts {
		for _, c := range p.conflicts() {
			kinds[string(c.Kind)]++
			states[state(c)]++
		}
		for g := range groups(p.Result, mostChanges) {
			changes += len(g.Lines)
			if p.Diff {
				h.Total++
				for k := range g.kinds {
					kinds[k]++
				}
			}
		}
	}
	if h.Diff {
		h.What = "entries"
		h.Kinds = choices(changeKinds, kinds)
		h.Headline = count(changes, "change", "changes")
	} else {
		h.Total = states["standing"] + states["settled"]
		h.Kinds = choices(conflictKinds, kinds)
		h.States = choices([]kind{{"standing", "Standing", ""}, {"settled", "Settled", ""}}, states)
		h.Headline = headline(states["standing"], states["settled"])
	}
	h.Clean = states["standing"] == 0
	h.Searchable = h.Total > 1
	h.Tiles = tiles(r, states, changes)
	for i, p := range r.Parts {
		part := newPart(p, i, len(r.Parts) > 1)
		if !part.Several {
			h.Part = &part
		}
		h.Left = append(append(h.Left, part.CardsLeft...), part.ChangesLeft...)
	}
	return h
}

func state(c merge.Conflict) string {
	if c.Settled == "" {
		return "standing"
	}
	return "settled"
}

func headline(standing, settled int) string {
	switch {
	case standing == 1:
		return "1 conflict stands"
	case standing > 1:
		return number(standing) + " conflicts stand"
	case settled == 1:
		return "The one conflict is settled"
	case settled > 1:
		return "All " + number(settled) + " conflicts are settled"
	}
	return "No conflicts"
}

// choices are the kinds that there are, none where there is nothing to choose.
func choices(list []kind, counts map[string]int) []choice {
	var found []choice
	for _, k := range list {
		if n := counts[k.name]; n > 0 {
			found = append(found, choice{k.name, k.short, n})
		}
	}
	if len(found) < 2 {
		return nil
	}
	return found
}

func tiles(r Report, states map[string]int, changes int) []tile {
	var list []tile
	add := func(n int, one, many, class string) {
		if n == 1 {
			many = one
		}
		list = append(list, tile{number(n), many, class})
	}
	if len(r.Parts) == 0 {
		return nil
	}
	if r.Parts[0].Diff {
		for _, c := range changeCounts(r.Parts[0].Result) {
			add(c.Count, c.Name, c.Name, "")
		}
		return list
	}
	if states["standing"] > 0 && states["settled"] > 0 {
		add(states["settled"], "conflict settled", "conflicts settled", "")
	}
	add(changes, "change merged", "changes merged", "ok")
	if len(r.Parts) == 1 {
		add(r.Parts[0].Result.Stats.Rows.Result, "row in the result", "rows in the result", "")
	}
	return list
}

// changeCounts counts changes by kind.
func changeCounts(r *merge.Result) []choice {
	counts := map[string]int{}
	for c := range r.Changes() {
		counts[string(c.Kind)]++
	}
	var list []choice
	for _, k := range changeKinds {
		if n := counts[k.name]; n > 0 {
			list = append(list, choice{k.name, strings.ToLower(k.short), n})
		}
	}
	return list
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	if n == 0 {
		return "No " + many
	}
	return number(n) + " " + many
}

// number writes thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// partView is the heading of a part.
type partView struct {
	Title    string
	Prefix   string // of the ids of its cards
	Several  bool
	Diff     bool
	Facts    []factView
	Versions []versionView
	Key      text
	Warnings []warningView
	Changes  int

	Conflicts int
	// CardsLeft and ChangesLeft say what the page does not show; empty where it shows all.
	CardsLeft, ChangesLeft []leftView
}

// A leftView says how many of something are not on the page, and what lists them.
type leftView struct {
	Title          string // of the part; "" of the only one
	Left, Of, What string
	All            text
}

// left is what is over most of n; empty where that is nothing.
func left(title string, n, most int, what, command string) []leftView {
	if n <= most {
		return nil
	}
	return []leftView{{title, number(n - most), number(n), what, plain(command, mostConflict)}}
}

type factView struct {
	Name  string
	Value text
}

type versionView struct {
	Class, Side string
	Name        text
	Rows        string
}

type warningView struct {
	Place string
	Key   text
	Says  text
}

func newPart(p Part, n int, several bool) partView {
	v := partView{Title: escape.Visible(p.Title), Several: several, Diff: p.Diff, Key: keyText(p.Result.Key), Conflicts: len(p.conflicts())}
	for _, f := range p.Facts {
		v.Facts = append(v.Facts, factView{f.Name, plain(f.Value, mostConflict)})
	}
	if several {
		v.Prefix = fmt.Sprintf("p%d-", n+1)
	}
	rows := p.Result.Stats.Rows
	counts := map[merge.Side]int{merge.Base: rows.Base, merge.Ours: rows.Ours, merge.Theirs: rows.Theirs}
	sides := []merge.Side{merge.Base, merge.Ours, merge.Theirs}
	if p.Diff {
		sides = []merge.Side{merge.Base, merge.Theirs}
	}
	if p.NoBase {
		sides = sides[1:]
	}
	for _, s := range sides {
		v.Versions = append(v.Versions, versionView{s.String(), sideName(s, p.Diff), plain(p.Names[s], mostChange), count(counts[s], "row", "rows")})
	}
	for range p.Result.Changes() {
		v.Changes++
	}
	title := ""
	if several {
		title = v.Title
	}
	v.CardsLeft = left(title, v.Conflicts, mostCards, "conflicts", p.AllConflicts)
	v.ChangesLeft = left(title, v.Changes, mostChanges, "changes", p.AllChanges)
	for _, w := range p.Result.Warnings {
		v.Warnings = append(v.Warnings, newWarning(p, w))
	}
	return v
}

// sideName is what the page calls a version.
func sideName(s merge.Side, diff bool) string {
	switch {
	case diff && s == merge.Base:
		return "A"
	case diff:
		return "B"
	}
	return strings.ToUpper(s.String()[:1]) + s.String()[1:]
}

func newWarning(p Part, w merge.Warning) warningView {
	v := warningView{Says: plain(w.Message, mostConflict)}
	if w.Input != merge.NoSide {
		v.Place = sideName(w.Input, p.Diff)
		if w.Line > 0 {
			v.Place += " line " + strconv.Itoa(w.Line)
		}
	}
	if w.Key != nil {
		v.Key = keyText(w.Key)
	}
	return v
}
