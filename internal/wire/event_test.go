package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// swapped is the event of a trip that went from one driver to another.
func swapped(tb testing.TB) trip.Event {
	tb.Helper()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	t, _ := trip.New(trip.Request{ID: "t1", RiderID: "r1", Search: time.Minute}, now)
	var last []trip.Event
	for _, m := range []trip.Move{{To: "far", OfferID: "o1"}, {From: "far", To: "near", Slot: 1, OfferID: "o2", Reason: "nearer"}} {
		m.TripID, m.Epoch, m.Now = t.ID, t.Epoch, now
		events, err := t.Reassign(m)
		if err != nil {
			tb.Fatal(err)
		}
		last = events
	}
	return last[0]
}

func TestDecodeEvent_Swap(t *testing.T) {
	ev := swapped(t)
	got, err := wire.DecodeEvent(wire.EncodeEvent(ev))
	if err != nil || got.FormerDriverID != "far" || got.DriverID != "near" || got.Reason != "nearer" {
		t.Errorf("got %+v, %v", got, err)
	}
	if tr := got.Trip; tr.Swaps != 1 || tr.Slot != 1 || !tr.Forward || tr.Epoch != 2 {
		t.Errorf("the trip is %+v", tr)
	}
	if again := wire.EncodeEvent(got); string(again) != string(wire.EncodeEvent(ev)) {
		t.Errorf("encoded again it is %s", again)
	}
}

func TestFormerTripPush(t *testing.T) {
	p := wire.FormerTripPush(swapped(t))
	var f wire.TripFrame
	if err := json.Unmarshal(p.Frame, &f); err != nil {
		t.Fatal(err)
	}
	if f.Trip.DriverID != "" || strings.Contains(string(p.Frame), `"near"`) {
		t.Errorf("it tells whose the trip is now: %s", p.Frame)
	}
	if p.TripID != "t1" || p.Version != f.Trip.Version || f.Reason != "nearer" {
		t.Errorf("push %+v", p)
	}
}
