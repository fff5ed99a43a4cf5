package match_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/match"
)

// drip delivers the arcs of a problem one by one, the cheapest first, each with
// the tightest bound.
type drip struct {
	arcs [][]match.Arc
	sent []int
}

func newDrip(requests int, arcs []match.Arc) *drip {
	d := &drip{arcs: make([][]match.Arc, requests), sent: make([]int, requests)}
	for _, a := range arcs {
		d.arcs[a.Request] = append(d.arcs[a.Request], a)
	}
	for _, row := range d.arcs {
		slices.SortStableFunc(row, func(a, b match.Arc) int { return int(a.Cost - b.Cost) })
	}
	return d
}

func (d *drip) More(request int, dst []match.Arc) ([]match.Arc, match.Cost) {
	row := d.arcs[request]
	if n := d.sent[request]; n < len(row) {
		dst = append(dst, row[n])
		d.sent[request]++
	}
	if n := d.sent[request]; n < len(row) {
		return dst, row[n].Cost
	}
	return dst, match.Infinite
}

func drawArcs(t *rapid.T, requests, drivers int) []match.Arc {
	var arcs []match.Arc
	for r := range requests {
		for d := range drivers {
			if rapid.IntRange(0, 2).Draw(t, "arc") > 0 {
				arcs = append(arcs, match.Arc{Request: r, Driver: d, Cost: match.Cost(rapid.IntRange(0, 6).Draw(t, "cost"))})
			}
		}
	}
	return arcs
}

// Over rows that come lazily the same is chosen as over the whole list.
func TestGreedyOver_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests, drivers := rapid.IntRange(0, 7).Draw(t, "requests"), rapid.IntRange(0, 7).Draw(t, "drivers")
		arcs, prices := drawArcs(t, requests, drivers), make([]match.Cost, requests)
		for i := range prices {
			prices[i] = match.Cost(rapid.IntRange(-3, 9).Draw(t, "price"))
		}
		got := match.GreedyOver(match.Problem{Unserved: prices, Drivers: drivers, Arcs: newDrip(requests, arcs)})

		var saving []match.Arc
		for _, a := range arcs {
			if a.Cost -= prices[a.Request]; a.Cost < 0 {
				saving = append(saving, a)
			}
		}
		if want := match.Greedy(requests, drivers, saving); !slices.Equal(got, want) {
			t.Fatalf("drivers = %v, want %v", got, want)
		}
	})
}

func TestFifoOver_Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requests, drivers := rapid.IntRange(0, 7).Draw(t, "requests"), rapid.IntRange(0, 7).Draw(t, "drivers")
		arcs, prices := drawArcs(t, requests, drivers), make([]match.Cost, requests)
		for i := range prices {
			prices[i] = match.Cost(rapid.IntRange(0, 9).Draw(t, "price"))
		}
		got := match.FifoOver(match.Problem{Unserved: prices, Drivers: drivers, Arcs: newDrip(requests, arcs)})
		arcs = slices.DeleteFunc(arcs, func(a match.Arc) bool { return a.Cost >= prices[a.Request] })
		if want := match.Fifo(requests, drivers, arcs); !slices.Equal(got, want) {
			t.Fatalf("drivers = %v, want %v", got, want)
		}
	})
}

// Two requests with a driver at hand each ask for nobody further.
func TestOver_AsksForNoMoreThanItNeeds(t *testing.T) {
	var arcs []match.Arc
	for d := range 100 {
		arcs = append(arcs, match.Arc{Request: 0, Driver: d, Cost: match.Cost(d)}, match.Arc{Request: 1, Driver: 99 - d, Cost: match.Cost(d)})
	}
	for name, choose := range map[string]func(match.Problem) []int{"Greedy": match.GreedyOver, "Fifo": match.FifoOver} {
		t.Run(name, func(t *testing.T) {
			rows := newDrip(2, arcs)
			got := choose(match.Problem{Unserved: []match.Cost{1000, 1000}, Drivers: 100, Arcs: rows})
			if !slices.Equal(got, []int{0, 99}) || rows.sent[0]+rows.sent[1] > 4 {
				t.Fatalf("drivers = %v after %v arcs", got, rows.sent)
			}
		})
	}
}
