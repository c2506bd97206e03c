//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A cell is a line of the table: who writes what where.
type cell struct {
	FS       string `json:"fs"`
	Kind     string `json:"kind"`
	Writers  int    `json:"writers"`
	Strategy string `json:"strategy"`
}

// A tally counts rounds and what became of them. Lost, History and GaveUp count
// edits, the others rounds.
type tally struct {
	Rounds  int `json:"rounds"`
	Edits   int `json:"edits"`
	Lost    int `json:"lost"`
	Torn    int `json:"torn"`
	Gone    int `json:"our_gone"`
	History int `json:"history_only"`
	Refused int `json:"refused"` // the committer got an error, and said so
	GaveUp  int `json:"gave_up"` // edits of which the editor said that they failed
}

func (t *tally) add(u tally) {
	t.Rounds += u.Rounds
	t.Edits += u.Edits
	t.Lost += u.Lost
	t.Torn += u.Torn
	t.Gone += u.Gone
	t.History += u.History
	t.Refused += u.Refused
	t.GaveUp += u.GaveUp
}

// A batch is some rounds of a cell at one file, and a line of the log.
type batch struct {
	cell
	tally
	Commit   int64    `json:"commit_us"` // median duration of a commit
	Failures []string `json:"failures,omitempty"`
}

// batchSize is how many rounds one file lasts. It gains rows with every round.
const batchSize = 50

// mostFailures is how many are told of a batch.
const mostFailures = 3

// A bench runs rounds, one at a time, with writers that it keeps.
type bench struct {
	settle time.Duration
	hands  []*hand
}

func (b *bench) close() {
	for _, h := range b.hands {
		h.stop()
	}
	b.hands = nil
}

// staff has n writers ready.
func (b *bench) staff(n int) error {
	for len(b.hands) < n {
		h, err := startWriter()
		if err != nil {
			return err
		}
		b.hands = append(b.hands, h)
	}
	return nil
}

// A site is a file with its committer, for the rounds of a batch.
type site struct {
	dir, path string
	file      *file
	committer committer
	undo      func() error // of what its setting arranged
}

// newSite makes a file under a directory of a cell's file system.
func (b *bench) newSite(ctx context.Context, under string, c cell) (*site, error) {
	dir, err := os.MkdirTemp(under, "race-")
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir, path: filepath.Join(dir, "config.csv"), file: newFile(), undo: nothing}
	if err := os.WriteFile(s.path, []byte(baseFile()), 0o640); err != nil {
		return nil, errors.Join(err, s.close())
	}
	at, special := settings[c.FS]
	if special {
		if s.undo, err = at.arrange(s.path); err != nil {
			s.undo = nothing
			return nil, errors.Join(err, s.close())
		}
	}
	who, err := newCommitter(ctx, c.Strategy, s.path, b.settle, at)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.committer = who
	return s, nil
}

func (s *site) close() error {
	if s.committer != nil {
		s.committer.close()
	}
	return errors.Join(s.undo(), os.RemoveAll(s.dir))
}

// run runs a batch in a directory under the given one. A file that was torn is left for a
// new one.
func (b *bench) run(ctx context.Context, under string, c cell, rounds int, a *aim) (batch, error) {
	members, turns, err := team(c.Kind, c.Writers)
	if err != nil {
		return batch{}, err
	}
	if err := b.staff(len(members)); err != nil {
		return batch{}, err
	}
	result := batch{cell: c}
	var commits recent
	var s *site
	defer func() {
		if s != nil {
			_ = s.close()
		}
	}()
	for n := range rounds {
		if s == nil {
			if s, err = b.newSite(ctx, under, c); err != nil {
				return batch{}, err
			}
		}
		r := round{bench: b, site: s, number: n, members: members, turns: turns, plan: a.draw(len(members))}
		if err := r.run(ctx, a); err != nil {
			return batch{}, fmt.Errorf("%+v, round %d: %w", c, n, err)
		}
		commits.add(r.took)
		result.count(&r)
		if len(r.verdict.torn) > 0 {
			if err := s.close(); err != nil {
				return batch{}, err
			}
			s = nil
		}
	}
	result.Commit = commits.median().Microseconds()
	return result, nil
}

// count adds a round. What the store must not do is told in words too.
func (b *batch) count(r *round) {
	v := r.verdict
	one := tally{Rounds: 1, Edits: len(r.orders), Lost: len(v.lost), History: len(v.history), GaveUp: r.gaveUp}
	if len(v.torn) > 0 {
		one.Torn = 1
	}
	if v.gone {
		one.Gone = 1
	}
	if r.refused != nil {
		one.Refused = 1
	}
	b.add(one)
	failed := one.Lost+one.Torn+one.Refused > 0
	if b.Strategy == rowkeep && failed && len(b.Failures) < mostFailures {
		b.Failures = append(b.Failures, r.story()+r.keep())
	}
}

