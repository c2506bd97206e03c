package state

import (
	"errors"
	"os"

	"github.com/rowkeep/rowkeep/store/internal/sys"
)

// A large version that is kept in full has a file of its own, named by its hash, as the log
// is read often and its lines are text.

// wholeSize is the size in bytes from which on a version is large.
const wholeSize = 16 << 10

func (d Dir) wholePath(of Digest) string { return d.join(wholePrefix + of.Hash) }

// putWhole keeps content in a file of its own, on disk.
func (d Dir) putWhole(of Digest, content []byte) error {
	if _, err := d.whole(of); err == nil {
		return nil
	}
	return d.replaceLikeLog(wholePrefix+of.Hash, content)
}

// whole returns content that was kept so; errPatch where it is damaged or gone.
func (d Dir) whole(of Digest) ([]byte, error) {
	at, err := sys.StampAt(d.wholePath(of))
	if err != nil || at.Size != of.Len {
		return nil, errPatch
	}
	content, err := os.ReadFile(d.wholePath(of))
	if err != nil || DigestOf(content) != of {
		return nil, errPatch
	}
	return content, nil
}

// full is the patch of a version that is kept in full.
func (d Dir) full(of Digest, content []byte) (Patch, error) {
	if len(content) < wholeSize {
		return Patch{Edits: Edits{{Text: content}}}, nil
	}
	return Patch{Whole: true}, d.putWhole(of, content)
}

// wholeBytes is how large these files are.
func (d Dir) wholeBytes() (sum int64, err error) {
	names, err := d.names(isWhole)
	for _, name := range names {
		if at, err := sys.StampAt(d.join(name)); err == nil {
			sum += at.Size
		}
	}
	return sum, err
}

// dropWhole removes those to which no entry of the log refers.
func (d Dir) dropWhole(log []Entry) error {
	names, err := d.names(isWhole)
	wanted := map[string]bool{}
	for _, e := range log {
		if e.Patch.Whole {
			wanted[wholePrefix+e.Digest.Hash] = true
		}
	}
	for _, name := range names {
		if !wanted[name] {
			err = errors.Join(err, sys.Gone(os.Remove(d.join(name))))
		}
	}
	return err
}

// isWhole reports names of files that hold a version.
func isWhole(name string) bool {
	return len(name) == len(wholePrefix)+16 && name[:len(wholePrefix)] == wholePrefix
}

// made is the content that an entry is of; before is that of the version before it, or nil.
func (d Dir) made(e Entry, before []byte) ([]byte, error) {
	if e.Patch.Whole {
		return d.whole(e.Digest)
	}
	return e.Patch.apply(before, e.Digest)
}
