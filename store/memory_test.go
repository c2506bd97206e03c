package store

import (
	"bytes"
	"context"
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
	records             []state.Record
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

func (m *memory) swap(ctx context.Context, old held, data []byte, rec state.Record) (seq int64, err error) {
	if err := m.call(&m.swaps, m.beforeSwap); err != nil {
		return 0, err
	}
	seq, err = m.replace(ctx, old, data, rec)
	if err == nil && m.afterSwap != nil {
		err = m.afterSwap(m.swaps)
	}
	return seq, err
}

func (m *memory) replace(ctx context.Context, old held, data []byte, rec state.Record) (seq int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old.exists != m.now.exists || !bytes.Equal(old.data, m.now.data) {
		return 0, errChanged
	}
	if ctx.Err() != nil {
		return 0, &CommitError{Path: "memory", Step: "read again", Err: context.Cause(ctx)}
	}
	m.now = held{data: bytes.Clone(data), exists: true}
	m.changed = time.Now()
	rec.Seq = int64(len(m.records)) + 1
	m.records = append(m.records, rec)
	return rec.Seq, nil
}

func (m *memory) last() (state.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.records) == 0 {
		return state.Record{}, false, nil
	}
	return m.records[len(m.records)-1], true, nil
}

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
