package main

import "os"

// A pendingFile is a file that takes the place of target in one step, and is not synced by
// itself.
type pendingFile struct {
	*os.File
	target string
	done   bool
}

func (p *pendingFile) CloseAtomicallyReplace() error {
	if err := p.Close(); err != nil {
		return err
	}
	if err := os.Rename(p.Name(), p.target); err != nil {
		return err
	}
	p.done = true
	return nil
}

func (p *pendingFile) Cleanup() error {
	if p.done {
		return nil
	}
	p.Close() // it may be closed already
	return os.Remove(p.Name())
}
