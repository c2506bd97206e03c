package store_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// editor appends rows to a file and deletes them again until it is told to stop, and then
// tells what it did. See TestOwnRows for what it must not do.
func editor(args []string) error {
	stop := make(chan struct{})
	go func() {
		bufio.NewScanner(os.Stdin).Scan()
		close(stop)
	}()
	appended, deleted := 0, 0
	for !waitForCommit(args[0], stop) {
		if appended < 3 || 3*deleted >= 2*appended {
			appended++
			if err := appendRow(args[0], fmt.Sprintf("%s%d,0,\n", editorsKey, appended)); err != nil {
				return err
			}
			continue
		}
		deleted++
		if err := deleteLastRow(args[0]); err != nil {
			return err
		}
	}
	fmt.Printf("%d rows appended, %d times one deleted\n", appended, deleted)
	return nil
}

// editorsKey is how the keys of the editor's rows begin, and nobody else's.
const editorsKey = "edit-"

// waitForCommit waits until the file has another inode, so that the editor meets all of
// the commits and keeps none from its end, but not for long. It returns true where all
// is over.
func waitForCommit(path string, stop <-chan struct{}) bool {
	before, _ := os.Stat(path)
	for range 10 {
		select {
		case <-stop:
			return true
		case <-time.After(time.Millisecond):
		}
		if now, _ := os.Stat(path); !os.SameFile(before, now) {
			break
		}
	}
	return false
}

func appendRow(path, row string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(row)
	return errors.Join(err, f.Close())
}

// deleteLastRow cuts the file where its last row begins, if that is the editor's.
func deleteLastRow(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(f)
	if err == nil {
		start := bytes.LastIndexByte(bytes.TrimSuffix(data, []byte{'\n'}), '\n') + 1
		if bytes.HasPrefix(data[start:], []byte(editorsKey)) {
			err = f.Truncate(int64(start))
		}
	}
	return errors.Join(err, f.Close())
}
