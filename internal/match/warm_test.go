package match_test

import (
	"slices"
	"testing"

	"github.com/cabstand/cabstand/internal/match"
	"pgregory.net/rapid"
)

// TestSolver_WarmIsExact solves sequences of problems by one solver that starts
// each from the last one's duals. The problems have nothing in common but their
// keys, and those are few, repeat and lie: no past may cost a millisecond.
func TestSolver_WarmIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var solver match.Solver
		keys := func(n int, label string) []uint64 {
			return rapid.SliceOfN(rapid.Uint64Range(0, 15), n, n).Draw(t, label)
		}
		for range rapid.IntRange(1, 4).Draw(t, "ticks") {
			in := drawInstance(t, 12)
			if rapid.Bool().Draw(t, "rivals") {
				in = drawRivals(t)
			}
			p := in.problem()
			p.RequestKeys, p.DriverKeys = keys(len(in.unserved), "request keys"), keys(in.drivers, "driver keys")
			if rapid.Bool().Draw(t, "lazy") {
				p.Arcs = newChunks(t, in)
			}
			solver.Warm()
			solution := solver.Solve(p)
			if want := flow(in); solution.Total != want {
				t.Fatalf("total = %d, the flow costs %d", solution.Total, want)
			}
			if err := match.Verify(in.problem(), solution); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestSolver_WarmTicks follows a city over some ticks, with drivers who move and
// riders and drivers who come and go.
func TestSolver_WarmTicks(t *testing.T) {
	c := newCity(7)
	riders, drivers := c.places(150), c.places(150)
	requestKeys, driverKeys := numbers(150), numbers(150)
	var warm, cold match.Solver
	for tick := range 12 {
		in := c.instance(riders, drivers, 15)
		p := in.problem()
		p.RequestKeys, p.DriverKeys = requestKeys, driverKeys
		warm.Warm()
		if got, want := warm.Solve(p), cold.Solve(in.problem()); got.Total != want.Total {
			t.Fatalf("tick %d: total = %d warm, %d cold", tick, got.Total, want.Total)
		} else if err := match.Verify(p, got); err != nil {
			t.Fatalf("tick %d: %v", tick, err)
		}
		c.churn(riders, requestKeys)
		c.churn(drivers, driverKeys)
	}
}

func numbers(n int) []uint64 {
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = uint64(i)
	}
	return keys
}

// churn replaces a tenth and moves the rest a little.
func (c *city) churn(places [][2]float64, keys []uint64) {
	for i := range places {
		if c.rng.IntN(10) == 0 {
			places[i], keys[i] = c.place(), c.rng.Uint64()
			continue
		}
		places[i][0] += 0.014 * c.rng.NormFloat64()
		places[i][1] += 0.014 * c.rng.NormFloat64()
	}
}

// TestSolver_NoAllocation solves ticks of one city over and over, warm and cold,
// with rows at hand and lazy ones.
func TestSolver_NoAllocation(t *testing.T) {
	c := newCity(11)
	riders, drivers := c.places(200), c.places(180)
	requestKeys, driverKeys := numbers(200), numbers(180)
	var ticks []match.Problem
	for range 3 {
		in := c.instance(riders, drivers, 30)
		p := in.problem()
		p.RequestKeys, p.DriverKeys = slices.Clone(requestKeys), slices.Clone(driverKeys)
		ticks = append(ticks, p)
		p.Arcs = &again{rows: rowsOf(in), at: make([]int, len(riders))}
		ticks = append(ticks, p)
		c.churn(riders, requestKeys)
		c.churn(drivers, driverKeys)
	}
	var warm, cold match.Solver
	round := func() {
		for _, p := range ticks {
			if lazy, ok := p.Arcs.(*again); ok {
				clear(lazy.at)
			}
			warm.Warm()
			warm.Solve(p)
			if lazy, ok := p.Arcs.(*again); ok {
				clear(lazy.at)
			}
			p.DriverKeys = nil
			cold.Solve(p)
		}
	}
	round()
	if n := testing.AllocsPerRun(5, round); n > 0 {
		t.Errorf("%v allocations in %d solves, want none", n, 2*len(ticks))
	}
}

// again delivers eight arcs at a time.
type again struct {
	rows [][]match.Arc
	at   []int // how many arcs of each row are delivered
}

func (s *again) More(request int, dst []match.Arc) ([]match.Arc, match.Cost) {
	row := s.rows[request][s.at[request]:]
	n := min(8, len(row))
	s.at[request] += n
	if n == len(row) {
		return append(dst, row...), match.Infinite
	}
	return append(dst, row[:n]...), row[n].Cost
}
