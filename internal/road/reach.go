package road

import (
	"math/bits"
	"time"
)

// To searches backwards along the edges from a place and gives the driving times
// to it, as far as they are within the bound: one search prices all drivers
// around a pickup.
func (g *Graph) To(to Place, bound time.Duration) *Row {
	r := g.rows.Get().(*Row)
	r.begin(to, bound)
	q := g.queues.Get().(*buckets)
	defer g.queues.Put(q)
	q.begin(r.ends)
	for _, e := range r.ends {
		r.reach(q, e.node, e.millis)
	}
	for {
		at, ok := q.pop()
		if !ok {
			return r
		}
		if at.millis > r.time(at.node) {
			continue // a faster way was found after this entry was made
		}
		for _, a := range g.inArcs[g.firstIn[at.node]:g.firstIn[at.node+1]] {
			r.reach(q, a.from, at.millis+a.millis)
		}
	}
}

// reach notes that the place is so far from n, if that is news.
func (r *Row) reach(q *buckets, n Node, millis int32) {
	if n >= 0 && millis <= r.bound && millis < r.time(n) {
		r.set(n, millis)
		q.push(n, millis)
	}
}

// buckets is the queue of a search: nodes by their time, in buckets of a few
// seconds. Within a bucket they come in any order, and one that a later one
// improves comes again, so that the times are exact. That is faster than a heap,
// which sorts what need not be sorted.
type buckets struct {
	shift uint    // a bucket is 1<<shift milliseconds wide
	heads []int32 // the first entry of each bucket, round and round; 0 for none
	pool  []queued
	free  int32 // the first entry that is not in use; 0 for none
	now   int32 // the number of the earliest bucket, not yet wrapped
	size  int
}

type queued struct {
	node         Node
	millis, next int32
}

// mostBuckets bounds the memory of a queue where one edge takes hours.
const mostBuckets = 1 << 14

func newBuckets(g *Graph) *buckets {
	q := &buckets{shift: bucketShift(g), pool: make([]queued, 1, 256)}
	for g.slowest>>q.shift+2 > mostBuckets {
		q.shift++
	}
	// What is in the queue is never further apart than one edge.
	q.heads = make([]int32, 1<<bits.Len32(uint32(g.slowest>>q.shift+2)))
	return q
}

// bucketShift makes a bucket an eighth to a quarter as wide as an edge takes on
// average. In New York anything from a thirtieth to a half is about as fast.
func bucketShift(g *Graph) uint {
	sum := int64(0)
	for _, e := range g.edges {
		sum += int64(e.millis)
	}
	mean := sum / int64(max(1, len(g.edges)))
	return uint(max(0, bits.Len64(uint64(mean))-3))
}

// begin starts a search from the ends. The queue is empty, as every search
// leaves it.
func (q *buckets) begin(ends [2]end) {
	first := int32(maxBound)
	for _, e := range ends {
		if e.node >= 0 {
			first = min(first, e.millis)
		}
	}
	q.now = first >> q.shift
}

func (q *buckets) push(n Node, millis int32) {
	i := q.free
	if i == 0 {
		i = int32(len(q.pool))
		q.pool = append(q.pool, queued{})
	} else {
		q.free = q.pool[i].next
	}
	head := &q.heads[int(millis>>q.shift)&(len(q.heads)-1)]
	q.pool[i] = queued{n, millis, *head}
	*head = i
	q.size++
}

func (q *buckets) pop() (queued, bool) {
	if q.size == 0 {
		return queued{}, false
	}
	head := &q.heads[int(q.now)&(len(q.heads)-1)]
	for *head == 0 {
		q.now++
		head = &q.heads[int(q.now)&(len(q.heads)-1)]
	}
	i := *head
	e := &q.pool[i]
	*head, e.next, q.free = e.next, q.free, i
	q.size--
	return *e, true
}
