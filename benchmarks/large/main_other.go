//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "large: control groups are of Linux")
	os.Exit(1)
}
