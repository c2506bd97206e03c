package main

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/rowkeep/rowkeep/merge"
)

// plainValues are values whose parts could be quoted or cut otherwise than the whole.
var plainValues = []string{"", "a", "é\n", "\xff\xfe", "\u202eabc", `"quoted"`, "a value of some length", strings.Repeat("long, ", 20), strings.Repeat("long, ", 20) + "end", strings.Repeat("lang ", 20) + "\x00"}

// TestConflictsPlainly shows conflicts without colours as with them, in one line each.
func TestConflictsPlainly(t *testing.T) {
	shown := func(c merge.Conflict, colored bool) string {
		var b bytes.Buffer
		v := &view{Writer: bufio.NewWriter(&b), colored: colored}
		v.conflict(speaker, inputs{merge.Base: "b.csv", merge.Ours: "o.csv", merge.Theirs: "t.csv"}, c)
		v.Flush()
		return ownColours.ReplaceAllString(b.String(), "")
	}
	versions := []merge.Value{{}, {Exists: true, Rows: []merge.RowValue{{{Column: "c", Value: "x"}}}}}
	for _, text := range plainValues {
		versions = append(versions, merge.Value{Exists: true, Text: text})
	}
	for _, base := range versions {
		for _, ours := range versions {
			for _, theirs := range versions {
				c := merge.Conflict{Kind: merge.KindCell, Key: []string{"k"}, Column: "c", HasColumn: true, Base: base, Ours: ours, Theirs: theirs, Lines: merge.Lines{Base: 2, Theirs: 3}}
				inPlain, inColours := shown(c, false), shown(c, true)
				if inPlain != inColours {
					t.Fatalf("%s\n%s, in colours", inPlain, inColours)
				}
				if n := strings.Count(inPlain, "\n"); n != 4 || !strings.HasPrefix(inPlain, "rowkeep: conflict: cell, key k, column c\n  base    b.csv:2: ") || !strings.Contains(inPlain, "\n  ours    o.csv: ") {
					t.Fatalf("%d lines:\n%s", n, inPlain)
				}
			}
		}
	}
}

// TestManyConflicts words conflicts side by side: they stand in their order, and settled ones
// do not.
func TestManyConflicts(t *testing.T) {
	list := make([]merge.Conflict, 2000)
	for i := range list {
		list[i] = merge.Conflict{Kind: merge.KindCell, Key: []string{strconv.Itoa(i)}}
		if i%3 == 0 {
			list[i].Settled = "ours"
		}
	}
	var got, want bytes.Buffer
	v, one := &view{Writer: bufio.NewWriter(&got)}, &view{Writer: bufio.NewWriter(&want)}
	v.conflicts(inputs{}, list)
	for i, c := range list {
		if i%3 > 0 {
			one.conflict(speaker, inputs{}, c)
		}
	}
	v.Flush()
	one.Flush()
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("conflicts side by side are not those one by one")
	}
}
