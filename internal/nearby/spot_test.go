package nearby

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

func drawPoint(t *rapid.T) geo.Point {
	return geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
}

func TestSpot_IsTheOwnerCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPoint(t)
		if got, want := spotAt(p).cell(), geo.CellOf(p, geo.OwnerLength); got != want {
			const rounding = 0.001 // metres from the border, to either side
			if want.Bounds().Distance(p) > rounding || got.Bounds().Distance(p) > rounding {
				t.Fatalf("%v is in %s, want %s", p, got, want)
			}
		}
	})
}

// The general cover of geo is the oracle.
func TestSpotsOf_AreTheCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, radius := drawPoint(t), rapid.Float64Range(0.001, 50_000).Draw(t, "radius")
		spots, ok := spotsOf(nil, p, radius)
		want, err := geo.CoverDisc(p, radius, geo.OwnerLength, mostSpots)
		switch {
		case !ok && err == nil && p.Lat > -84 && p.Lat < 84 && p.Lon > -170 && p.Lon < 170:
			t.Fatalf("%d cells are not taken", len(want))
		case ok && err != nil:
			t.Fatalf("%d cells are taken: %v", len(spots), err)
		case ok && !slices.Equal(cellsOf(spots), want):
			t.Fatalf("got %v, want %v", cellsOf(spots), want)
		}
	})
}
