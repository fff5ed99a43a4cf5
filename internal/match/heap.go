package match

import "math/bits"

// heap is a radix heap of events, the earliest first, those of the same time the
// last pushed first. It is monotone: no event may be pushed for a time before
// that of the last one popped. An event lies in the bucket of the highest bit in
// which its time differs from that of the last one popped, and moves to a lower
// bucket only when time comes near it.
type heap struct {
	last    uint64 // the time of the last event popped
	filled  uint64 // bit b: bucket b is not empty; times before 1<<63 need no more
	buckets [64][]entry
}

type entry struct {
	time Cost  // not negative
	node int32 // j: node j of b is reached; ^i: node i of a has risen to its ceiling
}

func (h *heap) reset() {
	for b := range h.buckets {
		h.buckets[b] = h.buckets[b][:0]
	}
	h.last, h.filled = 0, 0
}

func (h *heap) empty() bool { return h.filled == 0 }

func (h *heap) push(e entry) {
	b := bits.Len64(uint64(e.time) ^ h.last)
	h.buckets[b] = append(h.buckets[b], e)
	h.filled |= 1 << b
}

func (h *heap) pop() entry {
	if h.filled&1 == 0 {
		h.advance()
	}
	at := len(h.buckets[0]) - 1
	e := h.buckets[0][at]
	h.buckets[0] = h.buckets[0][:at]
	if at == 0 {
		h.filled &^= 1
	}
	return e
}

// advance moves time on to the earliest event, and the events of its bucket to
// lower ones: that is where the bits in which they now differ are.
func (h *heap) advance() {
	b := bits.TrailingZeros64(h.filled)
	bucket := h.buckets[b]
	earliest := bucket[0].time
	for _, e := range bucket {
		earliest = min(earliest, e.time)
	}
	h.last = uint64(earliest)
	h.filled &^= 1 << b
	for _, e := range bucket {
		h.push(e)
	}
	h.buckets[b] = bucket[:0]
}
