// Large merges and compares files that are larger than the memory it gives to that.
//
//	go run ./benchmarks/large [-size 4G] [-memory 1G] [-seed N] [-dir FOLDER]
//
// It makes three versions of the sample, each of the size given, in one order, and runs
//
//	rowkeep merge -o merged.csv base.csv ours.csv theirs.csv
//	rowkeep diff base.csv ours.csv > diff.txt
//
// in a control group of that memory, in which the page cache counts too: the files are made
// in the same group, so that no page of them is held at another's expense. The merge is held
// byte for byte against the expected one, which is made again from the seed meanwhile and never
// stands on disk; the diff must list as many rows as were changed. The files are removed
// afterwards.
//
// It needs Linux, root (or a group that was delegated), and free disk of four times the size, in
// a folder that is no tmpfs. Groups of version 1 and 2 will do. Exit status 1 says that an
// answer is wrong, or that there was none.
package main
