package merge

// Policy settles conflicts of one column; the zero Policy leaves them standing. It
// is made by [ParsePolicy].
type Policy struct {
	rule      string
	separator string // of union
	column    string // of newer
}

// ParsePolicy reads a policy: "fail", "ours", "theirs", "base", "max", "min", "sum",
// "union:SEP" or "newer:COLUMN".
func ParsePolicy(s string) (Policy, error) { panic("design") }

// String returns the policy as ParsePolicy reads it.
func (p Policy) String() string { panic("design") }
