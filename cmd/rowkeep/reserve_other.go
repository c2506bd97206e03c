//go:build !linux

package main

// reserve does nothing here; see reserve_linux.go.
func reserve(uintptr, int64) {}
