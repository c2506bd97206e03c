package main

// An opener is a process that has a file open.
type opener struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
	Access  string `json:"access"` // "read", "write" or "read and write"
}
