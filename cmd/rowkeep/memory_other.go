//go:build !linux

package main

// room returns n bytes for a whole input.
func room(n int) []byte { return make([]byte, n) }

// touch does nothing here; see memory_linux.go.
func touch([]byte) {}
