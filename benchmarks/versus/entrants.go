package main

import (
	"embed"

	"github.com/rowkeep/rowkeep/benchmarks/process"
)

// scripts are what the peers are told to do. They are copied beside the files.
//
//go:embed peers/*
var scripts embed.FS

// A topic is a task: commands of one topic have the same one.
type topic int

const (
	merges topic = iota
	diffs
	unchanged // a merge of what nobody changed
	oneSide   // a merge of what only theirs changed
	topics
)

var titles = [topics]string{
	merges:    "Merge",
	diffs:     "Diff of two versions",
	unchanged: "Merge where nothing changed",
	oneSide:   "Merge where one side changed",
}

// An entrant is a command in the comparison. Its line is run as it stands here, in the
// folder of the sample: all its flags can be read in the tables.
type entrant struct {
	topic  topic
	name   string
	peer   string // what must be there; rowkeep and the base utilities have none
	line   process.Line
	output string // file with its answer; none if empty
	want   string // file that the answer is compared with, for merges
	// Beginnings of lines, between bars, of a diff: with a row of the first file, and of
	// the second.
	minus, plus string
}

// Names that the targets look for.
const (
	ours     = "rowkeep"
	ourPipe  = "rowkeep to stdout"
	cat      = "cat"
	gitMerge = "git"
	gnuDiff  = "GNU diff"
	cmpName  = "cmp"
	duckDB   = "DuckDB"
	daffName = "daff"
)

var entrants = []entrant{
	{topic: merges, name: ours, line: "rowkeep merge -o merged.csv base.csv ours.csv theirs.csv", output: "merged.csv", want: "want.csv"},
	{topic: merges, name: ourPipe, line: "rowkeep merge base.csv ours.csv theirs.csv > merged.csv", output: "merged.csv", want: "want.csv"},
	{topic: merges, name: cat, line: "cat base.csv ours.csv theirs.csv > cat.csv", output: "cat.csv"},
	{topic: merges, name: gitMerge, peer: "git", line: "git merge-file -p ours.csv base.csv theirs.csv > merge-git.csv", output: "merge-git.csv", want: "want.csv"},
	{topic: merges, name: "diff3", peer: "diffutils", line: "diff3 -m ours.csv base.csv theirs.csv > merge-diff3.csv", output: "merge-diff3.csv", want: "want.csv"},
	{topic: merges, name: duckDB, peer: "duckdb", line: "node duckdb.mjs duckdb-merge.sql", output: "merge-duckdb.csv", want: "want.csv"},
	{topic: merges, name: "SQLite", peer: "sqlite", line: "sqlite3 :memory: < sqlite-merge.sql > merge-sqlite.csv", output: "merge-sqlite.csv", want: "want.csv"},
	{topic: merges, name: "Miller", peer: "miller", line: "mlr --csv -S put -q -f miller-merge.mlr then sort -f id base.csv ours.csv theirs.csv > merge-miller.csv", output: "merge-miller.csv", want: "want.csv"},
	{topic: merges, name: daffName, peer: "daff", line: "daff merge --id id --output merge-daff.csv base.csv ours.csv theirs.csv", output: "merge-daff.csv", want: "want.csv"},

	{topic: diffs, name: ours, line: "rowkeep diff base.csv ours.csv > diff-rowkeep.txt", output: "diff-rowkeep.txt", minus: "~ |- ", plus: "~ |+ "},
	{topic: diffs, name: cmpName, line: "cmp base.csv equal.csv"},
	{topic: diffs, name: gnuDiff, peer: "diffutils", line: "diff base.csv ours.csv > diff-gnu.txt", output: "diff-gnu.txt", minus: "< ", plus: "> "},
	{topic: diffs, name: "git diff", peer: "git", line: "git diff --no-index --no-color base.csv ours.csv > diff-git.txt", output: "diff-git.txt", minus: "-row", plus: "+row"},
	{topic: diffs, name: duckDB, peer: "duckdb", line: "node duckdb.mjs duckdb-diff.sql", output: "diff-duckdb.csv", minus: "~,|-,", plus: "~,|+,"},
	{topic: diffs, name: daffName, peer: "daff", line: "daff diff --id id --no-color --output diff-daff.csv base.csv ours.csv", output: "diff-daff.csv", minus: "->,|---,", plus: "->,|+++,"},

	{topic: unchanged, name: ours, line: "rowkeep merge -o merged.csv base.csv equal.csv copy.csv", output: "merged.csv", want: "base.csv"},
	{topic: unchanged, name: cmpName, line: "sh cmp-both.sh base.csv equal.csv copy.csv"},

	{topic: oneSide, name: ours, line: "rowkeep merge -o merged.csv base.csv equal.csv theirs.csv", output: "merged.csv", want: "theirs.csv"},
	{topic: oneSide, name: cmpName, line: "sh cmp-both.sh base.csv equal.csv theirs.csv > cmp.txt", output: "cmp.txt"},
}

// mine says whether the entrant is rowkeep, whose answer must be right.
func (e *entrant) mine() bool { return e.name == ours || e.name == ourPipe }
