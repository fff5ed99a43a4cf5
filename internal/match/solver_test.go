package match_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/match"
	"pgregory.net/rapid"
)

// instance is a problem to draw, with its arcs in the open.
type instance struct {
	unserved []match.Cost
	drivers  int
	arcs     []match.Arc
}

func (in instance) problem() match.Problem {
	return match.Problem{Unserved: in.unserved, Drivers: in.drivers, Arcs: match.Listed(len(in.unserved), in.arcs)}
}

// drawInstance draws a problem of up to size requests and drivers. Costs come
// from one of several ranges, so that ties, negative and huge ones all occur.
func drawInstance(t *rapid.T, size int) instance {
	cost := rapid.SampledFrom([]*rapid.Generator[int64]{
		rapid.Int64Range(0, 3),
		rapid.Int64Range(-5, 5),
		rapid.Int64Range(0, 600_000),
		rapid.Int64Range(-int64(match.Dearest), int64(match.Dearest)),
		rapid.Int64Range(-int64(match.Longest)-9, int64(match.Longest)+9),
		rapid.SampledFrom([]int64{0, 1, 600_000, int64(match.Longest), int64(match.Longest) + 1, int64(match.Dearest), int64(match.Infinite)}),
	}).Draw(t, "range of costs")
	in := instance{
		unserved: make([]match.Cost, rapid.IntRange(0, size).Draw(t, "requests")),
		drivers:  rapid.IntRange(0, size).Draw(t, "drivers"),
	}
	for i := range in.unserved {
		in.unserved[i] = match.Cost(cost.Draw(t, "unserved"))
	}
	if len(in.unserved) == 0 || in.drivers == 0 {
		return in
	}
	for range rapid.IntRange(0, 4*size).Draw(t, "arcs") {
		in.arcs = append(in.arcs, match.Arc{
			Request: rapid.IntRange(0, len(in.unserved)-1).Draw(t, "request"),
			Driver:  rapid.IntRange(0, in.drivers-1).Draw(t, "driver"),
			Cost:    match.Cost(cost.Draw(t, "cost")),
		})
	}
	return in
}

// cut is what a price counts as.
func cut(c match.Cost) match.Cost {
	return min(max(c, -match.Dearest), match.Dearest)
}

// counted is what an arc costs for the solver.
func counted(c match.Cost) match.Cost {
	if c > match.Longest {
		return match.Infinite / 1024
	}
	return max(c, -match.Longest)
}

// bruteForce is the least total over all assignments of the requests from i on.
func bruteForce(in instance, i int, taken map[int]bool) match.Cost {
	if i == len(in.unserved) {
		return 0
	}
	best := cut(in.unserved[i]) + bruteForce(in, i+1, taken)
	for _, a := range in.arcs {
		if a.Request != i || taken[a.Driver] {
			continue
		}
		taken[a.Driver] = true
		best = min(best, counted(a.Cost)+bruteForce(in, i+1, taken))
		delete(taken, a.Driver)
	}
	return best
}

