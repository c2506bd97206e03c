package settle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rowkeep/rowkeep/merge"
)

// Match selects conflicts. What is not set selects all: the zero Match all conflicts.
type Match struct {
	ID        string
	Kind      merge.ConflictKind
	Key       []string // values of the key columns
	Column    string
	HasColumn bool
}

// Selects reports whether the conflict is meant.
func (m Match) Selects(c merge.Conflict) bool {
	return (m.ID == "" || m.ID == c.ID) && (m.Kind == "" || m.Kind == c.Kind) &&
		(m.Key == nil || slices.Equal(m.Key, c.Key)) && (!m.HasColumn || c.HasColumn && m.Column == c.Column)
}

// ForAll reports a match that selects every conflict.
func (m Match) ForAll() bool { return m.narrowness() == 0 }

// Selects reports whether there is a conflict that m selects.
func (s *Session) Selects(m Match) bool {
	if m.ForAll() {
		return len(s.conflicts) > 0
	}
	return len(s.selected(m)) > 0
}

// narrowness orders matches: what says more about a conflict wins over what says less.
func (m Match) narrowness() int {
	n := 0
	for weight, is := range []bool{m.Kind != "", m.HasColumn, m.Key != nil, m.ID != ""} {
		if is {
			n |= 1 << weight
		}
	}
	return n
}

// String is for messages.
func (m Match) String() string {
	var parts []string
	add := func(is bool, what, value string) {
		if is {
			parts = append(parts, fmt.Sprintf("%s %q", what, value))
		}
	}
	add(m.ID != "", "conflict", m.ID)
	add(m.Kind != "", "kind", string(m.Kind))
	add(m.Key != nil, "key", strings.Join(m.Key, ","))
	add(m.HasColumn, "column", m.Column)
	if parts == nil {
		return "all conflicts"
	}
	return strings.Join(parts, ", ")
}

// AnswerAll gives one answer to all conflicts that m selects and that have none yet, and
// returns how many those are. A value goes only to kinds that take one; the error is an
// [*AnswerError], and nothing has changed then.
func (s *Session) AnswerAll(m Match, r merge.Resolution) (n int, err error) {
	var answers []Answer
	for i, c := range s.conflicts {
		if s.answers[i].Side == merge.NoSide && m.Selects(c) {
			answers = append(answers, Answer{c.ID, r})
		}
	}
	return len(answers), s.Apply(answers)
}

// Rule is one answer to all conflicts that a match selects.
type Rule struct {
	Match
	merge.Resolution
}

// ApplyRules gives the answers of a list of rules: all of them, or on an [*AnswerError]
// none. The narrower rule wins: one for a cell over one for its row, and that over one for
// all. A rule that selects no conflict is refused, and so are two equally narrow ones
// that say different things of one conflict.
func (s *Session) ApplyRules(rules []Rule) error {
	order := slices.Clone(rules)
	slices.SortStableFunc(order, func(a, b Rule) int { return b.narrowness() - a.narrowness() })
	given := make([]*Rule, len(s.conflicts))
	var answers []Answer
	for n := range order {
		rule := &order[n]
		places := s.selected(rule.Match)
		if len(places) == 0 && rule.Match.narrowness() > 0 {
			return &AnswerError{ID: rule.ID, Match: &rule.Match, Err: ErrNoConflict}
		}
		answers = slices.Grow(answers, len(places))
		for _, i := range places {
			switch before := given[i]; {
			case before == nil:
				given[i] = rule
				answers = append(answers, Answer{s.conflicts[i].ID, rule.Resolution})
			case before.narrowness() == rule.narrowness() && before.Resolution != rule.Resolution:
				return s.wrong(i, ErrContradicts)
			}
		}
	}
	return s.Apply(answers)
}

// selected lists the places of the conflicts that m selects.
func (s *Session) selected(m Match) (places []int) {
	if m.ID != "" {
		if i, ok := s.index[m.ID]; ok && m.Selects(s.conflicts[i]) {
			places = append(places, i)
		}
		return places
	}
	if m.Key != nil {
		for _, i := range s.ofKey(m.Key) {
			if m.Selects(s.conflicts[i]) {
				places = append(places, i)
			}
		}
		return places
	}
	for i := range s.conflicts {
		if m.Selects(s.conflicts[i]) {
			places = append(places, i)
		}
	}
	return places
}
