package store

import "github.com/rowkeep/rowkeep/merge"

type EventKind string

const EditRecovered EventKind = "edit recovered"

type Event struct {
	Kind      EventKind
	Version   int64
	Conflicts []merge.Conflict
}
