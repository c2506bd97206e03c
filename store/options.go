package store

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store/internal/state"
)

// Options of a store. The zero value is ready for use: the key is the column id or else
// the first, conflicts fail the commit, a missing file is an error.
type Options struct {
	// Read says how the file is read: key, delimiter, comment prefix.
	Read csvrows.Options

	// Policies, Resolve, Strategy and Granularity settle what both the program and
	// somebody else changed; see [merge.Options]. What they leave is a conflict.
	Policies    map[string]merge.Policy
	Resolve     func(merge.Conflict) merge.Resolution
	Strategy    merge.Strategy
	Granularity merge.Granularity

	// Park commits what is clean of a change that conflicts: the file keeps its values at the
	// conflicts, and the change waits to be settled; see [Store.Pending]. Without it nothing
	// of the change is written.
	Park bool

	// Owned are columns that nobody but the program has a reason to write to. Reverts says
	// what becomes of changes of the program that a stale save takes back: one that was
	// made from an older version. With Notice a comment in the file tells the person whose
	// save was mended, and lets him win: what he takes back in a file that has the comment
	// is meant.
	Owned   []string
	Reverts Reverts
	Notice  bool

	// Validate, if set, is asked before a merged result is committed: two valid files
	// can merge into one that is not, as when one side deletes the row to which the
	// other one links. base is what the change was made from. If it returns an error
	// nothing is written, the commit's error wraps it, and the change waits to be settled.
	Validate func(base, result Snapshot) error

	// Create names the columns of the file that a commit makes, of mode 0600, if there is
	// none. Without it a missing file is an error.
	Create []string

	// Settle is how long a version that looks half written must hold still before it
	// counts; 0 means two seconds.
	Settle time.Duration
	// Wait bounds how long a call waits in all: for others who commit, for an editor that
	// does not finish, for a file that changes again and again; 0 means 30 seconds. A
	// context may end it earlier.
	Wait time.Duration

	// InPlace lets a file that cannot be replaced be written to: one that has several names
	// or is a mount point, one in a directory that cannot be written to, one whose owner a
	// new file could not be given. Readers may see it half written then, but a crash in the
	// middle is mended. StateDir is where the state directory is made if it cannot be
	// beside the file; all who use the store must name the same.
	InPlace  bool
	StateDir string

	// History says how many versions are kept; see [History].
	History History

	// Actor names the program in commit records; "" means the name of its executable.
	Actor string
	// Logger is told of commits and of waiting, never of values; nil logs nothing.
	Logger *slog.Logger
}

// History bounds what is kept of old versions: the newest ones up to a count and those
// younger than an age, whichever is more, but no more than fits the size and never more
// than a thousand. Zero values are defaults: 50 versions, 7 days, 64 MiB.
type History struct {
	Versions int
	Age      time.Duration
	Size     int64 // bytes, of the log and the displaced files together
}

const (
	defaultVersions = 50
	defaultAge      = 7 * 24 * time.Hour
	defaultSize     = 64 << 20
	mostVersions    = 1000
)

// keep fills in what was left out.
func (h History) keep() state.Keep {
	keep := state.Keep{Versions: h.Versions, Age: h.Age, Size: h.Size, Most: mostVersions}
	if keep.Versions == 0 {
		keep.Versions = defaultVersions
	}
	if keep.Age == 0 {
		keep.Age = defaultAge
	}
	if keep.Size == 0 {
		keep.Size = defaultSize
	}
	return keep
}

const (
	defaultSettle = 2 * time.Second
	defaultWait   = 30 * time.Second
)

// validate reports the first setting that makes no sense.
func (o Options) validate() error {
	switch {
	case o.Settle < 0:
		return fmt.Errorf("settle time %v is negative", o.Settle)
	case o.Wait < 0:
		return fmt.Errorf("waiting time %v is negative", o.Wait)
	case o.History.Versions < 0 || o.History.Age < 0 || o.History.Size < 0:
		return fmt.Errorf("history %+v has a negative bound", o.History)
	case len(o.Create) > 0 && o.Read.NoHeader:
		return fmt.Errorf("a file without a header has no columns to create")
	}
	if len(o.Create) > 0 {
		if err := o.validateCreate(); err != nil {
			return fmt.Errorf("columns to create: %w", err)
		}
	}
	return o.merge().Validate()
}

// validateCreate reads the header of a file that is yet to be made: it might be a comment,
// or a blank line.
func (o Options) validateCreate() error {
	snap, err := newSnapshot(o.header(), o.Read)
	if err != nil {
		return err
	}
	table, err := snap.Table()
	if err == nil && !slices.Equal(table.Columns(), o.Create) {
		err = fmt.Errorf("a header of %q reads as %q", o.Create, table.Columns())
	}
	return err
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Settle == 0 {
		o.Settle = defaultSettle
	}
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	if o.Actor == "" && len(os.Args) > 0 {
		o.Actor = filepath.Base(os.Args[0])
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// merge is how changes are brought together. A merge with conflicts is not written, so
// there is nothing to show them in.
func (o Options) merge() merge.Options {
	return merge.Options{
		Read: o.Read, Policies: o.Policies, Resolve: o.Resolve, Strategy: o.Strategy, Granularity: o.Granularity,
		Output: merge.NoOutput,
	}
}

// header is the content of a file that is yet to be made.
func (o Options) header() []byte {
	delimiter := o.Read.Delimiter
	if delimiter == 0 {
		delimiter = ','
	}
	var line []byte
	for i, name := range o.Create {
		if i > 0 {
			line = append(line, delimiter)
		}
		line = append(line, csvrows.Encode([]byte(name), false, delimiter)...)
	}
	return append(line, '\n')
}
