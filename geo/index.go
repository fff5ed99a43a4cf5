package geo

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Index finds moving points by where they are: exactly, by great-circle
// distance, anywhere on the earth.
//
// It is safe for concurrent use, and nobody waits for a reader or for a writer
// to finish, except that writers take turns. A search sees the index as it was
// at one instant between its call and its first answer: every point that was
// there, once, at the place that it had then, whatever is put, removed or
// expired meanwhile. This holds for Outward too, however slowly it is read. What
// changes in the meantime is kept for it, so a reader who stays costs memory.
//
// The points are in a quadtree in fixed point that splits where they crowd and
// merges where they leave. Its quadrants are never changed but replaced, with the
// old ones kept for those who came before; when all those have left, the memory
// is used again, so that neither searches nor moves allocate. Searches walk
// outward, best first, by a lower bound of the distance to each quadrant; nothing
// is cut off by a fixed ring. Make one with NewIndex.
type Index struct {
	memory
	ids     ids
	root    node
	count   atomic.Int64
	changes atomic.Uint64 // committed; the first is 1

	writing sync.Mutex // guards all of the above against other writers
}

// Hit is a point that a search found.
type Hit struct {
	ID     string
	Point  Point
	At     time.Time // when it was seen there
	Metres float64   // from the place that was asked about
}

// NewIndex makes an empty index.
func NewIndex() *Index {
	x := new(Index)
	x.ids.init()
	x.moreRecords()
	x.root.state.Store(new(state))
	x.changes.Store(1)
	return x
}

// Len is the number of points.
func (x *Index) Len() int { return int(x.count.Load()) }

// Get is where id is, and when it was seen there.
func (x *Index) Get(id string) (p Point, at time.Time, ok bool) {
	seat, _ := x.readers.sit(x.changes.Load(), 0)
	defer seat.since.Store(0)
	_, rec := x.ids.find(id, x.ids.hash(id), x.record)
	if rec == 0 {
		return Point{}, time.Time{}, false
	}
	r := x.record(rec)
	return r.point, r.at, true
}

// Put sets where id is, new or moved, and when it was seen there. A point that
// is not on the earth is not taken: Put returns false and id stays where it was.
func (x *Index) Put(id string, p Point, at time.Time) bool {
	if !p.Valid() {
		return false
	}
	hash := x.ids.hash(id)
	x.writing.Lock()
	defer x.writing.Unlock()
	word, old := x.ids.find(id, hash, x.record)
	e := entry{x.newRecord(), spotOf(p)}
	r := x.record(e.rec)
	r.id, r.point, r.at = id, p, at
	if old != 0 {
		x.move(old, e)
		word.Store(wordOf(hash, e.rec))
	} else {
		x.link(x.root.leafFor(e), e)
		x.count.Add(1)
		x.ids.add(word, hash, e.rec, x.Len(), x.record)
	}
	x.commit()
	return true
}

// move puts a new record in the place of an old one.
func (x *Index) move(old uint32, e entry) {
	r := x.record(old)
	n := r.node
	st := n.state.Load()
	i := st.find(old)
	if n.holds(e.spot) {
		next := x.copyOf(st)
		next.recs[i], next.spots[i] = e.rec, e.spot
		x.record(e.rec).node = n
		x.change(n, next)
	} else {
		x.link(x.unlink(n, i).leafFor(e), e)
	}
	x.drop(old)
}

// Remove forgets id, and reports whether it was there.
func (x *Index) Remove(id string) bool {
	hash := x.ids.hash(id)
	x.writing.Lock()
	defer x.writing.Unlock()
	word, rec := x.ids.find(id, hash, x.record)
	if rec == 0 {
		return false
	}
	x.remove(word, rec)
	return true
}

func (x *Index) remove(word *atomic.Uint64, rec uint32) {
	n := x.record(rec).node
	x.unlink(n, n.state.Load().find(rec))
	word.Store(deleted)
	x.drop(rec)
	x.count.Add(-1)
	x.commit()
}

// Expire forgets every point that was last seen before the given time, and
// returns their ids, sorted. It goes through all points, a few at a time, so that
// other writers come between; who is put meanwhile with an older time may stay
// until the next Expire.
func (x *Index) Expire(before time.Time) []string {
	var gone []string
	for c := 0; ; c++ {
		all := *x.chunks.Load()
		if c == len(all) {
			slices.Sort(gone)
			return gone
		}
		gone = x.expire(gone, all[c], before)
	}
}

// expire removes the stale points that have a record in a chunk.
func (x *Index) expire(gone []string, c *chunk, before time.Time) []string {
	x.writing.Lock()
	defer x.writing.Unlock()
	for i := range c {
		if r := &c[i]; r.node != nil && r.at.Before(before) {
			word, rec := x.ids.find(r.id, x.ids.hash(r.id), x.record)
			gone = append(gone, r.id)
			x.remove(word, rec)
		}
	}
	return gone
}

// changing is the number of the change that is being made.
func (x *Index) changing() uint64 { return x.changes.Load() + 1 }

// commit shows readers the change.
func (x *Index) commit() { x.reclaim(x.changes.Add(1)) }

// drop retires the record of a point that is there no more.
func (x *Index) drop(rec uint32) {
	x.record(rec).node = nil
	x.lost.push(x.changing(), rec)
}

// retire keeps a state for the readers who came before the change.
func (x *Index) retire(st *state) { x.left.push(x.changing(), st) }
