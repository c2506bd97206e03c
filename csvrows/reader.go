package csvrows

import "io"

// Reader gives the rows of a table one by one as encoding/csv's reader does, for
// libraries that decode rows into structs: first the names of the columns, then each
// row, cut or padded to the columns. Comments and blank lines are left out. Nothing
// fails but with io.EOF, at the end.
type Reader struct {
	table  *Table
	at     cursor
	header bool // the names were read
	fields []Field
}

// Reader returns a new reader of the file's rows. Columns of a file without a header
// are named "1", "2", ...
func (f *File) Reader() *Reader {
	columns := f.columns
	if f.opt.NoHeader {
		columns = PositionNames(f.Width())
	}
	return (&Table{file: f, keyed: keyed{columns: columns}}).Reader()
}

// Reader returns a new reader of the rows as they are now. An edit ends its use.
func (t *Table) Reader() *Reader { return &Reader{table: t, at: t.start()} }

// Read returns the next row; it belongs to the caller.
func (r *Reader) Read() ([]string, error) {
	columns := r.table.columns
	row := make([]string, len(columns))
	if !r.header && len(columns) > 0 {
		r.header = true
		copy(row, columns)
		return row, nil
	}
	if !r.table.nextRow(&r.at) {
		return nil, io.EOF
	}
	r.fields = splitFields(r.fields[:0], r.table.text(r.at.row), r.table.file.opt.Delimiter)
	for i, f := range r.fields[:min(len(r.fields), len(row))] {
		row[i] = string(f.Value())
	}
	return row, nil
}

// ReadAll returns what is left to read. The error is always nil.
func (r *Reader) ReadAll() ([][]string, error) {
	var rows [][]string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		rows = append(rows, row)
	}
}
