package eta_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/eta"
)

// A thousand drivers of a town of 10,000 crossings, to a pickup that is new and
// to one that was asked for before.
func BenchmarkRoad_Pickups(b *testing.B) {
	r := eta.NewRoad(mustGrid(b, 100), eta.RoadOptions{})
	r.Contract()
	from, to := within(100, 1000, 1), within(100, 10_000, 2)
	b.Run("New", func(b *testing.B) {
		for i := range b.N {
			mustPickups(b, r, from, to[i%len(to)])
		}
	})
	b.Run("Kept", func(b *testing.B) {
		for b.Loop() {
			mustPickups(b, r, from, to[0])
		}
	})
}

func BenchmarkRoad_Ride(b *testing.B) {
	r := eta.NewRoad(mustGrid(b, 100), eta.RoadOptions{})
	r.Contract()
	points := within(100, 1000, 1)
	i := 0
	for b.Loop() {
		if _, err := r.Ride(b.Context(), points[i%1000], points[(i+7)%1000]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
