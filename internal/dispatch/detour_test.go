package dispatch_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// tracker asks about its drivers while the bus is away, and notes what they know.
type tracker struct {
	c     *city
	knows map[string]wire.Ask
}

func (c *city) tracker(driverIDs ...string) *tracker {
	t := &tracker{c: c, knows: map[string]wire.Ask{}}
	for _, id := range driverIDs {
		t.knows[id] = wire.Ask{DriverID: id, Trips: map[string]int64{}}
	}
	return t
}

// asks is what the drivers are told now, as "d1 offer …".
func (t *tracker) asks() (told []string) {
	t.c.tb.Helper()
	var asks wire.Asks
	for _, ask := range t.knows {
		asks.Drivers = append(asks.Drivers, ask)
	}
	answers, err := t.c.detour.Pending(t.c.ctx, asks)
	if err != nil {
		t.c.tb.Fatal(err)
	}
	for _, a := range answers.Drivers {
		ask := t.knows[a.DriverID]
		ask.OfferID = a.OfferID
		t.knows[a.DriverID] = ask
		for _, p := range a.Pushes {
			told = append(told, a.DriverID+" "+t.hears(ask, p))
		}
	}
	slices.Sort(told)
	return told
}

// hears is a frame in words. The driver keeps to the trips that hold it.
func (t *tracker) hears(ask wire.Ask, p wire.Push) string {
	var f struct {
		Type, Reason string
		Trip         wire.Trip
	}
	if err := json.Unmarshal(p.Frame, &f); err != nil {
		t.c.tb.Fatal(err)
	}
	if f.Type != wire.FrameTrip {
		return f.Type + " " + f.Reason
	}
	delete(ask.Trips, f.Trip.ID)
	if f.Trip.DriverID == ask.DriverID && f.Trip.State.HasDriver() {
		ask.Trips[f.Trip.ID] = f.Trip.Version
	}
	return fmt.Sprintf("trip %s %d of %q", f.Trip.State, p.Version, f.Trip.DriverID)
}

func (t *tracker) hear(want ...string) {
	t.c.tb.Helper()
	if got := t.asks(); !slices.Equal(got, want) {
		t.c.tb.Fatalf("told %q, want %q", got, want)
	}
	if again := t.asks(); len(again) > 0 {
		t.c.tb.Fatalf("told again: %q", again)
	}
}

// While the bus is away a driver whose tracker asks gets offers, and no other.
func TestDetour_OffersToThoseWhoAreAskedFor(t *testing.T) {
	c := mustCity(t)
	c.deaf, c.known = true, true
	c.at("near", east(100))
	c.at("far", east(900))
	tracker := c.tracker("far")
	tracker.hear()
	tr := c.request()
	c.tick(time.Second)
	c.offered(tr.ID, "far")
	if d := c.dispatcher.Decisions(tr.ID); len(d) != 1 || d[0].Excluded[0].Reason != "unreachable" {
		t.Errorf("decided %+v, want the near one out of reach", d)
	}
	tracker.hear("far offer ")
	c.accept(tr.ID, "far")
	tracker.hear(`far trip assigned 2 of "far"`)

	second := c.request()
	c.now = c.now.Add(6 * time.Second) // nobody asks any more
	c.tick(0)
	c.noOffer(second.ID)
	if c.detour.Reaches("far") || c.detour.Push(c.ctx, "far", wire.Push{}) == nil {
		t.Error("a driver counts as reached of whom nobody asks")
	}
}

// What becomes of an offer or a trip without the driver's doing is told.
func TestDetour_TellsWhatBecameOfIt(t *testing.T) {
	c := mustCity(t)
	c.deaf, c.known = true, true
	c.at("d", east(100))
	tracker := c.tracker("d")
	tracker.hear()
	ranOut := c.request()
	c.tick(time.Second)
	tracker.hear("d offer ")
	c.tick(c.desk.Limits.Deliver)
	tracker.hear("d offer_closed " + trip.ReasonUndelivered)
	if _, err := c.desk.Cancel(c.ctx, rider, ranOut.ID, ""); err != nil {
		t.Fatal(err)
	}

	c.tick(c.desk.Limits.Unreached)
	tracker.hear()
	mine := c.request()
	c.tick(time.Second)
	tracker.hear("d offer ")
	c.accept(mine.ID, "d")
	tracker.hear(`d trip assigned 2 of "d"`)
	if _, err := c.desk.Cancel(c.ctx, rider, mine.ID, ""); err != nil {
		t.Fatal(err)
	}
	tracker.hear(`d trip cancelled 3 of "d"`)
}

// Who lost a trip to another driver is told so, and not to whom.
func TestDetour_TellsWhoLostATrip(t *testing.T) {
	c := mustCity(t)
	c.at("d1", east(100))
	c.at("d2", east(200))
	tr := c.request()
	c.tick(time.Second)
	c.accept(tr.ID, "d1")
	tracker := c.tracker("d1", "d2")
	tracker.hear(`d1 trip assigned 2 of "d1"`)
	moves := []trip.Move{{TripID: tr.ID, Epoch: c.read(tr.ID).Epoch, From: "d1", To: "d2", OfferID: c.newID(), Now: c.now}}
	if _, err := c.store.Exchange(c.ctx, moves); err != nil {
		t.Fatal(err)
	}
	tracker.hear(`d1 trip assigned 3 of ""`, `d2 trip assigned 3 of "d2"`)
}

func TestDetour_RefusesTooManyAtOnce(t *testing.T) {
	c := mustCity(t)
	_, err := c.detour.Pending(c.ctx, wire.Asks{Drivers: make([]wire.Ask, wire.AsksAtOnce+1)})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("answers %v", err)
	}
}

var rider = trip.Actor{Role: trip.Rider, ID: "r1"}
