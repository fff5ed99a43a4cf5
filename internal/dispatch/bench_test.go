package dispatch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
)

// evening is a city of 15 by 15 km with 2000 drivers: so many trips are open, as
// many are on the way to, and most of the other drivers are riding.
func evening(open, assigned, riding int) *world {
	w := &world{}
	random := rand.New(rand.NewPCG(1, 2))
	point := func() geo.Point {
		return geo.Point{Lat: 40.68 + 0.135*random.Float64(), Lon: -74.02 + 0.18*random.Float64()}
	}
	for i := range open + assigned + riding {
		t := &trip.Trip{
			ID: fmt.Sprintf("trip-%05d", i), Class: driver.Standard, Seats: 1, State: trip.Searching, Version: 1, Epoch: 1,
			Pickup: point(), Dropoff: point(), RequestedAt: noon.Add(-time.Duration(random.IntN(300)) * time.Second),
			SearchUntil: noon.Add(time.Hour),
		}
		if i >= open {
			t.State, t.DriverID = trip.Riding, w.drive(fmt.Sprintf("busy-%05d", i), point(), driver.Standard)
		}
		if i >= open && i < open+assigned {
			t.State = trip.Assigned
		}
		w.trips = append(w.trips, t)
	}
	for i := range 2000 - assigned - riding {
		w.drive(fmt.Sprintf("free-%05d", i), point(), driver.Standard)
	}
	return w
}

func BenchmarkRound(b *testing.B) {
	for _, bc := range []struct {
		name                   string
		open, assigned, riding int
	}{
		{"Quiet", 0, 100, 500}, {"FreeTaxis", 50, 0, 500}, {"Evening", 100, 300, 1400}, {"Scarce", 200, 200, 1750}, {"Rush", 200, 200, 800},
	} {
		for _, name := range Policies {
			for _, swap := range []bool{false, true} {
				b.Run(fmt.Sprint(bc.name, "/", name, "/swap=", swap), func(b *testing.B) {
					p := DefaultPolicy
					p.Name, p.Swap, p.SwapEvery, p.SwapIdle, p.Forward = name, swap, 1, true, time.Minute
					d := alone(p)
					evening(bc.open, bc.assigned, bc.riding).tell(d)
					b.ReportAllocs()
					priced := 0
					for i := range b.N {
						r := d.begin(noon.Add(time.Duration(i%10000) * time.Millisecond))
						if len(r.rows) > 0 {
							d.muster(context.Background(), r)
							d.assign(context.Background(), r)
							priced += r.priced()
						}
						r.end()
					}
					b.ReportMetric(float64(priced)/float64(b.N), "priced/op")
				})
			}
		}
	}
}
