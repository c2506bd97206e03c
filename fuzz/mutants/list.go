package main

import "slices"

// mutants are all mutants: those of csvrows.go and those of merge.go.
var mutants = slices.Concat(ofCSVRows, ofMerge)
