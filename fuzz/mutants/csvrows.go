package main

var ofCSVRows = []mutant{
	// Records.
	{
		"scan-crlf", "csvrows/parse.go", "func (s *scanner) behind(end int) int {",
		`return end + 2`, `return end + 1`, "CR LF is two line ends",
	},
	{
		"scan-lone-cr", "csvrows/parse.go", "",
		`return min(lf, s.cr.find(s.data, from, lf))`, `return lf`, "a lone CR ends no record",
	},
	{
		"scan-quote-at-start", "csvrows/parse.go", "",
		`if pos < len(s.data) && s.data[pos] == '"' {`, `if pos > start && pos < len(s.data) && s.data[pos] == '"' {`, "a quote at the start of a record opens nothing",
	},
	{
		"scan-quote-anywhere", "csvrows/parse.go", "",
		`for q < eol && s.data[q-1] != s.delim {`, `for false {`, "a quote inside a bare field opens one",
	},
	{
		"scan-open-quote-first", "csvrows/parse.go", "func (f *File) scan() error {",
		`case open >= 0:`, `case open > 0:`, "a quote that is never closed passes as the first byte",
	},
	{
		"scan-plain-cr", "csvrows/parse.go", "func (f *File) plainRows(s *scanner, pos int) int {",
		`if lf >= far {`, `if lf >= s.qt.at {`, "a lone CR in a plain row ends no record",
	},
	{
		"scan-quoted-cr", "csvrows/parse.go", "func (f *File) quotedRows(s *scanner, pos int) int {",
		`if s.cr.finds(f.data, at, at+blockSize) {`, `if false {`, "a lone CR between quoted rows ends no record",
	},
	{
		"scan-quoted-comment-begins", "csvrows/parse.go", "func (f *File) quotedRows(s *scanner, pos int) int {",
		`if !s.begins(pos) {`, `if false {`, "quotes of a comment between quoted rows open a field",
	},
	{
		"scan-stray-quote", "csvrows/parse.go", "func (s *scanner) openFields(marks uint64, at, start int) bool {",
		`if c := s.data[pos-1]; c != s.delim && c != '\n' {`, `if c := s.data[pos-1]; c == '\r' {`, "a quote inside a bare field opens one in a block",
	},
	{
		"split-stray-quote", "csvrows/field.go", "",
		`if opening&^(delims<<1|behind) != 0 {`, `if opening&^(delims<<1|behind) == 1 {`, "a quote inside a bare field opens one where a row is split",
	},
	{
		"split-bare-behind-quoted", "csvrows/field.go", "",
		`case text[end] != delim || end+1 == len(text) || text[end+1] != '"':`, `case text[end] != delim:`, "a bare field behind a quoted one is no field",
	},
	{
		"block-inside", "csvrows/block.go", "",
		`q.inside = parities(quotes) ^ -(q.inside >> (blockSize - 1))`, `q.inside = parities(quotes)`, "a quote is closed by the end of a block",
	},
	{
		"records-large", "csvrows/records.go", "",
		`for n < len(r.turns) && r.turns[n] <= i {`, `for n < len(r.turns) && r.turns[n] < i {`, "the first record behind a gibibyte starts at 0",
	},
	{
		"scan-too-long", "csvrows/parse.go", "",
		`case f.recs.len() >= f.most:`, `case false:`, "more records than can be numbered are taken",
	},
	{
		"scan-comment-quotes", "csvrows/parse.go", "",
		`if f.bareComment(f.data[pos:]) {`, `if f.bareComment(f.data[pos:]) && pos == f.bom {`, "quotes of a bare comment open a field",
	},
	{
		"scan-quoted-comment", "csvrows/parse.go", "func (f *File) kindOf(raw []byte) Kind {",
		`return Comment`, `return Row`, "a quoted comment is a row",
	},
	{
		"scan-blank-commas", "csvrows/parse.go", "",
		`if allSpace(text) || f.allEmpty(text) {`, `if allSpace(text) {`, "a line of delimiters is a row",
	},
	{
		"scan-bom", "csvrows/parse.go", "",
		`f.bom = len(bom)`, `f.bom = 0`, "the byte-order mark is part of the first name",
	},
	{
		"scan-utf16-big", "csvrows/parse.go", "",
		`if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {`, `if bytes.HasPrefix(data, []byte("\xff\xfe")) {`, "big-endian UTF-16 is read as bytes",
	},
	{
		"header-prefix", "csvrows/parse.go", "",
		`names[0] = names[0][len(f.prefix):]`, `names[0] = names[0][0:]`, "a header behind a prefix does not name its key",
	},
	{
		"header-two", "csvrows/parse.go", "",
		`if f.Len() == 0 || f.Kind(0) != Comment || namesKey(f.columns, f.opt) {`, `if f.Len() == 0 || f.Kind(0) != Comment {`, "a commented-out header wins over the header",
	},
	{
		"error-column", "csvrows/parse.go", "",
		`return &ParseError{Line: line, Column: offset - start + 1, Offset: int64(offset), Err: err}`, `return &ParseError{Line: line, Column: offset - start, Offset: int64(offset), Err: err}`, "columns of errors count from 0",
	},
	{
		"text-blank-crlf", "csvrows/file.go", "",
		`if n > 1 && raw[n-2] == '\r' {`, `if n > 2 && raw[n-2] == '\r' {`, "the CR of an empty line is text",
	},
	{
		"line-crlf-twice", "csvrows/file.go", "",
		`return n + bytes.Count(text, []byte{'\r'}) - bytes.Count(text, []byte("\r\n"))`, `return n + bytes.Count(text, []byte{'\r'})`, "CR LF counts as two lines",
	},
	// Fields.
	{
		"value-behind-quote", "csvrows/field.go", "",
		`if q := bytes.IndexByte(inner, '"'); q >= 0 && q == len(inner)-1 {`, `if q := bytes.IndexByte(inner, '"'); q >= 0 {`, "text behind a closing quote is lost",
	},
	{
		"value-doubled-quote", "csvrows/field.go", "",
		`value = append(value, '"')`, `value = append(value, '"', '"')`, "a doubled quote is two",
	},
	{
		"close-doubled-quote", "csvrows/field.go", "func closingQuote(data []byte, open int) int {",
		`i++`, ``, "a doubled quote closes the field",
	},
	{
		"encode-quote", "csvrows/field.go", "",
		`f = append(f, value[:q+1]...)`, `f = append(f, value[:q]...)`, "quotes are not doubled",
	},
	{
		"encode-cr", "csvrows/field.go", "",
		`if c == delim || c == '"' || c == '\n' || c == '\r' {`, `if c == delim || c == '"' || c == '\n' {`, "a value with a CR is written bare",
	},
	{
		"field-number", "csvrows/field.go", "func fieldAt(text []byte, col int, delim byte) (Field, bool) {",
		`if col == 0 {`, `if col <= 1 {`, "the first field stands for the second",
	},
	// Keys.
	{
		"key-joined", "csvrows/key.go", "func appendKey(dst, text []byte, cols []int, delim byte) (key []byte, empty bool) {",
		`dst = binary.AppendUvarint(dst, uint64(len(v)))`, ``, "(a, bc) and (ab, c) are one key",
	},
	{
		"key-empty", "csvrows/key.go", "",
		`empty = empty && len(v) == 0`, `empty = len(v) == 0`, "a key whose last value is empty is none",
	},
	{
		"key-default-case", "csvrows/key.go", "func indexFold(names []string, name string) int {",
		`if strings.EqualFold(n, name) {`, `if n == name {`, "the default key is id in lower case only",
	},
	{
		"index-hash-only", "csvrows/index.go", "",
		`if s.hash == hash && wanted(s.number()) {`, `if s.hash == hash {`, "keys of one hash are one key",
	},
	{
		"index-full", "csvrows/index.go", "",
		`if x.used*4 <= len(x.slots)*3 {`, `if x.used <= len(x.slots) {`, "a full table is searched for ever",
	},
	{
		"index-remove", "csvrows/index.go", "",
		`if (at-home)&mask >= (at-gap)&mask {`, `if (at-home)&mask > (at-gap)&mask {`, "a row behind a removed one is not found",
	},
	{
		"detect-key", "csvrows/detect.go", "func less(a, b [3]int) bool {",
		`return a[i] < b[i]`, `return a[i] > b[i]`, "the delimiter that fits least is taken",
	},
	{
		"detect-mixed", "csvrows/detect.go", "",
		`cut = cut || len(names) > 1`, `cut = len(names) > 1`, "another delimiter in the last input passes",
	},
	// Edits.
	{
		"set-quotes", "csvrows/edit.go", "",
		`field = Encode([]byte(v), field.Quoted(), delim)`, `field = Encode([]byte(v), false, delim)`, "an edited cell loses its quotes",
	},
	{
		"set-same-value", "csvrows/edit.go", "",
		`if v := edits[0].value; v != string(field.Value()) {`, `if v := edits[0].value; v != "" {`, "a cell is never emptied, and one set to its value changes its bytes",
	},
	{
		"set-short-row", "csvrows/edit.go", "",
		`for ; col < e.col; col++ {`, `for ; col <= e.col; col++ {`, "a short row grows by a column too many",
	},
	{
		"rename-index", "csvrows/edit.go", "",
		`t.removeFromIndex(old)`, ``, "the old key is still found",
	},
	{
		"insert-key-exists", "csvrows/edit.go", "",
		`case t.Has(key):`, `case false:`, "an insert makes a key twice",
	},
	{
		"insert-link", "csvrows/edit.go", "",
		`t.changes[row] = change{raw: raw, next: c.next}`, `t.changes[row] = change{raw: raw}`, "a second row behind one drops the first",
	},
	{
		"column-short-row", "csvrows/edit.go", "",
		`if at == len(text) {`, `if at == 0 {`, "a short row gets a field that stands in another column",
	},
	{
		"write-final-newline", "csvrows/table.go", "",
		`if text := trimLineEnd(data[last:]); t.open && len(text) > 0 {`, `if text := trimLineEnd(data[last:]); len(text) > 0 {`, "an edited file loses its final newline",
	},
	{
		"write-cr-blank", "csvrows/table.go", "",
		`case end == '\r' && start == '\n':`, `case false:`, "a blank line goes with the row above it",
	},
}
