// Package benchmarks measures what csvrows and merge cost, beside what a user would
// pick instead.
//
// It has no code of its own, only benchmarks, one file a topic. Every axis stands in
// the name, so that one run can be narrowed down:
//
//	go test ./benchmarks -bench .
//	go test ./benchmarks -bench 'Parse/quoted=10%/rows=1M'
//	go test ./benchmarks -bench 'Merge/edited=1%$/rows=10k'
//
// The files come from package sample, which also knows the expected merge: a benchmark
// of something that went wrong fails.
//
// Two programs measure what a benchmark cannot:
//
//	go run ./benchmarks/growth   time at n and at 4n, on inputs that a careless merge is quadratic on
//	go run ./benchmarks/versus   whole processes and their memory, beside git merge-file and encoding/csv
//
// None of this is a test: a figure says something about one machine at one time.
// Ratios of figures of one run, taken in turns, say more.
package benchmarks
