//go:build !linux

package sys

// Boot names this run of the system, or is "" where nothing tells.
func Boot() string { return "" }
