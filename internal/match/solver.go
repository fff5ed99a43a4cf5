package match

import "runtime"

// Solver finds optimal solutions. It keeps its memory and the last duals from
// one Solve to the next; the zero value is ready. It is not for concurrent use.
type Solver struct {
	// Threads is how many goroutines may work on separate parts of a problem; 0
	// is as many as there are processors. It does not change what they find.
	Threads int

	requests, drivers side
	rows              rows
	forest            forest
	crew              crew
	roots             []int32
	past              past
	warm              bool // the present problem started from the past

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
	s.warm = s.past.helps(p)
	switch {
	case s.warm:
		s.startWarm(p)
	case 2*p.Drivers < len(p.Unserved):
		s.startFromDrivers()
	default:
		s.fromRequests()
		if len(s.requests.arcs) >= dense*len(s.requests.nodes) {
			s.forest.approach()
		}
		s.forest.bidAll()
	}
	s.finish()
	s.past.keep(p, s)
	return s.solution()
}

func (s *Solver) take(p Problem) {
	s.requests.reset(len(p.Unserved))
	s.drivers.reset(p.Drivers)
	for i := range s.requests.nodes {
		s.requests.nodes[i].price = p.price(i)
	}
	s.rows.reset(&s.requests, p.Arcs)
	s.forest.both, s.forest.joinings = false, 0
}

// fromRequests and fromDrivers say whose partners the next steps look for.
func (s *Solver) fromRequests() {
	s.forest.a, s.forest.b, s.forest.lazy = &s.requests, &s.drivers, &s.rows
}

// Drivers lower the duals of requests, and so need no further arcs of theirs.
func (s *Solver) fromDrivers() {
	if !s.forest.both {
		s.drivers.transpose(&s.requests)
		s.forest.both = true
	}
	s.forest.a, s.forest.b, s.forest.lazy = &s.drivers, &s.requests, nil
}

// startFromDrivers is for many more requests than drivers: all are taken for
// unserved, and the drivers choose. That takes all arcs, but then the price of an
// unserved request takes all of its arcs in any case.
func (s *Solver) startFromDrivers() {
	s.rows.all()
	for i := range s.requests.nodes {
		s.requests.dual[i] = s.requests.nodes[i].price
	}
	s.fromDrivers()
	s.forest.bidAll()
}

// startWarm starts from what requests and drivers were worth the last time.
// Whatever they are taken for, the rest makes it exact.
func (s *Solver) startWarm(p Problem) {
	s.past.recall(p, s)
	s.fromRequests()
	s.forest.settle()
	s.fromDrivers()
	s.forest.bidAll()
	s.fromRequests()
	s.forest.bidAll()
}

// finish pairs what is not paired yet: the drivers who are worth something first,
// whom a warm start may leave idle.
func (s *Solver) finish() {
	if s.roots = s.drivers.roots(s.roots[:0]); len(s.roots) > 0 {
		s.fromDrivers()
		s.grow()
	}
	if s.roots = s.requests.roots(s.roots[:0]); len(s.roots) > 0 {
		s.fromDrivers() // for their arcs
		s.fromRequests()
		s.grow()
	}
}

func (s *Solver) grow() {
	threads := s.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	s.crew.grow(&s.forest, s.roots, threads)
	for j := range s.forest.b.bar {
		s.forest.b.bar[j] = Infinite
	}
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
