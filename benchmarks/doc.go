// Package benchmarks measures what csvrows and merge cost, beside what a user would
// pick instead.
//
// It has no code of its own, only benchmarks, one file a topic. Every axis stands in
// the name, so that one run can be narrowed down:
//
//	go test ./benchmarks -bench .
//	go test ./benchmarks -bench 'Parse/quoted=all/columns=9/rows=1M'
//	go test ./benchmarks -bench 'Merge/edited=1%$/rows=10k'
//
// The files come from package sample, which also knows the expected merge: a benchmark
// of something that went wrong fails.
//
// baseline.txt holds figures of the short ones; .ci/bench compares a machine with it, and
// with -update writes it anew.
//
// Programs measure what a benchmark cannot:
//
//	go run ./benchmarks/versus   whole processes, beside git, diffutils, SQLite, Miller, DuckDB and daff
//	go run ./benchmarks/large    files larger than the memory that a merge gets
//	go run ./benchmarks/growth   time at n and at 4n, on inputs that a careless merge is quadratic on
//	cd benchmarks/sqlite && go run .   updates a second, beside those of SQLite
//
// None of this is a test: a figure says something about one machine at one time.
// Ratios of figures of one run, taken in turns, say more.
package benchmarks
