package geo_test

import (
	"fmt"
	"time"

	"github.com/cabstand/cabstand/geo"
)

func ExampleIndex_Nearest() {
	cabs := geo.NewIndex()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cabs.Put("broadway", geo.Point{Lat: 40.7590, Lon: -73.9845}, now)
	cabs.Put("battery", geo.Point{Lat: 40.7033, Lon: -74.0170}, now)
	cabs.Put("bryant", geo.Point{Lat: 40.7536, Lon: -73.9832}, now)

	timesSquare := geo.Point{Lat: 40.7580, Lon: -73.9855}
	for _, cab := range cabs.Nearest(nil, timesSquare, 2, 5000, nil) {
		fmt.Printf("%s %.0f m\n", cab.ID, cab.Metres)
	}
	// Output:
	// broadway 140 m
	// bryant 526 m
}

func ExampleCoverDisc() {
	cells, err := geo.CoverDisc(geo.Point{Lat: 40.7580, Lon: -73.9855}, 1000, geo.StoreLength, 100)
	fmt.Println(cells, err)
	// Output: [dr5ru] <nil>
}

func ExampleSimplify() {
	way := []geo.Point{{Lat: 40.7500, Lon: -73.98}, {Lat: 40.7510, Lon: -73.98001}, {Lat: 40.7520, Lon: -73.98}, {Lat: 40.7520, Lon: -73.97}}
	fmt.Println(geo.Simplify(way, 5)) // the second point lies a metre beside the street
	// Output: [0 2 3]
}

func ExampleEncodePolyline() {
	fmt.Println(geo.EncodePolyline([]geo.Point{{Lat: 38.5, Lon: -120.2}, {Lat: 40.7, Lon: -120.95}, {Lat: 43.252, Lon: -126.453}}))
	// Output: _p~iF~ps|U_ulLnnqC_mqNvxq`@
}

func ExampleCoverPolygon() {
	zone := geo.Polygon{{{Lat: 40.70, Lon: -74.02}, {Lat: 40.71, Lon: -73.97}, {Lat: 40.74, Lon: -73.97}, {Lat: 40.75, Lon: -74.01}}}
	cells, err := geo.CoverPolygon(zone, geo.StoreLength, 100)
	fmt.Println(cells, err)
	// Output: [dr5re dr5rg dr5rs dr5ru] <nil>
}

func ExampleIndex_Move() {
	cabs := geo.NewIndex()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	timesSquare := geo.Point{Lat: 40.7580, Lon: -73.9855}
	a := cabs.Put("a", timesSquare, noon)
	b := cabs.Put("b", timesSquare, noon)
	cabs.Put("c", timesSquare, noon)

	soon := noon.Add(4 * time.Second)
	cabs.Move(
		geo.Move{Handle: a, Point: geo.Point{Lat: 40.7584, Lon: -73.9851}, At: soon},
		geo.Move{Handle: b, Point: geo.Point{Lat: 40.7577, Lon: -73.9857}, At: soon},
	)
	fmt.Println("silent:", cabs.Expire(soon))
	for cab := range cabs.Outward(timesSquare) {
		fmt.Printf("%s %.0f m\n", cab.ID, cab.Metres)
	}
	// Output:
	// silent: [c]
	// b 37 m
	// a 56 m
}
