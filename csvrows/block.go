package csvrows

import "encoding/binary"

// Where fields are short, a search by bytes.IndexByte takes longer to begin than to find. So
// sixty-four bytes are looked at at once: each word of eight is compared with a byte without
// a jump (Lamport, "Multiple Byte Processing with Full-Word Instructions", 1975), and what
// comes of it is gathered to one bit a byte.

const (
	wordSize  = 8
	blockSize = 64
	lowBit    = 0x0101010101010101 // of each byte of a word
	highBit   = lowBit << 7
	lowBits7  = ^uint64(highBit)
)

// spread returns a word of eight times c.
func spread(c byte) uint64 { return lowBit * uint64(c) }

// gather returns a bit for each byte of the word that bytes begin with, the first byte's
// lowest, that is set where the byte is not the pattern's. In a byte of x, what is not zero
// carries into the highest bit, or has it set already; no byte carries into another. The
// product moves the highest bits to one byte.
func gather(bytes []byte, pattern uint64) uint64 {
	x := binary.LittleEndian.Uint64(bytes) ^ pattern
	return ((x&lowBits7 + lowBits7) | x) & highBit * 0x0002040810204081 >> 56
}

// firstOf returns a word whose lowest bit that is set is the highest one of the first byte of
// the word that bytes begin with that is the pattern's; 0 if none is. What is set above it
// means nothing.
func firstOf(bytes []byte, pattern uint64) uint64 {
	x := binary.LittleEndian.Uint64(bytes) ^ pattern
	return (x - lowBit) &^ x & highBit
}

// marksOf looks at the bytes of text from pos on, as many as a block has or as there are. It
// returns a bit for each, the first one lowest, that is set where the byte is the pattern's.
//
// A record is cut from a file, and there is more of that behind it: what lies between length
// and capacity may be looked at, and counts for nothing.
func marksOf(text []byte, pos int, pattern uint64) uint64 {
	n := len(text) - pos
	if cap(text)-pos < blockSize {
		return marksOfFew(text[pos:], byte(pattern))
	}
	b := (*[blockSize]byte)(text[pos : pos+blockSize])
	others := gather(b[:], pattern) | gather(b[8:], pattern)<<8 | gather(b[16:], pattern)<<16 | gather(b[24:], pattern)<<24 |
		gather(b[32:], pattern)<<32 | gather(b[40:], pattern)<<40 | gather(b[48:], pattern)<<48 | gather(b[56:], pattern)<<56
	if n < blockSize {
		return ^others & (1<<n - 1)
	}
	return ^others
}

// marksOfFew is marksOf for what is less than a block.
func marksOfFew(text []byte, c byte) (marks uint64) {
	for i, b := range text {
		if b == c {
			marks |= 1 << i
		}
	}
	return marks
}

// A quotation tells block by block which bytes stand inside quotes, where quotes stand as
// RFC 4180 has them: each opens at the start of a field, or closes, and a doubled quote
// closes and opens at once. Then a byte is inside if an odd number of quotes stands before
// it, and that number, modulo two, is the exclusive or of all bits up to there (Langdale and
// Lemire, "Parsing Gigabytes of JSON per Second", 2019, 3.1.1).
//
// The zero quotation is that of the start of a record.
type quotation struct {
	inside uint64 // the bytes of the block inside quotes, the closing one not among them
	closed uint64 // 1 if the block before ended in a quote
}

// add goes on to the next block, of which these are the quotes. It returns those that open a
// field if the byte above starts one: if not, they do not stand as they should. A quote that
// opens behind another one is the second of two.
func (q *quotation) add(quotes uint64) (opening uint64) {
	q.inside = parities(quotes) ^ -(q.inside >> (blockSize - 1))
	opening = quotes & q.inside &^ (quotes<<1 | q.closed)
	q.closed = quotes >> (blockSize - 1)
	return opening
}

// open reports that a quote is not closed in the block, or in what there is of it.
func (q *quotation) open() bool { return q.inside>>(blockSize-1) != 0 }

// parities returns a word whose bits tell how many bits of x are set up to there, modulo two.
func parities(x uint64) uint64 {
	for shift := 1; shift < blockSize; shift *= 2 {
		x ^= x << shift
	}
	return x
}
