package storetest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func testOffer(t *testing.T, p Place) {
	s := mustOpen(t, p)
	open, second, third := mustRequest(t, s), mustRequest(t, s), mustRequest(t, s)
	cancelled := mustUpdate(t, s, mustRequest(t, s).ID, cancel)
	mustAssign(t, s, mustRequest(t, s), "busy")
	late := proposal(third.ID, "d4")
	late.Epoch = 2

	outcomes, err := s.Offer(t.Context(), []trip.Proposal{
		proposal(open.ID, "d1"),
		proposal(second.ID, "busy"),      // holds a claim
		proposal(cancelled.ID, "d2"),     // takes no offers
		proposal(uuid.NewString(), "d2"), // is not there
		proposal(second.ID, "d1"),        // taken by the first
		proposal(second.ID, "d2"),        // gets what the second was refused
		proposal(open.ID, "d3"),          // has its offer
		late,                             // of another epoch
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []fault.Code{
		"", fault.DriverClaimed, fault.WrongState, fault.NotFound, fault.DriverClaimed, "", fault.WrongState, fault.WrongState,
	}
	if got := codes(outcomes); !slices.Equal(got, want) {
		t.Fatalf("outcomes %q, want %q", got, want)
	}
	for _, i := range []int{0, 5} {
		got := outcomes[i].Trip
		if !got.Offer.Pending() || !reflect.DeepEqual(got, mustTrip(t, s, got.ID)) {
			t.Errorf("outcome %d is not what was stored: %+v", i, got)
		}
	}
	t.Run("None", func(t *testing.T) {
		if outcomes, err := s.Offer(t.Context(), nil); err != nil || len(outcomes) != 0 {
			t.Errorf("Offer = %v, %v", outcomes, err)
		}
	})
	t.Run("NoEvents", func(t *testing.T) {
		if n := len(mustEvents(t, s, open.ID)); n != 1 {
			t.Errorf("an offer made %d events", n-1)
		}
	})
}

func codes(outcomes []trip.Outcome) []fault.Code {
	codes := make([]fault.Code, len(outcomes))
	for i, o := range outcomes {
		codes[i] = fault.CodeOf(o.Err)
	}
	return codes
}

// testOfferOracle holds batches of proposals against the same ones made one
// after the other in memory.
func testOfferOracle(t *testing.T, p Place) {
	s := mustOpen(t, p)
	rapid.Check(t, func(r *rapid.T) {
		drivers := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
		ids := []string{uuid.NewString()} // one that is not there
		model := memory{trips: map[string]*trip.Trip{}, claims: map[string]string{}}
		for range rapid.IntRange(1, 5).Draw(r, "trips") {
			made := mustRequest(t, s)
			ids = append(ids, made.ID)
			model.trips[made.ID] = made
		}
		for range 3 {
			batch := rapid.SliceOfN(proposals(ids, drivers), 0, 6).Draw(r, "batch")
			outcomes, err := s.Offer(t.Context(), batch)
			if err != nil {
				r.Fatal(err)
			}
			for i, p := range batch {
				want := model.offer(p)
				if fault.CodeOf(outcomes[i].Err) != fault.CodeOf(want.Err) || !reflect.DeepEqual(outcomes[i].Trip, want.Trip) {
					r.Fatalf("proposal %d: %+v (%v), want %+v (%v)", i, outcomes[i].Trip, outcomes[i].Err, want.Trip, want.Err)
				}
			}
			model.decline(r, t, s)
		}
	})
}

func proposals(tripIDs, drivers []string) *rapid.Generator[trip.Proposal] {
	return rapid.Custom(func(r *rapid.T) trip.Proposal {
		p := proposal(rapid.SampledFrom(tripIDs).Draw(r, "trip"), rapid.SampledFrom(drivers).Draw(r, "driver"))
		p.Slot = rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(r, "slot")
		p.Epoch = rapid.SampledFrom([]int64{1, 1, 1, 2}).Draw(r, "epoch")
		return p
	})
}

// memory is the oracle of offers: one trip after the other, in memory.
type memory struct {
	trips  map[string]*trip.Trip
	claims map[string]string // driver and slot to trip
}

func hold(driverID string, slot int) string { return driverID + string(rune('0'+slot)) }

func (m memory) offer(p trip.Proposal) trip.Outcome {
	t, ok := m.trips[p.TripID]
	if !ok {
		return trip.Outcome{Err: fault.New(fault.NotFound, "")}
	}
	next := t.Clone()
	if err := next.Propose(p); err != nil {
		return trip.Outcome{Err: err}
	}
	if m.claims[hold(p.DriverID, p.Slot)] != "" {
		return trip.Outcome{Err: fault.New(fault.DriverClaimed, "")}
	}
	next.Truncate()
	m.claims[hold(p.DriverID, p.Slot)], m.trips[p.TripID] = p.TripID, next
	return trip.Outcome{Trip: next}
}

// decline declines some of the offers, so that the next batch finds free and
// excluded drivers.
func (m memory) decline(r *rapid.T, tb testing.TB, s Store) {
	for _, id := range sortedKeys(m.trips) {
		t := m.trips[id]
		if !t.Offer.Pending() || !rapid.Bool().Draw(r, "decline") {
			continue
		}
		delete(m.claims, hold(t.Offer.DriverID, t.Offer.Slot))
		m.trips[id] = mustUpdate(tb, s, id, decline(t.Offer.ID, t.Offer.DriverID))
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// testHistory checks the record of a trip that went through two drivers.
func testHistory(t *testing.T, p Place) {
	s := mustOpen(t, p)
	made := mustRequest(t, s)
	declined := mustOffer(t, s, proposal(made.ID, "d1"))
	mustUpdate(t, s, made.ID, decline(declined.Offer.ID, "d1"))
	mustAssign(t, s, made, "d2")
	pending := mustRequest(t, s)
	mustOffer(t, s, proposal(pending.ID, "d3"))
	mustUpdate(t, s, pending.ID, cancel)

	offers, err := s.Offers(t.Context(), made.ID)
	if err != nil || len(offers) != 2 {
		t.Fatalf("Offers = %+v, %v", offers, err)
	}
	if o := offers[0]; o.ID != declined.Offer.ID || o.State != trip.OfferDeclined || o.Reason != "too far" {
		t.Errorf("the first offer is %+v", o)
	}
	if last := mustTrip(t, s, made.ID).Offer; !reflect.DeepEqual(&offers[1], last) || last.State != trip.OfferAccepted {
		t.Errorf("the last offer is %+v, the trip's %+v", offers[1], last)
	}
	events, err := s.Events(t.Context(), made.ID, 1)
	if err != nil || len(events) != 1 || events[0].Version != 2 || events[0].DriverID != "d2" {
		t.Errorf("events after the first: %+v, %v", events, err)
	}
	if !events[0].At.Equal(after(5 * time.Second).Truncate(trip.Precision)) {
		t.Errorf("the event is of %v", events[0].At)
	}
	events = mustEvents(t, s, pending.ID)
	if closed := events[len(events)-1].ClosedOffer; closed == nil || closed.DriverID != "d3" {
		t.Errorf("the cancellation does not tell of the offer that it closed: %+v", closed)
	}
	if events, err := s.Events(t.Context(), uuid.NewString(), 0); err != nil || len(events) != 0 {
		t.Errorf("events of no trip: %v, %v", events, err)
	}
}
