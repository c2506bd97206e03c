//go:build !linux || !(amd64 || arm64)

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "powercut: loop devices, and mounts that end with their process, need Linux")
	os.Exit(2)
}
