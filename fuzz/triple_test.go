package fuzz

import (
	"fmt"
	"testing"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/fuzz/oracle"
	"github.com/rowkeep/rowkeep/merge"
	"pgregory.net/rapid"
)

// triple is the input of a merge.
type triple struct {
	base, ours, theirs []byte
	opt                merge.Options
}

// String shows a triple as one can paste it into a test.
func (tr triple) String() string {
	s := fmt.Sprintf("base   %q\nours   %q\ntheirs %q", tr.base, tr.ours, tr.theirs)
	opt := tr.opt
	opt.Read.Delimiter = 0
	if text := fmt.Sprintf("%+v", opt); text != fmt.Sprintf("%+v", merge.Options{}) {
		s += "\noptions " + text
	}
	return s
}

func (tr triple) merge() (*merge.Result, error) {
	return merge.Merge(tr.base, tr.ours, tr.theirs, tr.opt)
}

// mirror exchanges the sides, in the options too.
func (tr triple) mirror() triple {
	tr.ours, tr.theirs = tr.theirs, tr.ours
	tr.opt.Strategy = map[merge.Strategy]merge.Strategy{
		merge.TakeOurs: merge.TakeTheirs, merge.TakeTheirs: merge.TakeOurs, merge.TakeBase: merge.TakeBase,
	}[tr.opt.Strategy]
	mirrored := map[string]merge.Policy{}
	for column, p := range tr.opt.Policies {
		mirrored[column] = mirroredPolicy(p)
	}
	tr.opt.Policies = mirrored
	switch tr.opt.Output {
	case merge.OutputOurs:
		tr.opt.Output = merge.OutputTheirs
	case merge.OutputTheirs:
		tr.opt.Output = merge.OutputOurs
	}
	return tr
}

func mirroredPolicy(p merge.Policy) merge.Policy {
	switch p.String() {
	case "ours":
		return policy("theirs")
	case "theirs":
		return policy("ours")
	}
	return p
}

// with changes the options of a copy.
func (tr triple) with(change func(*merge.Options)) triple {
	change(&tr.opt)
	return tr
}

func (tr triple) output(o merge.Output) triple {
	return tr.with(func(opt *merge.Options) { opt.Output = o })
}

func (tr triple) strategy(s merge.Strategy) triple {
	return tr.with(func(opt *merge.Options) { opt.Strategy = s })
}

// format is the reading of the options, as the oracle's reader takes it. ok is false
// where that reader is simpler than the merge's.
func (tr triple) format() (f oracle.Format, ok bool) {
	read := tr.opt.Read
	f = oracle.Format{Key: read.Key, Delimiter: read.Delimiter, Comment: read.Comment}
	if f.Comment == "" && !read.NoComment {
		f.Comment = "#"
	}
	return f, !read.NoHeader && read.Delimiter != 0
}

// commas are the options of a triple whose delimiter is settled.
func commas() merge.Options {
	return merge.Options{Read: csvrows.Options{Delimiter: ','}}
}

// drawTriple draws a base, edits that both sides made, and edits of each.
func drawTriple(t *rapid.T) triple {
	return drawTripleIn(t, drawManner(t))
}

func drawTripleIn(t *rapid.T, m manner) triple {
	base := drawSheet(t, m)
	shared := base
	if rapid.IntRange(0, 3).Draw(t, "shared edits") == 1 {
		shared = drawEdits(t, base, m, 2)
	}
	ours, theirs := drawEdits(t, shared, m, 4), drawEdits(t, shared, m, 4)
	return triple{base.bytes(), ours.bytes(), theirs.bytes(), commas()}
}

// A property checks one triple. applies is false where it had nothing to check.
type property func(tr triple) (applies bool, err error)

// checkDrawn runs a property on drawn triples, and fails if it never applied.
func checkDrawn(t *testing.T, p property, draw func(*rapid.T) triple) {
	t.Helper()
	applied, drawn := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		tr := draw(rt)
		applies, err := p(tr)
		if err != nil {
			rt.Fatalf("%v\n%v", err, tr)
		}
		drawn++
		if applies {
			applied++
		}
	})
	if applied == 0 {
		t.Errorf("the property applied to none of %d triples", drawn)
	}
	t.Logf("applied to %d of %d", applied, drawn)
}
