//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// A version is what the file holds: which commit of the program, and which edits of
// others. Its bytes follow from it, so that nothing else passes for one.
type version struct {
	commit  int
	edits   set
	checked bool // a check of a crash image has committed too
}

// A set of edits: bit k is edit k.
type set uint64

func (s set) with(k int) set        { return s | 1<<k }
func (s set) has(k int) bool        { return s&(1<<k) != 0 }
func (s set) without(other set) set { return s &^ other }

func (s set) len() int { return bits.OnesCount64(uint64(s)) }

// String lists the edits.
func (s set) String() string {
	var names []string
	for k := range 64 {
		if s.has(k) {
			names = append(names, strconv.Itoa(k))
		}
	}
	return "{" + strings.Join(names, ", ") + "}"
}

// There are at most two edits a commit, and all of them have room in a set.
const (
	mostCommits = 31
	mostEdits   = 2 * mostCommits
)

// In a row of its own everybody counts: a commit perCommit, an edit one. The merges add up
// what was counted at the same time, so that a change that is merged twice, or not at all,
// shows in the sum.
const (
	sumRow      = "sum"
	countColumn = "count"
	perCommit   = 1000
)

// options are those of a store on the file.
func options() (store.Options, error) {
	sum, err := merge.ParsePolicy("sum")
	return store.Options{
		Policies: map[string]merge.Policy{countColumn: sum},
		Settle:   10 * time.Millisecond, Wait: 10 * time.Second,
	}, err
}

// bytes returns the file. Its size goes up and down with the commits: btrfs keeps small
// files elsewhere, and what is in many pages can come to the disk in part.
func (v version) bytes() []byte {
	var b bytes.Buffer
	b.WriteString("id,value,count,text\n")
	letter := string(rune('a' + v.commit%26))
	size := []int{800, 5_000, 66_000}[v.commit%3]
	fmt.Fprintf(&b, "program,%d,,%s\n", v.commit, strings.Repeat(letter, size))
	fmt.Fprintf(&b, "%s,,%d,\n", sumRow, perCommit*v.commit+v.edits.len())
	for k := range mostEdits {
		fmt.Fprintf(&b, "edit-%d,%t,,\n", k, v.edits.has(k))
	}
	fmt.Fprintf(&b, "check,%t,,\n", v.checked)
	return b.Bytes()
}

var (
	commitLine = regexp.MustCompile(`(?m)^program,([0-9]+),`)
	editLine   = regexp.MustCompile(`(?m)^edit-([0-9]+),true,,$`)
	checkLine  = []byte("\ncheck,true,,\n")
)

// parse returns the version that has exactly these bytes.
func parse(data []byte) (v version, ok bool) {
	m := commitLine.FindSubmatch(data)
	if m == nil {
		return v, false
	}
	v.commit, _ = strconv.Atoi(string(m[1])) // the comparison finds what is no number
	for _, m := range editLine.FindAllSubmatch(data, -1) {
		k, _ := strconv.Atoi(string(m[1]))
		v.edits = v.edits.with(k)
	}
	v.checked = bytes.Contains(data, checkLine)
	return v, bytes.Equal(data, v.bytes())
}
