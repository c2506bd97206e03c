// Package sys is what the store needs of the operating system and what differs
// between systems. Every file of it defines the same functions:
//
//	OpenRead(name)            opens a file for reading; never waits for a writer of a pipe
//	CreateTemp(dir, name)     makes a new file, mode 0600, called name behind a dot, with digits
//	CopyOwner(to, from)       gives a file another one's owner and group
//	SameOwner(a, b)           compares owner and group of two files
//	Links(info)               counts the names of a file
//	Rename(from, to)          replaces one file by another
//	SyncDir(dir)              makes the names in a directory durable
package sys

import "errors"

// ErrOwner is what CopyOwner returns where the system does not let it give a file away.
var ErrOwner = errors.New("a new file cannot be given to the owner and group of the old one")
