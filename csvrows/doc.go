// Package csvrows reads a CSV file as records and keeps every byte of it.
//
// # Model
//
// A file is a byte-order mark (or none) followed by records. A record is a
// stretch of the file's bytes, its line end included, and has a kind:
//
//	Header   the first record that is neither comment nor blank; it names the columns
//	Row      any other record with at least one non-empty field
//	Comment  its first field starts with the comment prefix ("#" by default)
//	Blank    white space only, or every field empty (",,,,")
//
// A [File] is one buffer and one offset a record; fields are cut when somebody
// asks for them. Joining the raw bytes of all records, behind the byte-order
// mark, gives the file again, for every input that parses.
//
// # How bytes are read
//
// These rules follow RFC 4180 where it speaks and keep what people do to files
// where it does not:
//
//	id,note            the header: columns "id" and "note"
//	a,5" pipe          a quote inside a bare field is data
//	b,"5"" pipe"       a quoted field; a doubled quote is one quote
//	c,"two"parts       text behind a closing quote is data too: the value is twoparts
//	d, x               nothing is trimmed: the value is " x"
//	e                  a short row: the missing fields are absent, which reads as empty
//	f,x,y              a long row: y belongs to a column without a name
//	# it's "odd, yes   a bare comment ends at the line end; its quotes open nothing
//	"# a, b",,         a quoted comment is cut into fields first
//
// Line ends are LF, CR LF and lone CR, in any mix; the last record may lack one.
// Values are bytes: no trimming, no case folding, no Unicode normalisation.
// NUL and invalid UTF-8 are bytes like any other.
//
// If the very first record starts with the prefix and what follows names the
// key column ("#id,name"), it is the header, unless the next record that is
// neither comment nor blank names the key column itself.
//
// # What is refused
//
// An unterminated quote and UTF-16 input are a [ParseError], with line, column and
// offset. Several inputs that are cut by different delimiters are a
// [DelimiterError]. A header without the key column is a [KeyColumnError]. Nothing
// else fails: ragged rows, repeated column names and duplicate keys are facts about
// a file, not errors.
//
// # Edits
//
// A [Table] finds rows by key and changes them. Every edit rewrites only the bytes
// it must: setting a cell keeps the other fields, the quoting habit of the
// cell, and the line end; a new row takes after its neighbour; a missing final
// newline stays missing. What an edit would spoil is an [EditError], and changes
// nothing: a row that would read as a comment, a key that stands twice.
//
// A [Reader] gives the rows as encoding/csv does, for libraries that decode them
// into structs.
//
// # What is not promised
//
// Other programs may read a file by other rules. The fields that an edit writes are
// quoted as RFC 4180 asks, whatever the fields beside them look like. In a file
// without a header an edit can move bytes to the front that mean an encoding there
// (a byte-order mark inside the file); nothing guards against that.
package csvrows
