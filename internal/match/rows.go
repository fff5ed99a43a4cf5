package match

// rows delivers the arcs of the requests into their side, as far as asked. Those
// of a plain list are all there from the start.
type rows struct {
	*side
	source Source
	bound  []Cost // of each request's undelivered arcs; Infinite: none matters
	batch  []Arc
}

func (r *rows) reset(s *side, source Source) {
	r.side = s
	n := len(s.nodes)
	r.bound = sized(r.bound, n)
	for i := range n {
		r.bound[i] = -Infinite
	}
	r.source = source
	if l, ok := source.(*list); ok {
		r.load(l)
	}
}

// load takes all arcs of a list that matter.
func (r *rows) load(l *list) {
	r.arcs = sized(r.arcs, len(l.arcs))
	at := int32(0)
	for i := range r.nodes {
		price := r.nodes[i].price
		r.first[i], r.bound[i] = at, Infinite
		row := l.row(i)
		for k := range row {
			if a := &row[k]; matters(a.Cost, price) {
				r.arcs[at] = arc{int32(a.Driver), int32(counted(a.Cost))}
				at++
			}
		}
		r.last[i], r.limit[i] = at, at
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
		if a := &r.batch[k]; matters(a.Cost, price) {
			r.arcs[at] = arc{int32(a.Driver), int32(counted(a.Cost))}
			at++
		}
	}
	r.last[i] = at
	r.bound[i] = max(r.bound[i], bound)
	if !matters(bound, price) {
		r.bound[i] = Infinite
	}
}

// all delivers everything that matters.
func (r *rows) all() {
	for i := range r.nodes {
		for r.bound[i] < Infinite {
			r.more(int32(i))
		}
	}
}
