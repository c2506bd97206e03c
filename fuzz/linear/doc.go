// Package linear checks that what several processes do to one file by the store looks as if
// it had been done one after the other, each operation at some moment between its call and
// its return (linearizability), with editors at work that know nothing of the store.
//
// It has tests only:
//
//	go test ./fuzz/linear                          a short run
//	go test ./fuzz/linear -rounds 1000 -timeout 2h a long one
//
// Store processes count in one cell, each seeing what it counts up; put values of their own
// into cells, each seeing the value before; and read. Editors append rows, or rename a new
// file with one more row over the old. Nobody tells when such a save is in force, so it is
// an operation that may take effect at any time until everything is quiet; but once it was
// seen it must be seen ever after, and in the end it must be there. Porcupine
// (github.com/anishathalye/porcupine) looks for an order that explains what all have seen.
package linear
