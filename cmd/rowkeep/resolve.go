package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rowkeep/rowkeep/cmd/rowkeep/internal/settle"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// resolveCommand is one call of rowkeep resolve.
type resolveCommand struct {
	mattersCommand
	all      [3]bool // --ours, --theirs, --base
	take     []string
	set      []string
	answers  string
	dismiss  bool
	remember bool

	rules   []settle.Rule
	memory  *settle.Memory
	written []*matter // so far
}

// allSides are the sides of the flags that answer everything.
var allSides = [3]merge.Side{merge.Ours, merge.Theirs, merge.Base}

func (a *app) newResolve() *cobra.Command {
	r := &resolveCommand{mattersCommand: mattersCommand{liveCommand: liveCommand{app: a}, policies: map[string]merge.Policy{}}}
	cmd := &cobra.Command{
		Use:   "resolve FILE [ID]",
		Short: "Settle the conflicts that wait",
		Long: `Resolve settles what rowkeep conflicts lists: changes of FILE that wait, or the conflict
markers in it, whoever left them, rowkeep or git. ID names one change, or one conflict.

Flags say how; the narrower one wins: --set and --take of a cell over --take of a key, and
that over --ours, --theirs and --base, which are for all that is left. KEY stands as in rowkeep
set, quoted as in CSV where it holds a colon. Ours is what the change wants, theirs what
stands in FILE (or before and behind the ======= of a marker). A policy settles what it
can before. Without flags conflicts are settled at the terminal, by keys.

A row whose key was changed (key_rename) goes by its old key; a value is the key it gets, COL
the key column. A key of several columns has names and values as one line of CSV each:
--set '7,EUR:"id,currency"=8,EUR'.

A file of answers has one object, where each answer names conflicts by any of id, kind, key
and column, and says take (ours, theirs, base) or value:
  {"schema":"` + settle.SchemaAnswers + `","answers":[{"id":"8c55e01a2b8a0a1f","take":"ours"},
  {"key":["btc_1"],"column":"price","value":"5"},{"take":"theirs"}]}
Its JSON Schema is rowkeep.answers-1 in docs/schema. Bytes that are not UTF-8 stand in base64
in key_b64, column_b64 and value_b64. Other fields of a conflict, as in a report, are passed
over. An answer that fits no conflict, or contradicts another one, is refused, and nothing is
written.

The file is looked at again before it is replaced: what changed meanwhile is merged, and a
conflict that has other values by then than those it was answered for is left. What is settled of a
change is committed; what is left waits on. Of a file with markers those that are left
stay. What somebody else settles at the same time is told.

With --remember the answers are kept in the user's cache folder by column and the three
values, and given again where the same is asked. At a terminal that is so without it.

Exit status: 0 all is settled; 1 conflicts are left; 2 usage; 3 an answer does not fit, or
the file cannot be merged; 4 the file cannot be read or written, or somebody else was
faster; 130 interrupted. On 2, 3 and 4 nothing is written, but of several changes, which
are settled one after the other, those that stood before; the message names them.`,
		Example: `  rowkeep resolve --theirs config.csv
  rowkeep resolve --take btc_1=ours --set btc_2:price=5 --base config.csv 12
  rowkeep resolve --policy volume=sum --answers answers.json config.csv`,
		Args: rangeOfOperands(1, 2, "FILE [ID]"),
		RunE: r.run,
	}
	r.addFlags(cmd)
	flags := cmd.Flags()
	for i, side := range allSides {
		flags.BoolVar(&r.all[i], side.String(), false, "take "+side.String()+" wherever nothing else is said")
	}
	flags.StringArrayVar(&r.take, "take", nil, "take a side for the row or one cell: `KEY[:COL]=SIDE`; :COL=SIDE for a column")
	flags.StringArrayVar(&r.set, "set", nil, "put a value into a cell that conflicts: `KEY:COL=VALUE`")
	addPolicies(cmd, r.policies)
	flags.StringVar(&r.answers, "answers", "", "read answers from `FILE`, - for standard input")
	flags.BoolVar(&r.dismiss, "dismiss", false, "drop the changes: the file stays as it is")
	flags.BoolVar(&r.remember, "remember", false, "remember the answers, and give those that are remembered")
	r.completeAnswers(cmd)
	return cmd
}

func (r *resolveCommand) run(cmd *cobra.Command, args []string) error {
	if err := r.readRules(); err != nil {
		return err
	}
	r.opt.Policies = r.allPolicies()
	s, err := r.open(args[0])
	if err != nil {
		return err
	}
	if r.dismiss {
		return r.drop(cmd.Context(), s, args)
	}
	done := r.out.working("looking at " + args[0])
	list, err := await(cmd.Context(), func() ([]*matter, error) { return r.matters(cmd.Context(), s, args) })
	done()
	switch {
	case err != nil:
		return err
	case len(list) == 0:
		r.say(plain, "nothing waits to be settled")
		return nil
	case list[0].unread != nil:
		return r.failure(list[0].unread)
	}
	ask, err := r.asks(list)
	if err != nil {
		return err
	}
	if err := r.recall(list, ask); err != nil {
		return err
	}
	if ask {
		err = r.ask(cmd.Context(), s, list)
	} else {
		err = r.apply(cmd.Context(), s, list)
	}
	return errors.Join(err, r.keepAnswers())
}

