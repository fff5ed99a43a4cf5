package match

import "slices"

// list is a Source over a plain list of arcs, in the order of their requests.
type list struct {
	arcs  []Arc
	first []int32 // where the arcs of each request begin; one more for the end
}

// Listed is a Source over all the arcs of a problem. It delivers all arcs of a
// request at once, as often as it is asked, so the same Listed serves several
// solves and Verify. arcs is kept where it is in the order of requests already,
// and copied otherwise; it must not change while the Source is in use.
func Listed(requests int, arcs []Arc) Source {
	return listed(requests, arcs)
}

func listed(requests int, arcs []Arc) *list {
	l := &list{arcs: arcs, first: make([]int32, requests+1)}
	sorted, last := true, 0
	for i := range arcs {
		r := arcs[i].Request
		l.first[r+1]++
		sorted = sorted && r >= last
		last = r
	}
	for r := range requests {
		l.first[r+1] += l.first[r]
	}
	if !sorted {
		l.arcs = inOrder(arcs, l.first)
	}
	return l
}

// inOrder is the arcs by request, those of one request as they came.
func inOrder(arcs []Arc, first []int32) []Arc {
	sorted, next := make([]Arc, len(arcs)), slices.Clone(first)
	for _, a := range arcs {
		sorted[next[a.Request]] = a
		next[a.Request]++
	}
	return sorted
}

func (l *list) row(request int) []Arc {
	return l.arcs[l.first[request]:l.first[request+1]]
}

func (l *list) More(request int, dst []Arc) ([]Arc, Cost) {
	return append(dst, l.row(request)...), Infinite
}
