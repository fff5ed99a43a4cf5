// Package indextest is the contract of the stores of drivers' locations: one
// suite that the embedded store and the Redis store both pass.
package indextest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/memgeo"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/track"
	"github.com/cabstand/cabstand/internal/watch"
)

// Store is what a store of drivers' locations does.
type Store interface {
	Apply(ctx context.Context, batch []driver.Location) error
	Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) ([]driver.Located, error)
	InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error)
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
	Sweep(ctx context.Context, before time.Time) (removed int, err error)
	Ping(ctx context.Context) error
	Close() error
}

// Both stores serve every part that reads or writes locations.
var (
	_, _ Store              = (*memgeo.Store)(nil), (*redisgeo.Store)(nil)
	_, _ track.Mirror       = (*memgeo.Store)(nil), (*redisgeo.Store)(nil)
	_, _ dispatch.Locations = (*memgeo.Store)(nil), (*redisgeo.Store)(nil)
	_, _ watch.Locations    = (*memgeo.Store)(nil), (*redisgeo.Store)(nil)
)

// Opener opens one empty store twice, as two processes would. It closes both at
// the end of the test.
type Opener func(testing.TB) (one, other Store)

// Run holds a store to the contract.
func Run(t *testing.T, open Opener) {
	for name, test := range map[string]func(*testing.T, Opener){
		"RoundTrip":    testRoundTrip,
		"Newest":       testNewest,
		"Crossing":     testCrossing,
		"Nearby":       testNearby,
		"InCells":      testInCells,
		"Locations":    testLocations,
		"Sweep":        testSweep,
		"BadInput":     testBadInput,
		"Empty":        testEmpty,
		"TwoWriters":   testTwoWriters,
		"BruteForce":   testBruteForce,
		"LargeBatches": testLargeBatches,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)
	timesSq = geo.Point{Lat: 40.7580, Lon: -73.9855}
)

func at(id string, p geo.Point, seen time.Time) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: p, FixedAt: seen.Add(-time.Second)}, Class: driver.Standard,
		Seats: 4, Available: true, Session: "s1", SeenAt: seen,
	}
}

func gone(id string, seen time.Time) driver.Location {
	return driver.Location{DriverID: id, SeenAt: seen, Gone: true}
}

