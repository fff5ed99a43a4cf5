package match

// rows delivers the arcs of the requests into their side, as far as asked.
type rows struct {
	*side
	source Source
	bound  []Cost  // of each request's undelivered arcs; Infinite: none matters
	limit  []int32 // where the room of each request's arcs ends
	batch  []Arc
}

func (r *rows) reset(s *side, source Source) {
	r.side, r.source = s, source
	n := len(s.nodes)
	r.bound, r.limit = sized(r.bound, n), sized(r.limit, n)
	for i := range n {
		r.bound[i], r.limit[i] = -Infinite, 0
	}
}

// more delivers one batch of arcs of request i.
func (r *rows) more(i int32) {
	var bound Cost
	r.batch, bound = r.source.More(int(i), r.batch[:0])
	price := r.nodes[i].price
	r.makeRoom(i, int32(len(r.batch)))
	at := r.last[i]
	for k := range r.batch {
		a := &r.batch[k]
		if a.Cost < price {
			r.to[at], r.cost[at] = int32(a.Driver), max(a.Cost, -Dearest)
			at++
		}
	}
	r.last[i] = at
	r.bound[i] = max(r.bound[i], bound)
	if bound >= price {
		r.bound[i] = Infinite
	}
}

// makeRoom sees to it that n further arcs of request i have room behind those
// that it has. They move to the end where they have none.
func (r *rows) makeRoom(i, n int32) {
	if r.last[i]+n <= r.limit[i] {
		return
	}
	end := int32(len(r.to))
	if r.limit[i] == end && r.first[i] < end {
		r.grow(r.last[i] + n)
		r.limit[i] = int32(len(r.to))
		return
	}
	had := r.last[i] - r.first[i]
	room := had + n
	if had > 0 {
		room *= 2
	}
	r.grow(end + room)
	copy(r.to[end:], r.to[r.first[i]:r.last[i]])
	copy(r.cost[end:], r.cost[r.first[i]:r.last[i]])
	r.first[i], r.last[i], r.limit[i] = end, end+had, end+room
}

func (r *rows) grow(n int32) {
	r.to, r.cost = extended(r.to, int(n)), extended(r.cost, int(n))
}

// extended is s with length n and what was in it.
func extended[T any](s []T, n int) []T {
	if n > cap(s) {
		return append(s[:cap(s)], make([]T, n-cap(s))...)[:n]
	}
	return s[:n]
}

// all delivers everything that matters.
func (r *rows) all() {
	for i := range r.nodes {
		for r.bound[i] < Infinite {
			r.more(int32(i))
		}
	}
}
