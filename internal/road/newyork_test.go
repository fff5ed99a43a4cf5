package road_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
)

// Each pair of places in the middle of streets, against plain Dijkstra on a
// graph in which the places were made nodes.
func TestRow_NewYork(t *testing.T) {
	g := newYork(t)
	rng := rand.New(rand.NewPCG(3, 7))
	places := make([]road.Place, 70)
	for i := range places {
		places[i], _ = g.Snap(corner(g, rng))
		places[i].Off = 0
	}
	// Two on one street, one behind the other.
	places[1] = places[0]
	places[1].At /= 2
	want := road.DijkstraBetween(g, places)
	for j, to := range places {
		row, near := g.To(to, 24*time.Hour), g.To(to, 5*time.Minute)
		for i, from := range places {
			checkTime(t, row, from, want[i][j], math.MaxInt64-1)
			checkTime(t, near, from, want[i][j], 300_000)
		}
		row.Release()
		near.Release()
	}
}

func checkTime(t *testing.T, row *road.Row, from road.Place, want, bound int64) {
	t.Helper()
	got, ok := row.From(from)
	if ok != (want <= bound) || ok && got.Milliseconds() != want {
		t.Fatalf("%+v to %+v within %d ms: %v, %v; Dijkstra has %d ms", from, row.To(), bound, got, ok, want)
	}
}

// Real cabs took as long as the graph says: the median over all trips of two
// hours of real duration over predicted. The hierarchy predicts, which is quick,
// and one bounded search in a hundred says the same. No trip is left out; one without a way
// or without a time to predict counts as infinitely slow.
func TestRow_RealTrips(t *testing.T) {
	g := newYork(t)
	h := road.Contract(g)
	var ratios []float64
	for i, trip := range eveningTrips(t) {
		ratio := math.Inf(1)
		from, _ := g.Snap(trip.pickup)
		to, _ := g.Snap(trip.dropoff)
		takes, ok := h.Time(from, to)
		if ok && takes > 0 {
			ratio = trip.took.Seconds() / takes.Seconds()
		}
		if i%100 == 0 {
			row := g.To(to, 24*time.Hour)
			if bySearch, found := row.From(from); found != ok || bySearch != takes {
				t.Fatalf("%v to %v: %v by the hierarchy, %v by the search", trip.pickup, trip.dropoff, takes, bySearch)
			}
			row.Release()
		}
		ratios = append(ratios, ratio)
	}
	slices.Sort(ratios)
	if len(ratios) < 5000 {
		t.Fatalf("only %d trips from 19:00 to 21:00", len(ratios))
	}
	at := func(share float64) float64 { return ratios[int(share*float64(len(ratios)))] }
	t.Logf("%d trips, real over predicted: median %.3f, 10%% below %.2f, 10%% above %.2f",
		len(ratios), at(0.5), at(0.1), at(0.9))
	if m := at(0.5); m < 0.95 || m > 1.05 {
		t.Fatalf("the median of real over predicted is %.3f, not 1.0 ± 0.05", m)
	}
}

type realTrip struct {
	pickup, dropoff geo.Point
	took            time.Duration
}

// eveningTrips are the trips that were requested from 19:00 to 21:00.
func eveningTrips(t *testing.T) []realTrip {
	table, err := road.OpenTable("trips", openData(t, "nyc_trips.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := table.Columns("requested_at", "pickup_lat", "pickup_lon", "dropoff_lat", "dropoff_lon", "duration_s")
	if err != nil {
		t.Fatal(err)
	}
	var trips []realTrip
	for r := range table.Rows() {
		at, err := r.Time(c[0])
		if err != nil {
			t.Fatal(err)
		}
		if at.Hour() < 19 || at.Hour() >= 21 {
			continue
		}
		trips = append(trips, readTrip(t, r, c))
	}
	if err := table.Err(); err != nil {
		t.Fatal(err)
	}
	return trips
}

func readTrip(t *testing.T, r road.Record, c []int) realTrip {
	t.Helper()
	pickup, err := r.Point(c[1], c[2])
	if err != nil {
		t.Fatal(err)
	}
	dropoff, err := r.Point(c[3], c[4])
	if err != nil {
		t.Fatal(err)
	}
	took, err := r.Seconds(c[5])
	if err != nil {
		t.Fatal(err)
	}
	return realTrip{pickup, dropoff, took}
}
