//go:build !unix

package sys

// CrossDevice reports false: nothing here tells.
func CrossDevice(error) bool { return false }

// MountPoint reports false: nothing here tells.
func MountPoint(error) bool { return false }
