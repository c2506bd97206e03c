module github.com/rowkeep/rowkeep

go 1.26

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/google/go-cmp v0.7.0
	github.com/jszwec/csvutil v1.10.0
	pgregory.net/rapid v1.3.0 // indirect
)
