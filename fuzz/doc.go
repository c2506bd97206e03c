// Package fuzz holds the merge to its laws, and the store to a model.
//
// It has no code of its own, only tests:
//
//	sheet_test.go       a small file under edit; edit scripts drawn by rapid
//	laws_test.go        the table of the thirteen laws; the files beside it hold the longer ones
//	oracle_test.go      the merge against package oracle, a plain model of the contract
//	exhaustive_test.go  all merges up to a small size
//	sketch_test.go      merges by difference, in memory and by windows, against merges of whole inputs
//	output_test.go      markers show what the valid-CSV output of each side holds
//	store_test.go       a store under interleaved changes against a plain model of it (store_model_test.go)
//	fuzz_test.go        the fuzz targets; their corpora are under testdata/fuzz
//	seeds_test.go       seeds: the tables of the other packages' tests, and worked merges
//
// A law is a function of one triple of inputs and its options, so that drawn,
// enumerated and mutated inputs all run the same checks. It says whether it had
// something to check; a law that never had fails its test.
//
// run.sh runs every fuzz target of the module. The folders hold programs: mutants, and the
// rigs race and powercut, which hold the store against real writers and power cuts.
package fuzz