// say prints a line about the file to standard error.
func (r *resolveCommand) say(p paint, text string) {
	if !r.out.quiet {
		r.out.message(p, r.file+": "+text)
	}
}

// drop dismisses changes.
func (r *resolveCommand) drop(ctx context.Context, s *store.Store, args []string) error {
	changes, err := s.Pending()
	if err != nil {
		return r.failure(err)
	}
	named := func(store.Pending) bool { return true }
	if len(args) > 1 {
		named = func(p store.Pending) bool { return fmt.Sprint(p.Seq) == args[1] }
	}
	changes = slices.DeleteFunc(changes, func(p store.Pending) bool { return !named(p) })
	if len(changes) == 0 && len(args) > 1 {
		return &failure{
			status: statusInput, err: fmt.Errorf("%s: no pending change is called %s", r.file, name(args[1])),
			hint: "only a whole change can be dismissed; rowkeep conflicts " + shellWord(r.file) + " lists them",
		}
	}
	for _, p := range changes {
		if err := s.Dismiss(ctx, p.Seq); err != nil {
			return r.changeFailure(p.Seq, err)
		}
		r.say(plain, fmt.Sprintf("change %d is dismissed; rowkeep show %s %d prints it", p.Seq, shellWord(r.file), p.Seq))
	}
	if len(changes) == 0 {
		r.say(plain, "no change waits")
	}
	return nil
}

// changeFailure is failure for one change.
func (r *resolveCommand) changeFailure(seq int64, err error) error {
	if errors.Is(err, store.ErrNotPending) {
		return &failure{
			status: statusIO, err: fmt.Errorf("%s: change %d: somebody else has settled it", r.file, seq),
			hint: "rowkeep conflicts " + shellWord(r.file) + " lists what still waits",
		}
	}
	return r.damagedChange(seq, err)
}

// asks reports whether to ask at the terminal: nothing else says how to settle what there
// is.
func (r *resolveCommand) asks(list []*matter) (bool, error) {
	open := slices.ContainsFunc(list, func(x *matter) bool { return x.session.Len() > 0 })
	if len(r.rules) > 0 || len(r.policies) > 0 || !open || r.remember {
		return false, nil
	}
	if !r.out.stdoutTTY || !readsTerminal(r.stdin) || dumb() {
		return false, usage("say how to settle them: --ours, --theirs, --base, --take, --set, --policy or --answers; only at a terminal that is not dumb you are asked")
	}
	return true, nil
}

// recall gives the answers that are remembered.
func (r *resolveCommand) recall(list []*matter, ask bool) error {
	if !r.remember && !ask {
		return nil
	}
	file, err := settle.DefaultMemory()
	if err == nil {
		r.memory, err = settle.OpenMemory(file)
	}
	if err != nil {
		if ask { // nobody has asked for it
			return nil
		}
		return fileFailure("remembered answers", err)
	}
	n := 0
	for _, x := range list {
		n += r.memory.Offer(x.session, x.shows)
	}
	if n > 0 {
		r.say(plain, fmt.Sprintf("answers that are remembered: %d", n))
	}
	return nil
}

// keepAnswers writes down what was remembered since.
func (r *resolveCommand) keepAnswers() error {
	if r.memory == nil {
		return nil
	}
	if err := r.memory.Save(); err != nil {
		r.out.message(yellow, "warning: the answers are not remembered: "+cause(err).Error())
	}
	return nil
}

// settled notes a matter whose answers are written.
func (r *resolveCommand) settled(x *matter) {
	r.written = append(r.written, x)
	if r.memory != nil {
		r.memory.Note(x.session)
	}
}

// apply settles by rules. Every answer is checked before anything is written.
func (r *resolveCommand) apply(ctx context.Context, s *store.Store, list []*matter) error {
	for _, rule := range r.rules {
		if !slices.ContainsFunc(list, func(x *matter) bool { return x.session.Selects(rule.Match) }) && !rule.ForAll() {
			return r.answerFailure(list, &settle.AnswerError{ID: rule.ID, Match: &rule.Match, Err: settle.ErrNoConflict})
		}
	}
	for _, x := range list {
		if err := x.answer(r.rules); err != nil {
			return r.answerFailure(list, err)
		}
	}
	for n, x := range list {
		if err := r.write(ctx, s, x); err != nil {
			return r.partly(err, list, n)
		}
	}
	return nil
}

