package geo

import (
	"sync/atomic"
	"time"
)

// record is a point as it was put. It is written before readers can find it and
// stays so until none of them can.
type record struct {
	id     string
	point  Point
	at     time.Time
	handle Handle // fills the cache line
}

// item is what stays of a point while it moves.
type item struct {
	id         string
	leaf       *node // nil while it is not in use; the writer's own
	rec        atomic.Uint32
	generation uint32 // how often it was given away; the writer's own
}

// memory is what an index has points and states in, and takes back: what a
// change replaced is used again as soon as every reader that came before the
// change has left.
type memory struct {
	items    slab[item]
	records  slab[record]
	states   []*state // free
	left     queue[*state]
	patience int // how much is retired before the readers are asked again
	readers  readers
}

// newState is a leaf without points.
func (m *memory) newState() *state {
	last := len(m.states) - 1
	if last < 0 {
		return new(state)
	}
	st := m.states[last]
	m.states = m.states[:last]
	return st
}

// reclaim makes what is no longer needed ready for use. It asks the readers now
// and then only: more rarely the more they hold up.
func (m *memory) reclaim(now uint64) {
	if m.left.len() < m.patience {
		return
	}
	oldest := m.readers.oldest(now)
	m.items.reclaim(oldest)
	m.records.reclaim(oldest)
	m.left.release(oldest, func(st *state) {
		st.before, st.kids, st.full, st.n = nil, nil, 0, 0
		m.states = append(m.states, st)
	})
	m.patience = 32 + 2*m.left.len()
}

// slab has numbered things, from 1 on, which never move.
type slab[T any] struct {
	chunks atomic.Pointer[[]*[chunkSize]T]
	free   []uint32
	lost   queue[uint32]
}

const chunkSize = 256

// get may be called by readers for what they have found.
func (s *slab[T]) get(number uint32) *T { return at(*s.chunks.Load(), number) }

func at[T any](chunks []*[chunkSize]T, number uint32) *T {
	return &chunks[number/chunkSize][number%chunkSize]
}

// take is the number of one that nobody uses.
func (s *slab[T]) take() uint32 {
	if len(s.free) == 0 {
		s.grow()
	}
	last := len(s.free) - 1
	number := s.free[last]
	s.free = s.free[:last]
	return number
}

func (s *slab[T]) grow() {
	var chunks []*[chunkSize]T
	if c := s.chunks.Load(); c != nil {
		chunks = *c
	}
	first := uint32(len(chunks)) * chunkSize
	chunks = append(chunks, new([chunkSize]T))
	s.chunks.Store(&chunks)
	for i := first + chunkSize - 1; i > first; i-- {
		s.free = append(s.free, i)
	}
	if first > 0 {
		s.free = append(s.free, first)
	}
}

func (s *slab[T]) len() int { return len(*s.chunks.Load()) * chunkSize }

func (s *slab[T]) reclaim(oldest uint64) {
	s.lost.release(oldest, func(number uint32) { s.free = append(s.free, number) })
}

// queue is what was retired, oldest first.
type queue[T any] struct {
	all  []retired[T]
	head int
}

type retired[T any] struct {
	change uint64
	what   T
}

func (q *queue[T]) push(change uint64, what T) { q.all = append(q.all, retired[T]{change, what}) }

// release hands out what no reader needs who came at the given change or later.
func (q *queue[T]) release(oldest uint64, free func(T)) {
	for q.head < len(q.all) && q.all[q.head].change <= oldest {
		free(q.all[q.head].what)
		q.head++
	}
	if q.head > len(q.all)/2 {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
}

func (q *queue[T]) len() int { return len(q.all) - q.head }