func mustApply(t testing.TB, s Store, batch ...driver.Location) {
	t.Helper()
	if err := s.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

func mustNearby(t testing.TB, s Store, p geo.Point, radius float64, limit int, w driver.Wanted) []driver.Located {
	t.Helper()
	found, err := s.Nearby(t.Context(), p, radius, limit, w)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func mustInCells(t testing.TB, s Store, cells ...geo.Cell) []driver.Location {
	t.Helper()
	found, err := s.InCells(t.Context(), cells)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func mustLocations(t testing.TB, s Store, ids ...string) []driver.Location {
	t.Helper()
	found, err := s.Locations(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantIDs[T driver.Location | driver.Located](t testing.TB, what string, found []T, want string) {
	t.Helper()
	ids := make([]string, len(found))
	for i, f := range found {
		switch l := any(f).(type) {
		case driver.Location:
			ids[i] = l.DriverID
		case driver.Located:
			ids[i] = l.DriverID
		}
	}
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func testRoundTrip(t *testing.T, open Opener) {
	one, other := open(t)
	full := driver.Location{
		DriverID: "d-1_A", Position: driver.Position{
			Point: geo.Point{Lat: 40.758000000000003, Lon: -73.98549999999999}, Seq: 1<<64 - 1, FixedAt: noon.Add(-1500 * time.Millisecond),
			Speed: 8.25, Heading: 271.3, Accuracy: 6.1,
		},
		Class: "van", Seats: 7, Available: true, Session: "t1:42", SeenAt: noon,
	}
	bare := driver.Location{
		DriverID: "d2", Position: driver.Position{
			Point: timesSq, FixedAt: noon, Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown,
		},
		Class: driver.Standard, Seats: 1, SeenAt: noon,
	}
	mustApply(t, one, full, bare)
	for what, found := range map[string][]driver.Location{
		"locations": mustLocations(t, other, "d-1_A", "d2"),
		"in cells":  mustInCells(t, other, "dr5r"),
	} {
		if !slices.Equal(found, []driver.Location{full, bare}) {
			t.Errorf("%s:\n got %+v\nwant %+v", what, found, []driver.Location{full, bare})
		}
	}
	near := mustNearby(t, other, full.Point, 10, 1, driver.Wanted{Class: "van"})
	if len(near) != 1 || near[0] != (driver.Located{Location: full}) {
		t.Errorf("nearby: %+v", near)
	}
}

func testNewest(t *testing.T, open Opener) {
	here, there := timesSq, geo.Destination(timesSq, 90, 9000)
	ms := time.Millisecond
	for _, c := range []struct {
		name   string
		news   []driver.Location
		online bool
		want   geo.Point
	}{
		{"Newer", []driver.Location{at("d", here, noon), at("d", there, noon.Add(ms))}, true, there},
		{"Older", []driver.Location{at("d", here, noon), at("d", there, noon.Add(-ms))}, true, here},
		{"SameTime", []driver.Location{at("d", here, noon), at("d", there, noon)}, true, there},
		{"Gone", []driver.Location{at("d", here, noon), gone("d", noon.Add(ms))}, false, geo.Point{}},
		{"GoneAtTheSameTime", []driver.Location{at("d", here, noon), gone("d", noon)}, false, geo.Point{}},
		{"GoneOlder", []driver.Location{at("d", here, noon), gone("d", noon.Add(-ms))}, true, here},
		{"OlderAfterGone", []driver.Location{at("d", here, noon), gone("d", noon.Add(ms)), at("d", there, noon)}, false, geo.Point{}},
		{"SameTimeAfterGone", []driver.Location{gone("d", noon), at("d", here, noon)}, false, geo.Point{}},
		{"BackAfterGone", []driver.Location{at("d", here, noon), gone("d", noon), at("d", there, noon.Add(ms))}, true, there},
		{"BackToTheOldCell", []driver.Location{at("d", here, noon), at("d", there, noon.Add(ms)), at("d", here, noon.Add(2*ms))}, true, here},
	} {
		check := func(t *testing.T, s Store) {
			t.Helper()
			found := mustLocations(t, s, "d")
			if (len(found) == 1) != c.online || c.online && found[0].Point != c.want {
				t.Errorf("at %v", found)
			}
			near := mustNearby(t, s, timesSq, 20_000, 5, driver.Wanted{})
			cells := mustInCells(t, s, geo.CellOf(here, 5), geo.CellOf(there, 5))
			if len(near) != len(found) || len(cells) != len(found) {
				t.Errorf("nearby %v, in cells %v", near, cells)
			}
		}
		t.Run(c.name, func(t *testing.T) {
			one, _ := open(t)
			mustApply(t, one, c.news...)
			check(t, one)
		})
		t.Run(c.name+"/OneByOneByTwo", func(t *testing.T) {
			one, other := open(t)
			for i, l := range c.news {
				mustApply(t, []Store{one, other}[i%2], l)
			}
			check(t, one)
			check(t, other)
		})
	}
}

func testCrossing(t *testing.T, open Opener) {
	one, other := open(t)
	west := geo.CellOf(timesSq, geo.StoreLength).Bounds()
	border := geo.Point{Lat: timesSq.Lat, Lon: west.West}
	for i := range 10 {
		// Twenty metres either side of the border, to and fro.
		p := geo.Destination(border, 90+180*float64(i%2), 20)
		mustApply(t, one, at("d", p, noon.Add(time.Duration(i)*time.Second)))
		wantIDs(t, "in the cell", mustInCells(t, other, geo.CellOf(p, 5)), "d")
		back := geo.Destination(border, 270-180*float64(i%2), 20)
		wantIDs(t, "in the cell left behind", mustInCells(t, other, geo.CellOf(back, 5)), "")
		wantIDs(t, "nearby from the other side", mustNearby(t, other, back, 50, 9, driver.Wanted{}), "d")
	}
}

func testNearby(t *testing.T, open Opener) {
	one, _ := open(t)
	van := at("van", geo.Destination(timesSq, 10, 300), noon)
	van.Class, van.Seats = "van", 7
	pause := at("pause", geo.Destination(timesSq, 200, 400), noon)
	pause.Available = false
	mustApply(t, one, at("near", geo.Destination(timesSq, 0, 100), noon), van, pause,
		at("next", geo.Destination(timesSq, 270, 4000), noon), at("old", geo.Destination(timesSq, 90, 9000), noon.Add(-time.Minute)))
	for _, c := range []struct {
		name   string
		want   driver.Wanted
		limit  int
		radius float64
		ids    string
	}{
		{"All", driver.Wanted{}, 9, 10_000, "near van pause next old"},
		{"Limit", driver.Wanted{}, 2, 10_000, "near van"},
		{"LimitZero", driver.Wanted{}, 0, 10_000, ""},
		{"Radius", driver.Wanted{}, 9, 4000.01, "near van pause next"},
		{"RadiusShort", driver.Wanted{}, 9, 3999.99, "near van pause"},
		{"Class", driver.Wanted{Class: driver.Standard}, 2, 10_000, "near pause"},
		{"Seats", driver.Wanted{Seats: 5}, 9, 10_000, "van"},
		{"Available", driver.Wanted{Available: true}, 3, 10_000, "near van next"},
		{"SeenSince", driver.Wanted{SeenSince: noon}, 9, 10_000, "near van pause next"},
		{"Nobody", driver.Wanted{Class: "boat"}, 9, 10_000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantIDs(t, "nearby", mustNearby(t, one, timesSq, c.radius, c.limit, c.want), c.ids)
		})
	}
}

func testInCells(t *testing.T, open Opener) {
	one, _ := open(t)
	mustApply(t, one, at("b", timesSq, noon), at("a", geo.Destination(timesSq, 180, 4000), noon),
		at("c", geo.Destination(timesSq, 0, 30_000), noon))
	cell := geo.CellOf(timesSq, 5)
	for _, c := range []struct {
		name  string
		cells []geo.Cell
		ids   string
	}{
		{"Store", []geo.Cell{cell}, "b"},
		{"Owner", []geo.Cell{cell.Parent(4)}, "a b"},
		{"Overlapping", []geo.Cell{cell, cell.Parent(4), cell}, "a b"},
		{"Smaller", []geo.Cell{geo.CellOf(timesSq, 7)}, "b"},
		{"Elsewhere", []geo.Cell{"9q8y", "9q8zn"}, ""},
		{"None", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) { wantIDs(t, "in cells", mustInCells(t, one, c.cells...), c.ids) })
	}
	t.Run("TooLarge", func(t *testing.T) {
		if _, err := one.InCells(t.Context(), []geo.Cell{cell, "dr5"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v", err)
		}
	})
}

func testLocations(t *testing.T, open Opener) {
	one, _ := open(t)
	mustApply(t, one, at("a", timesSq, noon), at("b", timesSq, noon), at("c", timesSq, noon), gone("c", noon))
	wantIDs(t, "locations", mustLocations(t, one, "b", "nobody", "c", "a"), "b a")
	wantIDs(t, "no locations", mustLocations(t, one), "")
}

func testSweep(t *testing.T, open Opener) {
	one, other := open(t)
	far := geo.Point{Lat: 37.77, Lon: -122.42}
	mustApply(t, one, at("stale", timesSq, noon), at("far", far, noon.Add(-time.Hour)), at("fresh", timesSq, noon.Add(time.Minute)),
		at("border", timesSq, noon.Add(time.Second)), at("left", timesSq, noon))
	mustApply(t, other, gone("left", noon.Add(time.Minute)))
	for _, want := range []int{2, 0} {
		removed, err := other.Sweep(t.Context(), noon.Add(time.Second))
		if err != nil || removed != want {
			t.Errorf("removed %d, %v; want %d", removed, err, want)
		}
	}
	wantIDs(t, "left in cells", mustInCells(t, one, geo.CellOf(timesSq, 5), geo.CellOf(far, 5)), "border fresh")
	wantIDs(t, "left nearby", mustNearby(t, one, timesSq, 1000, 9, driver.Wanted{}), "border fresh")
	wantIDs(t, "left by id", mustLocations(t, one, "stale", "far", "fresh", "border"), "fresh border")
	mustApply(t, one, at("stale", timesSq, noon.Add(time.Hour)))
	wantIDs(t, "back again", mustInCells(t, other, geo.CellOf(timesSq, 5)), "border fresh stale")
}

func testBadInput(t *testing.T, open Opener) {
	one, _ := open(t)
	mustApply(t, one, at("d", timesSq, noon))
	mustApply(t, one, at("bad", geo.Point{Lat: 91}, noon), at("d", geo.Point{Lat: 40, Lon: 200}, noon.Add(time.Second)))
	wantIDs(t, "locations", mustLocations(t, one, "d", "bad"), "d")
	wantIDs(t, "nearby", mustNearby(t, one, timesSq, 100, 9, driver.Wanted{}), "d")
}

func testEmpty(t *testing.T, open Opener) {
	one, _ := open(t)
	mustApply(t, one)
	mustApply(t, one, gone("nobody", noon))
	wantIDs(t, "nearby", mustNearby(t, one, timesSq, 5000, 9, driver.Wanted{}), "")
	wantIDs(t, "in cells", mustInCells(t, one, "dr5r"), "")
	if removed, err := one.Sweep(t.Context(), noon); removed != 0 || err != nil {
		t.Errorf("swept %d, %v", removed, err)
	}
	if err := one.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
