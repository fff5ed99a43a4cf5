package dispatch

import (
	"context"

	"github.com/cabstand/cabstand/internal/match"
)

// mustServe is the price of taking an assigned trip's driver away without another:
// more than any chain of exchanges can save.
const mustServe match.Cost = 1e10

// assign decides which vehicle each trip of the round is to have.
func (d *Dispatcher) assign(ctx context.Context, r *round) {
	open, held := r.rows[:r.open], r.rows[r.open:]
	switch r.policy.Name {
	case Fifo:
		d.choose(ctx, r, open, match.FifoOver)
	case Greedy:
		d.choose(ctx, r, open, match.GreedyOver)
	default:
		d.solve(ctx, r, r.rows, &d.solver)
		return
	}
	if len(held) > 0 {
		d.solve(ctx, r, held, &d.swapper)
	}
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
		r.vehicles[i].dual = s.DriverDual[i]
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
