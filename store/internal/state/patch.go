package state

import "errors"

// Patch makes a version out of the one before it: it keeps Head bytes of its beginning
// and Tail bytes of its end, and puts Text between them. Without Of the text is all.
type Patch struct {
	Of   Digest `json:"of,omitzero"`
	Head int64  `json:"head,omitempty"`
	Tail int64  `json:"tail,omitempty"`
	Text []byte `json:"text"`
}

func fullPatch(content []byte) Patch { return Patch{Text: content} }

// patchOf is the patch that leads from old content to new, of which nothing is known.
func patchOf(of Digest, old, content []byte) Patch { return Patch{}.complete(of, old, content) }

// complete makes the patch that leads from old content to new. It compares from both ends,
// beginning behind what p knows already, if p is of the same content; what lies between is
// new.
func (p Patch) complete(of Digest, old, content []byte) Patch {
	if p.Of != of {
		p = Patch{}
	}
	most := min(len(old), len(content))
	head := commonPrefix(old, content, int(p.Head), most)
	tail := commonSuffix(old, content, int(p.Tail), most-head)
	return Patch{Of: of, Head: int64(head), Tail: int64(tail), Text: content[head : len(content)-tail]}
}

// block is how many bytes are compared at once.
const block = 4096

func commonPrefix(a, b []byte, n, most int) int {
	for n+block <= most && string(a[n:n+block]) == string(b[n:n+block]) {
		n += block
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []byte, n, most int) int {
	for n+block <= most && string(a[len(a)-n-block:len(a)-n]) == string(b[len(b)-n-block:len(b)-n]) {
		n += block
	}
	for n < most && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}

// errPatch means that a patch does not lead to what it says.
var errPatch = errors.New("the version before it is missing")

// apply makes the content that a patch is of; old is what the patch was made from, or nil.
// The digest decides whether it is right.
func (p Patch) apply(old []byte, want Digest) ([]byte, error) {
	content := p.Text
	if p.Of != (Digest{}) {
		if old == nil || p.Head < 0 || p.Head > int64(len(old)) || p.Tail < 0 || p.Tail > int64(len(old))-p.Head {
			return nil, errPatch
		}
		content = make([]byte, 0, p.Head+int64(len(p.Text))+p.Tail)
		content = append(content, old[:p.Head]...)
		content = append(content, p.Text...)
		content = append(content, old[int64(len(old))-p.Tail:]...)
	}
	if DigestOf(content) != want {
		return nil, errPatch
	}
	if content == nil {
		content = []byte{}
	}
	return content, nil
}
