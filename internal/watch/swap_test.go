package watch_test

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// swap gives the trip to another driver.
func (w *world) swap(tripID, to, reason string) []trip.Event {
	return w.commit(tripID, func(t *trip.Trip) ([]trip.Event, error) {
		return t.Reassign(trip.Move{
			TripID: tripID, Epoch: t.Epoch, From: t.DriverID, To: to, OfferID: "swap-" + tripID, Reason: reason, Now: time.Now(),
		})
	})
}

// next gives the trip to a driver who has another one to finish.
func (w *world) next(tripID, driverID string) []trip.Event {
	return w.commit(tripID, func(t *trip.Trip) ([]trip.Event, error) {
		return t.Reassign(trip.Move{TripID: tripID, Epoch: t.Epoch, To: driverID, Slot: 1, OfferID: "next-" + tripID, Now: time.Now()})
	})
}

func TestRider_IsToldOfASwap(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("a", "r1", centre)...)
		w.deliver(w.accept("a", "far")...)
		l := listen(w.hub.Rider("r1"))
		defer l.stop()
		w.drive("far", geo.Destination(centre, 0, 1000), nil)
		w.drive("near", geo.Destination(centre, 0, 300), nil)
		pass(pulse)
		l.taken()
		w.deliver(w.swap("a", "near", "swapped: another driver is 70 s nearer")...)
		pass(pulse)
		frames := l.taken()
		told := ofType[wire.TripFrame](t, frames, "trip")
		if len(told) != 1 || told[0].Trip.DriverID != "near" || told[0].Trip.Swaps != 1 || told[0].Reason != "swapped: another driver is 70 s nearer" {
			t.Errorf("told %+v", told)
		}
		at := ofType[wire.RiderPositionFrame](t, frames, "position")
		if len(at) != 1 || at[0].EtaS != 30 {
			t.Errorf("positions %+v, want the new driver's, and an estimate of its own", at)
		}
	})
}

// Until its driver has finished another trip, that one is on the way.
func TestRider_NextTrip(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.deliver(w.request("a", "r1", centre)...)
		for range 3 {
			w.deliver(w.step("a")...) // riding, 3 km to the north-east
		}
		w.deliver(w.request("b", "r2", geo.Destination(centre, 45, 3000))...)
		w.deliver(w.next("b", "driver-of-a")...)
		l := listen(w.hub.Rider("r2"))
		defer l.stop()
		o := w.hub.Operator()
		operator := listen(o)
		defer operator.stop()
		subscribe(t, o, cell)
		position := func(what string, from geo.Point, etaS int) {
			t.Helper()
			l.taken()
			w.drive("driver-of-a", from, nil)
			pass(pulse)
			got := ofType[wire.RiderPositionFrame](t, l.taken(), "position")
			if len(got) != 1 || got[0].TripID != "b" || got[0].EtaS != etaS {
				t.Errorf("%s: %+v, want trip b with %d s to go", what, got, etaS)
			}
		}
		on := func(tripID string) {
			t.Helper()
			if d := drivers(t, operator.taken())["driver-of-a"]; d.TripID != tripID {
				t.Errorf("the map has the driver %s on trip %q, want %q", d.Status, d.TripID, tripID)
			}
		}
		position("while riding", centre, 300)
		on("a")
		w.deliver(w.step("a")...) // completed
		w.commit("b", func(t *trip.Trip) ([]trip.Event, error) { t.Promote(); return nil, nil })
		position("then", geo.Destination(centre, 45, 1000), 200)
		on("b")
	})
}

// A rider who is given a nearer driver was matched once.
func TestOperator_SwapsAreNoMatches(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.hub.Operator()
		l := listen(o)
		defer l.stop()
		subscribe(t, o, cell)
		w.deliver(w.request("a", "r1", centre)...)
		w.deliver(w.accept("a", "far")...)
		pass(30 * time.Second)
		w.deliver(w.swap("a", "near", "")...)
		l.taken()
		pass(2 * pulse)
		all := ofType[wire.StatsFrame](t, l.taken(), "stats")
		if len(all) == 0 || all[len(all)-1].Assigned != 1 {
			t.Errorf("stats %+v, want one trip assigned", all)
		}
	})
}
