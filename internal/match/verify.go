package match

import "fmt"

// Verify proves or refutes that s is an optimal solution of p, by its dual
// certificate and over every arc: it exhausts p.Arcs, which has to deliver all
// arcs anew.
func Verify(p Problem, s Solution) error {
	if err := verifyShape(p, s); err != nil {
		return err
	}
	if err := verifyDuals(p, s); err != nil {
		return err
	}
	for i := range p.Unserved {
		if err := verifyArcs(p, s, i); err != nil {
			return err
		}
	}
	return nil
}

func verifyShape(p Problem, s Solution) error {
	if len(s.DriverOf) != len(p.Unserved) || len(s.RequestDual) != len(p.Unserved) || len(s.DriverDual) != p.Drivers {
		return fmt.Errorf("match: solution of %d requests with %d duals and %d drivers for a problem of %d and %d",
			len(s.DriverOf), len(s.RequestDual), len(s.DriverDual), len(p.Unserved), p.Drivers)
	}
	requestOf := make(map[int]int)
	for i, j := range s.DriverOf {
		if j == None {
			continue
		}
		if j < 0 || j >= p.Drivers {
			return fmt.Errorf("match: driver of request %d is %d, accepted are 0 to %d and None", i, j, p.Drivers-1)
		}
		if other, twice := requestOf[j]; twice {
			return fmt.Errorf("match: driver %d serves request %d and request %d", j, other, i)
		}
		requestOf[j] = i
	}
	return nil
}

func verifyDuals(p Problem, s Solution) error {
	busy, sum := make([]bool, p.Drivers), Cost(0)
	for i, u := range s.RequestDual {
		sum += u
		if price := p.price(i); u > price || s.DriverOf[i] == None && u != price {
			return fmt.Errorf("match: dual of request %d (driver %d) is %d, its price %d", i, s.DriverOf[i], u, price)
		}
		if j := s.DriverOf[i]; j != None {
			busy[j] = true
		}
	}
	for j, v := range s.DriverDual {
		sum += v
		if v > 0 || !busy[j] && v != 0 {
			return fmt.Errorf("match: dual of driver %d (busy %t) is %d", j, busy[j], v)
		}
	}
	if sum != s.Total {
		return fmt.Errorf("match: total is %d, the duals sum to %d", s.Total, sum)
	}
	return nil
}

func verifyArcs(p Problem, s Solution, i int) error {
	var arcs []Arc
	bound, tight := -Infinite, s.DriverOf[i] == None
	for bound < Infinite {
		arcs, bound = p.Arcs.More(i, arcs[:0])
		for _, a := range arcs {
			duals := s.RequestDual[i] + s.DriverDual[a.Driver]
			cost := counted(a.Cost)
			if !matters(cost, p.price(i)) {
				continue
			}
			if cost < duals {
				return fmt.Errorf("match: arc from request %d to driver %d costs %d, its duals sum to %d", i, a.Driver, cost, duals)
			}
			tight = tight || a.Driver == s.DriverOf[i] && cost == duals
		}
	}
	if !tight {
		return fmt.Errorf("match: request %d has driver %d, but no arc to it costs as much as their duals", i, s.DriverOf[i])
	}
	return nil
}
