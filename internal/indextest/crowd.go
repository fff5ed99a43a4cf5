package indextest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
)

// Two writers fight over the same drivers, who run between two cells; whatever
// the order in which their batches arrive, the newest location stands, and after
// the next positions every driver is found once.
func testTwoWriters(t *testing.T, open Opener) {
	const drivers, rounds = 20, 30
	one, other := open(t)
	place := func(d, round int) geo.Point {
		return geo.Destination(timesSq, float64(180*(round%2)+90), float64(3000+d))
	}
	round := func(r int) []driver.Location {
		batch := make([]driver.Location, drivers)
		for d := range batch {
			batch[d] = at(fmt.Sprintf("d%02d", d), place(d, r), noon.Add(time.Duration(r)*time.Millisecond))
		}
		return batch
	}
	var wg sync.WaitGroup
	for w, s := range []Store{one, other, one, other} {
		wg.Go(func() {
			for r := w; r < rounds; r += 3 { // some rounds by two of them
				if err := s.Apply(t.Context(), round(r)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var ids []string
	for d := range drivers {
		ids = append(ids, fmt.Sprintf("d%02d", d))
	}
	for d, l := range mustLocations(t, one, ids...) {
		if l.Point != place(d, rounds-1) {
			t.Errorf("%s is at %v, not where the newest location says", l.DriverID, l.Point)
		}
	}
	mustApply(t, one, round(rounds)...)
	for what, n := range map[string]int{
		"nearby":            len(mustNearby(t, other, timesSq, 5000, 999, driver.Wanted{})),
		"in the new cell":   len(mustInCells(t, other, geo.CellOf(place(0, rounds), 5))),
		"in all cells":      len(mustInCells(t, other, "dr5r", "dr72")),
		"in locations read": len(mustLocations(t, other, ids...)),
	} {
		if n != drivers {
			t.Errorf("%d drivers %s, want %d", n, what, drivers)
		}
	}
	if n := len(mustInCells(t, other, geo.CellOf(place(0, rounds-1), 5))); n != 0 {
		t.Errorf("%d drivers in the cell that they left", n)
	}
}

func testLargeBatches(t *testing.T, open Opener) {
	one, other := open(t)
	batch := make([]driver.Location, 3000)
	for i := range batch {
		batch[i] = at(fmt.Sprintf("d%d", i), geo.Destination(timesSq, float64(i%360), float64(i)), noon)
	}
	mustApply(t, one, batch...)
	near := mustNearby(t, other, timesSq, 10_000, 2500, driver.Wanted{})
	if len(near) != 2500 || !slices.IsSortedFunc(near, func(a, b driver.Located) int { return cmp.Compare(a.Metres, b.Metres) }) {
		t.Errorf("%d nearby, or out of order", len(near))
	}
	if removed, err := one.Sweep(t.Context(), noon.Add(time.Hour)); removed != len(batch) || err != nil {
		t.Errorf("swept %d, %v", removed, err)
	}
}

// cities are where stores go wrong: at the corner of four cells, at the
// antimeridian, far north, at the equator.
var cities = []geo.Point{
	{Lat: 40.78125, Lon: -73.828125}, {Lat: -17.7, Lon: 180}, {Lat: 84.9, Lon: 20}, {Lat: 0, Lon: 0.001},
}

const maxDrivers = 16 // of one run

func testBruteForce(t *testing.T, open Opener) {
	one, other := open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		name := func(i int) string { return fmt.Sprintf("r%d-%d", run, i) }
		city := rapid.SampledFrom(cities).Draw(rt, "city")
		point := rapid.Custom(func(t *rapid.T) geo.Point {
			return geo.Destination(city, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 9000).Draw(t, "metres"))
		})
		model := map[string]driver.Location{}
		defer clear(t, one, name)
		for step := range rapid.IntRange(1, 5).Draw(rt, "steps") {
			batch := make([]driver.Location, rapid.IntRange(1, 20).Draw(rt, "batch"))
			for i := range batch {
				id, seen := name(rapid.IntRange(0, maxDrivers-1).Draw(rt, "driver")), noon.Add(time.Duration(step*20+i)*time.Second)
				batch[i] = at(id, point.Draw(rt, "p"), seen)
				batch[i].Gone = rapid.IntRange(0, 9).Draw(rt, "gone") == 0
				if model[id] = batch[i]; batch[i].Gone {
					delete(model, id)
				}
			}
			mustApply(t, []Store{one, other}[step%2], batch...)
		}
		p, radius := point.Draw(rt, "from"), rapid.Float64Range(1, 12_000).Draw(rt, "radius")
		got := mustNearby(t, one, p, radius, 10, driver.Wanted{})
		if want := nearest(model, p, radius, 10); !sameLocated(model, got, want) {
			rt.Fatalf("around %v within %v m:\n got %v\nwant %v", p, radius, got, want)
		}
		cell := geo.CellOf(p, rapid.IntRange(4, 5).Draw(rt, "length"))
		if got, want := mustInCells(t, other, cell), in(model, cell); !slices.Equal(got, want) {
			rt.Fatalf("in %s:\n got %v\nwant %v", cell, got, want)
		}

	})
}

func nearest(model map[string]driver.Location, p geo.Point, radius float64, limit int) []driver.Located {
	var found []driver.Located
	for _, l := range model {
		if d := geo.Distance(p, l.Point); d <= radius {
			found = append(found, driver.Located{Location: l, Metres: d})
		}
	}
	slices.SortFunc(found, func(a, b driver.Located) int {
		return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.DriverID, b.DriverID))
	})
	return found[:min(limit, len(found))]
}

// sameLocated compares answers by their distances: of drivers who are equally
// far to the last bit, each order is right.
func sameLocated(model map[string]driver.Location, got, want []driver.Located) bool {
	told := map[string]bool{}
	return slices.EqualFunc(got, want, func(g, w driver.Located) bool {
		again := told[g.DriverID]
		told[g.DriverID] = true
		return !again && g.Location == model[g.DriverID] && g.Metres == w.Metres
	})
}

func in(model map[string]driver.Location, cell geo.Cell) []driver.Location {
	var found []driver.Location
	for _, l := range model {
		if geo.CellOf(l.Point, len(cell)) == cell {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b driver.Location) int { return cmp.Compare(a.DriverID, b.DriverID) })
	return found
}

// clear takes the drivers of one run away, however it ended, so that the next
// starts with none.
func clear(t testing.TB, s Store, name func(int) string) {
	t.Helper()
	batch := make([]driver.Location, maxDrivers)
	for i := range batch {
		batch[i] = gone(name(i), noon.Add(time.Hour))
	}
	mustApply(t, s, batch...)
}
