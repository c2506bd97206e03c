package main

import "slices"

// mutants are all mutants: those of csvrows.go, merge.go and store.go.
var mutants = slices.Concat(ofCSVRows, ofMerge, ofStore)
