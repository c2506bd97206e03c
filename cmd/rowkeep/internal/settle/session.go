package settle

import (
	"slices"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Session is a merge whose conflicts are being settled.
type Session struct {
	base, ours, theirs []byte
	opt                merge.Options
	noBase             bool

	key       []string // names of the key columns
	conflicts []merge.Conflict
	index     map[string]int // of a conflict, by its id
	answers   []merge.Resolution
	left      int
	undo      [][]change

	first *merge.Result // without any answer
	view  *view         // for Row; made when it is asked for
}

// change is what Undo takes back: the answer that a conflict had before.
type change struct {
	at     int
	before merge.Resolution
}

// Answer is one answer to one conflict. The zero Resolution withdraws the one before.
type Answer struct {
	ID string
	merge.Resolution
}

// New merges three versions. What the policies of opt, its Resolve and its Strategy settle
// is settled; all else waits for an answer, policy fail or not. The errors are those of
// [merge.Merge].
func New(base, ours, theirs []byte, opt merge.Options) (*Session, error) {
	opt.Policies = withoutFail(opt.Policies)
	s := &Session{base: base, ours: ours, theirs: theirs, opt: opt}
	return s, s.start()
}

// withoutFail leaves out the policies that keep a conflict from being asked about.
func withoutFail(policies map[string]merge.Policy) map[string]merge.Policy {
	asks := make(map[string]merge.Policy, len(policies))
	for column, p := range policies {
		if p.String() != "fail" {
			asks[column] = p
		}
	}
	return asks
}

// start merges for the first time, and lists the conflicts.
func (s *Session) start() error {
	opt := s.opt
	opt.Output = merge.NoOutput
	result, err := merge.Merge(s.base, s.ours, s.theirs, opt)
	if err != nil {
		return err
	}
	s.first, s.key, s.view, s.undo = result, result.Key, nil, nil
	s.list(result.Conflicts)
	return nil
}

// list takes the conflicts that nothing has settled. Where there are very many they are most of
// what is held in memory, so the list is the merge's own, which nobody else reads.
func (s *Session) list(conflicts []merge.Conflict) {
	s.conflicts, s.index = conflicts[:0], make(map[string]int, len(conflicts))
	for i := range conflicts {
		c := &conflicts[i]
		if _, twice := s.index[c.ID]; c.Settled != "" || twice {
			continue
		}
		if s.noBase { // what stands there was made up to have a merge
			c.Base, c.Lines.Base = merge.Value{}, 0
		}
		s.index[c.ID] = len(s.conflicts)
		s.conflicts = append(s.conflicts, *c)
	}
	s.answers, s.left = make([]merge.Resolution, len(s.conflicts)), len(s.conflicts)
}

// Len is how many conflicts there are, answered or not.
func (s *Session) Len() int { return len(s.conflicts) }

// Conflict returns a conflict by its place in the list, from 0. The caller must not change
// it.
func (s *Session) Conflict(i int) merge.Conflict { return s.conflicts[i] }

// Index returns the place of a conflict in the list.
func (s *Session) Index(id string) (i int, ok bool) {
	i, ok = s.index[id]
	return i, ok
}

// Key names the key columns.
func (s *Session) Key() []string { return s.key }

// HasBase is false where the base is not known: see the package comment.
func (s *Session) HasBase() bool { return !s.noBase }

// Answered returns the answer to a conflict; its Side is merge.NoSide where there is none.
func (s *Session) Answered(i int) merge.Resolution { return s.answers[i] }

// Left is how many conflicts have no answer.
func (s *Session) Left() int { return s.left }

// Next returns the first conflict without an answer behind place i, from the beginning
// again if there is none behind it; -1 if all are answered. Next(-1) is the first of all.
func (s *Session) Next(i int) int { return s.step(i, 1) }

// Previous is Next in the other direction.
func (s *Session) Previous(i int) int {
	if i < 0 {
		i = 0
	}
	return s.step(i, -1)
}

func (s *Session) step(i, by int) int {
	n := len(s.conflicts)
	for range n {
		i = (i + by + n) % n
		if s.answers[i].Side == merge.NoSide {
			return i
		}
	}
	return -1
}

// Answer answers one conflict. The error is an [*AnswerError].
func (s *Session) Answer(id string, r merge.Resolution) error {
	return s.Apply([]Answer{{id, r}})
}

// Apply gives several answers at once: all of them, or on an [*AnswerError] none. One Undo
// takes them back.
func (s *Session) Apply(answers []Answer) error {
	changes := make([]change, 0, len(answers))
	tried := false
	for _, a := range answers {
		i, known := s.index[a.ID]
		if !known {
			return s.refuse(changes, &AnswerError{ID: a.ID, Err: ErrNoConflict})
		}
		if err := s.fits(i, a.Resolution); err != nil {
			return s.refuse(changes, err)
		}
		tried = tried || s.risky(i, a.Resolution)
		if before := s.answers[i]; before != a.Resolution {
			changes = append(changes, change{i, before})
			s.set(i, a.Resolution)
		}
	}
	if tried {
		if err := s.try(changes); err != nil {
			return s.refuse(changes, err)
		}
	}
	if len(changes) > 0 {
		s.undo = append(s.undo, changes)
	}
	return nil
}

// refuse takes changes back because of err.
func (s *Session) refuse(changes []change, err error) error {
	s.revert(changes)
	return err
}

func (s *Session) revert(changes []change) {
	for _, c := range slices.Backward(changes) {
		s.set(c.at, c.before)
	}
}

// set puts an answer in its place and counts.
func (s *Session) set(i int, r merge.Resolution) {
	if s.answers[i].Side == merge.NoSide {
		s.left--
	}
	if r.Side == merge.NoSide {
		s.left++
	}
	s.answers[i] = r
}

// Undo takes back what the last call of Answer, AnswerAll or Apply changed, and returns the
// place of the first conflict that it was about; -1 if there is nothing to take back.
func (s *Session) Undo() int {
	n := len(s.undo)
	if n == 0 {
		return -1
	}
	changes := s.undo[n-1]
	s.undo = s.undo[:n-1]
	s.revert(changes)
	return changes[0].at
}

// Result merges with the answers so far; what stands where none was given, opt.Output
// says. The errors are those of [merge.Merge].
func (s *Session) Result() (*merge.Result, error) { return s.ResultAs(s.opt.Output) }

// ResultAs is Result with another output.
func (s *Session) ResultAs(output merge.Output) (*merge.Result, error) {
	opt := s.opt
	opt.Output, opt.Resolve = output, s.resolve
	return merge.Merge(s.base, s.ours, s.theirs, opt)
}

// resolve is the answer to a conflict: that of the session, else of the caller's function.
func (s *Session) resolve(c merge.Conflict) merge.Resolution {
	if i, known := s.index[c.ID]; known && s.answers[i].Side != merge.NoSide {
		return s.answers[i]
	}
	if s.opt.Resolve != nil {
		return s.opt.Resolve(c)
	}
	return merge.Resolution{}
}

// Resolver gives the answers to a merge that somebody else makes, perhaps with another file:
// each only if the conflict has the three values that it was given for.
func (s *Session) Resolver() func(merge.Conflict) merge.Resolution {
	return func(c merge.Conflict) merge.Resolution {
		if i, known := s.index[c.ID]; known && s.sameQuestion(s.conflicts[i], c) {
			return s.answers[i]
		}
		return merge.Resolution{}
	}
}

// Moved tells what became of the conflicts as the file changed.
type Moved struct {
	// Moot are conflicts that are none any more, such as those of which the file has now
	// what ours wants. Asked are those whose answer was dropped because a value of theirs
	// is another one now, or makes a value that was given unfit. New are those that there were not before.
	Moot, Asked, New []merge.Conflict
}

// Rebase puts what stands in the file now in the place of theirs. Answers stay where the
// three values are the same; nothing before it can be undone. After an error, one of
// [merge.Merge], the session is as it was.
func (s *Session) Rebase(theirs []byte) (Moved, error) {
	next := *s
	next.theirs = theirs
	if err := next.start(); err != nil {
		return Moved{}, err
	}
	return s.Become(&next), nil
}

// Become is Rebase where all three versions may be others: those of next, which is not to
// be used afterwards.
func (s *Session) Become(next *Session) Moved {
	var moved Moved
	for i, c := range s.conflicts {
		j, stands := next.index[c.ID]
		switch r := s.answers[i]; {
		case !stands:
			moved.Moot = append(moved.Moot, c)
		case r.Side == merge.NoSide:
		case s.sameQuestion(c, next.conflicts[j]):
			next.set(j, r)
		default:
			moved.Asked = append(moved.Asked, next.conflicts[j])
		}
	}
	moved.Asked = append(moved.Asked, next.recheck()...)
	for _, c := range next.conflicts {
		if _, known := s.index[c.ID]; !known {
			moved.New = append(moved.New, c)
		}
	}
	*s = *next
	return moved
}

// recheck withdraws the values that can spoil a row if they do not fit any more, such as a key
// that a row of the file has got meanwhile, and returns their conflicts. It withdraws them
// all: to find the one would take a merge for each.
func (s *Session) recheck() (asked []merge.Conflict) {
	var values []change
	for i, r := range s.answers {
		if s.risky(i, r) {
			values = append(values, change{at: i})
		}
	}
	if len(values) == 0 || s.try(values) == nil {
		return nil
	}
	s.revert(values)
	for _, c := range values {
		asked = append(asked, s.conflicts[c.at])
	}
	return asked
}

// sameQuestion reports conflicts that differ in lines at the most, and in a base that is
// not known.
func (s *Session) sameQuestion(a, b merge.Conflict) bool {
	return a.ID == b.ID && a.Kind == b.Kind && slices.Equal(a.Key, b.Key) && a.Column == b.Column && a.HasColumn == b.HasColumn &&
		(s.noBase || sameValue(a.Base, b.Base)) && sameValue(a.Ours, b.Ours) && sameValue(a.Theirs, b.Theirs) && a.Note == b.Note
}

func sameValue(a, b merge.Value) bool {
	return a.Exists == b.Exists && a.Text == b.Text && slices.EqualFunc(a.Rows, b.Rows, slices.Equal[merge.RowValue])
}

// delimiter is what the merge cuts the three versions by.
func (s *Session) delimiter() byte {
	d, _ := csvrows.Detect(s.opt.Read, s.base, s.ours, s.theirs) // the merge found one
	return d
}
