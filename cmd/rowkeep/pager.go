package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// pager writes to standard output, and through a program that shows a screen at a time
// once more was written than a screen has lines.
//
// That program is $PAGER, else less if it is there. As git does it, less is asked to leave
// the screen as it is and to let colours through. An empty PAGER, or cat, means none.
type pager struct {
	stdout  io.Writer
	height  int // of the screen; 0: there is no terminal, and never a pager
	waiting bytes.Buffer
	lines   int
	program *exec.Cmd
	pipe    io.WriteCloser
	through bool // no pager can be had, what comes goes on at once
}

func (p *pager) Write(b []byte) (int, error) {
	switch {
	case p.pipe != nil:
		return len(b), p.send(b)
	case p.through || p.height == 0:
		return p.stdout.Write(b)
	}
	p.lines += bytes.Count(b, []byte("\n"))
	p.waiting.Write(b)
	if p.lines < p.height { // the last line is for the prompt
		return len(b), nil
	}
	p.start()
	if p.pipe != nil {
		return len(b), p.send(p.waiting.Bytes())
	}
	_, err := p.stdout.Write(p.waiting.Bytes())
	p.waiting.Reset()
	return len(b), err
}

// send gives the pager more to show. That it was left before the end is no error.
func (p *pager) send(b []byte) error {
	_, err := p.pipe.Write(b)
	return ignore(syscall.EPIPE, err)
}

// start starts the pager. Where that fails, there is none.
func (p *pager) start() {
	p.through = true
	command := pagerCommand()
	if command == nil {
		return
	}
	command.Stdout, command.Stderr = p.stdout, os.Stderr
	pipe, err := command.StdinPipe()
	if err != nil || command.Start() != nil {
		return
	}
	p.program, p.pipe = command, pipe
	// What the interrupt key means is now the pager's to say: were we to end at it, the pager
	// would be left on a terminal that the shell reads too.
	signal.Ignore(os.Interrupt)
}

// Close writes what waits, and waits until the pager was left.
func (p *pager) Close() error {
	if p.program == nil {
		_, err := p.stdout.Write(p.waiting.Bytes())
		return err
	}
	p.pipe.Close()
	p.program.Wait() //nolint:errcheck // how it was left is not our failure
	signal.Reset(os.Interrupt)
	return nil
}

// pagerCommand is the pager to run, nil for none. A line that is more than a program with
// arguments is for the shell.
func pagerCommand() *exec.Cmd {
	line, given := os.LookupEnv("PAGER")
	if !given {
		line = "less"
	}
	words := strings.Fields(line)
	if len(words) == 0 || len(words) == 1 && words[0] == "cat" || dumb() {
		return nil
	}
	command := exec.Command(words[0], words[1:]...)
	if strings.ContainsAny(line, "|&;<>()$`\\\"'*?[#~=%") {
		command = exec.Command("sh", "-c", line)
	}
	if command.Err != nil { // there is no such program
		return nil
	}
	command.Env = os.Environ()
	for _, e := range [][2]string{{"LESS", "FRX"}, {"LV", "-c"}} {
		if _, set := os.LookupEnv(e[0]); !set {
			command.Env = append(command.Env, e[0]+"="+e[1])
		}
	}
	return command
}
