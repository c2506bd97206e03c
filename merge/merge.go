package merge

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"github.com/rowkeep/rowkeep/csvrows"
)

// Merge merges three versions. The inputs must not change while the result is in
// use, as it refers to them.
//
// Errors: those of [Options.Validate]; an [*InputError] that says which input cannot be
// used and why; a [*DuplicateKeyError]; a [*RowError]; a [*HeaderError]; an
// [*AnswerError]. Conflicts are no error.
func Merge(base, ours, theirs []byte, opt Options) (*Result, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	data := sameMemory([3][]byte{base, ours, theirs})
	m, err, merged := mergeInputs(data, opt)
	if err != nil {
		return nil, err
	}
	err = merged
	same := func(x, y int) bool { return bytes.Equal(data[x], data[y]) }
	if whole := lawOne(same, opt); whole >= 0 && overruled(err) {
		m.takeWhole(data[whole], whole, err == nil)
		return m.res, nil
	}
	if err != nil {
		return nil, err
	}
	return m.res, nil
}

// mergeInputs reads and merges the inputs: a sketch of them, unless that would decide
// something else than the whole does. err is that of reading, merged that of merging.
func mergeInputs(data [3][]byte, opt Options) (m *merger, err, merged error) {
	m = newMerger(opt)
	m.reduces = true
	if err = m.read(data); err == nil {
		merged = m.run()
	}
	if m.sketch == nil || err == nil && merged != errSketch {
		return m, err, merged
	}
	answers := m.answers
	m = newMerger(opt)
	m.answers = answers
	if err = m.read(data); err == nil {
		merged = m.run()
	}
	return m, err, merged
}

// sameMemory has inputs of the same bytes share their memory, so that they are compared
// once.
func sameMemory(data [3][]byte) [3][]byte {
	var wg sync.WaitGroup
	for _, s := range []int{inOurs, inTheirs} {
		wg.Go(func() {
			if bytes.Equal(data[inBase], data[s]) {
				data[s] = data[inBase]
			}
		})
	}
	wg.Wait()
	return data
}

// lawOne finds the input that law 1 makes the result: M(b,b,t) = t, M(b,o,b) = o,
// M(b,x,x) = x. It returns -1 if the law is silent. The same change twice is two
// changes of a sum.
func lawOne(same func(x, y int) bool, opt Options) int {
	switch {
	case same(inBase, inOurs):
		return inTheirs
	case same(inBase, inTheirs), same(inOurs, inTheirs) && !opt.sums():
		return inOurs
	}
	return -1
}

// overruled reports what does not stand against law 1: that there is no key by
// which to merge, or that a row could not be laid out.
func overruled(err error) bool {
	switch err.(type) {
	case nil, *InputError, *RowError, *HeaderError:
		return true
	}
	return false
}

// Diff lists the changes from a to b. It is the merge of b into a that nobody else
// changed: the side of every change is Theirs. Errors are those of [Merge]; a is Base
// and Ours there, b is Theirs.
func Diff(a, b []byte, opt csvrows.Options) (*Result, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	m, err, merged := mergeInputs([3][]byte{a, a, b}, Options{Read: opt})
	if err := cmp.Or(err, merged); err != nil {
		return nil, err
	}
	m.diffed()
	return m.res, nil
}

// diffed makes the result that of a diff.
func (m *merger) diffed() {
	m.res.diff = true
	m.res.Warnings = slices.DeleteFunc(m.res.Warnings, func(w Warning) bool { return w.Input == Ours }) // said of a already
}

// sums reports a policy that adds up changes.
func (o Options) sums() bool {
	for _, p := range o.Policies {
		if p.rule == "sum" {
			return true
		}
	}
	return false
}
