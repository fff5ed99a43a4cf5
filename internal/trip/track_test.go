package trip_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
)

var rideStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ridden is a trip that was ridden for the given time, 0 while it lasts.
func ridden(took time.Duration) *trip.Trip {
	t := &trip.Trip{ID: "t1", State: trip.Riding, RidingAt: rideStart}
	if took > 0 {
		t.State, t.CompletedAt = trip.Completed, rideStart.Add(took)
	}
	return t
}

// drive is fixes along a way with bends and pauses, at most 25 m/s.
var drive = rapid.Custom(func(r *rapid.T) []trip.Fix {
	at := trip.Fix{Point: geo.Point{Lat: 40.75, Lon: -73.98}, At: rideStart}
	fixes := []trip.Fix{at}
	course := 30.0
	for range rapid.IntRange(1, 80).Draw(r, "moves") {
		course += rapid.Float64Range(-40, 40).Draw(r, "turn")
		seconds := rapid.IntRange(1, 20).Draw(r, "seconds")
		speed := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 25)).Draw(r, "speed")
		at = trip.Fix{Point: geo.Destination(at.Point, course, speed*float64(seconds)), At: at.At.Add(time.Duration(seconds) * time.Second)}
		fixes = append(fixes, at)
	}
	return fixes
})

// Whatever the order that the fixes came in, and how often: the track has the
// length of the way, its ends, and fixes of its own alone.
func TestTrip_Track(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		way := drive.Draw(r, "way")
		tr := ridden(way[len(way)-1].At.Sub(rideStart))
		recorded := rapid.Permutation(append(slices.Clone(way), way[:len(way)/2]...)).Draw(r, "recorded")
		got, ok := tr.Track(recorded)
		var want float64
		for i := 1; i < len(way); i++ {
			want += geo.Distance(way[i-1].Point, way[i].Point)
		}
		if !ok || got.TripID != tr.ID || math.Abs(got.Metres-want) > 0.06 || got.Recorded != len(way) {
			r.Fatalf("track of %v m from %d fixes, %v; want %v m from %d", got.Metres, got.Recorded, ok, want, len(way))
		}
		if got.Fixes[0] != way[0] || got.Fixes[len(got.Fixes)-1] != way[len(way)-1] {
			r.Fatalf("from %v to %v, want %v to %v", got.Fixes[0], got.Fixes[len(got.Fixes)-1], way[0], way[len(way)-1])
		}
		i := 0
		for _, f := range way {
			if i < len(got.Fixes) && got.Fixes[i] == f {
				i++
			}
		}
		if i != len(got.Fixes) {
			r.Fatalf("%v is no part of %v", got.Fixes, way)
		}
	})
}

// fixes are one each second, at the metres given eastwards.
func eastwards(first time.Time, metres ...float64) (fixes []trip.Fix) {
	for i, m := range metres {
		fixes = append(fixes, trip.Fix{Point: geo.Destination(geo.Point{Lat: 40}, 90, m), At: first.Add(time.Duration(i) * time.Second)})
	}
	return fixes
}

func TestTrip_Track_KnownWays(t *testing.T) {
	cancelled := ridden(0)
	cancelled.State, cancelled.CancelledAt = trip.Cancelled, rideStart.Add(2*time.Second)
	neverRidden := &trip.Trip{State: trip.Cancelled, CancelledAt: rideStart.Add(time.Hour)}
	for name, c := range map[string]struct {
		trip   *trip.Trip
		fixes  []trip.Fix
		metres float64
		ok     bool
	}{
		"Nothing":       {ridden(time.Minute), nil, 0, false},
		"OneFix":        {ridden(time.Minute), eastwards(rideStart, 0), 0, false},
		"StandingStill": {ridden(time.Minute), eastwards(rideStart, 7, 7, 7), 0, true},
		"Leap":          {ridden(time.Minute), eastwards(rideStart, 0, 10, 5000, 20, 30), 20, true},
		"BeforeTheRide": {ridden(time.Minute), eastwards(rideStart.Add(-12*time.Second), 0, 10, 20, 30, 40), 20, true},
		"AfterTheRide":  {ridden(time.Minute), eastwards(rideStart.Add(69*time.Second), 0, 10, 20), 10, true},
		"StillRidden":   {ridden(0), eastwards(rideStart.Add(time.Hour), 0, 10, 20), 20, true},
		"Cancelled":     {cancelled, eastwards(rideStart.Add(11*time.Second), 0, 10, 20), 10, true},
		"NeverRidden":   {neverRidden, eastwards(rideStart, 0, 10), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := c.trip.Track(c.fixes)
			if ok != c.ok || math.Abs(got.Metres-c.metres) > 0.11 {
				t.Errorf("%v m, %v; want %v m, %v", got.Metres, ok, c.metres, c.ok)
			}
		})
	}
}

// A straight street keeps few fixes, however many there were, and the last.
func TestTrip_Track_IsThin(t *testing.T) {
	var metres []float64
	for i := range 5003 {
		metres = append(metres, float64(i)*2)
	}
	fixes := eastwards(rideStart, metres...)
	got, ok := ridden(2 * time.Hour).Track(fixes)
	if !ok || len(got.Fixes) > 20 || !reflect.DeepEqual(got.Fixes[len(got.Fixes)-1], fixes[5002]) {
		t.Errorf("%d fixes, the last %v", len(got.Fixes), got.Fixes[len(got.Fixes)-1])
	}
}
