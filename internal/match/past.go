package match

// past is what a Solver knows of the last problem.
type past struct {
	requests, drivers memory
	fresh             []bool // drivers of the present problem who were worth nothing
	known             bool   // there is a past
	hard              bool   // to start from it will pay
}

// helps says whether to start from the past.
func (k *past) helps(p Problem) bool { return k.known && k.hard && keyed(p) }

func keyed(p Problem) bool {
	return len(p.RequestKeys) >= len(p.Unserved) && len(p.DriverKeys) >= p.Drivers && p.Drivers > 0 && len(p.Unserved) > 0
}

// recall sets the duals of the drivers. One who is new, or was worth nothing, is
// worth what the requests around would save by him: else they would all leave
// their drivers for him.
func (k *past) recall(p Problem, s *Solver) {
	k.fresh = sized(k.fresh, p.Drivers)
	for j := range s.drivers.dual {
		v := k.drivers.recall(p.DriverKeys[j])
		s.drivers.dual[j], k.fresh[j] = v, v == 0
	}
	for i := range s.requests.nodes {
		u := min(k.requests.recall(p.RequestKeys[i]), s.requests.nodes[i].price)
		for s.rows.bound[i] < u {
			s.rows.more(int32(i))
		}
		for _, a := range s.requests.of(int32(i)) {
			if k.fresh[a.to] {
				s.drivers.dual[a.to] = min(s.drivers.dual[a.to], Cost(a.cost)-u)
			}
		}
	}
}

// keep keeps the duals of the problem that was solved. A problem that took little
// more than bids will be as easy the next time, and easier without the past.
func (k *past) keep(p Problem, s *Solver) {
	k.known = keyed(p)
	if !k.known {
		return
	}
	work := s.forest.joinings
	if s.warm {
		work *= 8 // about what it would have been without the past
	}
	k.hard = work > len(p.Unserved)
	k.requests.keep(p.RequestKeys, s.requests.dual)
	k.drivers.keep(p.DriverKeys, s.drivers.dual)
}
