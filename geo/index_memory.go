package geo

import (
	"sync/atomic"
	"time"
)

// record is one point as it was put. It is written before readers can find it
// and stays so until none of them can; only node is the writer's own.
type record struct {
	id    string
	point Point
	at    time.Time
	node  *node // the leaf that has it; nil for a record that is not in use
}

const chunkSize = 256

type chunk [chunkSize]record

// memory is what an index has points and states in, and takes back: what a
// change replaced is used again as soon as every reader that came before the
// change has left.
type memory struct {
	chunks     atomic.Pointer[[]*chunk]
	freeRecs   []uint32
	freeStates []*state
	lost       queue[uint32]
	left       queue[*state]
	patience   int // how much is retired before the readers are asked again
	readers    readers
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
		q.all = q.all[:copy(q.all, q.all[q.head:])]
		q.head = 0
	}
}

func (q *queue[T]) len() int { return len(q.all) - q.head }

// record is the record of a number, which is 1 or more.
func (m *memory) record(rec uint32) *record { return at(*m.chunks.Load(), rec) }

func at(chunks []*chunk, rec uint32) *record { return &chunks[rec/chunkSize][rec%chunkSize] }

// newRecord is the number of a record that nobody uses.
func (m *memory) newRecord() uint32 {
	if len(m.freeRecs) == 0 {
		m.moreRecords()
	}
	last := len(m.freeRecs) - 1
	rec := m.freeRecs[last]
	m.freeRecs = m.freeRecs[:last]
	return rec
}

func (m *memory) moreRecords() {
	var chunks []*chunk
	if c := m.chunks.Load(); c != nil {
		chunks = *c
	}
	first := uint32(len(chunks)) * chunkSize
	chunks = append(chunks, new(chunk))
	m.chunks.Store(&chunks)
	for i := uint32(chunkSize); i > 0; i-- {
		if rec := first + i - 1; rec > 0 {
			m.freeRecs = append(m.freeRecs, rec)
		}
	}
}

// newLeaf is a state without points.
func (m *memory) newLeaf() *state {
	last := len(m.freeStates) - 1
	if last < 0 {
		return new(state)
	}
	st := m.freeStates[last]
	m.freeStates = m.freeStates[:last]
	st.n = 0
	return st
}

// copyOf is a leaf with the same points.
func (m *memory) copyOf(st *state) *state {
	next := m.newLeaf()
	next.n = st.n
	copy(next.recs[:st.n], st.recs[:st.n])
	copy(next.spots[:st.n], st.spots[:st.n])
	return next
}

// reclaim makes what is no longer needed ready for use. It asks the readers now
// and then only: more rarely the more they hold up.
func (m *memory) reclaim(now uint64) {
	if m.left.len()+m.lost.len() < m.patience {
		return
	}
	oldest := m.readers.oldest(now)
	m.lost.release(oldest, func(rec uint32) { m.freeRecs = append(m.freeRecs, rec) })
	m.left.release(oldest, func(st *state) {
		st.before = nil
		if st.kids == nil { // else the collector's: splits are rare
			m.freeStates = append(m.freeStates, st)
		}
	})
	m.patience = max(64, 2*(m.left.len()+m.lost.len()))
}

// readers is where those who read an index sit, each alone on a cache line, with
// the change from which on they see it. There are always seats enough.
type readers struct {
	seats [16]seat
	more  atomic.Pointer[readers]
}

type seat struct {
	since atomic.Uint64 // 0 while it is free
	_     [56]byte
}

// sit takes a seat; first is the number of the one to try first. The reader may
// see the index as it is after any change that it asks for afterwards: those who
// look for the oldest reader either find it here, or have committed before.
func (r *readers) sit(now uint64, first int) (s *seat, number int) {
	for ; ; r = r.grown() {
		for i := range r.seats {
			i = (first + i) % len(r.seats)
			if s := &r.seats[i]; s.since.Load() == 0 && s.since.CompareAndSwap(0, now) {
				return s, i
			}
		}
	}
}

// grown is the next row of seats, made where there is none.
func (r *readers) grown() *readers {
	if r.more.Load() == nil {
		r.more.CompareAndSwap(nil, new(readers))
	}
	return r.more.Load()
}

// oldest is the earliest change that a reader may still look behind.
func (r *readers) oldest(now uint64) uint64 {
	for ; r != nil; r = r.more.Load() {
		for i := range r.seats {
			if since := r.seats[i].since.Load(); since != 0 {
				now = min(now, since)
			}
		}
	}
	return now
}
