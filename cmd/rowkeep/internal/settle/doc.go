// Package settle is what settling the conflicts of a merge needs, whoever asks the
// questions: flags, a file of answers, a person at a terminal.
//
// # Model
//
// A [Session] is a merge of three versions and the answers given so far. It lists the
// conflicts that no policy settles, always in the order of the merge, and takes an answer
// for each: a side, or for the kinds whose [merge.ConflictKind.TakesValue] says so any
// value. A conflict is named by its ID, which stays the same as long as what it is about
// does; Index gives its place in the list.
//
//	s, err := settle.New(base, ours, theirs, merge.Options{})
//	for i := range s.Len() {
//		c := s.Conflict(i) // kind, key, column, the three values
//		row := s.Row(i)    // the row around it, to be shown
//		err := s.Answer(c.ID, merge.Resolution{Side: merge.Ours})
//	}
//	s.AnswerAll(settle.Match{Kind: merge.KindCell}, merge.Resolution{Side: merge.Theirs})
//	s.Undo()
//	result, err := s.Result() // the merge with the answers so far
//
// Nothing is merged again before Result asks for it, so an answer costs no more with a
// hundred thousand conflicts than with one. The exception is a value that could spoil its
// row (one that makes a key, a comment, or begins like one): it is tried out at once.
//
// # Answers that do not fit
//
// Every answer is checked when it is given, and one that does not fit is an
// [*AnswerError], which says what was expected; nothing has changed then. Answers that are
// given together, by [Session.Apply], are taken together or not at all, and undone
// together.
//
// # A file that moves
//
// If the file changes while somebody is settling, Rebase merges again with what stands
// there now. Answers stay where the three values of the conflict are what they were; what
// became of the others is told by [Moved], so that nobody's answer is applied to a
// question that he has not seen.
//
// # Without a base
//
// A file with markers of style merge does not say what the base was. HasBase is false
// then: the conflicts have no Base, and it cannot be an answer.
//
// # Where questions and answers come from
//
// [ReadMarkers] takes a file with conflict markers apart, and [NewMarked] is a session over
// it. [ReadAnswers] reads a file of answers, [Session.ApplyRules] gives them. A [Memory] has
// the answers that somebody gave before, and offers them where the same is asked.
// [Session.Resolver] gives the answers to a merge that somebody else makes, as a store does
// under its lock, and to no question that has changed.
//
// A Session is for one goroutine. It keeps the three versions and does not copy them.
package settle
