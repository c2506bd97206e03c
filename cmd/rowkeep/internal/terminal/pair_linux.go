package terminal

import (
	"os"
	"testing"

	"github.com/creack/pty"
)

// Pair makes a terminal without a window, of so many columns and lines, for a program in the
// process of the test: what is written to person is typed, and what the program shows is read
// there. Both are closed when the test ends.
func Pair(t *testing.T, width, height int) (person, program *os.File) {
	t.Helper()
	person, program, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	t.Cleanup(func() { program.Close() })
	if err := pty.Setsize(person, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
	return person, program
}
