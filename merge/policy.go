package merge

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Policy settles conflicts of one column; the zero Policy leaves them to what comes
// after it. It is made by [ParsePolicy].
type Policy struct {
	rule string
	arg  string // separator of union, column of newer
}

// ParsePolicy reads a policy:
//
//	fail                leave the conflict standing, whatever else would settle it
//	ours, theirs, base  take that version
//	max, min            the greater or lesser of two plain decimals
//	sum                 base plus both changes, in exact decimals; also where both
//	                    sides made the same change
//	union:SEP           items separated by SEP: what neither side removed, then what
//	                    either added, sorted
//	newer:COLUMN        the side whose COLUMN holds the later time (RFC 3339) or the
//	                    greater decimal; COLUMN itself follows
//
// Where values do not fit the rule, the conflict is left to what comes after it.
func ParsePolicy(s string) (Policy, error) {
	rule, arg, hasArg := strings.Cut(s, ":")
	switch rule {
	case "fail", "ours", "theirs", "base", "max", "min", "sum":
		if !hasArg {
			return Policy{rule: rule}, nil
		}
		return Policy{}, fmt.Errorf("policy %q takes no argument", rule)
	case "union", "newer":
		if arg != "" {
			return Policy{rule, arg}, nil
		}
		return Policy{}, fmt.Errorf("policy %q needs an argument: %s", rule, map[string]string{"union": "union:SEPARATOR", "newer": "newer:COLUMN"}[rule])
	}
	return Policy{}, fmt.Errorf("no policy %q: fail, ours, theirs, base, max, min, sum, union:SEPARATOR, newer:COLUMN", rule)
}

// String returns the policy as ParsePolicy reads it.
func (p Policy) String() string {
	if p.arg == "" {
		return p.rule
	}
	return p.rule + ":" + p.arg
}

// stamps returns the value of the column with a name in the conflict's row on a
// side, and false if that row or column does not exist.
type stamps func(s Side, column string) ([]byte, bool)

// assignPolicies gives the policies to the columns that they name, by whichever name a
// version has for it; of two for one column the one that names it as base does, or the
// lesser name.
func (m *merger) assignPolicies() {
	m.policies, m.isStamp = map[string]Policy{}, map[string]bool{}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(m.opt.Policies))) {
		if label := m.labelOf(name); m.opt.Policies[label] == (Policy{}) || label == name {
			m.policies[label] = m.opt.Policies[name]
		}
	}
	for _, p := range m.policies {
		if p.rule == "newer" {
			m.isStamp[m.labelOf(p.arg)] = true
		}
	}
}

// settleByPolicy applies the policy of the conflict's column, if it has one that
// decides.
func (m *merger) settleByPolicy(c *Conflict, stamp stamps) verdict {
	if !c.HasColumn || len(m.policies) == 0 {
		return verdict{}
	}
	column := m.labelOf(c.Column)
	p, ok := m.policies[column]
	if !ok {
		if !m.isStamp[column] {
			return verdict{}
		}
		p = Policy{"newer", column}
	}
	v := verdict{by: p.rule}
	switch p.rule {
	case "ours", "theirs", "base":
		v.side = map[string]Side{"ours": Ours, "theirs": Theirs, "base": Base}[p.rule]
	case "newer":
		if stamp != nil {
			v.side = newer(stamp, p.arg)
		}
	default:
		if c.Kind == KindKeyRename || !c.Kind.TakesValue() || !c.Ours.Exists || !c.Theirs.Exists { // a key is a name, not an amount
			return verdict{}
		}
		v.side, v.value = p.combine(c)
	}
	if v.side == NoSide {
		return verdict{}
	}
	return v
}

