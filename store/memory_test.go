package store

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rowkeep/rowkeep/store/internal/state"
)

// memory is a medium without a file. Its hooks stand where somebody else can come in
// between, or where a call can fail; each is told how many calls of its kind there were,
// from 1.
type memory struct {
	locked chan struct{} // holds a value while somebody has the lock

	beforeLock func(n int) error
	afterLoad  func(n int) error // load has read, and has not returned
	beforeSwap func(n int) error // the last look is yet to come
	afterSwap  func(n int) error // the content is in, and swap has not returned

	mu                  sync.Mutex
	now                 held
	changed             time.Time
	records             []state.Entry
	locks, loads, swaps int
}

var _ medium = (*memory)(nil)

// holding returns a medium that has held its content for long.
func holding(content string) *memory {
	m := &memory{locked: make(chan struct{}, 1)}
	m.write(content)
	m.changed = m.changed.Add(-24 * time.Hour)
	return m
}

// write is what programs do that know nothing of the store.
func (m *memory) write(content string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = held{data: []byte(content), exists: true}
	m.changed = time.Now()
}

// remove takes the file away.
func (m *memory) remove() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = held{}
}

func (m *memory) content() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return string(m.now.data)
}

// call counts, and runs a hook.
func (m *memory) call(count *int, hook func(n int) error) error {
	m.mu.Lock()
	*count++
	n := *count
	m.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(n)
}

func (m *memory) lock(ctx context.Context) (unlock func(), err error) {
	if err := m.call(&m.locks, m.beforeLock); err != nil {
		return nil, err
	}
	select {
	case m.locked <- struct{}{}:
		return func() { <-m.locked }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (m *memory) load(ctx context.Context) (held, error) {
	m.mu.Lock()
	now := m.now
	now.still = time.Since(m.changed)
	m.mu.Unlock()
	if err := m.call(&m.loads, m.afterLoad); err != nil {
		return held{}, err
	}
	return now, context.Cause(ctx)
}

func (m *memory) swap(ctx context.Context, old held, versions []state.Version) (swapped, error) {
	if err := m.call(&m.swaps, m.beforeSwap); err != nil {
		return swapped{}, err
	}
	done, err := m.replace(ctx, old, versions)
	if err == nil && m.afterSwap != nil {
		err = m.afterSwap(m.swaps)
	}
	return done, err
}

func (m *memory) replace(ctx context.Context, old held, versions []state.Version) (swapped, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old.exists != m.now.exists || !bytes.Equal(old.data, m.now.data) {
		return swapped{}, errChanged
	}
	if ctx.Err() != nil {
		return swapped{}, &CommitError{Path: "memory", Step: "read again", Err: context.Cause(ctx)}
	}
	m.now = held{data: bytes.Clone(versions[len(versions)-1].Content), exists: true}
	m.changed = time.Now()
	return swapped{seq: m.keep(versions)}, nil
}

// keep numbers versions, each kept in full.
func (m *memory) keep(versions []state.Version) (seq int64) {
	for _, v := range versions {
		v.Seq, v.Digest, v.Patch = int64(len(m.records))+1, state.DigestOf(v.Content), state.Patch{Edits: state.Edits{{Text: v.Content}}}
		m.records = append(m.records, v.Entry)
	}
	return int64(len(m.records))
}

func (m *memory) note(versions []state.Version) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keep(versions), nil
}

func (m *memory) last() (state.Entry, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.records) - 1; i >= 0; i-- {
		if m.records[i].Kind.Stood() {
			return m.records[i], true, nil
		}
	}
	return state.Entry{}, false, nil
}

func (m *memory) history(seq int64) (state.History, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return state.History{Entries: slices.Clone(m.records[seq:])}, nil
}

// Nobody can write to what memory has displaced, or be seen to write.
func (m *memory) strays(bool) ([]stray, error)             { return nil, nil }
func (m *memory) lacksEnd() bool                           { return false }
func (m *memory) fresh() bool                              { return len(m.records) == 0 }
func (m *memory) used() bool                               { return false }
func (m *memory) written(held) bool                        { return false }
func (m *memory) prune(bool) error                         { return nil }
func (m *memory) check(context.Context) ([]Finding, error) { return nil, nil }
func (m *memory) guarantee() (Guarantee, error)            { return Guarantee{}, nil }

// storeOn opens a store on a medium.
func storeOn(t *testing.T, m medium, opt Options) *Store {
	t.Helper()
	s, err := newStore("memory", m, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkFree fails if somebody still has a lock of the store or of its medium, which a
// commit would wait for.
func checkFree(t *testing.T, s *Store) {
	t.Helper()
	if len(s.turn) > 0 {
		t.Error("the store is locked")
	}
	if m := s.medium.(*memory); len(m.locked) > 0 {
		t.Error("the medium is locked")
	}
}

// checkPending checks that one change waits, and whose cause it is; a commit that comes
// after it closes it.
func checkPending(t *testing.T, s *Store, cause Cause) {
	t.Helper()
	list, err := s.Pending()
	if err != nil || len(list) != 1 || list[0].Cause != cause {
		t.Errorf("pending: %+v (%v), want one of cause %s", list, err, cause)
	}
}
