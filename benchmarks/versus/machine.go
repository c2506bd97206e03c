package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// machine describes where this runs, as far as the system tells.
func machine(dir string) string {
	parts := []string{fmt.Sprintf("%d cores", runtime.NumCPU())}
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		parts = append(parts, model)
	}
	if total := memory("MemTotal"); total > 0 {
		parts = append(parts, fmt.Sprintf("%.0f GiB of memory", float64(total)/(1<<30)))
	}
	if out, err := exec.Command("df", "--output=fstype", dir).Output(); err == nil {
		if words := strings.Fields(string(out)); len(words) == 2 {
			parts = append(parts, words[1])
		}
	}
	return strings.Join(append(parts, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version()), ", ")
}

// memory returns how much the machine has of the kind that Linux names so, in bytes; 0 if
// the system does not tell.
func memory(kind string) int64 {
	kilobytes, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", kind), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}

// load returns how many processes wanted a core in the last minute, on average.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// field finds the first "name: value" of a file.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
