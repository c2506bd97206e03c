package page

import (
	"slices"

	"github.com/rowkeep/rowkeep/merge"
)

// A kind is a kind of conflict or change as the page calls it: in the filter, and on the
// card itself.
type kind struct{ name, short, says string }

// conflictKinds are in the order of the filter.
var conflictKinds = []kind{
	{string(merge.KindCell), "Cell", "Both changed this cell"},
	{string(merge.KindDeleteModify), "Deleted by ours", "Ours deleted the row, theirs changed it"},
	{string(merge.KindModifyDelete), "Deleted by theirs", "Ours changed the row, theirs deleted it"},
	{string(merge.KindAddAdd), "Added by both", "Both added this row, and not alike"},
	{string(merge.KindKeyRename), "Key renamed", "Both gave this row another key, or one deleted it"},
	{string(merge.KindColumnDeleteEdit), "Column deleted by ours", "Ours deleted the column, theirs has a value in it"},
	{string(merge.KindColumnEditDelete), "Column deleted by theirs", "Ours has a value in the column, theirs deleted it"},
	{string(merge.KindColumnAddAdd), "Column added by both", "Both added this column, and filled the cell differently"},
	{string(merge.KindColumnRename), "Column renamed", "Both renamed this column, or one deleted it"},
	{string(merge.KindComment), "Comment", "Both changed this comment"},
	{string(merge.KindDuplicateKey), "Key twice", "The key stands twice, and both changed its rows"},
}

var changeKinds = []kind{
	{string(merge.ChangeCell), "Cells", ""},
	{string(merge.ChangeRowAdded), "Rows added", "added"},
	{string(merge.ChangeRowDeleted), "Rows deleted", "deleted"},
	{string(merge.ChangeRowMoved), "Rows moved", "moved"},
	{string(merge.ChangeKeyRenamed), "Keys", "key"},
	{string(merge.ChangeColumnAdded), "Columns added", "column added"},
	{string(merge.ChangeColumnDeleted), "Columns deleted", "column deleted"},
	{string(merge.ChangeColumnRenamed), "Columns renamed", "column renamed"},
	{string(merge.ChangeColumnsMoved), "Columns moved", "columns moved"},
	{string(merge.ChangeComment), "Comments", "comment"},
}

// kindNames are the names by which the page can be filtered, each once.
func kindNames() []string {
	var names []string
	for _, k := range slices.Concat(conflictKinds, changeKinds) {
		if !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return names
}

// says is what a card or a change says of its kind: the name itself for one that the list
// does not know.
func says(list []kind, name string) string {
	for _, k := range list {
		if k.name == name {
			return k.says
		}
	}
	return name
}
