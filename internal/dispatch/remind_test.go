package dispatch_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// A push that was lost is made up for: whom a trip holds is told again, and who
// lost it to another driver, but not at every look.
func TestDispatcher_RemindsOfTheTrip(t *testing.T) {
	c := mustCity(t)
	c.at("d1", east(100))
	c.at("d2", east(200))
	tr := c.request()
	c.tick(time.Second)
	c.accept(tr.ID, "d1")
	moves := []trip.Move{{TripID: tr.ID, Epoch: c.read(tr.ID).Epoch, From: "d1", To: "d2", OfferID: c.newID(), Now: c.now}}
	if _, err := c.store.Exchange(c.ctx, moves); err != nil {
		t.Fatal(err)
	}
	clear(c.pushed)
	var told []time.Duration
	changed, seen := c.now, 0
	for range 120 {
		c.tick(time.Second)
		if n := len(c.pushed["d2"]); n != seen {
			told, seen = append(told, c.now.Sub(changed)), n
		}
	}
	if want := c.read(tr.ID); len(told) != 4 || want.Version != 3 {
		t.Fatalf("told again after %v of %s, version %d", told, want.State, want.Version)
	}
	for i, soonest := range []time.Duration{5, 15, 45, 105} {
		if late := told[i] - soonest*time.Second; late < 0 || late > 6*time.Second {
			t.Errorf("told again after %v", told)
		}
	}
	for driverID, holder := range map[string]string{"d2": "d2", "d1": ""} {
		if len(c.pushed[driverID]) != 4 {
			t.Errorf("%s is told %d times", driverID, len(c.pushed[driverID]))
		}
		for _, p := range c.pushed[driverID] {
			var f wire.TripFrame
			if err := json.Unmarshal(p.Frame, &f); err != nil {
				t.Fatal(err)
			}
			if p.TripID != tr.ID || p.Version != 3 || f.Trip.DriverID != holder || f.Trip.State != trip.Assigned {
				t.Errorf("%s is told %s", driverID, p.Frame)
			}
		}
	}
}

// Whoever takes over tells drivers of what they may have missed; nobody is told
// of a trip that has no driver.
func TestDispatcher_RemindsAfterARestart(t *testing.T) {
	c := mustCity(t)
	c.at("d1", east(100))
	tr := c.request()
	c.tick(time.Second)
	c.accept(tr.ID, "d1")
	c.tick(10 * time.Second)
	c.restart()
	clear(c.pushed)
	c.tick(time.Second)
	if got := c.pushed["d1"]; !slices.ContainsFunc(got, func(p wire.Push) bool { return p.TripID == tr.ID && p.Version == 2 }) {
		t.Fatalf("the driver is told %v", got)
	}
	clear(c.pushed)
	if _, err := c.desk.Cancel(c.ctx, rider, tr.ID, ""); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		c.tick(time.Second)
	}
	if got := c.pushed["d1"]; len(got) > 1 {
		t.Fatalf("of a trip that is over the driver is told %d times", len(got))
	}
}
