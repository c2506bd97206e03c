package sys

import (
	"os"
	"strings"
)

// Boot names this run of the system, or is "" where nothing tells.
func Boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
