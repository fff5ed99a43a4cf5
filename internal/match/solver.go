package match

// bidsPerNode bounds the bids before the forest, on average over the nodes.
const bidsPerNode = 4

// Solver finds optimal solutions. It keeps its memory and the last duals from
// one Solve to the next; the zero value is ready. It is not for concurrent use.
type Solver struct {
	requests, drivers side
	rows              rows
	forest            forest

	driverOf                []int
	requestDual, driverDual []Cost
}

// Solve finds an assignment of least total cost and proves it by its duals.
// What it returns is valid until the next Solve.
//
// Prices beyond ±Dearest count as ±Dearest, and so do costs below -Dearest. It
// panics where an arc names a driver who is none.
func (s *Solver) Solve(p Problem) Solution {
	s.take(p)
	s.forest.a, s.forest.b = &s.requests, &s.drivers
	s.forest.lazy = &s.rows
	s.bidAll()
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

// bidAll lets the nodes of a bid. Rivals for too few partners would overbid each
// other in small steps for long, so the number of bids is bounded: the forest
// does the rest.
func (s *Solver) bidAll() {
	f := &s.forest
	bids := bidsPerNode * len(f.a.nodes)
	for i := range f.a.nodes {
		for i := int32(i); i != None; bids-- {
			if bids <= 0 {
				f.a.nodes[i].dual = f.look(i).least
				break
			}
			i = f.bid(i)
		}
	}
}

func (s *Solver) solution() Solution {
	n, m := len(s.requests.nodes), len(s.drivers.nodes)
	s.driverOf = sized(s.driverOf, n)
	s.requestDual, s.driverDual = sized(s.requestDual, n), sized(s.driverDual, m)
	total := Cost(0)
	for i := range s.requests.nodes {
		n := &s.requests.nodes[i]
		s.driverOf[i], s.requestDual[i] = int(n.mate), n.dual
		total += n.dual
	}
	for j := range s.drivers.nodes {
		s.driverDual[j] = s.drivers.nodes[j].dual
		total += s.driverDual[j]
	}
	return Solution{DriverOf: s.driverOf, Total: total, RequestDual: s.requestDual, DriverDual: s.driverDual}
}