// keep copies what a loss left behind to where it outlives the run, and says where.
func (r *round) keep() string {
	if len(r.verdict.lost)+len(r.verdict.torn) == 0 {
		return ""
	}
	dir, err := os.MkdirTemp("", "rowkeep-race-loss-")
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(r.site.dir))
	}
	if err != nil {
		return fmt.Sprintf("; not kept: %v", err)
	}
	return "; kept in " + dir
}

// A round is one commit with edits around it.
type round struct {
	bench   *bench
	site    *site
	number  int
	members []kind
	turns   bool
	plan    plan

	orders  []order
	gaveUp  int
	took    time.Duration // by the commit
	refused error         // what the committer said
	verdict verdict
	left    string // what stood in the file at last
}

// lead is how long before a round starts everybody is told.
const lead = 200 * time.Microsecond

// run has everybody get ready, start when planned, and finish; then it looks. The error
// is one of the rig, or of a committer that has no last word: what it refuses in the
// middle of others' writing is no error.
func (r *round) run(ctx context.Context, a *aim) error {
	ours := fmt.Sprintf("our-%d", r.number)
	if err := r.site.committer.begin(ctx, ours); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := r.prepare(); err != nil {
		return err
	}
	begin := time.Now().Add(lead)
	for i, h := range r.hands() {
		if err := h.ask(cue{begin.Add(r.plan.edits[i].After).UnixNano(), r.plan.edits[i].Aimed}); err != nil {
			return err
		}
	}
	r.commit(ctx, begin.Add(r.plan.commit), a)
	if err := r.hear(a); err != nil {
		return err
	}
	if err := r.site.committer.finish(ctx); err != nil {
		return fmt.Errorf("the update after everything: %w", err)
	}
	data, err := os.ReadFile(r.site.path)
	if err != nil {
		return err
	}
	r.left = string(data)
	r.verdict = r.site.file.judge(data, r.orders, row(ours, ourValue), r.refused == nil, func(line string) bool {
		return inHistory(r.site.path, line)
	})
	return nil
}

func (r *round) hands() []*hand { return r.bench.hands[:len(r.members)] }

// prepare gives the writers their orders, and waits until all are ready.
func (r *round) prepare() error {
	for i, k := range r.members {
		o := order{Kind: k.name, Path: r.site.path, Key: fmt.Sprintf("ext-%d-%d", r.number, i), Value: theirValue, Pause: r.bench.settle * 3 / 2}
		if k.name == "mmap" {
			o.Key, o.Value = cellKey(i), fmt.Sprintf("%05d", r.number+1)
		}
		if r.turns {
			o.Turn = filepath.Join(r.site.dir, "turn")
		}
		r.orders = append(r.orders, o)
		if err := r.bench.hands[i].ask(o); err != nil {
			return err
		}
	}
	for _, h := range r.hands() {
		if _, err := h.hear(); err != nil {
			return err
		}
	}
	return nil
}

// hear waits until all writers have finished. An edit of which the editor itself says
// that it failed need not be there, but may.
func (r *round) hear(a *aim) error {
	var made []order
	for i, h := range r.hands() {
		answer, err := h.hear()
		if err != nil {
			return err
		}
		a.edited(answer.Took)
		if answer.GaveUp {
			r.gaveUp++
			r.site.file.written[r.orders[i].row()] = true
			continue
		}
		made = append(made, r.orders[i])
	}
	r.orders = made
	return nil
}

// commit commits at a moment.
func (r *round) commit(ctx context.Context, at time.Time, a *aim) {
	sleepUntil(at.UnixNano())
	start := time.Now()
	r.refused = r.site.committer.commit(ctx)
	r.took = time.Since(start)
	if r.refused == nil {
		a.committed(r.took)
	}
}

// story tells of a round that went wrong.
func (r *round) story() string {
	var b strings.Builder
	v := r.verdict
	fmt.Fprintf(&b, "round %d, commit after %v (took %v), edits at %+v", r.number, r.plan.commit, r.took, r.plan.edits)
	for _, part := range []struct {
		name  string
		lines []string
	}{{"lost", v.lost}, {"history only", v.history}, {"torn", v.torn}} {
		if len(part.lines) > 0 {
			fmt.Fprintf(&b, "; %s: %q", part.name, part.lines)
		}
	}
	if r.refused != nil {
		fmt.Fprintf(&b, "; refused: %v", r.refused)
	}
	fmt.Fprintf(&b, "; our row gone: %v; the file: %q", v.gone, r.left)
	return b.String()
}
