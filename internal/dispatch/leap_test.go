package dispatch_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/memtrips"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// leapt lets the clock leap, and ticks before any phone has sent a position.
func (c *city) leapt(by time.Duration) {
	c.now = c.now.Add(by)
	c.dispatcher.Tick(c.ctx)
}

// The clock leaps ahead by more than the patience with drivers who are silent, even
// where no tracker is heard: nobody was silent, and nobody is given up.
func TestDispatcher_ClockLeapsAhead(t *testing.T) {
	for name, beats := range map[string]bool{"TrackersHeard": true, "NoTrackerHeard": false} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.at("a", east(100))
			c.at("b", east(200))
			tr := c.request()
			c.tick(0)
			c.accept(tr.ID, "a")
			c.tick(time.Second)
			c.now = c.now.Add(10 * time.Minute)
			if beats {
				c.beat()
			}
			c.dispatcher.Tick(c.ctx)
			for range 3 {
				c.leapt(time.Second)
			}
			if got := c.read(tr.ID); got.DriverID != "a" || got.Epoch != 1 {
				t.Fatalf("the trip is %s and %q's: the leap was taken for the driver's silence", got.State, got.DriverID)
			}
			other := c.request()
			c.tick(time.Second)
			c.offered(other.ID, "b")
		})
	}
}

// Patience begins anew, and ends as ever.
func TestDispatcher_ClockLeapsAheadAndTheDriverIsLost(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	delete(c.drivers, "a") // the phone is dead
	c.tick(10 * time.Minute)
	for range int(c.desk.Limits.Lost/time.Second) + 2 {
		c.tick(time.Second)
	}
	c.offered(tr.ID, "b")
}

// An offer that was made before the clock was set back does not hold its driver and
// its trip for as long as the clock was set back by, whether the phone confirmed it
// or not.
func TestDispatcher_OfferFromBeforeTheClockWasSetBack(t *testing.T) {
	for name, confirmed := range map[string]bool{"Confirmed": true, "Unconfirmed": false} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.at("a", east(100))
			c.at("b", east(200))
			tr := c.request()
			c.tick(0)
			offer := c.offered(tr.ID, "a")
			if confirmed {
				if _, err := c.desk.Received(c.ctx, "a", offer.ID); err != nil {
					t.Fatal(err)
				}
			}
			c.leapt(-5 * time.Minute)
			if o := c.read(tr.ID).Offer; o.Pending() {
				t.Fatalf("the offer to %s stands until %v, and it is %v", o.DriverID, o.ExpiresAt, c.now)
			}
			c.tick(time.Second)
			c.offered(tr.ID, "b")
		})
	}
}

// A driver who did not answer is asked again when that is due, not as much later as
// the clock was set back by; and drivers are told of their trips again.
func TestDispatcher_NotesFromBeforeTheClockWasSetBack(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(2000))
	held, waits := c.request(), ""
	c.tick(0)
	c.accept(held.ID, "a")
	waits = c.request().ID
	c.tick(time.Second)
	c.offered(waits, "b")
	c.tick(c.desk.Limits.Deliver) // b's phone is out of reach
	c.noOffer(waits)
	c.leapt(-5 * time.Minute)
	for range 20 {
		c.tick(time.Second)
	}
	if !slices.ContainsFunc(c.frames("b"), func(kind string) bool { return kind == "offer" }) || c.read(waits).Offer.CreatedAt.After(c.now) {
		t.Errorf("b is not asked again: %+v at %v", c.read(waits).Offer, c.now)
	}
	if !slices.Contains(c.frames("a"), "trip") {
		t.Errorf("a is told %v: nobody reminds of the trip", c.frames("a"))
	}
}

// engine is one of several processes on one store, each with a clock that may say
// anything.
type engine struct {
	clock      time.Duration // ahead of the city's
	desk       *dispatch.Desk
	dispatcher *dispatch.Dispatcher
}

// town is engines that all believe to own everything, whose clocks go as they like.
type town struct {
	*city
	store   *memtrips.Store
	engines []*engine
	trips   []string
	final   map[string]trip.State
}

func newTown(c *city) *town {
	w := &town{city: c, store: memtrips.New(), final: map[string]trip.State{}}
	for i := range 2 {
		e := &engine{}
		clock := func() time.Time { return c.now.Add(e.clock) }
		config, log := dispatch.DefaultConfig, slog.New(slog.DiscardHandler)
		config.ID, config.Limits = "me", dispatch.DefaultLimits
		e.dispatcher = dispatch.New(config, dispatch.Deps{
			Trips: w.store, Estimator: eta.DefaultStraight, Pusher: c, Feed: c, Locations: c, Peers: c, Signals: quiet{},
			NewID: c.newID, Now: clock, Log: log,
		})
		e.desk = &dispatch.Desk{
			ID: fmt.Sprint("desk-", i), Trips: w.store, Drivers: w.store, Pusher: c, Signals: quiet{},
			Changed: e.dispatcher.Changed, Limits: config.Limits, Estimator: eta.DefaultStraight, NewID: c.newID, Now: clock, Log: log,
		}
		w.engines = append(w.engines, e)
	}
	return w
}

// clocks is how far a clock may be ahead.
var clocks = []time.Duration{-10 * time.Minute, -5 * time.Minute, -20 * time.Second, 0, 0, 20 * time.Second, 5 * time.Minute, 10 * time.Minute}

