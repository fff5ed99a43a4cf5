package match_test

import (
	"slices"
	"testing"

	"github.com/cabstand/cabstand/internal/match"
)

// towns is so many cities far from each other, and none of one size.
func towns(n int) instance {
	var in instance
	for k := range n {
		c := newCity(uint64(k))
		size := 150 + 40*k
		town := c.instance(c.places(size), c.places(size-20), 12)
		for i := range town.arcs {
			town.arcs[i].Request += len(in.unserved)
			town.arcs[i].Driver += in.drivers
		}
		in.arcs = append(in.arcs, town.arcs...)
		in.unserved = append(in.unserved, town.unserved...)
		in.drivers += town.drivers
	}
	return in
}

func TestSolver_ThreadsFindTheSame(t *testing.T) {
	in := towns(5)
	for k := range in.arcs {
		in.arcs[k].Cost -= in.arcs[k].Cost % 20_000 // so that ties are to be broken
	}
	alone := match.Solver{Threads: 1}
	want := alone.Solve(in.problem())
	for _, threads := range []int{2, 3, 16} {
		together := match.Solver{Threads: threads}
		for range 3 {
			got := together.Solve(in.problem())
			if err := match.Verify(in.problem(), got); err != nil {
				t.Fatalf("%d threads: %v", threads, err)
			}
			if got.Total != want.Total || !slices.Equal(got.DriverOf, want.DriverOf) ||
				!slices.Equal(got.RequestDual, want.RequestDual) || !slices.Equal(got.DriverDual, want.DriverDual) {
				t.Fatalf("%d threads find another solution than one", threads)
			}
		}
	}
}

// BenchmarkSolver_Towns is what separate parts gain by threads.
func BenchmarkSolver_Towns(b *testing.B) {
	in := towns(8)
	for name, threads := range map[string]int{"Alone": 1, "Together": 0} {
		b.Run(name, func(b *testing.B) {
			solver := match.Solver{Threads: threads}
			for b.Loop() {
				solver.Solve(in.problem())
			}
		})
	}
}
