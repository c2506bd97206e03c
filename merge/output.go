package merge

import "io"

// WriteTo writes the merged file, in few large writes. That of a result of [MergeLarge]
// reads base meanwhile.
func (r *Result) WriteTo(w io.Writer) (int64, error) {
	p := &packer{spans: r.spans}
	if r.large() {
		p.base.file = r.m.sketch.file
		return p.writeBeside(w)
	}
	return p.write(w)
}

// chunkSize is the size of a write: large, as each has its price, and so small that what is
// written stands in the processor's cache yet.
const chunkSize = 512 << 10

// A packer packs the spans of a result in chunks.
type packer struct {
	spans []span // those that are left
	taken int    // bytes of the first of them
	base  baseReader
}

// write writes chunk after chunk.
func (p *packer) write(w io.Writer) (total int64, err error) {
	buf := make([]byte, 0, min(chunkSize, p.size()))
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

// size is how many bytes are left.
func (p *packer) size() int {
	size := -p.taken
	for _, s := range p.spans {
		size += len(s.data) + s.size
	}
	return size
}

// writeBeside is write, and packs one chunk while the other one is written.
func (p *packer) writeBeside(w io.Writer) (total int64, err error) {
	type packed struct {
		chunk, buf []byte
		err        error
	}
	const chunks = 2
	full, free := make(chan packed, chunks), make(chan []byte, chunks)
	for range chunks {
		free <- make([]byte, 0, chunkSize)
	}
	go func() {
		defer close(full)
		for buf := range free {
			if len(p.spans) == 0 {
				return
			}
			chunk, err := p.next(buf)
			full <- packed{chunk, buf, err}
		}
	}()
	defer func() { // nothing is read once this has returned
		close(free)
		for range full {
		}
	}()
	for c := range full {
		if c.err != nil {
			return total, c.err
		}
		n, err := w.Write(c.chunk)
		if total += int64(n); err != nil {
			return total, err
		}
		free <- c.buf
	}
	return total, nil
}

// next returns what is to be written next: packed in buf, or a large span where it stands.
func (p *packer) next(buf []byte) ([]byte, error) {
	for len(p.spans) > 0 && len(buf) < chunkSize {
		most := chunkSize - len(buf)
		if large := len(p.spans[0].data); len(buf) == 0 && large > chunkSize {
			most = large
		}
		part, err := p.take(most)
		if err != nil || len(part) > chunkSize {
			return part, err
		}
		buf = append(buf, part...)
	}
	return buf, nil
}

// take takes at most so many bytes of the first span.
func (p *packer) take(most int) ([]byte, error) {
	s, from := p.spans[0], p.taken
	n := min(most, len(s.data)+s.size-from)
	if p.taken += n; p.taken == len(s.data)+s.size {
		p.spans, p.taken = p.spans[1:], 0
	}
	if s.data == nil {
		return p.base.read(s.at+from, n)
	}
	return s.data[from : from+n], nil
}

// A baseReader reads parts of base that follow one another.
type baseReader struct {
	file io.ReaderAt
	buf  []byte
	from int // where they stand
}

// read returns n bytes, of a chunk at the most. They hold until the next call.
func (b *baseReader) read(at, n int) ([]byte, error) {
	if at < b.from || at+n > b.from+len(b.buf) {
		if b.buf == nil {
			b.buf = make([]byte, chunkSize)
		}
		got, err := b.file.ReadAt(b.buf[:chunkSize], int64(at))
		b.buf, b.from = b.buf[:got], at
		switch {
		case got >= n: // behind it the file may end
		case err == io.EOF:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
	return b.buf[at-b.from:][:n], nil
}
