package match_test

import (
	"slices"
	"testing"

	"github.com/cabstand/cabstand/internal/match"
	"pgregory.net/rapid"
)

// TestFifo_Property holds Fifo to its definition: each request has the cheapest
// of the drivers that the requests before it left over.
func TestFifo_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInstance(t, 8)
		got := match.Fifo(len(in.unserved), in.drivers, in.arcs)
		taken := map[int]bool{}
		for i, driver := range got {
			var free []match.Arc
			for _, a := range in.arcs {
				if a.Request == i && !taken[a.Driver] && a.Cost < match.Infinite {
					free = append(free, a)
				}
			}
			slices.SortFunc(free, func(a, b match.Arc) int {
				if a.Cost != b.Cost {
					return int(max(-1, min(1, a.Cost-b.Cost)))
				}
				return a.Driver - b.Driver
			})
			want := match.None
			if len(free) > 0 {
				want = free[0].Driver
			}
			if driver != want {
				t.Fatalf("driver of request %d = %d, want %d", i, driver, want)
			}
			taken[driver] = driver != match.None
		}
	})
}
