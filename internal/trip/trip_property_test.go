package trip_test

import (
	"cmp"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const (
	search  = time.Minute
	deliver = 3 * time.Second
	window  = 15 * time.Second
)

var start = time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC)

// TestTrip_Protocol drives a trip through random commands of everybody who may
// send one, late and repeated ones too, and holds it against the model and
// against the guarantees of the design.
func TestTrip_Protocol(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(r)
		for range rapid.IntRange(1, 80).Draw(r, "commands") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(r, "seconds")) * time.Second)
			w.command(r)
		}
	})
}

// world is a trip with its model and all that was said about it.
type world struct {
	trip    *trip.Trip
	model   *model
	now     time.Time
	offers  []string
	drivers []string
}

func newWorld(r *rapid.T) *world {
	q := trip.Request{ID: "t1", RiderID: "r1", Class: "standard", Seats: 1, Search: search}
	if rapid.Bool().Draw(r, "scheduled") {
		q.ScheduledFor = start.Add(time.Hour)
	}
	made, events := trip.New(q, start)
	if len(events) != 1 || events[0].Version != 1 || made.Version != 1 {
		r.Fatalf("a new trip has version %d and events %+v", made.Version, events)
	}
	return &world{trip: made, model: newModel(made.State), now: start, drivers: []string{"d0", "d1", "d2", "d3"}, offers: []string{"o0"}}
}

// act is a command: on the trip, and on the model.
type act struct {
	name string
	run  func(*trip.Trip) ([]trip.Event, error)
	told func(*model) fault.Code
}

func (w *world) command(r *rapid.T) {
	w.model.late = w.model.state == trip.Searching && !w.now.Before(w.trip.SearchUntil)
	a := w.draw(r)
	before := w.trip.Clone()
	events, err := a.run(w.trip)
	if want := a.told(w.model); fault.CodeOf(err) != want {
		r.Fatalf("%s: %v, want %q", a.name, err, want)
	}
	w.check(r, a, before, events, err)

	again := w.trip.Clone()
	events, err = a.run(again)
	if !reflect.DeepEqual(again, w.trip) || len(events) > 0 {
		r.Fatalf("I7: %s again (%v) made of\n%+v\n%+v", a.name, err, w.trip, again)
	}
}

// check holds the trip after a command against the model and the guarantees.
func (w *world) check(r *rapid.T, a act, before *trip.Trip, events []trip.Event, err error) {
	now := w.trip
	if (err != nil || before.State.Final()) && !reflect.DeepEqual(before, now) {
		r.Fatalf("I3: %s (%v) of a trip that is %s made of\n%+v\n%+v", a.name, err, before.State, before, now)
	}
	if now.State != w.model.state || now.Epoch != w.model.epoch || now.DriverID != w.model.driver {
		r.Fatalf("%s: %s epoch %d driver %q, want %s epoch %d driver %q", a.name,
			now.State, now.Epoch, now.DriverID, w.model.state, w.model.epoch, w.model.driver)
	}
	if now.Offer != nil && (now.Offer.ID != w.model.offer || now.Offer.State != w.model.fate[w.model.offer]) {
		r.Fatalf("%s: the offer is %+v, want %s %s", a.name, now.Offer, w.model.offer, w.model.fate[w.model.offer])
	}
	driverID, slot := w.model.claim()
	if claim, _ := now.Claim(); claim.DriverID != driverID || claim.Slot != slot {
		r.Fatalf("I2: %s: the trip claims %q in slot %d, want %q in %d", a.name, claim.DriverID, claim.Slot, driverID, slot)
	}
	if now.Forward != w.model.next || now.Swaps != w.model.swaps || now.FormerID != w.model.former {
		r.Fatalf("%s: %+v, want %d swaps, the last from %q, given ahead: %v", a.name, now, w.model.swaps, w.model.former, w.model.next)
	}
	for d := range w.model.gone {
		if !now.Excludes(d) || now.Offer.Pending() && now.Offer.DriverID == d {
			r.Fatalf("I8: %s declined or was taken off, and is still considered", d)
		}
	}
	checkEvents(r, a, before, now, events)
}

// checkEvents checks that a change of state has one event, and nothing else has.
func checkEvents(r *rapid.T, a act, before, now *trip.Trip, events []trip.Event) {
	changed := before.State != now.State || now.Swaps != before.Swaps
	if changed != (len(events) == 1) || len(events) > 1 || now.Version != before.Version+int64(len(events)) {
		r.Fatalf("I5: %s took the trip from %s at %d to %s at %d with %d events",
			a.name, before.State, before.Version, now.State, now.Version, len(events))
	}
	for _, ev := range events {
		if swapped := now.Swaps != before.Swaps; swapped != (ev.FormerDriverID != "") || swapped && ev.FormerDriverID != before.DriverID {
			r.Fatalf("%s: the trip was %q's; the event says it was taken from %q", a.name, before.DriverID, ev.FormerDriverID)
		}
		if ev.TripID != now.ID || ev.Version != now.Version || !reflect.DeepEqual(&ev.Trip, now) {
			r.Fatalf("I5: %s: the event tells of %+v, the trip is %+v", a.name, ev, now)
		}
		revoked := before.Offer.Pending() && now.State.Final()
		if revoked != (ev.ClosedOffer != nil) {
			r.Fatalf("%s: an offer was revoked: %v; the event says %+v", a.name, revoked, ev.ClosedOffer)
		}
	}
	if _, err := trip.Run(before, func(t *trip.Trip) ([]trip.Event, error) { *t = *now.Clone(); return events, nil }); err != nil {
		r.Fatalf("%s: a store would refuse it: %v", a.name, err)
	}
}

