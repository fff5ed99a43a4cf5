package match_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/match"
)

var sizes = []struct {
	name                     string
	riders, drivers, nearest int
}{
	{"1k_1k_20", 1000, 1000, 20},
	{"1k_300", 1000, 300, 300},
	{"300_1k", 300, 1000, 1000},
	{"2k_2k_50", 2000, 2000, 50},
	{"5k_20k_20", 5000, 20000, 20},
	{"10k_10k_20", 10000, 10000, 20},
	{"1k_1k_Dense", 1000, 1000, 1000},
}

func BenchmarkSolver_Cold(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			c := newCity(1)
			in := c.instance(c.places(size.riders), c.places(size.drivers), size.nearest)
			var solver match.Solver
			for b.Loop() {
				solver.Solve(in.problem())
			}
		})
	}
}
