package merge

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/cespare/xxhash/v2"

	"github.com/rowkeep/rowkeep/csvrows"
)

// ConflictKind is the kind of a conflict; the set is closed.
type ConflictKind string

// The kinds. The first word of two is what ours did.
const (
	KindCell             ConflictKind = "cell"
	KindDeleteModify     ConflictKind = "delete_modify"
	KindModifyDelete     ConflictKind = "modify_delete"
	KindAddAdd           ConflictKind = "add_add"
	KindKeyRename        ConflictKind = "key_rename"
	KindColumnDeleteEdit ConflictKind = "column_delete_edit"
	KindColumnEditDelete ConflictKind = "column_edit_delete"
	KindColumnAddAdd     ConflictKind = "column_add_add"
	KindColumnRename     ConflictKind = "column_rename"
	KindComment          ConflictKind = "comment"
	KindDuplicateKey     ConflictKind = "duplicate_key"
)

// ofColumn reports kinds that are about a column and have no place in the text of
// a row: markers cannot show them.
func (k ConflictKind) ofColumn() bool {
	return k == KindColumnDeleteEdit || k == KindColumnEditDelete || k == KindColumnRename
}

// TakesValue reports kinds whose three values are single values that another value
// could replace, by a [Resolution] with Side Neither.
func (k ConflictKind) TakesValue() bool {
	return k == KindCell || k == KindAddAdd || k == KindColumnAddAdd || k == KindComment || k == KindKeyRename
}

// unordered is the kind with the sides unordered, which identifies a conflict.
func (k ConflictKind) unordered() ConflictKind {
	switch k {
	case KindModifyDelete:
		return KindDeleteModify
	case KindColumnEditDelete:
		return KindColumnDeleteEdit
	}
	return k
}

// Conflict is two changes that cannot both stand.
type Conflict struct {
	// ID is stable: it depends on the kind with the sides unordered, the key and
	// the column; for comments and rows without a key on base's text and its
	// occurrence instead of a key.
	ID   string
	Kind ConflictKind
	// Key holds the values of the key columns, in their order; nil for comments
	// and column_rename.
	Key []string
	// Column is the column's name, base's for column_rename. Row kinds, comments
	// and duplicate_key have none: HasColumn is false.
	Column    string
	HasColumn bool

	Base, Ours, Theirs Value
	// Lines tells where each version stands, counted from 1; 0 where it does not.
	Lines Lines
	// Note is "commented_out" where the deleting side made the row a comment.
	Note string
	// Settled says by what the conflict was settled: "ours", "theirs", "base",
	// "max", "min", "sum", "union", "newer" or "function". Empty: it stands.
	Settled string
}

// Lines are line numbers in the three inputs, from 1; 0 for none.
type Lines struct{ Base, Ours, Theirs int }

// Value is one version of what a conflict or a change is about. The zero Value does
// not exist.
type Value struct {
	// Exists tells an empty cell from none.
	Exists bool
	// Text is the value of a cell, a comment, a name or a key; several names, or the
	// values of a key of several columns, stand as one line of CSV.
	Text string
	// Rows holds whole rows for kinds that are about rows: one, or for
	// duplicate_key as many as have the key.
	Rows []RowValue
}

// RowValue is the cells of a row, in the order of the version's columns.
type RowValue []CellValue

// CellValue is one cell of a row.
type CellValue struct{ Column, Value string }

// IdentityOf returns the ID of a conflict that no merge found, but somebody who judges
// changes himself: that which Merge gives a conflict of the same row or cell.
// One of comments goes by the texts of both sides.
func IdentityOf(c Conflict) string {
	parts := c.Key
	if c.Kind == KindComment {
		parts = []string{c.Ours.Text, c.Theirs.Text}
	}
	return conflictID(c.Kind, c.Column, parts...)
}

// KeyOf returns the values of so many key columns from the text by which a conflict of kind
// [KindKeyRename] has them, and an answer gives them: that of one column as it is, those of several
// as one line of CSV. It is nil if the text is no such line.
func KeyOf(text string, columns int) csvrows.Key {
	if columns == 1 {
		return csvrows.Key{text}
	}
	f, err := csvrows.Parse([]byte(text), csvrows.Options{Delimiter: ',', NoHeader: true, NoComment: true})
	if err != nil || f.Len() != 1 || len(f.LineEnd(0)) > 0 {
		return nil
	}
	var key csvrows.Key
	for _, field := range f.Fields(nil, 0) {
		key = append(key, string(field.Value()))
	}
	if len(key) != columns {
		return nil
	}
	return key
}

// conflictID hashes what identifies a conflict. parts are the key's values, or what
// stands for them.
func conflictID(kind ConflictKind, column string, parts ...string) string {
	var room [128]byte
	b := appendPart(appendPart(room[:0], string(kind.unordered())), column)
	for _, p := range parts {
		b = appendPart(b, p)
	}
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], xxhash.Sum64(b))
	return hex.EncodeToString(sum[:])
}

func appendPart(b []byte, p string) []byte {
	b = binary.AppendUvarint(b, uint64(len(p)))
	return append(b, p...)
}