// draw is a random command by a random person about a random offer; most of the
// time one that has a chance.
func (w *world) draw(r *rapid.T) act {
	driver := rapid.SampledFrom(append(w.drivers, w.trip.DriverID, w.trip.DriverID)).Draw(r, "driver")
	offer := rapid.SampledFrom(append(w.offers, w.model.offer, w.model.offer)).Draw(r, "offer")
	if asked := w.model.asked[offer]; asked != "" && rapid.IntRange(0, 3).Draw(r, "stranger") > 0 {
		driver = asked
	}
	driver, offer = cmp.Or(driver, "d0"), cmp.Or(offer, "o0")
	kinds := []func(*rapid.T, string, string) act{w.propose, w.reassign, w.answer, w.drive, w.end}
	return rapid.SampledFrom(kinds).Draw(r, "kind")(r, driver, offer)
}

func (w *world) propose(r *rapid.T, driver, _ string) act {
	p := trip.Proposal{
		OfferID: fmt.Sprint("o", len(w.offers)), TripID: "t1", DriverID: driver, Slot: w.slot(r), Now: w.now, Deliver: deliver,
		Epoch: w.trip.Epoch - int64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(r, "epochs ago")),
	}
	w.offers = append(w.offers, p.OfferID)
	return act{
		name: "propose", run: func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Propose(p) },
		told: func(m *model) fault.Code { return m.propose(p.OfferID, driver, p.Epoch, p.Slot) },
	}
}

// reassign is a move that was decided a moment ago, or that the trip's place in
// the driver's day changes.
func (w *world) reassign(r *rapid.T, driver, _ string) act {
	if rapid.IntRange(0, 3).Draw(r, "promote") == 0 {
		return act{
			name: "promote", run: func(t *trip.Trip) ([]trip.Event, error) { t.Promote(); return nil, nil },
			told: (*model).promote,
		}
	}
	m := trip.Move{
		OfferID: fmt.Sprint("o", len(w.offers)), TripID: "t1", Now: w.now,
		From: rapid.SampledFrom([]string{w.trip.DriverID, w.trip.DriverID, w.trip.DriverID, "", driver}).Draw(r, "from"),
		To:   rapid.SampledFrom(append(w.drivers, driver)).Draw(r, "to"), Slot: w.slot(r),
		Epoch: w.trip.Epoch - int64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(r, "epochs ago")),
	}
	w.offers = append(w.offers, m.OfferID)
	return act{
		name: "reassign", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Reassign(m) },
		told: func(model *model) fault.Code { return model.reassign(m) },
	}
}

func (w *world) slot(r *rapid.T) int { return rapid.SampledFrom([]int{0, 0, 1}).Draw(r, "slot") }

// answer is what a phone, or its silence, says to an offer.
func (w *world) answer(r *rapid.T, driver, offer string) act {
	now := w.now
	overdue := w.trip.Offer.Pending() && w.trip.Offer.ID == offer && !now.Before(w.trip.Offer.ExpiresAt)
	return rapid.SampledFrom([]act{
		{
			name: "receive", run: func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Received(offer, driver, window, now) },
			told: func(m *model) fault.Code { return m.received(offer, driver) },
		},
		{
			name: "accept", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Accept(offer, driver, now) },
			told: func(m *model) fault.Code { return m.accept(offer, driver) },
		},
		{
			name: "decline", run: func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Decline(offer, driver, "", now) },
			told: func(m *model) fault.Code { return m.decline(offer, driver) },
		},
		{
			name: "expire offer", run: func(t *trip.Trip) ([]trip.Event, error) { t.ExpireOffer(offer, now); return nil, nil },
			told: func(m *model) fault.Code {
				if overdue {
					m.expireOffer(offer)
				}
				return ""
			},
		},
	}).Draw(r, "answer")
}

// drive is what a driver does on the way.
func (w *world) drive(r *rapid.T, driver, _ string) act {
	now := w.now
	return rapid.SampledFrom([]act{
		{
			name: "arrive", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(driver, now) },
			told: func(m *model) fault.Code { return m.step("arrive", driver, trip.Assigned, trip.Arrived) },
		},
		{
			name: "start", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Start(driver, now) },
			told: func(m *model) fault.Code { return m.step("start", driver, trip.Arrived, trip.Riding) },
		},
		{
			name: "complete", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Complete(driver, now) },
			told: func(m *model) fault.Code { return m.step("complete", driver, trip.Riding, trip.Completed) },
		},
	}).Draw(r, "drive")
}

// end is what ends a trip, a driver's part in it, or its waiting.
func (w *world) end(r *rapid.T, driver, _ string) act {
	now := w.now
	by := rapid.SampledFrom([]trip.Role{trip.Rider, trip.Operator, trip.System}).Draw(r, "by")
	return rapid.SampledFrom([]act{
		{
			name: "redispatch", run: func(t *trip.Trip) ([]trip.Event, error) {
				return t.Redispatch(driver, trip.Actor{Role: trip.Driver, ID: driver}, "", search, now)
			},
			told: func(m *model) fault.Code { return m.redispatch(driver) },
		},
		{
			name: "cancel by " + string(by), run: func(t *trip.Trip) ([]trip.Event, error) {
				return t.Cancel(trip.Actor{Role: by, ID: "x"}, "", now)
			},
			told: func(m *model) fault.Code { return m.cancel(by) },
		},
		{name: "expire", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Expire(now) }, told: (*model).expire},
		{name: "release", run: func(t *trip.Trip) ([]trip.Event, error) { return t.Release(search, now) }, told: (*model).release},
	}).Draw(r, "end")
}