// combine makes a value of the three. NoSide: the rule does not apply.
func (p Policy) combine(c *Conflict) (Side, string) {
	o, t := c.Ours.Text, c.Theirs.Text
	switch p.rule {
	case "union":
		return Neither, union(c.Base.Text, o, t, p.arg)
	case "sum":
		if total, ok := sum(c.Base.Text, o, t); ok && c.Base.Exists {
			return Neither, total
		}
		return NoSide, ""
	case "max", "min":
		x, y := parseDecimal(o), parseDecimal(t)
		if x == nil || y == nil {
			return NoSide, ""
		}
		order := x.compare(y)
		if p.rule == "min" {
			order = -order
		}
		if order == 0 { // the same number in two forms
			order = strings.Compare(t, o)
		}
		if order > 0 {
			return Ours, ""
		}
		return Theirs, ""
	}
	return NoSide, ""
}

// newer returns the side whose stamp is later.
func newer(stamp stamps, column string) Side {
	o, okO := stamp(Ours, column)
	t, okT := stamp(Theirs, column)
	if !okO || !okT {
		return NoSide
	}
	order, ok := compareStamps(o, t)
	switch {
	case !ok || order == 0:
		return NoSide
	case order > 0:
		return Ours
	}
	return Theirs
}

func compareStamps(a, b []byte) (order int, ok bool) {
	x, errX := time.Parse(time.RFC3339, string(a))
	y, errY := time.Parse(time.RFC3339, string(b))
	if errX == nil && errY == nil {
		return x.Compare(y), true
	}
	p, q := parseDecimal(string(a)), parseDecimal(string(b))
	if p == nil || q == nil {
		return 0, false
	}
	return p.compare(q), true
}

// union merges lists of items three ways: an item that a side removed stays removed.
func union(base, ours, theirs, sep string) string {
	b, inB := items(base, sep)
	o, inO := items(ours, sep)
	t, inT := items(theirs, sep)
	var out, added []string
	for _, x := range b {
		if inO[x] && inT[x] {
			out = append(out, x)
		}
	}
	for _, x := range slices.Concat(o, t) {
		if !inB[x] {
			added = append(added, x)
		}
	}
	slices.Sort(added)
	return strings.Join(append(out, slices.Compact(added)...), sep)
}

// items splits a list and drops repetitions; an empty list has none.
func items(list, sep string) (in []string, set map[string]bool) {
	set = map[string]bool{}
	if list == "" {
		return nil, set
	}
	for x := range strings.SplitSeq(list, sep) {
		if !set[x] {
			set[x] = true
			in = append(in, x)
		}
	}
	return in, set
}

// A decimal is an exact number: digits times ten to the minus scale.
type decimal struct {
	digits big.Int
	scale  int
}

// parseDecimal reads a plain decimal: sign, digits, a point; no exponent, no spaces.
// It returns nil for anything else.
func parseDecimal(s string) *decimal {
	unsigned := strings.TrimLeft(s, "+-")
	if len(s)-len(unsigned) > 1 {
		return nil
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	d := &decimal{scale: len(fraction)}
	d.digits.SetString(digits, 10)
	if strings.HasPrefix(s, "-") {
		d.digits.Neg(&d.digits)
	}
	return d
}

// at returns the digits for a scale that is not smaller than the number's own.
func (d *decimal) at(scale int) *big.Int {
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-d.scale)), nil)
	return factor.Mul(factor, &d.digits)
}

func (d *decimal) compare(e *decimal) int {
	scale := max(d.scale, e.scale)
	return d.at(scale).Cmp(e.at(scale))
}

// sum is base plus the changes from base to ours and to theirs, if all three are plain
// decimals.
func sum(base, ours, theirs string) (string, bool) {
	b, o, t := parseDecimal(base), parseDecimal(ours), parseDecimal(theirs)
	if b == nil || o == nil || t == nil {
		return "", false
	}
	s := &decimal{scale: max(b.scale, o.scale, t.scale)}
	s.digits.Add(o.at(s.scale), t.at(s.scale))
	s.digits.Sub(&s.digits, b.at(s.scale))
	return s.String(), true
}

func (d *decimal) String() string {
	text := new(big.Int).Abs(&d.digits).String()
	if pad := d.scale + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	if d.scale > 0 {
		text = text[:len(text)-d.scale] + "." + text[len(text)-d.scale:]
	}
	if d.digits.Sign() < 0 {
		text = "-" + text
	}
	return text
}
