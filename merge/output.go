package merge

import (
	"io"
	"slices"
)

// WriteTo writes the merged file, in few large writes. That of a result of [MergeLarge]
// reads base meanwhile.
func (r *Result) WriteTo(w io.Writer) (total int64, err error) {
	p := &packer{spans: r.spans}
	if r.large() {
		p.base.file = r.m.sketch.file
	}
	buf := make([]byte, 0, min(chunkSize, r.size))
	for len(p.spans) > 0 {
		chunk, err := p.next(buf)
		if err != nil {
			return total, err
		}
		n, err := w.Write(chunk)
		if total += int64(n); err != nil {
			return total, err
		}
	}
	return total, nil
}

// A write is large, as each has its price, and so small that what is written is still in
// the processor's cache. That is why it is not packed by another processor meanwhile: its
// cache is another one. Nor does it help to have the system gather the spans (writev), or
// to map base: both took longer.
const (
	chunkSize = 512 << 10 // of a write
	aheadSize = 256 << 10 // of what is read of base at a time
)

// A packer packs the spans of a result in chunks.
type packer struct {
	spans []span // those that are left
	taken int    // bytes of the first of them
	base  baseReader
}

// next returns what is to be written next: packed in buf, or a large span where it stands.
func (p *packer) next(buf []byte) ([]byte, error) {
	for len(p.spans) > 0 && len(buf) < chunkSize {
		s, from := p.spans[0], p.taken
		n := min(len(s.data)+s.size-from, chunkSize-len(buf))
		if len(buf) == 0 && len(s.data)-from > chunkSize {
			n = len(s.data) - from
		}
		if p.taken += n; p.taken == len(s.data)+s.size {
			p.spans, p.taken = p.spans[1:], 0
		}
		switch {
		case n > chunkSize:
			return s.data[from:], nil
		case s.data != nil:
			buf = append(buf, s.data[from:from+n]...)
		default:
			var err error
			if buf, err = p.base.append(buf, s.at+from, n); err != nil {
				return nil, err
			}
		}
	}
	return buf, nil
}

// A baseReader reads parts of base that follow one another.
type baseReader struct {
	file  io.ReaderAt
	ahead []byte // what was read last
	from  int    // where it stands
}

// append appends n bytes of base. Few are read together with those behind them.
func (b *baseReader) append(buf []byte, at, n int) ([]byte, error) {
	if n > aheadSize/2 {
		have := len(buf)
		buf = slices.Grow(buf, n)[:have+n]
		got, err := b.file.ReadAt(buf[have:], int64(at))
		return buf, short(got, n, err)
	}
	if at < b.from || at+n > b.from+len(b.ahead) {
		if b.ahead == nil {
			b.ahead = make([]byte, aheadSize)
		}
		got, err := b.file.ReadAt(b.ahead[:aheadSize], int64(at))
		b.ahead, b.from = b.ahead[:got], at
		if err := short(got, n, err); err != nil {
			return buf, err
		}
	}
	return append(buf, b.ahead[at-b.from:][:n]...), nil
}

// short is the error of having read fewer bytes than there must be.
func short(got, least int, err error) error {
	switch {
	case got >= least: // behind them the file may end
		return nil
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}
