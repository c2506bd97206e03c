package merge

import (
	"fmt"
	"strings"

	"github.com/rowkeep/rowkeep/csvrows"
)

// Side names one of the three versions, or what a change or an answer rests on.
type Side uint8

// The sides. Both and Neither stand in a [Change] only: the two sides agree, or a
// policy or the caller made a value that neither has.
const (
	NoSide Side = iota
	Base
	Ours
	Theirs
	Both
	Neither
)

var sideNames = [...]string{"", "base", "ours", "theirs", "both", "neither"}

func (s Side) String() string {
	if int(s) < len(sideNames) {
		return sideNames[s]
	}
	return fmt.Sprintf("Side(%d)", uint8(s))
}

// Strategy is a rule for all conflicts that nothing else settles.
type Strategy uint8

// The strategies. Fail, the default, leaves conflicts standing.
const (
	Fail Strategy = iota
	TakeOurs
	TakeTheirs
	TakeBase
)

// Granularity says which two changes of one row conflict.
type Granularity uint8

// At Cells, the default, changes of different cells go together. At Rows any two
// different changes of one row conflict.
const (
	Cells Granularity = iota
	Rows
)

// Output says what stands in the result where conflicts stand.
type Output uint8

// The outputs. Markers, the default, puts git-style blocks around whole rows; the
// next three give a valid CSV that holds that version; NoOutput gives no bytes.
const (
	Markers Output = iota
	OutputOurs
	OutputTheirs
	OutputBase
	NoOutput
)

// Style is the form of conflict markers.
type Style uint8

// The styles, as git has them: Diff3, the default, shows base; Merge does not;
// ZDiff3 shows base and moves what both sides share out of the block.
const (
	Diff3 Style = iota
	MergeStyle
	ZDiff3
)

// Options of a merge. The zero value is ready for use.
type Options struct {
	// Read says how the inputs are read; they share one delimiter and one key.
	Read csvrows.Options
	// Policies settle conflicts by column; see [ParsePolicy]. A column that was renamed
	// goes by any of its names.
	Policies map[string]Policy
	// Resolve, if set, is asked about each conflict that no policy settles. It
	// answers with a [Resolution]; the zero Resolution leaves the conflict to
	// Strategy. It must not depend on the order of calls.
	Resolve func(Conflict) Resolution
	// Strategy settles what then is left.
	Strategy    Strategy
	Granularity Granularity
	// RefuseDuplicates makes a key that stands twice in an input a
	// [*DuplicateKeyError].
	RefuseDuplicates bool

	Output Output
	Style  Style
	// Labels name the versions in markers.
	Labels Labels
	// MarkerSize is the length of markers, 0 for 7. They grow where a line of the
	// inputs looks like one.
	MarkerSize int
}

// mostMarker bounds the length of markers that may be asked for.
const mostMarker = 1000

// Validate reports the first setting that makes no sense.
func (o Options) Validate() error {
	switch {
	case o.MarkerSize < 0 || o.MarkerSize > mostMarker:
		return fmt.Errorf("marker size %d is not from 0 to %d", o.MarkerSize, mostMarker)
	case o.Strategy > TakeBase:
		return fmt.Errorf("no strategy %d", o.Strategy)
	case o.Granularity > Rows:
		return fmt.Errorf("no granularity %d", o.Granularity)
	case o.Output > NoOutput:
		return fmt.Errorf("no output %d", o.Output)
	case o.Style > ZDiff3:
		return fmt.Errorf("no style %d", o.Style)
	}
	for _, l := range []string{o.Labels.Base, o.Labels.Ours, o.Labels.Theirs} {
		if strings.ContainsAny(l, "\r\n") {
			return fmt.Errorf("label %q holds a line end", l)
		}
	}
	return o.Read.Validate()
}

// Labels name the versions; empty ones are "base", "ours", "theirs".
type Labels struct{ Base, Ours, Theirs string }

// Resolution answers a conflict: a side (Base, Ours or Theirs), or a value of the
// caller's for a conflict of a cell, a comment or a key (Side is Neither then). A comment's
// value is a line that reads as a comment, without its line end. A key's is what the row
// is to be called, also where a side deleted it: the value of the key column, or those of
// several as one line of CSV, not all empty. That no other row has the key is the caller's
// care.
type Resolution struct {
	Side  Side
	Value string
}
