package match

// Solver finds optimal solutions. It keeps its memory and the last duals from
// one Solve to the next; the zero value is ready. It is not for concurrent use.
type Solver struct {
	requests, drivers side
	rows              rows
	forest            forest

	driverOf []int
}

// Solve finds an assignment of least total cost and proves it by its duals.
// What it returns is valid until the next Solve.
//
// Prices beyond ±Dearest count as ±Dearest, arcs dearer than Longest as none,
// and arcs cheaper than -Longest as -Longest. It panics where an arc names a
// driver who is none.
func (s *Solver) Solve(p Problem) Solution {
	s.take(p)
	f := &s.forest
	f.a, f.b, f.lazy = &s.requests, &s.drivers, &s.rows
	f.bidAll()
	s.finish()
	return s.solution()
}

func (s *Solver) take(p Problem) {
	s.requests.reset(len(p.Unserved))
	s.drivers.reset(p.Drivers)
	for i := range s.requests.nodes {
		s.requests.nodes[i].price = p.price(i)
	}
	s.rows.reset(&s.requests, p.Arcs)
}

// finish pairs by forests what the bids have left unpaired: the drivers first,
// who are idle at a dual below 0 where bids started from such duals, since that
// lowers the duals of requests only and needs no further arcs.
func (s *Solver) finish() {
	s.drivers.transpose(&s.requests)
	f := &s.forest
	f.a, f.b, f.lazy = &s.drivers, &s.requests, nil
	f.grow()
	f.a, f.b, f.lazy = &s.requests, &s.drivers, &s.rows
	f.grow()
}

func (s *Solver) solution() Solution {
	s.driverOf = sized(s.driverOf, len(s.requests.nodes))
	total := Cost(0)
	for i := range s.requests.nodes {
		s.driverOf[i] = int(s.requests.nodes[i].mate)
		total += s.requests.dual[i]
	}
	for _, v := range s.drivers.dual {
		total += v
	}
	return Solution{DriverOf: s.driverOf, Total: total, RequestDual: s.requests.dual, DriverDual: s.drivers.dual}
}
