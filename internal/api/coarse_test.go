package api_test

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/driver"
)

// hide is a city with one driver at the place, who does not move and does not
// fall silent, and riders who may ask as much as they like.
func hide(t *testing.T, at geo.Point) *city {
	t.Helper()
	frozen := time.Now()
	c := newCity(t, func(d *api.Deps) {
		d.Now = func() time.Time { return frozen }
		d.Pace = api.Pace{PerSecond: 1e6, Burst: 1e6}
	})
	c.park("d1", driver.Standard, at, 0)
	return c
}

// Two places that share a corner of the grid, 90 m from each other.
var (
	hidden = geo.Point{Lat: 40.73042, Lon: -73.98036}
	twin   = geo.Point{Lat: 40.72969, Lon: -73.97969}
)

// Whoever asks from all around, with every radius and for many trips, learns the
// corner of the grid and no more: two drivers who share it are told apart by no
// question. So no number of answers, averaged or intersected, tells more either.
func TestCoarse_NoQuestionTellsMoreThanTheGrid(t *testing.T) {
	if d := geo.Distance(hidden, twin); d < 80 {
		t.Fatalf("the two are %.0f m apart", d)
	}
	one, other := hide(t, hidden), hide(t, twin)
	seen := 0
	ask := func(method, path, body string) {
		a, b := one.expect(http.StatusOK, method, path, "rider:r1", body), other.expect(http.StatusOK, method, path, "rider:r1", body)
		if withoutQuotes(t, a) != withoutQuotes(t, b) {
			t.Errorf("%s %s tells them apart:\n%s\n%s", method, path, a.body, b.body)
		}
		if len(a.body) > len(`{"drivers":[]}`+"\n") {
			seen++
		}
	}
	for bearing := 0.0; bearing < 360; bearing += 40 {
		for _, metres := range []float64{0, 30, 60, 110, 300} {
			from := geo.Destination(hidden, bearing, metres)
			for _, radius := range []float64{1, math.Max(1, math.Round(metres)), metres + 45} {
				ask("GET", fmt.Sprintf("/v1/drivers/nearby?lat=%v&lon=%v&radius_m=%v&limit=1", from.Lat, from.Lon, radius), "")
			}
			ask("POST", "/v1/quotes", fmt.Sprintf(`{"pickup":{"lat":%v,"lon":%v},"dropoff":{"lat":40.76,"lon":-73.97}}`, from.Lat, from.Lon))
		}
	}
	if seen < 60 {
		t.Errorf("only %d questions found anybody", seen)
	}
}

// withoutQuotes is an answer without the ids of quotes, which are sealed with the
// time.
func withoutQuotes(tb testing.TB, a answer) string {
	tb.Helper()
	var body struct {
		Drivers []any
		Quotes  []map[string]any
	}
	a.into(tb, &body)
	for _, q := range body.Quotes {
		if q["pickup_eta_s"] == nil && q["class"] == "standard" {
			tb.Errorf("a quote without a pickup ETA: %s", a.body)
		}
		delete(q, "quote_id")
		delete(q, "expires_at") // each city has a time of its own
	}
	return fmt.Sprint(body)
}

// Operators see where drivers are; who is assigned to a rider is seen by that
// rider, see TestStream.
func TestCoarse_OperatorsSeeAll(t *testing.T) {
	c := hide(t, hidden)
	var near struct{ Drivers []geo.Point }
	path := fmt.Sprintf("/v1/drivers/nearby?lat=%v&lon=%v&radius_m=1", hidden.Lat, hidden.Lon)
	c.expect(http.StatusOK, "GET", path, "operator:o1", "").into(t, &near)
	if len(near.Drivers) != 1 || near.Drivers[0] != hidden {
		t.Errorf("the operator sees %v, want %v", near.Drivers, hidden)
	}
}

// The nearest by the grid come first, all of them within the radius, and no
// fewer than there are.
func TestCoarse_NearestFirst(t *testing.T) {
	c, _ := mustFrozenCity(t)
	var near struct {
		Drivers []struct {
			ID        string
			DistanceM float64 `json:"distance_m"`
		}
	}
	c.expect(http.StatusOK, "GET", "/v1/drivers/nearby?lat=40.73&lon=-73.98&radius_m=500&limit=12", "rider:r1", "").into(t, &near)
	if len(near.Drivers) != 12 {
		t.Fatalf("%d drivers, want 12", len(near.Drivers))
	}
	for i, d := range near.Drivers {
		if d.ID != "" || d.DistanceM > 500 || i > 0 && d.DistanceM < near.Drivers[i-1].DistanceM {
			t.Errorf("driver %d: %+v", i, d)
		}
	}
}
