package trip_test

import (
	"reflect"
	"testing"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// What others got wrong, as far as one trip can get it wrong.

var (
	rider    = trip.Actor{Role: trip.Rider, ID: "r1"}
	byDriver = trip.Actor{Role: trip.Driver, ID: "d1"}
)

// mustStay runs a late command and sees to it that it changed nothing and has no
// event.
func mustStay(t *testing.T, tr *trip.Trip, name string, late func() ([]trip.Event, error)) error {
	t.Helper()
	before := tr.Clone()
	events, err := late()
	if len(events) > 0 || !reflect.DeepEqual(before, tr) {
		t.Errorf("%s (%v) made %d events, and of\n%+v\n%+v", name, err, len(events), before, tr)
	}
	return err
}

func offerTo(t *testing.T, tr *trip.Trip, offerID, driverID string) {
	t.Helper()
	if err := tr.Propose(trip.Proposal{OfferID: offerID, TripID: tr.ID, DriverID: driverID, Epoch: tr.Epoch, Now: start, Deliver: deliver}); err != nil {
		t.Fatal(err)
	}
}

// Whoever was asked before the trip was offered to somebody else is too late.
func TestTrip_RetryKillsOlderOffers(t *testing.T) {
	tr := offered(t)
	if !tr.ExpireOffer("o1", start.Add(deliver)) {
		t.Fatal("the offer did not run out")
	}
	offerTo(t, tr, "o2", "d2")
	wantFault(t, mustStay(t, tr, "an accept of the older offer", func() ([]trip.Event, error) { return tr.Accept("o1", "d1", start) }), fault.OfferClosed)
	wantFault(t, mustStay(t, tr, "a decline of it", func() ([]trip.Event, error) { return nil, tr.Decline("o1", "d1", "", start) }), fault.OfferClosed)
	wantFault(t, mustStay(t, tr, "an accept of the newer one by the first driver", func() ([]trip.Event, error) { return tr.Accept("o2", "d1", start) }), fault.NotFound)
	if _, err := tr.Accept("o2", "d2", start); err != nil || tr.DriverID != "d2" {
		t.Errorf("the newer offer is %s's, who is told %v", tr.DriverID, err)
	}
}

// The rider cancels while the trip goes from one driver to another, by the
// driver's cancellation or by an exchange: whichever comes first.
func TestTrip_CancelAgainstReallocation(t *testing.T) {
	move := trip.Move{TripID: "t1", Epoch: 1, From: "d1", To: "d2", OfferID: "o2", Now: start}
	t.Run("CancelFirst", func(t *testing.T) {
		tr := assigned(t)
		if _, err := tr.Cancel(rider, "", start); err != nil {
			t.Fatal(err)
		}
		wantFault(t, mustStay(t, tr, "an exchange", func() ([]trip.Event, error) { return tr.Reassign(move) }), fault.WrongState)
		_ = mustStay(t, tr, "the driver's cancellation", func() ([]trip.Event, error) { return tr.Redispatch("d1", byDriver, "", search, start) })
		if _, held := tr.Claim(); held {
			t.Error("a trip that is cancelled holds a driver")
		}
	})
	t.Run("ExchangeFirst", func(t *testing.T) {
		tr := assigned(t)
		if _, err := tr.Reassign(move); err != nil {
			t.Fatal(err)
		}
		events, err := tr.Cancel(rider, "", start)
		if err != nil || len(events) != 1 || events[0].DriverID != "d2" {
			t.Errorf("the cancellation tells %+v, %v; d2 has the trip", events, err)
		}
	})
	t.Run("RedispatchFirst", func(t *testing.T) {
		tr := assigned(t)
		if _, err := tr.Redispatch("d1", byDriver, "", search, start); err != nil {
			t.Fatal(err)
		}
		offerTo(t, tr, "o2", "d2")
		events, err := tr.Cancel(rider, "", start)
		if err != nil || len(events) != 1 || events[0].ClosedOffer == nil || events[0].ClosedOffer.DriverID != "d2" {
			t.Fatalf("the cancellation tells %+v, %v; d2 has an offer", events, err)
		}
		wantFault(t, mustStay(t, tr, "the accept after it", func() ([]trip.Event, error) { return tr.Accept("o2", "d2", start) }), fault.OfferClosed)
	})
}

// What the driver of before says does not touch the trip of the next one.
func TestTrip_LateStepsOfAnOldAssignment(t *testing.T) {
	tr := assigned(t)
	if _, err := tr.Redispatch("d1", byDriver, "", search, start); err != nil {
		t.Fatal(err)
	}
	offerTo(t, tr, "o2", "d2")
	if _, err := tr.Accept("o2", "d2", start); err != nil {
		t.Fatal(err)
	}
	for name, late := range map[string]func() ([]trip.Event, error){
		"accept":   func() ([]trip.Event, error) { return tr.Accept("o1", "d1", start) },
		"arrive":   func() ([]trip.Event, error) { return tr.Arrive("d1", start) },
		"start":    func() ([]trip.Event, error) { return tr.Start("d1", start) },
		"complete": func() ([]trip.Event, error) { return tr.Complete("d1", start) },
	} {
		if mustStay(t, tr, name, late) == nil {
			t.Errorf("the driver of before is told that %s was done", name)
		}
	}
	if err := mustStay(t, tr, "cancel", func() ([]trip.Event, error) { return tr.Redispatch("d1", byDriver, "", search, start) }); err != nil {
		t.Errorf("the driver who is off the trip repeats the cancellation and is told %v", err)
	}
}

func TestTrip_StartIsIdempotent(t *testing.T) {
	tr := assigned(t)
	if _, err := tr.Start("d1", start); err == nil {
		t.Error("the ride begins before the driver arrived")
	}
	for _, step := range []func() ([]trip.Event, error){
		func() ([]trip.Event, error) { return tr.Arrive("d1", start) },
		func() ([]trip.Event, error) { return tr.Start("d1", start) },
	} {
		if events, err := step(); err != nil || len(events) != 1 {
			t.Fatalf("%d events, %v", len(events), err)
		}
	}
	again := start.Add(search)
	if err := mustStay(t, tr, "a second start", func() ([]trip.Event, error) { return tr.Start("d1", again) }); err != nil {
		t.Errorf("the second start is told %v, not what the first was", err)
	}
	if err := mustStay(t, tr, "an arrival after the start", func() ([]trip.Event, error) { return tr.Arrive("d1", again) }); err != nil {
		t.Errorf("the arrival that is repeated after the start is told %v", err)
	}
	if tr.State != trip.Riding || !tr.RidingAt.Equal(start) {
		t.Errorf("the trip is %s since %v", tr.State, tr.RidingAt)
	}
}

// "No driver found" is said to the rider only when no driver can come any more.
func TestTrip_NoDriverFoundRevokesTheOffer(t *testing.T) {
	tr := offered(t)
	if err := tr.Received("o1", "d1", window, start); err != nil {
		t.Fatal(err)
	}
	events, err := tr.Expire(start.Add(search))
	if err != nil || len(events) != 1 || events[0].ClosedOffer == nil || events[0].ClosedOffer.DriverID != "d1" {
		t.Fatalf("Expire = %+v, %v: nobody tells d1 that the offer is closed", events, err)
	}
	if _, held := tr.Claim(); held {
		t.Error("a trip that expired holds a driver")
	}
	wantFault(t, mustStay(t, tr, "an accept after it", func() ([]trip.Event, error) { return tr.Accept("o1", "d1", start) }), fault.OfferClosed)
}

// A store relies on it that each change is told, once and in order.
func TestRun_RefusesWhatBreaksTheProtocol(t *testing.T) {
	for name, change := range map[string]func(*trip.Trip) ([]trip.Event, error){
		"ASilentChange": func(t *trip.Trip) ([]trip.Event, error) { t.Version++; return nil, nil },
		"AnEventTooMany": func(t *trip.Trip) ([]trip.Event, error) {
			return []trip.Event{{TripID: t.ID, Version: t.Version + 1}}, nil
		},
		"AVersionLeftOut": func(t *trip.Trip) ([]trip.Event, error) {
			t.Version++
			return []trip.Event{{TripID: t.ID, Version: t.Version + 1}}, nil
		},
		"AnothersEvent": func(t *trip.Trip) ([]trip.Event, error) {
			t.Version++
			return []trip.Event{{TripID: "t2", Version: t.Version}}, nil
		},
		"ALostOffer": func(t *trip.Trip) ([]trip.Event, error) { t.Offer = nil; return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := trip.Run(offered(t), change); err == nil {
				t.Error("a store would write it")
			}
		})
	}
}
