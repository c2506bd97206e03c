package main

import (
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/creack/pty"
)

// tty is a program for scripts: tty PROGRAM [ARGS...] runs a program in a terminal of its own.
// Standard input is typed there, and then the key that ends input. What the terminal shows goes
// to standard output, all of it: it is read until nobody has the terminal open, whereas the
// ttyin of testscript closes the terminal when the program ends, read or not. The exit status
// is the program's.
func tty() {
	program := exec.Command(os.Args[1], os.Args[2:]...)
	terminal, err := pty.StartWithSize(program, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		log.Fatal(err)
	}
	typed := io.MultiReader(os.Stdin, strings.NewReader("\x04"))
	go func() { _, _ = io.Copy(terminal, typed) }() // fails if the program ends before it reads all
	// That nobody has it open any more is EIO on Linux, and the end of the file elsewhere.
	if _, err := io.Copy(os.Stdout, terminal); err != nil && !errors.Is(err, syscall.EIO) {
		log.Fatal(err)
	}
	_ = program.Wait() // the status says it
	os.Exit(program.ProcessState.ExitCode())
}
