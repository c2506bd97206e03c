package store

import (
	"github.com/rowkeep/rowkeep/merge"
)

// Reverts says what becomes of changes of the program that a stale save takes back: one
// that was made from an older version than the newest.
type Reverts uint8

// The answers. ReapplyReverts, the default, makes the changes again. AcceptReverts leaves
// the save as it is. ConflictReverts makes them again too, but as conflicts that somebody
// is to settle.
const (
	ReapplyReverts Reverts = iota
	AcceptReverts
	ConflictReverts
)

// EventKind says what an [Event] tells of.
type EventKind string

// The kinds of events.
const (
	// EventRepaired: a save was made from version Base; what came after that, and the save
	// took back, is in the file again.
	EventRepaired EventKind = "stale_save_repaired"
	// EventOwned: a save changed cells of the program's own columns. They are as before.
	EventOwned EventKind = "owned_reapplied"
	// EventAccepted: a save took back changes of the program, and that stands.
	EventAccepted EventKind = "revert_accepted"
	// EventConflict: a save contradicts changes of the program, or nothing tells whether
	// it knew them. The file has the program's values, and the save is pending.
	EventConflict EventKind = "stale_save_conflict"
	// EventEqualsVersion: a save is version Base byte for byte, such as a backup.
	EventEqualsVersion EventKind = "equals_version"
	// EventStray: an edit was in a file that commit Base displaced, as somebody renamed it in
	// at that moment or wrote to it later. It is merged; where it conflicts, or cannot be
	// merged, it is kept as a pending conflict.
	EventStray EventKind = "stray_merged"
	// EventUnknownAncestor: a save is near to no version that is known. It was taken as
	// made from the newest.
	EventUnknownAncestor EventKind = "unknown_ancestor"
)

// Event tells of something that the store did about a save of somebody else, or left as
// it was, and that somebody must be able to see.
type Event struct {
	Kind EventKind
	// Base is the number of the version that the save was made from, Newest that of the
	// newest one before the save; 0 where there is none.
	Base, Newest int64
	// Pending is the number of the version that keeps the save, for EventConflict: somebody
	// is to settle the conflict. 0 where nothing is kept.
	Pending int64
	// Changes are what the event is about: none for EventEqualsVersion, EventStray and
	// EventUnknownAncestor.
	Changes []EventChange
}

// EventChange is one cell, row, column or comment of an event. Base is it in the version
// that the save was made from, Ours in the newest, Theirs in the save.
type EventChange struct {
	Kind      merge.ChangeKind // from the save to Ours
	Key       []string
	Column    string
	HasColumn bool

	Base, Ours, Theirs merge.Value
}

// change is an EventChange as a merge tells it.
func (e EventChange) change() merge.Change {
	return merge.Change{Kind: e.Kind, Key: e.Key, Column: e.Column, HasColumn: e.HasColumn, After: e.Ours}
}
