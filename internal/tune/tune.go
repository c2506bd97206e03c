// Package tune holds sizes that decide how fast packages merge and store are, and never what
// comes out. They are no options: nobody but tests has a reason to change them.
package tune

// Sizes are those of a merge by difference.
type Sizes struct {
	// Least is the size of the least base that is not merged whole; negative merges
	// all whole.
	Least int
	// Judge is behind which part of base, one in so many, it is judged in a place whether enough
	// is left out; 0 never does.
	Judge int
	// Block is how many bytes are compared at once at first, MostBlock at the most.
	Block, MostBlock int
	// Part is the size of a part of base that is looked at beside others.
	Part int
	// Large is the size of a window of a file that is not read whole, MostLarge of one where
	// versions part for long.
	Large, MostLarge int
	// Window is in how many records the place is looked for where versions meet again;
	// where it was not found so often, the whole file is searched.
	Window, Patience int
	// Ahead is how many rows are composed at once beside others; 0 composes one by one.
	Ahead int
}

// Merge is in force. It is not to be changed while something is merged.
var Merge = Sizes{Least: 32 << 10, Judge: 64, Block: 4 << 10, MostBlock: 64 << 10, Part: 1 << 20, Large: 256 << 10, MostLarge: 8 << 20, Window: 8, Patience: 16, Ahead: 512}

// Shelf is how many of the files that commits displaced are kept at hand.
type Shelf struct {
	// LookBack is how many of the last ones every commit looks at.
	LookBack int
	// Spares is how many of those before are made spares at once.
	Spares int
}

// Store is in force.
var Store = Shelf{LookBack: 8, Spares: 32}
