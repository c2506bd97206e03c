// Package tui settles the conflicts of a merge at a terminal.
//
//	orders.csv                                          3 of 20 conflicts answered
//	  o btc_1 enabled           │ cell, key eth_1, column note        conflict 3 of 20
//	  t btc_2 note              │
//	> · eth_1 note              │   column         base       ours       theirs
//	  · sol_1                   │   enabled        true       true       true
//	  · # minors                │ ! note           old        mine       yours
//	                            │
//	                            │ base    "old"
//	                            │ ours    "mine"                      daemon
//	                            │ theirs  "yours"                     what stands in the file
//	o ours  t theirs  b base  e edit  a all  n next  u undo  w write  q quit  ? help
//
// On the left the conflicts, each with the letter of its answer; on the right the row of
// the one that is looked at, as it stands in the three versions. A narrow window shows one
// of the two, and tab goes between them.
//
// It only shows and asks. What an answer is, and whether it fits, is the business of
// package settle; what writing means is that of the caller. Until [Config.Write] is called
// nothing is written anywhere, so that to quit, to be killed or to lose the line leaves
// everything as it was.
//
// Nothing depends on colour: answers are letters, what changed inside a value is
// underlined. Values are shown with escapes in place of what does not print, and cut to
// the width there is.
package tui
