package eta_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/geo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var center = geo.Point{Lat: 39.29, Lon: -76.61}

// around is n points, each some metres farther from the centre than the last.
func around(n int) []geo.Point {
	points := make([]geo.Point, n)
	for i := range points {
		points[i] = geo.Destination(center, float64(i*37%360), float64(100+i))
	}
	return points
}
