package redisgeo_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

// Writers fight over drivers who hop between two cells, all at once and each
// with news of its own order. When they are done the newest location of each
// driver stands, by id and by cell, and nothing of the others is left.
func TestStore_AtOnce(t *testing.T) {
	const drivers, writers, batches = 8, 4, 60
	url := testenv.Redis(t)
	places := []geo.Point{timesSq, geo.Destination(timesSq, 0, 50), geo.Destination(timesSq, 90, 9000)}
	newest := make([][]driver.Location, writers)
	var wg sync.WaitGroup
	for w := range writers {
		s := mustOpen(t, redisgeo.Options{URL: url})
		newest[w] = make([]driver.Location, drivers)
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for n := range batches {
				batch := make([]driver.Location, 3)
				for i := range batch {
					d := random.IntN(drivers)
					seen := (n+random.IntN(30))*1000 + n*12 + w*3 + i // no two the same
					batch[i] = at(fmt.Sprintf("d%d", d), places[random.IntN(len(places))], noon.Add(time.Duration(seen)*time.Millisecond).UTC())
					batch[i].Gone = random.IntN(15) == 0
					if batch[i].SeenAt.After(newest[w][d].SeenAt) {
						newest[w][d] = batch[i]
					}
				}
				if err := s.Apply(t.Context(), batch); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var ids []string
	var want []driver.Location
	for d := range drivers {
		ids = append(ids, fmt.Sprintf("d%d", d))
		latest := newest[0][d]
		for w := range writers {
			if newest[w][d].SeenAt.After(latest.SeenAt) {
				latest = newest[w][d]
			}
		}
		if !latest.Gone {
			want = append(want, latest)
		}
	}
	s, c := mustOpen(t, redisgeo.Options{URL: url}), mustClient(t, url)
	if found, err := s.Locations(t.Context(), ids); err != nil || !slices.Equal(found, utc(want)) {
		t.Errorf("by id:\n got %+v, %v\nwant %+v", found, err, want)
	}
	if found, err := s.InCells(t.Context(), []geo.Cell{"dr5r", "dr72"}); err != nil || !slices.Equal(found, utc(want)) {
		t.Errorf("in cells:\n got %+v, %v\nwant %+v", found, err, want)
	}
	for _, kind := range []string{"geo", "seen", "at"} {
		n := 0
		for _, key := range c.Keys(t.Context(), kind+":*").Val() {
			if kind == "at" {
				n += int(c.HLen(t.Context(), key).Val())
			} else {
				n += int(c.ZCard(t.Context(), key).Val())
			}
		}
		if n != len(want) {
			t.Errorf("%d entries in the keys %s:*, want %d", n, kind, len(want))
		}
	}
	for _, l := range want {
		key := "geo:{" + string(geo.CellOf(l.Point, geo.StoreLength)) + "}"
		pos := c.GeoPos(t.Context(), key, l.DriverID).Val()
		if len(pos) != 1 || pos[0] == nil || geo.Distance(l.Point, geo.Point{Lat: pos[0].Latitude, Lon: pos[0].Longitude}) > 1 {
			t.Errorf("%s: the GEO set says %v, the newest location %v", l.DriverID, pos, l.Point)
		}
	}
}
