package main

import "syscall"

// mostMemory is the address space of each process that this one starts. A mutant that
// loops and appends must not take the machine with it.
const mostMemory = 8 << 30

// limitMemory limits this process and what it starts. It is a help, not a need.
func limitMemory() {
	_ = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: mostMemory, Max: mostMemory})
}
