package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

var operator = trip.Actor{Role: trip.Operator, ID: "op"}

// hand assigns the trip by hand, and is what the operator is told.
func (c *city) hand(tripID, driverID string, override bool) (*trip.Trip, error) {
	return c.desk.Assign(c.ctx, dispatch.Hand{By: "op", TripID: tripID, DriverID: driverID, Override: override})
}

func TestDesk_Assign(t *testing.T) {
	t.Run("LikeATicksOffer", func(t *testing.T) {
		c := mustCity(t)
		c.at("near", east(100))
		c.at("far", east(4000))
		c.tick(time.Second) // the dispatcher knows both
		tr := c.request()
		made, err := c.hand(tr.ID, "far", false)
		if err != nil || !made.Offer.Pending() || made.Offer.DriverID != "far" || made.Offer.By != "op" || made.Offer.PickupIn <= 0 {
			t.Fatalf("Assign = %+v, %v", made, err)
		}
		if len(c.pushed["far"]) != 1 || !strings.Contains(string(c.pushed["far"][0].Frame), `"by":"operator"`) {
			t.Errorf("the driver is shown %+v", c.pushed["far"])
		}
		c.tick(time.Second) // nobody else is asked by it
		c.offered(tr.ID, "far")
		if again, err := c.hand(tr.ID, "far", false); err != nil || again.Offer.ID != made.Offer.ID {
			t.Errorf("the repetition: %+v, %v", again, err)
		}
		_, err = c.hand(tr.ID, "near", false)
		wantFault(t, err, fault.WrongState)
		c.accept(tr.ID, "far")
		if again, err := c.hand(tr.ID, "far", false); err != nil || again.State != trip.Assigned {
			t.Errorf("the repetition after the accept: %+v, %v", again, err)
		}
		_, err = c.hand(tr.ID, "near", false)
		wantFault(t, err, fault.WrongState)
	})
	t.Run("Refused", func(t *testing.T) {
		c := mustCity(t)
		change := func(f func(*driver.Location)) func(*driver.Location) { return f }
		c.at("van", centre, change(func(l *driver.Location) { l.Class = "van" }))
		c.at("small", centre, change(func(l *driver.Location) { l.Seats = 1 }))
		c.at("resting", centre, change(func(l *driver.Location) { l.Available = false }))
		c.at("silent", centre, change(func(l *driver.Location) { l.SeenAt = c.now.Add(-time.Minute) }))
		c.at("gone", centre)
		delete(c.drivers, "gone")
		c.at("busy", centre)
		if _, err := c.hand(c.request().ID, "busy", false); err != nil {
			t.Fatal(err)
		}
		tr := c.request(func(r *trip.Request) { r.Seats = 2 })
		for id, want := range map[string]struct {
			code   fault.Code
			detail string
		}{
			"van": {fault.DriverUnfit, "other_class: "}, "small": {fault.DriverUnfit, "too_few_seats: "}, "resting": {fault.DriverUnfit, "not_available: "},
			"silent": {fault.DriverUnfit, "position_too_old: "}, "gone": {fault.DriverUnfit, "offline: "},
			"busy": {fault.DriverClaimed, "holds trip"}, "nobody": {fault.NotFound, "no such driver"},
		} {
			for _, override := range []bool{false, true} { // which is about exclusions alone
				_, err := c.hand(tr.ID, id, override)
				wantFault(t, err, want.code)
				if err != nil && !strings.Contains(err.Error(), want.detail) {
					t.Errorf("%s: %v", id, err)
				}
			}
		}
		c.noOffer(tr.ID)
	})
	t.Run("Excluded", func(t *testing.T) {
		c := mustCity(t)
		c.at("d", centre)
		tr := c.request()
		made, err := c.hand(tr.ID, "d", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.desk.Decline(c.ctx, "d", made.Offer.ID, ""); err != nil {
			t.Fatal(err)
		}
		_, err = c.hand(tr.ID, "d", false)
		wantFault(t, err, fault.DriverExcluded)
		if made, err = c.hand(tr.ID, "d", true); err != nil || made.Offer.DriverID != "d" {
			t.Errorf("Assign = %+v, %v", made, err)
		}
	})
	t.Run("Unsent", func(t *testing.T) {
		c := mustCity(t)
		c.at("d", centre)
		tr := c.request()
		c.deaf = true
		_, err := c.hand(tr.ID, "d", false)
		wantFault(t, err, fault.Unavailable)
		c.noOffer(tr.ID)
	})
}

func TestDesk_Redispatch(t *testing.T) {
	c := mustCity(t)
	tr := c.give(c.request(), "d", 0, "")
	c.at("d", centre)
	next := c.give(c.request(), "d", 1, "")
	off, err := c.desk.Redispatch(c.ctx, operator, tr.ID, "d", "lost")
	if err != nil || off.State != trip.Searching || off.Epoch != tr.Epoch+1 || !off.Excludes("d") {
		t.Fatalf("Redispatch = %+v, %v", off, err)
	}
	if promoted, err := c.store.Trip(c.ctx, next.ID); err != nil || promoted.Slot != 0 {
		t.Errorf("the driver's next trip is %+v, %v", promoted, err)
	}
	_, err = c.desk.Redispatch(c.ctx, operator, tr.ID, "", "")
	wantFault(t, err, fault.WrongState)
	other := c.give(off, "e", 0, "")
	if again, err := c.desk.Redispatch(c.ctx, operator, tr.ID, "d", "lost"); err != nil || again.DriverID != "e" || again.Version != other.Version {
		t.Errorf("a repetition about the first driver took off the next: %+v, %v", again, err)
	}
	if off, err = c.desk.Redispatch(c.ctx, operator, tr.ID, "", ""); err != nil || off.DriverID != "" || !off.Excludes("e") {
		t.Errorf("Redispatch = %+v, %v", off, err)
	}
}

func TestDesk_StartWithPIN(t *testing.T) {
	c := mustCity(t)
	tr := c.give(c.request(func(r *trip.Request) { r.PIN, r.RequirePIN = "0042", true }), "d", 0, "")
	if _, err := c.desk.Arrive(c.ctx, "d", tr.ID); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		_, err := c.desk.Do(c.ctx, wire.Command{Kind: wire.CommandStart, DriverID: "d", TripID: tr.ID, PIN: "1111"})
		wantFault(t, err, fault.WrongPIN)
	}
	_, err := c.desk.Do(c.ctx, wire.Command{Kind: wire.CommandStart, DriverID: "d", TripID: tr.ID, PIN: "0042"}) // the wrong ones were kept
	wantFault(t, err, fault.RateLimited)
	c.now = c.now.Add(time.Minute)
	if riding, err := c.desk.Do(c.ctx, wire.Command{Kind: wire.CommandStart, DriverID: "d", TripID: tr.ID, PIN: "0042"}); err != nil || riding.State != trip.Riding {
		t.Errorf("Start = %+v, %v", riding, err)
	}
}

func wantFault(tb testing.TB, err error, code fault.Code) {
	tb.Helper()
	if !fault.Is(err, code) {
		tb.Errorf("the error is %v, want %s", err, code)
	}
}
