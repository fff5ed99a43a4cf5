package replay

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/road"
)

// mustGrid is a town of side × side crossings 150 m apart, some streets one-way.
func mustGrid(tb testing.TB, side int) *road.Graph {
	tb.Helper()
	var b road.Builder
	for row := range side {
		for col := range side {
			b.AddNode(geo.Destination(geo.Destination(here, 0, float64(150*row)), 90, float64(150*col)))
		}
	}
	join := func(from, to int, oneWay bool) {
		takes := time.Duration(15+(from*7+to*3)%20) * time.Second
		err := b.AddEdge(road.Node(from), road.Node(to), takes, road.Kind{})
		if err == nil && !oneWay {
			err = b.AddEdge(road.Node(to), road.Node(from), takes, road.Kind{})
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for row := range side {
		for col := range side - 1 {
			join(row*side+col, row*side+col+1, row%4 == 2)
			join(col*side+row, (col+1)*side+row, row%4 == 3)
		}
	}
	return b.Graph().Connected()
}

func inGrid(r *rapid.T, side int, name string) geo.Point {
	span := rapid.Float64Range(-80, float64(150*side))
	return geo.Destination(geo.Destination(here, 0, span.Draw(r, name+" north")), 90, span.Draw(r, name+" east"))
}

// TestRoads_TellWhatTheLiveEstimatorTells: times are those of the estimator that
// runs live, for one driver and for many, before and after somebody was there;
// and a drive takes what was told.
func TestRoads_TellWhatTheLiveEstimatorTells(t *testing.T) {
	g := mustGrid(t, 9)
	for _, bound := range []time.Duration{4 * time.Minute, eta.DefaultHorizon} {
		live := eta.NewLadder(eta.Foot{Straight: eta.DefaultStraight}, eta.NewRoad(g, eta.RoadOptions{Horizon: bound}))
		network := NewRoads(g, bound)
		travel := network.Travel()
		defer travel.Close()
		rapid.Check(t, func(r *rapid.T) {
			to := inGrid(r, 9, "to")
			if rapid.Bool().Draw(r, "expected") {
				travel.Expect(to)
			}
			for range 2 {
				from := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) geo.Point { return inGrid(r, 9, "from") }), 1, 4).Draw(r, "points")
				want, rung := live.Times(t.Context(), from, to)
				got, same := travel.Times(t.Context(), from, to)
				for i := range from {
					if got[i] != want[i] && !(got[i] < 0 && want[i] < 0) || same != rung {
						r.Fatalf("from %v to %v: %v on %s, live %v on %s", from[i], to, got[i], same, want[i], rung)
					}
					drive, ok := travel.Drive(from[i], to)
					takes, way := network.Takes(from[i], to)
					if !ok || !way || drive.Takes() != takes || got[i] >= 0 && got[i] != takes {
						r.Fatalf("from %v to %v: told %v, driven in %v, network %v", from[i], to, got[i], drive.Takes(), takes)
					}
				}
				travel.Done(to)
			}
		})
	}
}

// TestScenario_OnRoads: a run on roads is as deterministic, and cars drive what
// streets allow.
func TestScenario_OnRoads(t *testing.T) {
	s := crowded(200, 40)
	s.Network = NewRoads(mustGrid(t, 24), eta.DefaultHorizon)
	for i, o := range s.Orders {
		d := dice(3)
		at := func(n int) geo.Point {
			return geo.Destination(geo.Destination(here, 0, 3400*d.unit(home, i, n)), 90, 3400*d.unit(home, i, n+1))
		}
		o.Pickup, o.Dropoff = at(0), at(2)
		o.Takes, _ = s.Network.Takes(o.Pickup, o.Dropoff)
		s.Orders[i] = o
	}
	s.Dispatch.Policy.Swap, s.Dispatch.Policy.Forward, s.Dispatch.Policy.MaxSwaps = true, time.Minute, 3
	first := mustRun(t, s, 1)
	if first.Served < 50 || first.SwapsPerTrip == 0 || first.Forwards == 0 {
		t.Errorf("the city is too quiet to tell: %+v", first)
	}
	if first.Replaced > 0 {
		t.Errorf("%d drivers were late for a trip that they were given ahead", first.Replaced)
	}
	wantSame(t, first, mustRun(t, s, 1))
}

func TestRoads_Fits(t *testing.T) {
	n := NewRoads(mustGrid(t, 3), eta.DefaultHorizon)
	if err := n.Fits(here); err != nil {
		t.Error(err)
	}
	if err := n.Fits(north(-400)); err != nil {
		t.Error(err)
	}
	if n.Fits(north(-600)) == nil {
		t.Error("a place 600 m from all roads fits")
	}
}
