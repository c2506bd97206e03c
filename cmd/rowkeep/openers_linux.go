package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// openersKnown says that openers has something to tell here.
const openersKnown = true

// openers looks through /proc. Who is not root sees his own processes.
func openers(file string) []opener {
	target, err := os.Stat(file)
	if err != nil {
		return nil
	}
	pids, _ := filepath.Glob("/proc/[0-9]*") // fails for a bad pattern only
	var list []opener
	for _, dir := range pids {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if modes := openModes(dir, target); modes != 0 {
			comm, _ := os.ReadFile(dir + "/comm")
			access := [...]string{"", "read", "write", "read and write"}[modes]
			list = append(list, opener{pid, string(bytes.TrimSpace(comm)), access})
		}
	}
	return list
}

// openModes looks at the descriptors of a process: 1 reads the file, 2 writes it.
func openModes(proc string, target os.FileInfo) (modes int) {
	entries, err := os.ReadDir(proc + "/fd")
	if err != nil {
		return 0 // somebody else's process, or one that has ended
	}
	for _, e := range entries {
		info, err := os.Stat(proc + "/fd/" + e.Name())
		if err == nil && os.SameFile(info, target) {
			modes |= descriptorModes(proc + "/fdinfo/" + e.Name())
		}
	}
	return modes
}

// descriptorModes reads the flags that a file was opened with (proc(5)).
func descriptorModes(fdinfo string) int {
	data, err := os.ReadFile(fdinfo)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var flags int
		if n, _ := fmt.Sscanf(line, "flags: %o", &flags); n == 1 {
			return flags&(os.O_WRONLY|os.O_RDWR) + 1 // O_RDONLY, O_WRONLY, O_RDWR are 0, 1, 2
		}
	}
	return 0
}
