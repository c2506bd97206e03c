package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/rowkeep/rowkeep/csvrows"
	"github.com/rowkeep/rowkeep/merge"
	"github.com/rowkeep/rowkeep/store"
)

// stdio names standard input or standard output in place of a file.
const stdio = "-"

// errNoName is about the name of a file that is empty: mostly that of a shell's variable that
// was never set.
var errNoName = usage("the name of a file is empty")

// readAll reads the named inputs, all at once. Each is opened before any is read, so
// that a missing file is not found only after somebody has typed standard input.
func (a *app) readAll(files []string) ([][]byte, error) {
	opened := make([]io.Reader, len(files))
	for i, file := range files {
		r, err := a.open(file)
		if err != nil {
			return nil, err
		}
		if c, ok := r.(io.Closer); ok {
			defer c.Close()
		}
		opened[i] = r
	}
	contents, errs := make([][]byte, len(files)), make([]error, len(files))
	var wg sync.WaitGroup
	for i, r := range opened {
		wg.Go(func() { contents[i], errs[i] = slurp(r) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fileFailure(called(files[i]), err)
		}
	}
	return contents, nil
}

func (a *app) open(file string) (io.Reader, error) {
	switch file {
	case stdio:
		return io.NopCloser(a.stdin), nil
	case "":
		return nil, errNoName
	}
	if err := checkKind(file); err != nil && !isOpen(file) {
		return nil, fileFailure(file, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fileFailure(file, err)
	}
	return f, nil
}

// checkKind refuses what is no regular file. Only to open a named pipe could block for
// ever.
func checkKind(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("is a directory; name a file")
	case !info.Mode().IsRegular():
		return errors.New("is no regular file; use - for standard input or output")
	}
	return nil
}

// isOpen reports names of what is open already, as a shell makes of <(command): to open one
// blocks nobody, whatever kind it is of.
func isOpen(file string) bool {
	dir := path.Dir(file)
	return file == "/dev/stdin" || dir == "/dev/fd" || dir == "/proc/self/fd"
}

// slurp reads all there is. A file has its size in memory at once; what it has grown by since
// is read too.
func slurp(r io.Reader) ([]byte, error) {
	var data []byte
	if f, ok := r.(*os.File); ok {
		info, err := f.Stat()
		if err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			data, err = fill(room(int(info.Size())), f)
		}
		if err != nil {
			return nil, err
		}
	}
	more, err := io.ReadAll(r)
	if len(data) == 0 {
		return more, err
	}
	return append(data, more...), err
}

// fill reads as much as there is room for, and returns what it read.
func fill(data []byte, r io.Reader) ([]byte, error) {
	const chunk = 1 << 20
	for at := 0; at < len(data); at += chunk {
		part := data[at:min(len(data), at+chunk)]
		touch(part)
		n, err := io.ReadFull(r, part)
		if n < len(part) {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = nil // it has become shorter
			}
			return data[:at+n], err
		}
	}
	return data, nil
}

// fileFailure names the file and what the system says of it. What is about another file
// stays.
func fileFailure(file string, err error) *failure {
	if other := (*failure)(nil); errors.As(err, &other) {
		return other
	}
	return &failure{status: statusIO, err: fmt.Errorf("%s: %w", file, cause(err))}
}

// cause leaves out of a system's error the call and the path: our own temporary files
// mean nothing to anybody.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	if err == fs.ErrNotExist { //nolint:errorlint // Go's own word for it, where others are the system's
		return syscall.ENOENT
	}
	return err
}

// called is what messages call a file.
func called(file string) string {
	if file == stdio {
		return "standard input"
	}
	return file
}

// inputs are the files of base, ours and theirs.
type inputs map[merge.Side]string

// at names a line of an input as compilers do.
func (in inputs) at(side merge.Side, line int) string {
	if line == 0 {
		return called(in[side])
	}
	return called(in[side]) + ":" + strconv.Itoa(line)
}

// failure turns an error of package merge into one line that names the file, the
// place and what to do.
func (in inputs) failure(err error) *failure {
	var input *merge.InputError
	var duplicate *merge.DuplicateKeyError
	var row *merge.RowError
	switch {
	case errors.As(err, &input):
		err = fmt.Errorf("%s: %w%s", called(in[input.Input]), input.Err, advice(input.Err))
	case errors.As(err, &duplicate):
		err = fmt.Errorf("%s: line %d, column 1: key %s stands in line %d too; change one of them, or leave out --refuse-duplicates",
			called(in[duplicate.Input]), duplicate.Lines[1], names(duplicate.Key), duplicate.Lines[0])
	case errors.As(err, &row):
		err = fmt.Errorf("%s: line %d, column 1: the row with key %s would read as a comment or blank in the result; change its first cell",
			called(in[row.Input]), row.Line, names(row.Key))
	}
	return &failure{status: statusInput, err: err}
}

// advice says what to do about an input that cannot be read.
func advice(err error) string {
	var key *csvrows.KeyColumnError
	var delimiter *csvrows.DelimiterError
	switch {
	case errors.Is(err, csvrows.ErrOpenQuote):
		return "; close it, or remove it"
	case errors.As(err, &key) && key.NoHeader:
		return "; give a position that rows have with --key-index"
	case errors.Is(err, store.ErrKeyChanged):
		return "; name the key with --key"
	case errors.As(err, &key):
		if near := nearest(key.Column, key.Columns); near != "" {
			return fmt.Sprintf("; did you mean --key %s?", name(near))
		}
		return "; name the key with --key"
	case errors.As(err, &delimiter):
		return "; convert one of the files, or give --delimiter"
	}
	return ""
}

// nearest returns the candidate that s was probably meant to be, or "".
func nearest(s string, candidates []string) string {
	best, least := "", 1+len(s)/3
	for _, c := range candidates {
		if d := distance(strings.ToLower(s), strings.ToLower(c)); d <= least {
			best, least = c, d-1
		}
	}
	return best
}

// distance counts the bytes to insert, delete or replace to turn a into b
// (Levenshtein's distance, one row of the table at a time).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
