package eta_test

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/match"
)

func TestStraight_Times(t *testing.T) {
	pickup := geo.Point{Lat: 40.75, Lon: -73.98}
	from := []geo.Point{pickup, geo.Destination(pickup, 90, 700), geo.Destination(pickup, 200, 7000)}
	got, rung := eta.Straight{Circuity: 1.3, Speed: 7}.Times(t.Context(), from, pickup)
	if rung != match.Straight {
		t.Errorf("rung = %s, want %s", rung, match.Straight)
	}
	for i, want := range []time.Duration{0, 130 * time.Second, 1300 * time.Second} {
		if off := (got[i] - want).Abs(); off > 10*time.Millisecond {
			t.Errorf("from %v: %v, want %v", from[i], got[i], want)
		}
	}
	if none, _ := eta.DefaultStraight.Times(t.Context(), nil, pickup); len(none) != 0 {
		t.Errorf("times of nobody = %v", none)
	}
}
