//go:build linux && (amd64 || arm64)

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The program runs as several processes. Whatever waits for a loop device is in one that
// does not serve it; each has its own mount namespace, so that its mounts, and with them
// the loop devices, end with it, whichever way that ends.
const roleVariable = "ROWKEEP_POWERCUT_ROLE"

// roleServer is the process that serves disks, keeps the log and starts the others.
const roleServer = "server"

// roles are the others. They get one argument, in JSON.
var roles = map[string]func(arg []byte) error{
	"work":  work,
	"check": check,
}

// play runs the role that this process was started for, and then ends it. It returns
// in the server, and in a process that has no role yet.
func play() (server bool) {
	name := os.Getenv(roleVariable)
	role := roles[name]
	if role == nil {
		return name == roleServer
	}
	if err := role([]byte(os.Args[1])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
	return false
}

// becomeServer starts the program again in this process, in a mount namespace of its
// own. It returns only with an error.
func becomeServer() error {
	// The thread that calls exec is the one whose namespace the new program has.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	return unix.Exec("/proc/self/exe", os.Args, append(os.Environ(), roleVariable+"="+roleServer))
}

// missing says what keeps the rig from running here, or returns nil.
func missing() error {
	if os.Geteuid() != 0 {
		return errors.New("mounting needs root")
	}
	for _, path := range []string{"/dev/fuse", "/dev/loop-control"} {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		f.Close()
	}
	return nil
}

// command makes this program play a role. It ends with the context.
func command(ctx context.Context, role string, arg any) (*exec.Cmd, error) {
	text, err := json.Marshal(arg)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", string(text))
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	return cmd, nil
}

// ask runs a role, which answers in JSON.
func ask(ctx context.Context, role string, arg, answer any) error {
	cmd, err := command(ctx, role, arg)
	if err != nil {
		return err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", role, err, &stderr)
	}
	return json.Unmarshal(stdout.Bytes(), answer)
}

// listen runs a role that says what it does, line by line (see say): it goes on when hear
// has returned.
func listen(ctx context.Context, role string, arg any, hear func(line string)) error {
	cmd, err := command(ctx, role, arg)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		hear(lines.Text())
		if _, err := io.WriteString(in, "\n"); err != nil {
			break // the process has ended, and Wait says how
		}
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", role, err, &stderr)
	}
	return nil
}

// say tells the server a line, and waits until it has heard it.
func say(line string) error {
	if _, err := fmt.Println(line); err != nil {
		return err
	}
	var answer [1]byte
	_, err := io.ReadFull(os.Stdin, answer[:])
	return err
}
