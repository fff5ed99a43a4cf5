package dispatch_test

import (
	"math"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// tracked is a trip that driver a rides, of which the tracks are kept.
func (c *city) tracked() *trip.Trip {
	c.tb.Helper()
	c.desk.Tracks = c.store
	tr := c.give(c.request(), "a", 0, "")
	for _, step := range []wire.CommandKind{wire.CommandArrive, wire.CommandStart} {
		if err := c.desk.Command(c.ctx, wire.Command{Kind: step, DriverID: "a", TripID: tr.ID}).Fault(); err != nil {
			c.tb.Fatal(err)
		}
	}
	return c.read(tr.ID)
}

// eastwards is fixes 10 s apart from the given second of the ride on, 100 m each.
func eastwards(tr *trip.Trip, second, n int) (fixes []trip.Fix) {
	for i := range n {
		s := second + 10*i
		fixes = append(fixes, trip.Fix{Point: geo.Destination(tr.Pickup, 90, float64(10*s)), At: tr.RidingAt.Add(time.Duration(s) * time.Second)})
	}
	return fixes
}

func (c *city) record(driverID, tripID string, fixes []trip.Fix) error {
	return c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandTrack, DriverID: driverID, TripID: tripID, Fixes: wire.EncodeFixes(fixes)}).Fault()
}

func (c *city) mustRecord(tripID string, fixes []trip.Fix) {
	c.tb.Helper()
	if err := c.record("a", tripID, fixes); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *city) completed(tripID string) {
	c.tb.Helper()
	if _, err := c.desk.Complete(c.ctx, "a", tripID); err != nil {
		c.tb.Fatal(err)
	}
}

// events is how many events the trip has.
func (c *city) events(tripID string) int {
	c.tb.Helper()
	events, err := c.store.Events(c.ctx, tripID, 0)
	if err != nil {
		c.tb.Fatal(err)
	}
	return len(events)
}

// driven checks the length of the trip and of its track.
func (c *city) driven(tripID string, metres float64) {
	c.tb.Helper()
	got := c.read(tripID)
	track, err := c.store.Track(c.ctx, tripID)
	if math.Abs(got.Metres-metres) > 1 || metres > 0 && (err != nil || track.Metres != got.Metres) || metres == 0 && !fault.Is(err, fault.NotFound) {
		c.tb.Errorf("the trip has %v m, its track %v m, %v; want %v m", got.Metres, track.Metres, err, metres)
	}
}

// Parts come in any order, twice, and after the end.
func TestDesk_TrackOfACompletedTrip(t *testing.T) {
	c := mustCity(t)
	tr := c.tracked()
	c.mustRecord(tr.ID, eastwards(tr, 100, 10))
	c.mustRecord(tr.ID, eastwards(tr, 0, 10))
	c.mustRecord(tr.ID, eastwards(tr, 0, 10))
	c.driven(tr.ID, 0)
	c.now = c.now.Add(300 * time.Second)
	c.completed(tr.ID)
	c.driven(tr.ID, 1900)
	version, events := c.read(tr.ID).Version, c.events(tr.ID)
	c.mustRecord(tr.ID, eastwards(tr, 200, 10))
	c.driven(tr.ID, 2900)
	if got := c.read(tr.ID).Version; got != version || c.events(tr.ID) != events {
		t.Errorf("version %d, %d events, had %d, %d", got, c.events(tr.ID), version, events)
	}
}

func TestDesk_TrackOfACancelledRide(t *testing.T) {
	c := mustCity(t)
	tr := c.tracked()
	c.mustRecord(tr.ID, eastwards(tr, 0, 5))
	c.now = c.now.Add(time.Minute)
	if _, err := c.desk.Cancel(c.ctx, trip.Actor{Role: trip.Operator, ID: "o1"}, tr.ID, ""); err != nil {
		t.Fatal(err)
	}
	c.driven(tr.ID, 400)
}

func TestDesk_TrackRefused(t *testing.T) {
	c := mustCity(t)
	tr := c.tracked()
	waiting := c.give(c.request(), "b", 0, "")
	for name, try := range map[string]struct {
		want fault.Code
		err  error
	}{
		"OtherDriver": {fault.NotFound, c.record("b", tr.ID, eastwards(tr, 0, 2))},
		"NoTrip":      {fault.NotFound, c.record("a", "nothing", eastwards(tr, 0, 2))},
		"NotRidden":   {fault.WrongState, c.record("b", waiting.ID, eastwards(tr, 0, 2))},
		"NoFixes":     {fault.Invalid, c.record("a", tr.ID, nil)},
		"Garbage": {fault.Invalid, c.desk.Command(c.ctx, wire.Command{
			Kind: wire.CommandTrack, DriverID: "a", TripID: tr.ID, Fixes: []byte{7},
		}).Fault()},
	} {
		if !fault.Is(try.err, try.want) {
			t.Errorf("%s: %v, want %s", name, try.err, try.want)
		}
	}
	c.completed(tr.ID)
	c.now = c.now.Add(time.Hour + time.Second)
	if err := c.record("a", tr.ID, eastwards(tr, 0, 2)); !fault.Is(err, fault.WrongState) {
		t.Errorf("an hour late: %v", err)
	}
	c.driven(tr.ID, 0)
}

// What was not measured at the end is measured when the parts go, and a track
// outlives its parts.
func TestDesk_SettleTracks(t *testing.T) {
	c := mustCity(t)
	tr := c.tracked()
	c.mustRecord(tr.ID, eastwards(tr, 0, 5))
	c.desk.Tracks = nil // the store failed at the end of the ride
	c.now = c.now.Add(time.Minute)
	c.completed(tr.ID)
	c.desk.Tracks = c.store
	settle := func(metres float64, parts int) {
		t.Helper()
		if err := c.desk.SettleTracks(c.ctx); err != nil {
			t.Fatal(err)
		}
		c.driven(tr.ID, metres)
		if fixes, err := c.store.Fixes(c.ctx, tr.ID); err != nil || len(fixes) != parts {
			t.Errorf("%d fixes are kept, %v; want %d", len(fixes), err, parts)
		}
	}
	settle(0, 5)
	c.now = c.now.Add(2*time.Hour + time.Second)
	settle(400, 0)
	settle(400, 0)
	c.completed(tr.ID) // a repetition
	c.driven(tr.ID, 400)
}
