//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/store"
)

// With -opens editors do nothing but open the file for writing, and close it, aimed at
// commits. While somebody has the file open no lease can be had, and so nothing is
// displaced: what is open is what the path leads to, unless the editor was let in on a file
// that is displaced. With one editor at a commit that is where the kernel stops him in
// open(2), after it has found the file and before he counts as somebody who writes, for as
// long as the store has a lease. With several it cannot be helped: one waits to open the
// old file, another has opened the new one, and only one of the two can have the name. Such
// an editor writes a row, and the store must find it.

// errDisplaced is what an opener says that got another file than the path leads to.
var errDisplaced = errors.New("opened a file that a commit had displaced")

// errNoLeases: the store says itself that it cannot keep openers out.
var errNoLeases = errors.New("the store has no leases there")

// open opens the file for writing, and looks whether it is the one that has the name. If
// not, it writes its row.
func open(o order) error {
	f, err := os.OpenFile(o.Path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	err = same(f, o.Path)
	if errors.Is(err, errDisplaced) {
		_, writeErr := f.WriteString(o.line())
		err = errors.Join(err, writeErr)
	}
	return errors.Join(err, f.Close())
}

// same returns errDisplaced if path leads to another file than f.
func same(f *os.File, path string) error {
	has, err := f.Stat()
	if err != nil {
		return err
	}
	is, err := os.Stat(path)
	if err == nil && !os.SameFile(has, is) {
		err = errDisplaced
	}
	return err
}

// A waits is how long opens took.
type waits []time.Duration

// bounds are the upper ends of a histogram's classes; the last has none.
var bounds = []time.Duration{
	10 * time.Microsecond, 20 * time.Microsecond, 50 * time.Microsecond, 100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond,
}

// classes counts the waits below each bound and above the one before, and the rest.
func (w waits) classes() []int {
	counts := make([]int, len(bounds)+1)
	for _, d := range w {
		i, found := slices.BinarySearch(bounds, d)
		if found {
			i++
		}
		counts[i]++
	}
	return counts
}

func (w waits) quantile(q float64) time.Duration {
	if len(w) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(w))[int(q*float64(len(w)-1))]
}

// opening is what came of a run of opens.
type opening struct {
	editors   int   // at each commit
	aimed     waits // at commits
	calm      waits // without a commit anywhere near
	commits   int
	displaced int
	lost      int // of these, whose row did not come back
}

// print prints both as histograms, side by side.
func (o opening) print(w io.Writer) {
	fmt.Fprintf(w, "%d opens aimed at %d commits, %d at each: %d on a displaced file, where %d wrote what is lost\n\n",
		len(o.aimed), o.commits, o.editors, o.displaced, o.lost)
	fmt.Fprintf(w, "%12s  %8s  %8s\n", "open took", "aimed", "calm")
	aimed, calm := o.aimed.classes(), o.calm.classes()
	for i := range aimed {
		name := "more"
		if i < len(bounds) {
			name = "< " + bounds[i].String()
		}
		fmt.Fprintf(w, "%12s  %8d  %8d\n", name, aimed[i], calm[i])
	}
	for _, q := range []float64{0.5, 0.99, 1} {
		fmt.Fprintf(w, "%11.0f%%  %8v  %8v\n", 100*q, o.aimed.quantile(q).Round(time.Microsecond), o.calm.quantile(q).Round(time.Microsecond))
	}
	fmt.Fprintln(w)
}

// runOpens mounts the first file system of the list and opens a file there.
func (o *options) runOpens(ctx context.Context, out, progress io.Writer) (err error) {
	if err := o.complete(progress); err != nil {
		return err
	}
	places, systems, leave, err := o.mount(progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	if len(systems) == 0 {
		return errors.New("no file system to open a file on")
	}
	lost := 0
	for _, editors := range o.writers {
		got, err := o.open(ctx, places[systems[0]], editors)
		if err != nil {
			return err
		}
		got.print(out)
		lost += got.lost
	}
	if lost > 0 {
		err = fmt.Errorf("%w: %d rows written to displaced files", errLoses, lost)
	}
	return err
}

// open has so many editors open a file, at each commit once, and as often without one.
func (o *options) open(ctx context.Context, under string, editors int) (got opening, err error) {
	got.editors = editors
	b := &bench{settle: o.settle}
	defer b.close()
	s, err := b.newSite(ctx, under, cell{Strategy: rowkeep})
	if err != nil {
		return got, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := errors.Join(leased(s.path), b.staff(editors)); err != nil {
		return got, err
	}
	a := &aim{}
	for len(got.aimed) < o.opens && ctx.Err() == nil {
		p := a.draw(editors)
		if err := b.openOnce(ctx, s, &p, got.commits, a, &got); err != nil {
			return got, err
		}
		got.commits++
		if err := b.openOnce(ctx, s, nil, 0, a, &got); err != nil {
			return got, err
		}
	}
	return got, context.Cause(ctx)
}

// leased returns errNoLeases where the store says that there are none.
func leased(path string) error {
	s, err := store.Open(path, store.Options{})
	if err != nil {
		return err
	}
	g, err := s.Guarantee()
	if err == nil && !g.Lease {
		err = errNoLeases
	}
	return err
}

// openOnce has each editor open the file once, with a commit as planned or, without a plan,
// with none. The commits change one cell, so that the file stays as small as it is.
func (b *bench) openOnce(ctx context.Context, s *site, p *plan, number int, a *aim, got *opening) error {
	var orders []order
	for i, h := range b.hands {
		orders = append(orders, order{Kind: opener.name, Path: s.path, Key: fmt.Sprintf("ext-%d-%d", number, i), Value: theirValue})
		if err := h.ask(orders[i]); err != nil {
			return err
		}
	}
	if _, err := b.hearAll(); err != nil {
		return err
	}
	begin := time.Now().Add(lead)
	for i, h := range b.hands {
		when := cue{At: begin.UnixNano()}
		if p != nil {
			when = cue{begin.Add(p.edits[i].After).UnixNano(), p.edits[i].Aimed}
		}
		if err := h.ask(when); err != nil {
			return err
		}
	}
	took := &got.calm
	if p != nil {
		took = &got.aimed
		if err := commitCell(ctx, s, begin.Add(p.commit), number, a); err != nil {
			return err
		}
	}
	answers, err := b.hearAll()
	if err != nil {
		return err
	}
	for i, answer := range answers {
		*took = append(*took, answer.Took)
		if answer.Displaced {
			got.displaced++
			if err := got.seek(ctx, s, orders[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) hearAll() (answers []answer, err error) {
	for _, h := range b.hands {
		one, err := h.hear()
		if err != nil {
			return nil, err
		}
		answers = append(answers, one)
	}
	return answers, nil
}

// commitCell changes a cell at a moment.
func commitCell(ctx context.Context, s *site, at time.Time, number int, a *aim) error {
	sleepUntil(at.UnixNano())
	start := time.Now()
	_, err := s.committer.(*keeper).store.Update(ctx, func(tx *store.Tx) error {
		return tx.Set(csvrows.Key{cellKey(0)}, map[string]string{"value": fmt.Sprintf("%05d", number+1)})
	})
	if err == nil {
		a.committed(time.Since(start))
	}
	return err
}

// seek looks whether the store brings a row to the file that went astray.
func (o *opening) seek(ctx context.Context, s *site, lost order) error {
	if err := s.committer.finish(ctx); err != nil {
		return err
	}
	data, err := os.ReadFile(s.path)
	if err == nil && !bytes.Contains(data, []byte(lost.line())) {
		o.lost++
	}
	return err
}
