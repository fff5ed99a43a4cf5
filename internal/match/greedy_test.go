package match_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/match"
	"pgregory.net/rapid"
)

// TestGreedy_Property holds Greedy against its definition: pairs are disjoint,
// each is an arc, and no arc that was left out is cheaper than both pairs that
// kept it out.
func TestGreedy_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests, drivers := rapid.IntRange(0, 8).Draw(t, "requests"), rapid.IntRange(0, 8).Draw(t, "drivers")
		cost := map[[2]int]match.Cost{}
		var arcs []match.Arc
		for r := range requests {
			for d := range drivers {
				if rapid.Bool().Draw(t, "arc") {
					c := match.Cost(rapid.IntRange(0, 5).Draw(t, "cost"))
					cost[[2]int{r, d}] = c
					arcs = append(arcs, match.Arc{Request: r, Driver: d, Cost: c})
				}
			}
		}
		driverOf := match.Greedy(requests, drivers, arcs)
		requestOf := map[int]int{}
		for r, d := range driverOf {
			if d == match.None {
				continue
			}
			if _, ok := cost[[2]int{r, d}]; !ok {
				t.Fatalf("request %d got driver %d without an arc", r, d)
			}
			if other, twice := requestOf[d]; twice {
				t.Fatalf("driver %d serves %d and %d", d, other, r)
			}
			requestOf[d] = r
		}
		for arc, c := range cost {
			r, d := arc[0], arc[1]
			rd, dr := driverOf[r], -1
			if q, ok := requestOf[d]; ok {
				dr = q
			}
			blockedByRequest := rd != match.None && cost[[2]int{r, rd}] <= c
			blockedByDriver := dr >= 0 && cost[[2]int{dr, d}] <= c
			if !blockedByRequest && !blockedByDriver {
				t.Fatalf("arc %v at %d was left out for nothing cheaper", arc, c)
			}
		}
	})
}

func TestGreedy_TiesGoToTheOlderRequest(t *testing.T) {
	got := match.Greedy(2, 1, []match.Arc{{Request: 1, Driver: 0, Cost: 5}, {Request: 0, Driver: 0, Cost: 5}})
	if got[0] != 0 || got[1] != match.None {
		t.Fatalf("driver of the requests = %v, want [0 -1]", got)
	}
}
