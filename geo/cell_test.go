package geo_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

func TestCellOf(t *testing.T) {
	for _, c := range []struct {
		name string
		at   geo.Point
		want geo.Cell
	}{
		{"TimesSquare", geo.Point{Lat: 40.7580, Lon: -73.9855}, "dr5ru"},
		{"Ferry", geo.Point{Lat: 37.7955, Lon: -122.3937}, "9q8zn"},
		{"NorthPole", geo.Point{Lat: 90, Lon: -180}, "bpbpb"},
		{"NorthEastEnd", geo.Point{Lat: 90, Lon: 180}, "zzzzz"},
		{"SouthWestEnd", geo.Point{Lat: -90, Lon: -180}, "00000"},
		{"Antimeridian", geo.Point{Lat: 0, Lon: 180}, "xbpbp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := geo.CellOf(c.at, 5); got != c.want {
				t.Errorf("CellOf(%v) = %s, want %s", c.at, got, c.want)
			}
		})
	}
}

func TestCellOf_HoldsItsPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPoint().Draw(t, "p")
		length := rapid.IntRange(1, 12).Draw(t, "length")
		cell := geo.CellOf(p, length)
		if len(cell) != length || cell.Bounds().Distance(p) > 0.001 {
			t.Fatalf("%v is %v m outside of %s", p, cell.Bounds().Distance(p), cell)
		}
		if parent := geo.CellOf(p, 1+(length-1)/2); cell.Parent(len(parent)) != parent {
			t.Fatalf("%s does not lie in %s", cell, parent)
		}
	})
}

func TestCell_Children(t *testing.T) {
	children := geo.Cell("dr5r").Children()
	if len(children) != 32 || !slices.IsSorted(children) || !slices.Contains(children, "dr5ru") {
		t.Errorf("got %v", children)
	}
}

func TestParseCell(t *testing.T) {
	for _, ok := range []string{"d", "dr5r", "0123456789bc", "zzzzz"} {
		if c, err := geo.ParseCell(ok); err != nil || string(c) != ok {
			t.Errorf("ParseCell(%q) = %q, %v", ok, c, err)
		}
	}
	for _, bad := range []string{"", "a", "dr5i", "dr5l", "DR5R", "dr5r ", "dr5é", "0123456789bcd"} {
		if c, err := geo.ParseCell(bad); err == nil {
			t.Errorf("ParseCell(%q) = %q", bad, c)
		}
	}
}

func TestCell_Neighbors(t *testing.T) {
	for _, c := range []struct {
		name string
		cell geo.Cell
		want []geo.Cell
	}{
		{"Inland", "dr5ru", []geo.Cell{"dr5re", "dr5rg", "dr5rs", "dr5rt", "dr5rv", "dr725", "dr72h", "dr72j"}},
		{"Antimeridian", "xbpbp", []geo.Cell{"2pbpb", "80000", "80002", "rzzzy", "rzzzz", "xbpbn", "xbpbq", "xbpbr"}},
		{"NorthPole", "zzzzz", []geo.Cell{"bpbp8", "bpbpb", "zzzzw", "zzzzx", "zzzzy"}},
		{"SouthPole", "00000", []geo.Cell{"00001", "00002", "00003", "pbpbp", "pbpbr"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := slices.Sorted(slices.Values(c.cell.Neighbors()))
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Whoever steps over a border of a cell by less than a cell is in a neighbour.
func TestCell_Neighbors_AreWhereAStepLeads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := geo.Point{Lat: rapid.Float64Range(-84, 84).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
		cell := geo.CellOf(p, geo.StoreLength)
		q := geo.Destination(p, rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 500).Draw(t, "metres"))
		to := geo.CellOf(q, geo.StoreLength)
		if to != cell && !slices.Contains(cell.Neighbors(), to) {
			t.Fatalf("from %s a step to %v leads to %s, not one of %v", cell, q, to, cell.Neighbors())
		}
	})
}

func TestBox_Contains(t *testing.T) {
	city := geo.Box{West: -74.1, South: 40.6, East: -73.7, North: 40.9}
	fiji := geo.Box{West: 177, South: -19, East: -178, North: -16}
	for _, c := range []struct {
		box  geo.Box
		p    geo.Point
		want bool
	}{
		{city, geo.Point{Lat: 40.7, Lon: -74}, true},
		{city, geo.Point{Lat: 40.6, Lon: -74.1}, true},
		{city, geo.Point{Lat: 40.7, Lon: -74.2}, false},
		{city, geo.Point{Lat: 41, Lon: -74}, false},
		{fiji, geo.Point{Lat: -17, Lon: 179}, true},
		{fiji, geo.Point{Lat: -17, Lon: -179}, true},
		{fiji, geo.Point{Lat: -17, Lon: 0}, false},
	} {
		if got := c.box.Contains(c.p); got != c.want {
			t.Errorf("%v contains %v: %v", c.box, c.p, got)
		}
	}
}

func anyBox() *rapid.Generator[geo.Box] {
	return rapid.Custom(func(t *rapid.T) geo.Box {
		a, b := anyPoint().Draw(t, "a"), anyPoint().Draw(t, "b")
		return geo.Box{West: a.Lon, East: b.Lon, South: min(a.Lat, b.Lat), North: max(a.Lat, b.Lat)}
	})
}

// inBox is a point of b: the given fractions of the way to east and to north.
func inBox(b geo.Box, east, north float64) geo.Point {
	width := b.East - b.West
	if width < 0 {
		width += 360
	}
	lon := b.West + width*east
	if lon > 180 {
		lon -= 360
	}
	return geo.Point{Lat: min(b.North, b.South+(b.North-b.South)*north), Lon: lon}
}

// The distance of a box is that of its nearest point: no point of the box is
// nearer, and among many points of its border one is about as near.
func TestBox_Distance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, p := anyBox().Draw(t, "box"), anyPoint().Draw(t, "p")
		got := b.Distance(p)
		nearest := math.Inf(1)
		for i := range 201 {
			f := float64(i) / 200
			for _, q := range []geo.Point{inBox(b, f, 0), inBox(b, f, 1), inBox(b, 0, f), inBox(b, 1, f)} {
				nearest = min(nearest, geo.Distance(p, q))
			}
		}
		inside := inBox(b, rapid.Float64Range(0, 1).Draw(t, "east"), rapid.Float64Range(0, 1).Draw(t, "north"))
		nearest = min(nearest, geo.Distance(p, inside))
		if got > nearest+0.2 {
			t.Fatalf("%v m, but a point is at %v m", got, nearest)
		}
		if b.Contains(p) && got > 0.001 {
			t.Fatalf("%v m from inside", got)
		}
		if step := math.Pi * geo.EarthRadius / 100; !b.Contains(p) && got < nearest-step {
			t.Fatalf("%v m, but the border is at %v m", got, nearest)
		}
	})
}

// What is taken for a cell is a place on the earth that has its own name.
func FuzzParseCell(f *testing.F) {
	for _, s := range []string{"", "dr5r", "0", "zzzzzzzzzzzz", "a", "DR5R", "dr5r\x00", "dr5ré"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := geo.ParseCell(s)
		if err != nil {
			return
		}
		box := c.Bounds()
		middle := geo.Point{Lat: (box.South + box.North) / 2, Lon: (box.West + box.East) / 2}
		if !box.Valid() || !middle.Valid() || geo.CellOf(middle, len(c)) != geo.Cell(strings.ToLower(s)) {
			t.Errorf("%q is the cell %v", s, box)
		}
	})
}
