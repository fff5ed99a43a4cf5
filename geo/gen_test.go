package geo_test

import (
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
)

// anyPoint draws points where geometry goes wrong: poles, the antimeridian,
// borders of cells, crowds at one place; and all others.
func anyPoint() *rapid.Generator[geo.Point] {
	everywhere := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
	})
	corner := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{
			Lat: rapid.SampledFrom([]float64{-90, -89.9999, -45, 0, 40.78125, 45, 85.06, 89.9999, 90}).Draw(t, "lat"),
			Lon: rapid.SampledFrom([]float64{-180, -179.9999, -90, -73.828125, 0, 90, 179.9999, 180}).Draw(t, "lon"),
		}
	})
	crowd := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Destination(geo.Point{Lat: 40.75, Lon: -73.98},
			rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 3000).Draw(t, "metres"))
	})
	nearCorner := rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Destination(corner.Draw(t, "corner"),
			rapid.Float64Range(0, 360).Draw(t, "bearing"), rapid.Float64Range(0, 10_000).Draw(t, "metres"))
	})
	return rapid.OneOf(everywhere, corner, crowd, nearCorner)
}
