package git

import "bytes"

// lfsStart begins a file that stands for one stored by Git LFS (its specification,
// docs/spec.md: the version line comes first).
const lfsStart = "version https://git-lfs.github.com/spec/"

// IsLFSPointer reports a file that stands for one stored by Git LFS. A merge of two of
// them, by rows or by lines, would be a pointer to nothing.
func IsLFSPointer(data []byte) bool {
	const most = 1024 // by the specification
	return len(data) < most && bytes.HasPrefix(data, []byte(lfsStart))
}

// IsBinary reports what git takes for no text (buffer_is_binary in xdiff-interface.c): it
// merges that by keeping ours.
func IsBinary(data []byte) bool {
	const looked = 8000
	return bytes.IndexByte(data[:min(len(data), looked)], 0) >= 0
}