// act lets a moment pass, in which one thing happens.
func (w *town) act(rt *rapid.T) {
	w.now = w.now.Add(time.Second)
	e := rapid.SampledFrom(w.engines).Draw(rt, "engine")
	switch rapid.SampledFrom([]string{"turn", "request", "tick", "tick", "tick", "step", "step", "step", "step"}).Draw(rt, "act") {
	case "turn":
		e.clock = rapid.SampledFrom(clocks).Draw(rt, "clock")
	case "request":
		w.request(rt, e)
	case "tick":
		for i := range 3 { // a tracker stamps positions by any of the clocks
			by := rapid.SampledFrom(w.engines).Draw(rt, "stamped by").clock
			l := w.location(fmt.Sprint("d", i), east(float64(100*(i+1))))
			l.SeenAt = l.SeenAt.Add(by)
			w.place(l)
		}
		e.dispatcher.Tick(w.ctx)
	case "step":
		w.step(rt, e.desk)
	}
}

func (w *town) request(rt *rapid.T, e *engine) {
	if len(w.trips) == 4 {
		return
	}
	r := trip.Request{
		ID: w.newID(), RiderID: "r", Class: driver.Standard, Seats: 1, Pickup: centre, Dropoff: east(3000),
		Fare: fare.Money{Amount: 900, Currency: "EUR"}, Search: e.desk.Limits.Search,
	}
	if _, _, err := e.desk.Request(w.ctx, r, nil, nil); err != nil {
		rt.Fatal(err)
	}
	w.trips = append(w.trips, r.ID)
}

// step is what somebody does about a trip, in turn or out of turn.
func (w *town) step(rt *rapid.T, d *dispatch.Desk) {
	if len(w.trips) == 0 {
		return
	}
	id := rapid.SampledFrom(w.trips).Draw(rt, "trip")
	who := rapid.SampledFrom([]string{"d0", "d1", "d2"}).Draw(rt, "driver")
	t := w.trip(rt, id)
	offer := &trip.Offer{ID: "none"}
	if t.Offer != nil {
		offer, who = t.Offer, t.Offer.DriverID
	}
	var err error
	switch rapid.SampledFrom([]string{"received", "accept", "accept", "accept", "decline", "arrive", "start", "complete", "leave", "cancel"}).Draw(rt, "step") {
	case "received":
		_, err = d.Received(w.ctx, who, offer.ID)
	case "accept":
		_, err = d.Accept(w.ctx, who, offer.ID)
	case "decline":
		_, err = d.Decline(w.ctx, who, offer.ID, "")
	case "arrive":
		_, err = d.Arrive(w.ctx, who, id)
	case "start":
		_, err = d.Start(w.ctx, who, id)
	case "complete":
		_, err = d.Complete(w.ctx, who, id)
	case "leave":
		_, err = d.Cancel(w.ctx, trip.Actor{Role: trip.Driver, ID: who}, id, "")
	case "cancel":
		_, err = d.Cancel(w.ctx, trip.Actor{Role: trip.Rider, ID: "r"}, id, "")
	}
	if fault.CodeOf(err) == fault.Internal {
		rt.Fatal(err)
	}
}

func (w *town) trip(rt *rapid.T, id string) *trip.Trip {
	t, err := w.store.Trip(w.ctx, id)
	if err != nil {
		rt.Fatal(err)
	}
	return t
}

// check holds all trips to I1, I2, I3 and I5.
func (w *town) check(rt *rapid.T) {
	held := map[string]string{} // by driver and slot
	for _, id := range w.trips {
		t := w.trip(rt, id)
		if c, ok := t.Claim(); ok {
			place := fmt.Sprint(c.DriverID, " in slot ", c.Slot)
			if other := held[place]; other != "" {
				rt.Fatalf("%s is held by %s and %s", place, other, id)
			}
			held[place] = id
		}
		if was, final := w.final[id]; final && was != t.State {
			rt.Fatalf("%s was %s and is %s", id, was, t.State)
		}
		if t.State.Final() {
			w.final[id] = t.State
		}
		w.checkEvents(rt, t)
	}
}

// checkEvents: a version for each change, without a hole, and never two drivers in
// one epoch.
func (w *town) checkEvents(rt *rapid.T, t *trip.Trip) {
	events, err := w.store.Events(w.ctx, t.ID, 0)
	if err != nil || int64(len(events)) != t.Version {
		rt.Fatalf("%s has version %d and %d events, %v", t.ID, t.Version, len(events), err)
	}
	drivers := map[int64]string{} // by epoch
	for i, ev := range events {
		if ev.Version != int64(i+1) {
			rt.Fatalf("event %d of %s has version %d", i+1, t.ID, ev.Version)
		}
		if who := ev.Trip.DriverID; who != "" {
			if other := drivers[ev.Trip.Epoch]; other != "" && other != who {
				rt.Fatalf("in epoch %d %s is %s's and %s's", ev.Trip.Epoch, t.ID, other, who)
			}
			drivers[ev.Trip.Epoch] = who
		}
	}
}

// TestDispatchers_SafeWhateverTheirClocks: two dispatchers whose clocks are minutes
// apart and jump, both at work on everything, while drivers and riders do what they
// like. Nothing of I1, I2, I3 and I5 rests on a clock.
func TestDispatchers_SafeWhateverTheirClocks(t *testing.T) {
	assigned, again := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		w := newTown(&city{
			tb: t, ctx: t.Context(), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), live: []string{"me"},
			drivers: map[string]driver.Location{}, followers: map[geo.Cell]func([]driver.Location){}, pushed: map[string][]wire.Push{},
		})
		for range rapid.IntRange(20, 80).Draw(rt, "steps") {
			w.act(rt)
			w.check(rt)
		}
		for _, id := range w.trips {
			if t := w.trip(rt, id); t.Epoch > 1 {
				again++
			} else if !t.AssignedAt.IsZero() {
				assigned++
			}
		}
	})
	if assigned == 0 || again == 0 {
		t.Errorf("%d trips were given to a driver once, %d more than once: that proves nothing", assigned, again)
	}
}
