package dispatch

import (
	"context"
	"slices"

	"github.com/cabstand/cabstand/internal/match"
)

// mustServe is the price of taking an assigned trip's driver away without another:
// more than any chain of exchanges can save.
const mustServe match.Cost = 1e10

// assign decides which vehicle each trip of the round is to have.
//
// Trips that are matched by the same kind of policy are decided together, each at
// the costs of its own: so nobody has a driver because of the area that was
// looked at first. Of different kinds the one goes first whose oldest request is
// the oldest, and the next has the drivers that are left. Exchanges of other
// policies than optimal come last.
func (d *Dispatcher) assign(ctx context.Context, r *round) {
	for _, name := range r.kinds() {
		switch some := r.ofKind(name); name {
		case Fifo:
			d.choose(ctx, r, some, match.FifoOver)
		case Greedy:
			d.choose(ctx, r, some, match.GreedyOver)
		default:
			d.solve(ctx, r, some, &d.solver)
		}
	}
	var held []*row
	for _, w := range r.rows[r.open:] {
		if !w.joint() {
			held = append(held, w)
		}
	}
	if len(held) > 0 {
		d.solve(ctx, r, held, &d.swapper)
	}
}

// kinds is the kinds of policy of the round, in the order of the oldest request of
// each; exchanges of optimal alone come after them.
func (r *round) kinds() (names []string) {
	for i, w := range r.rows {
		if (i < r.open || w.joint()) && !slices.Contains(names, w.rule.Name) {
			names = append(names, w.rule.Name)
		}
	}
	return names
}

// ofKind is the trips of a kind of policy that are decided together.
func (r *round) ofKind(name string) []*row {
	same := func(w *row) bool { return w.rule.Name == name }
	open, held := r.rows[:r.open], r.rows[r.open:]
	if name != Optimal {
		held = nil
	}
	if !slices.ContainsFunc(open, func(w *row) bool { return !same(w) }) && !slices.ContainsFunc(held, func(w *row) bool { return !same(w) }) {
		return r.rows[:r.open+len(held)]
	}
	var some []*row
	for _, w := range r.rows[:r.open+len(held)] {
		if same(w) {
			some = append(some, w)
		}
	}
	return some
}

// choose lets the trips take vehicles by a rule.
func (d *Dispatcher) choose(ctx context.Context, r *round, some []*row, rule func(match.Problem) []int) {
	for i, number := range rule(d.problem(ctx, r, some)) {
		some[i].to = number
		if number != none {
			r.vehicles[number].taken = true
		}
	}
	r.sum(some)
}

// solve finds the assignment of least total, with what each trip and each driver
// is worth in it.
func (d *Dispatcher) solve(ctx context.Context, r *round, some []*row, solver *match.Solver) {
	p := d.problem(ctx, r, some)
	p.RequestKeys, p.DriverKeys = d.keys(r, some)
	s := solver.Solve(p)
	for i, w := range some {
		w.to, w.dual = s.DriverOf[i], s.RequestDual[i]
	}
	for i := range r.vehicles {
		if v := &r.vehicles[i]; !v.taken {
			v.dual = s.DriverDual[i]
		}
	}
	for _, w := range some {
		if w.to != none {
			r.vehicles[w.to].taken = true
		}
	}
	r.sum(some)
}

// problem states the choice. What comes first in each row is priced here, for
// several rows at once.
func (d *Dispatcher) problem(ctx context.Context, r *round, some []*row) match.Problem {
	d.prices = d.prices[:0]
	for _, w := range some {
		d.prices = append(d.prices, w.price)
	}
	if len(some) > 0 {
		atOnce(len(some), func(i int) { d.priceMore(ctx, r, some[i]) })
	}
	return match.Problem{Unserved: d.prices, Drivers: len(r.vehicles), Arcs: rows{ctx, d, r, some}}
}

// keys is who the trips and vehicles are, for the solver's memory.
func (d *Dispatcher) keys(r *round, some []*row) (requests, drivers []uint64) {
	d.requestKeys, d.driverKeys = d.requestKeys[:0], d.driverKeys[:0]
	for _, w := range some {
		d.requestKeys = append(d.requestKeys, w.entry.key)
	}
	for i := range r.vehicles {
		d.driverKeys = append(d.driverKeys, keyOf(r.vehicles[i].DriverID))
	}
	return d.requestKeys, d.driverKeys
}

// sum adds to the total of the round.
func (r *round) sum(some []*row) {
	for _, w := range some {
		if w.to == none {
			r.total += w.price
		} else {
			r.total += w.chosen().cost
		}
	}
}