// partly is the error of the n-th matter of a list. Each change is a commit of its own, so it
// says which of several were written all the same, and which were not tried any more.
func (r *resolveCommand) partly(err error, list []*matter, n int) error {
	var f *failure
	if !errors.As(err, &f) || len(list) == 1 {
		return err
	}
	told := &failure{status: f.status, err: f, hint: f.hint}
	for _, part := range []struct {
		text string
		list []*matter
	}{{"written", r.written}, {"not tried any more", list[n+1:]}} {
		if len(part.list) > 0 {
			told.err = fmt.Errorf("%w; %s: %s", told.err, part.text, changeNames(part.list))
		}
	}
	return told
}

// changeNames names changes by their numbers.
func changeNames(list []*matter) string {
	numbers := make([]string, len(list))
	for i, x := range list {
		numbers[i] = strconv.FormatInt(x.change.Seq, 10)
	}
	if len(numbers) == 1 {
		return "change " + numbers[0]
	}
	return "changes " + strings.Join(numbers, ", ")
}

// answer gives those answers of the rules that are for conflicts of the matter.
func (x *matter) answer(rules []settle.Rule) error {
	var mine []settle.Rule
	for _, rule := range rules {
		if x.only != "" {
			rule.ID = x.only
		}
		if x.session.Selects(rule.Match) {
			mine = append(mine, rule)
		}
	}
	return x.session.ApplyRules(mine)
}

// answerFailure says which answer does not fit, and what would have.
func (r *resolveCommand) answerFailure(list []*matter, err error) error {
	f := &failure{status: statusInput, err: fmt.Errorf("%s: %w", r.file, err)}
	if len(r.written) == 0 {
		f.err = fmt.Errorf("%w; nothing is written", f.err)
	}
	var refused *settle.AnswerError
	if !errors.As(err, &refused) || !errors.Is(err, settle.ErrNoConflict) || refused.Match == nil {
		return f
	}
	var keys, columns []string
	for _, x := range list {
		for i := range x.session.Len() {
			c := x.session.Conflict(i)
			keys = append(keys, strings.Join(c.Key, ","))
			if c.HasColumn {
				columns = append(columns, c.Column)
			}
		}
	}
	if f.hint = meant(strings.Join(refused.Match.Key, ","), keys); f.hint == "" || slices.Contains(keys, strings.Join(refused.Match.Key, ",")) {
		f.hint = meant(refused.Match.Column, columns)
	}
	if f.hint == "" || slices.Contains(columns, refused.Match.Column) {
		f.hint = "rowkeep conflicts " + shellWord(r.file) + " lists what can be answered"
	}
	return f
}

// write writes what is answered of a matter, and tells what is left. Where the file has
// changed since it was read it is merged anew, and answered by the same rules; what changes
// even after that is left.
func (r *resolveCommand) write(ctx context.Context, s *store.Store, x *matter) error {
	if x.marked != nil {
		return r.writeMarked(ctx, s, x)
	}
	if err := r.answerAgain(ctx, s, x); err != nil {
		return err
	}
	done := r.out.working("waiting for " + r.file)
	receipt, err := s.Resolve(ctx, x.change.Seq, x.session.Resolver())
	done()
	left := (*merge.ConflictError)(nil)
	switch {
	case err != nil && !errors.As(err, &left):
		return r.changeFailure(x.change.Seq, err)
	case receipt != nil:
		return r.wrote(x, receipt, left)
	}
	r.left(x, left.Conflicts, false)
	return nil
}

// wrote tells what was committed of a change.
func (r *resolveCommand) wrote(x *matter, receipt *store.Receipt, left *merge.ConflictError) error {
	r.settled(x)
	switch {
	case x.session.Len() == 0:
		r.say(plain, fmt.Sprintf("change %d: moot, as nothing conflicts any more; it is closed", x.change.Seq))
	case !receipt.Written && left == nil:
		r.say(plain, fmt.Sprintf("change %d is settled; the file stays as it is", x.change.Seq))
		return nil
	}
	if err := r.report(receipt); err != nil {
		return err
	}
	if left != nil {
		r.left(x, left.Conflicts, true)
	}
	return nil
}

// answerAgain answers a change by the rules if the file is not what it was merged with.
func (r *resolveCommand) answerAgain(ctx context.Context, s *store.Store, x *matter) error {
	before := x.content
	if err := r.freshen(ctx, s, x); err != nil || bytes.Equal(before, x.content) {
		return err
	}
	if err := x.answer(r.rules); err != nil {
		return r.answerFailure([]*matter{x}, err)
	}
	return nil
}

// left tells what is not settled.
func (r *resolveCommand) left(x *matter, conflicts []merge.Conflict, written bool) {
	r.status = statusConflicts
	if r.out.quiet {
		return
	}
	v := r.out.messages()
	for _, c := range conflicts {
		if c = x.located(c); written {
			c.Lines = merge.Lines{} // the lines are other ones now
		}
		v.conflict(speaker, x.files(r.file), c)
	}
	v.Flush()
	text := fmt.Sprintf("conflicts that are left: %d", len(conflicts))
	if !written {
		text += "; nothing is written"
	}
	r.say(bold, text)
}
