package main

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

func located(car int, due, seen time.Time) driver.Location {
	l := driver.Location{DriverID: driverID(car), SeenAt: seen}
	l.Point, l.FixedAt = place{100, 100}.point(), due
	return l
}

func TestFollower(t *testing.T) {
	now := noon
	f := newFollower(10, func() time.Time { return now })
	f.watch(noon, noon.Add(time.Second))
	early := located(1, noon.Add(-time.Millisecond), noon)
	due := located(2, noon, noon)
	now = noon.Add(40 * time.Millisecond)
	f.hear([]driver.Location{early, due})
	f.hear([]driver.Location{due})                           // the old cell's copy of it
	f.hear([]driver.Location{located(99, noon, noon)})       // nobody of ours
	f.hear([]driver.Location{{DriverID: "x", SeenAt: noon}}) // neither
	now = noon.Add(1500 * time.Millisecond)                  // after the window
	f.hear([]driver.Location{located(2, noon.Add(900*time.Millisecond), now)})
	got := f.seen()
	if got.count != 2 || got.within != 2 || got.age.TotalCount() != 2 {
		t.Errorf("got %d due, %d arrived, %d ages; want 2 of each", got.count, got.within, got.age.TotalCount())
	}
	if q := quantiles(got.age); q["p50"] < 39.9 || q["p50"] > 40.1 || q["max"] < 599 || q["max"] > 601 {
		t.Errorf("ages %v, want 40 and 600 ms", q)
	}
	if _, ok := f.fleet.Get(driverID(2)); !ok {
		t.Error("the driver cannot be searched")
	}
}
