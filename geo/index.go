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

	seen uint32 // so that nobody takes warming for needless

	writing sync.Mutex // guards all of the above against other writers
}

// Hit is a point that a search found.
type Hit struct {
	ID     string
	Point  Point
	At     time.Time // when it was seen there
	Metres float64   // from the place that was asked about
	Handle Handle    // of the point
}

// Handle names a point of an index until that is removed: who keeps it moves the
// point without a look-up. The zero Handle names none.
type Handle uint64

// Slot is the point's number among those of its index: above 0, small, and perhaps
// another's once the point was removed. Who keeps something beside each point
// finds it in a slice, by this number, faster than in a map.
func (h Handle) Slot() int { return int(uint32(h)) }

// NewIndex makes an empty index.
func NewIndex() *Index {
	x := new(Index)
	x.ids.init()
	x.items.grow()
	x.records.grow()
	x.root.measure()
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
	_, number := x.ids.find(id, x.ids.hash(id), &x.items)
	if number == 0 {
		return Point{}, time.Time{}, false
	}
	r := x.records.get(x.items.get(number).rec.Load())
	return r.point, r.at, true
}

// Put sets where id is, new or moved, and when it was seen there. A point that
// is not on the earth is not taken: Put returns the zero Handle and id stays
// where it was.
func (x *Index) Put(id string, p Point, at time.Time) Handle {
	if !p.Valid() {
		return 0
	}
	hash := x.ids.hash(id)
	x.writing.Lock()
	defer x.writing.Unlock()
	word, number := x.ids.find(id, hash, &x.items)
	if number != 0 {
		x.move(number, p, at)
	} else {
		number = x.add(id, p, at)
		x.ids.add(word, hash, number, x.Len(), &x.items)
	}
	x.commit()
	return x.handleOf(number)
}

func (x *Index) handleOf(number uint32) Handle {
	return Handle(x.items.get(number).generation)<<32 | Handle(number)
}

// Move is where a point is that Put gave the handle for, and when it was seen
// there.
type Move struct {
	Handle Handle
	Point  Point
	At     time.Time
}

// Move does what Put does, without a look-up, for many points. It leaves out
// those that were removed and places that are not on the earth, and returns how
// many points it moved. Readers and other writers may come between.
func (x *Index) Move(moves ...Move) (moved int) {
	for len(moves) > 0 {
		n := min(len(moves), warmed)
		moved += x.moveSome(moves[:n])
		moves = moves[n:]
	}
	return moved
}

// moveSome moves points in one change.
func (x *Index) moveSome(moves []Move) (moved int) {
	x.writing.Lock()
	defer x.writing.Unlock()
	if len(moves) > 1 {
		x.warm(moves)
	}
	for i := range moves {
		m := &moves[i]
		if x.itemOf(m.Handle) != nil && m.Point.Valid() {
			x.move(uint32(m.Handle), m.Point, m.At)
			moved++
		}
	}
	x.commit()
	return moved
}

// itemOf is the item of a handle; nil where it was removed.
func (x *Index) itemOf(h Handle) *item {
	number := uint32(h)
	if number == 0 || int(number) >= x.items.len() {
		return nil
	}
	it := x.items.get(number)
	if it.leaf == nil || it.generation != uint32(h>>32) {
		return nil
	}
	return it
}

// add makes a point that is not there yet.
func (x *Index) add(id string, p Point, at time.Time) (number uint32) {
	number = x.items.take()
	it := x.items.get(number)
	it.id = id
	e := x.entry(number, p, at)
	it.rec.Store(e.rec)
	x.link(x.root.leafFor(e), e)
	x.count.Add(1)
	return number
}

// entry writes a record, and is what a leaf has of it.
func (x *Index) entry(number uint32, p Point, at time.Time) entry {
	rec := x.records.take()
	r := x.records.get(rec)
	r.id, r.point, r.at, r.handle = x.items.get(number).id, p, at, x.handleOf(number)
	return entry{spotOf(p), rec, number}
}

func (x *Index) move(number uint32, p Point, at time.Time) {
	it, e := x.items.get(number), x.entry(number, p, at)
	n := it.leaf
	i := n.state.Load().find(number)
	x.records.lost.push(x.changing(), it.rec.Load())
	it.rec.Store(e.rec)
	if n.holds(e.spot) {
		x.own(n).entries[i] = e
	} else {
		x.link(x.unlink(n, i).leafFor(e), e)
	}
}

// Remove forgets id, and reports whether it was there.
func (x *Index) Remove(id string) bool {
	hash := x.ids.hash(id)
	x.writing.Lock()
	defer x.writing.Unlock()
	word, number := x.ids.find(id, hash, &x.items)
	if number == 0 {
		return false
	}
	word.Store(deleted)
	x.remove(number)
	return true
}

func (x *Index) remove(number uint32) {
	it := x.items.get(number)
	x.unlink(it.leaf, it.leaf.state.Load().find(number))
	it.leaf = nil
	it.generation++
	x.records.lost.push(x.changing(), it.rec.Load())
	x.items.lost.push(x.changing(), number)
	x.count.Add(-1)
	x.commit()
}

// Expire forgets every point that was last seen before the given time, and
// returns their ids, sorted. It goes through all points, a few at a time, so that
// other writers come between.
func (x *Index) Expire(before time.Time) []string {
	var gone []string
	for c := 0; ; c++ {
		all := *x.items.chunks.Load()
		if c == len(all) {
			slices.Sort(gone)
			return gone
		}
		gone = x.expire(gone, all[c], before)
	}
}

// expire removes those of a chunk that are stale.
func (x *Index) expire(gone []string, c *[chunkSize]item, before time.Time) []string {
	x.writing.Lock()
	defer x.writing.Unlock()
	for i := range c {
		it := &c[i]
		if it.leaf == nil || !x.records.get(it.rec.Load()).at.Before(before) {
			continue
		}
		word, number := x.ids.find(it.id, x.ids.hash(it.id), &x.items)
		word.Store(deleted)
		x.remove(number)
		gone = append(gone, it.id)
	}
	return gone
}

// changing is the number of the change that is being made.
func (x *Index) changing() uint64 { return x.changes.Load() + 1 }

// commit shows readers the change.
func (x *Index) commit() { x.reclaim(x.changes.Add(1)) }
