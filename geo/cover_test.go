package geo_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

func TestCoverDisc(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPoint().Draw(t, "p")
		length := rapid.IntRange(1, 6).Draw(t, "length")
		radius := rapid.Float64Range(0, 20_000).Draw(t, "radius")
		cells, err := geo.CoverDisc(p, radius, length, 1<<16)
		if err != nil {
			t.Skip(err) // around a pole, where cells are slivers
		}
		for range 20 {
			q := geo.Destination(p, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, radius).Draw(t, "metres"))
			if cell := geo.CellOf(q, length); !slices.Contains(cells, cell) {
				t.Fatalf("%v, at %v m, lies in %s: not in the cover %v", q, geo.Distance(p, q), cell, cells)
			}
		}
		checkCover(t, cells, length, func(b geo.Box) bool { return b.Distance(p) <= radius+0.01 })
	})
}

func TestCoverBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		corner := anyPoint().Draw(t, "corner")
		b := geo.Box{
			West: corner.Lon, South: corner.Lat,
			East:  corner.Lon + rapid.Float64Range(0, 2).Draw(t, "width"),
			North: min(90, corner.Lat+rapid.Float64Range(0, 2).Draw(t, "height")),
		}
		if b.East > 180 {
			b.East -= 360
		}
		length := rapid.IntRange(1, 5).Draw(t, "length")
		cells, err := geo.CoverBox(b, length, 1<<16)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			q := inBox(b, rapid.Float64Range(0, 1).Draw(t, "east"), rapid.Float64Range(0, 1).Draw(t, "north"))
			if cell := geo.CellOf(q, length); !slices.Contains(cells, cell) {
				t.Fatalf("%v lies in %s: not in the cover %v", q, cell, cells)
			}
		}
		checkCover(t, cells, length, func(cell geo.Box) bool {
			return b.Distance(nearestCorner(cell, b)) < 0.01 || cell.Distance(nearestCorner(b, cell)) < 0.01 || crosses(cell, b)
		})
	})
}

// checkCover checks that the cells are of one length, in order, none twice, and
// that each is needed.
func checkCover(t *rapid.T, cells []geo.Cell, length int, needed func(geo.Box) bool) {
	if !slices.IsSorted(cells) || len(slices.Compact(slices.Clone(cells))) != len(cells) {
		t.Fatalf("not in order, or one twice: %v", cells)
	}
	for _, c := range cells {
		if len(c) != length || !needed(c.Bounds()) {
			t.Fatalf("cell %q of %v is not needed", c, cells)
		}
	}
}

// nearestCorner is the corner of a that is nearest to b.
func nearestCorner(a, b geo.Box) geo.Point {
	corners := []geo.Point{{Lat: a.South, Lon: a.West}, {Lat: a.South, Lon: a.East}, {Lat: a.North, Lon: a.West}, {Lat: a.North, Lon: a.East}}
	return slices.MinFunc(corners, func(p, q geo.Point) int {
		if b.Distance(p) < b.Distance(q) {
			return -1
		}
		return 1
	})
}

// crosses reports whether two boxes cross like the bars of a plus sign, neither
// with a corner in the other.
func crosses(a, b geo.Box) bool {
	return a.Contains(geo.Point{Lat: max(a.South, b.South), Lon: b.West}) && b.South <= a.North && a.South <= b.North ||
		b.Contains(geo.Point{Lat: max(a.South, b.South), Lon: a.West}) && b.South <= a.North && a.South <= b.North
}

func TestCover_KnownAreas(t *testing.T) {
	for _, c := range []struct {
		name string
		box  geo.Box
		n    int
		want geo.Cell
	}{
		{"OnePoint", geo.Box{West: -73.9855, South: 40.758, East: -73.9855, North: 40.758}, 1, "dr5r"},
		{"OverAntimeridian", geo.Box{West: 179.9, South: 0.01, East: -179.9, North: 0.02}, 2, "8000"},
		{"WholeWidth", geo.Box{West: -180, South: 0.01, East: 180, North: 0.02}, 1024, "s000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cells, err := geo.CoverBox(c.box, geo.OwnerLength, 2000)
			if err != nil || len(cells) != c.n || !slices.Contains(cells, c.want) {
				t.Errorf("%d cells, %v; want %d with %s", len(cells), err, c.n, c.want)
			}
		})
	}
}

func TestCover_Err(t *testing.T) {
	world := geo.Box{West: -180, South: -90, East: 180, North: 90}
	here := geo.Point{Lat: 40.7, Lon: -74}
	for name, try := range map[string]func() ([]geo.Cell, error){
		"OverLimit":      func() ([]geo.Cell, error) { return geo.CoverBox(world, 5, 1000) },
		"LengthZero":     func() ([]geo.Cell, error) { return geo.CoverBox(world, 0, 1000) },
		"LengthThirteen": func() ([]geo.Cell, error) { return geo.CoverDisc(here, 1, 13, 1000) },
		"NotOnEarth":     func() ([]geo.Cell, error) { return geo.CoverDisc(geo.Point{Lat: 91}, 1, 5, 1000) },
		"NegativeRadius": func() ([]geo.Cell, error) { return geo.CoverDisc(here, -1, 5, 1000) },
		"BoxUpsideDown":  func() ([]geo.Cell, error) { return geo.CoverBox(geo.Box{South: 1}, 5, 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			if cells, err := try(); err == nil {
				t.Errorf("got %d cells", len(cells))
			}
		})
	}
}