func TestSolver_BruteForce(t *testing.T) {
	var solver match.Solver // one for all, so that what is left of earlier problems is tried
	rapid.Check(t, func(t *rapid.T) {
		in := drawInstance(t, 6)
		solution := solver.Solve(in.problem())
		if want := bruteForce(in, 0, map[int]bool{}); solution.Total != want {
			t.Fatalf("total = %d, want %d", solution.Total, want)
		}
		if err := match.Verify(in.problem(), solution); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSolver_SecondAlgorithm(t *testing.T) {
	var solver match.Solver
	rapid.Check(t, func(t *rapid.T) {
		in := drawInstance(t, 40)
		solution := solver.Solve(in.problem())
		if want := flow(in); solution.Total != want {
			t.Fatalf("total = %d, the flow costs %d", solution.Total, want)
		}
		if err := match.Verify(in.problem(), solution); err != nil {
			t.Fatal(err)
		}
	})
}

// chunks is a Source that delivers what it has in drawn pieces with drawn, weak
// bounds.
type chunks struct {
	t    *rapid.T
	rows [][]match.Arc
}

func newChunks(t *rapid.T, in instance) *chunks {
	return &chunks{t: t, rows: rowsOf(in)}
}

func (c *chunks) More(request int, dst []match.Arc) ([]match.Arc, match.Cost) {
	row := c.rows[request]
	n := min(len(row), rapid.IntRange(0, 3).Draw(c.t, "chunk"))
	dst = append(dst, row[:n]...)
	c.rows[request] = row[n:]
	if n == len(row) {
		return dst, match.Infinite
	}
	bound := match.Infinite
	for _, a := range row[n:] {
		bound = min(bound, a.Cost)
	}
	return dst, bound - match.Cost(rapid.IntRange(0, 5).Draw(c.t, "weakness"))
}

// drawRivals draws a corner of a city where riders are too many for bids alone
// to settle who is served.
func drawRivals(t *rapid.T) instance {
	c := newCity(rapid.Uint64().Draw(t, "seed"))
	riders := rapid.IntRange(10, 40).Draw(t, "riders")
	drivers := rapid.IntRange(riders/2, riders+5).Draw(t, "drivers")
	in := c.instance(c.places(riders), c.places(drivers), rapid.IntRange(3, 40).Draw(t, "nearest"))
	for i := range in.unserved {
		in.unserved[i] *= match.Cost(rapid.IntRange(1, 3).Draw(t, "dearness"))
	}
	return in
}

func TestSolver_Rivals(t *testing.T) {
	var solver match.Solver
	rapid.Check(t, func(t *rapid.T) {
		in := drawRivals(t)
		p := in.problem()
		if rapid.Bool().Draw(t, "lazy") {
			p.Arcs = newChunks(t, in)
		}
		solution := solver.Solve(p)
		if want := flow(in); solution.Total != want {
			t.Fatalf("total = %d, the flow costs %d", solution.Total, want)
		}
		if err := match.Verify(in.problem(), solution); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSolver_Dense has so many arcs that duals are approached first: riders
// around one place, drivers around another, and some costs below 0.
func TestSolver_Dense(t *testing.T) {
	for seed := range uint64(5) {
		c := newCity(seed)
		riders := c.places(40)
		for i := range riders {
			riders[i] = [2]float64{1 + riders[i][0]/10, 2 + riders[i][1]/10}
		}
		in := c.instance(riders, c.places(280), 280)
		for i := range in.unserved {
			in.unserved[i] *= 8
		}
		for k := range in.arcs {
			in.arcs[k].Cost -= 200_000
		}
		var solver match.Solver
		solution := solver.Solve(in.problem())
		if want := flow(in); solution.Total != want {
			t.Errorf("seed %d: total = %d, the flow costs %d", seed, solution.Total, want)
		}
		if err := match.Verify(in.problem(), solution); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// TestSolver_FarDriversAreNotAskedFor has a city with a whole fleet in every row,
// nearest first.
func TestSolver_FarDriversAreNotAskedFor(t *testing.T) {
	c := newCity(3)
	in := c.instance(c.places(200), c.places(600), 600)
	source := &nearestFirst{rows: rowsOf(in)}
	p := in.problem()
	p.Arcs = source
	var solver match.Solver
	solution := solver.Solve(p)
	if err := match.Verify(in.problem(), solution); err != nil {
		t.Fatal(err)
	}
	if all := len(in.arcs); source.delivered > all/20 {
		t.Errorf("%d of %d arcs were delivered, want 5 %% at most", source.delivered, all)
	}
}

// nearestFirst delivers four arcs at a time, cheapest first.
type nearestFirst struct {
	rows      [][]match.Arc
	delivered int
}

func (s *nearestFirst) More(request int, dst []match.Arc) ([]match.Arc, match.Cost) {
	row := s.rows[request]
	n := min(4, len(row))
	s.delivered += n
	s.rows[request] = row[n:]
	if n == len(row) {
		return append(dst, row...), match.Infinite
	}
	return append(dst, row[:n]...), row[n].Cost
}

func rowsOf(in instance) [][]match.Arc {
	rows := make([][]match.Arc, len(in.unserved))
	for _, a := range in.arcs {
		rows[a.Request] = append(rows[a.Request], a)
	}
	return rows
}

func TestSolver_LazyRows(t *testing.T) {
	var solver match.Solver
	rapid.Check(t, func(t *rapid.T) {
		in := drawInstance(t, 12)
		p := in.problem()
		p.Arcs = newChunks(t, in)
		solution := solver.Solve(p)
		if want := flow(in); solution.Total != want {
			t.Fatalf("total = %d, the flow costs %d", solution.Total, want)
		}
		p.Arcs = newChunks(t, in)
		if err := match.Verify(p, solution); err != nil {
			t.Fatal(err)
		}
	})
}
