package store

import (
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
)

// Digest names content: Hash is its xxHash64 in hexadecimal, Len its length in bytes. It
// tells versions apart where their content is not at hand; where it is, bytes decide.
// The zero Digest is that of no file.
type Digest struct {
	Hash string
	Len  int64
}

// Snapshot is immutable content with its digest. The zero Snapshot is that of no file.
type Snapshot struct {
	file   *csvrows.File // nil: no file
	digest Digest
}

// newSnapshot reads content. The errors are those of [csvrows.Parse], a
// [*csvrows.KeyColumnError], and ErrConflictMarkers with the line.
func newSnapshot(data []byte, read csvrows.Options) (Snapshot, error) {
	f, err := csvrows.Parse(data, read)
	if err != nil {
		return Snapshot{}, err
	}
	if line := merge.MarkerLine(data); line > 0 {
		return Snapshot{}, fmt.Errorf("line %d, column 1: %w", line, ErrConflictMarkers)
	}
	if _, err := f.KeyColumns(); err != nil {
		return Snapshot{}, err
	}
	return digested(f), nil
}

// keyFrom holds a version that others wrote to the key of the one before it. Where no key is
// named, that is a column which a header can rename, drop or move; by what rows are told then is
// not to be guessed. The error is a [*csvrows.KeyColumnError], or ErrKeyChanged with the line.
func (s Snapshot) keyFrom(before Snapshot, read csvrows.Options) error {
	if len(read.Key) > 0 || read.NoHeader || !s.hasHeader() || !before.hasHeader() {
		return nil
	}
	was, is := csvrows.DefaultKey(before.file.Columns()), csvrows.DefaultKey(s.file.Columns())
	if was == is {
		return nil
	}
	if _, err := s.file.Positions([]string{was}); err != nil {
		return err
	}
	line := s.file.Line(s.file.HeaderRecord())
	return fmt.Errorf("line %d, column 1: %w: %q, and not %q, as no key is named", line, ErrKeyChanged, is, was)
}

func (s Snapshot) hasHeader() bool { return s.file != nil && s.file.HeaderRecord() >= 0 }

func digested(f *csvrows.File) Snapshot {
	data := f.Bytes()
	return Snapshot{file: f, digest: Digest{Hash: fmt.Sprintf("%016x", xxhash.Sum64(data)), Len: int64(len(data))}}
}

// Exists is false where there was no file.
func (s Snapshot) Exists() bool { return s.file != nil }

// Bytes returns the content. The caller must not change it.
func (s Snapshot) Bytes() []byte {
	if s.file == nil {
		return nil
	}
	return s.file.Bytes()
}

// Digest names the content.
func (s Snapshot) Digest() Digest { return s.digest }

// Table returns the rows by key, in a table of the caller's own. Its Reader decodes them
// into structs. Without a file the table is empty and has no columns. The error is a
// [*csvrows.KeyColumnError], where no row of a file without a header has the key.
func (s Snapshot) Table() (*csvrows.Table, error) {
	if s.file != nil {
		return csvrows.NewTable(s.file)
	}
	f, err := csvrows.Parse(nil, csvrows.Options{})
	if err != nil {
		return nil, err
	}
	return csvrows.NewTable(f)
}
