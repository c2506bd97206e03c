//go:build !linux

package sys

import "os"

// Blind reports true: there are no leases here.
func Blind(*os.File) bool { return true }

// StampsTell reports false: nothing here tells.
func StampsTell(*os.File) bool { return false }

// StoresTell reports false: nothing here tells.
func StoresTell(*os.File) bool { return false }

// Volatile reports false: nothing here tells.
func Volatile(string) bool { return false }

// Mounted reports false: nothing here tells.
func Mounted(string) bool { return false }
