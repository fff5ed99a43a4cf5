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

// move takes the trip, as it is, to another driver.
func move(t *trip.Trip, to string) trip.Move {
	return trip.Move{
		TripID: t.ID, Epoch: t.Epoch, From: t.DriverID, To: to, OfferID: uuid.NewString(),
		PickupIn: 90 * time.Second, Reason: "nearer", Now: after(time.Minute),
	}
}

func testExchange(t *testing.T, p Place) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Store)
	}{
		{"Circle", testExchangeCircle},
		{"ChainToIdle", testExchangeChain},
		{"OpenTrip", testExchangeOpen},
		{"AllOrNone", testExchangeAllOrNone},
		{"SecondSlot", testSecondSlot},
		{"Oracle", testExchangeOracle},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, mustOpen(t, p)) })
	}
}

// mustAssignTo is a new trip that the driver has.
func mustAssignTo(tb testing.TB, s Store, driverID string) *trip.Trip {
	tb.Helper()
	return mustAssign(tb, s, mustRequest(tb, s), driverID)
}

// Three drivers pass their trips on in a circle: at no time between is there a
// free driver.
func testExchangeCircle(t *testing.T, s Store) {
	d := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	trips := []*trip.Trip{mustAssignTo(t, s, d[0]), mustAssignTo(t, s, d[1]), mustAssignTo(t, s, d[2])}
	moved, err := s.Exchange(t.Context(), []trip.Move{move(trips[0], d[1]), move(trips[1], d[2]), move(trips[2], d[0])})
	if err != nil {
		t.Fatal(err)
	}
	for i, tr := range trips {
		got, want := mustTrip(t, s, tr.ID), d[(i+1)%3]
		if !reflect.DeepEqual(moved[i], got) {
			t.Errorf("trip %d: got\n%+v, stored is\n%+v", i, moved[i], got)
		}
		if got.DriverID != want || got.Epoch != 2 || got.Swaps != 1 || got.FormerID != d[i] || got.Offer.State != trip.OfferAccepted {
			t.Errorf("trip %d is %+v, offer %+v", i, got, got.Offer)
		}
		if held := claimants(t, s, want); !slices.Equal(held, []string{tr.ID}) {
			t.Errorf("%s is claimed by %v, want %s", want, held, tr.ID)
		}
		record := mustEvents(t, s, tr.ID)
		last := record[len(record)-1]
		if last.DriverID != want || last.FormerDriverID != d[i] || last.Reason != "nearer" || last.Version != got.Version || last.Trip.Swaps != 1 {
			t.Errorf("the event is %+v", last)
		}
	}
	if none, err := s.Exchange(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("of nothing: %v, %v", none, err)
	}
}

// The first driver takes the second one's trip, an idle driver the first one's.
func testExchangeChain(t *testing.T, s Store) {
	d := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
	a, b := mustAssignTo(t, s, d[0]), mustAssignTo(t, s, d[1])
	if _, err := s.Exchange(t.Context(), []trip.Move{move(b, d[0]), move(a, d[2])}); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{b.ID}, {}, {a.ID}} {
		if held := claimants(t, s, d[i]); !slices.Equal(held, want) {
			t.Errorf("driver %d is claimed by %v, want %v", i, held, want)
		}
	}
}

func testExchangeOpen(t *testing.T, s Store) {
	open, d := mustRequest(t, s), uuid.NewString()
	moved, err := s.Exchange(t.Context(), []trip.Move{move(open, d)})
	if err != nil {
		t.Fatal(err)
	}
	if got := moved[0]; got.State != trip.Assigned || got.DriverID != d || got.Epoch != 1 || got.Swaps != 0 || got.Version != 2 {
		t.Errorf("got %+v", got)
	}
	offers, err := s.Offers(t.Context(), open.ID)
	if err != nil || len(offers) != 1 || offers[0].State != trip.OfferAccepted || offers[0].DriverID != d {
		t.Errorf("offers %+v, %v", offers, err)
	}
}

// Whatever is wrong with one move, none is made.
func testExchangeAllOrNone(t *testing.T, s Store) {
	d, idle, busy, asked := uuid.NewString(), uuid.NewString(), uuid.NewString(), uuid.NewString()
	a, b := mustAssignTo(t, s, d), mustAssignTo(t, s, busy)
	mustAssignTo(t, s, uuid.NewString())
	pending := mustOffer(t, s, proposal(mustRequest(t, s).ID, asked))
	arrived := mustAssignTo(t, s, uuid.NewString())
	arrived = mustUpdate(t, s, arrived.ID, func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(t.DriverID, after(time.Minute)) })
	late := move(b, uuid.NewString())
	late.Epoch--
	for _, c := range []struct {
		name string
		bad  trip.Move
		want fault.Code
	}{
		{"DriverClaimed", move(b, pending.Offer.DriverID), fault.DriverClaimed},
		{"OfferPending", move(pending, uuid.NewString()), fault.WrongState},
		{"Arrived", move(arrived, uuid.NewString()), fault.WrongState},
		{"OtherEpoch", late, fault.WrongState},
		{"SameTripTwice", move(a, uuid.NewString()), fault.WrongState},
		{"SameDriverTwice", move(b, idle), fault.DriverClaimed},
		{"NoSuchTrip", move(&trip.Trip{ID: uuid.NewString()}, uuid.NewString()), fault.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, moves := range [][]trip.Move{{move(a, idle), c.bad}, {c.bad, move(a, idle)}} {
				_, err := s.Exchange(t.Context(), moves)
				wantFault(t, err, c.want)
			}
			if now := mustTrip(t, s, a.ID); !reflect.DeepEqual(now, a) {
				t.Errorf("the first trip changed: %+v", now)
			}
			if held := claimants(t, s, idle); len(held) != 0 {
				t.Errorf("a claim was left: %v", held)
			}
		})
	}
}

// A driver's next trip is offered and accepted in slot 1, and promoted when the
// one at hand is over.
func testSecondSlot(t *testing.T, s Store) {
	d := uuid.NewString()
	at, next := mustAssignTo(t, s, d), mustRequest(t, s)
	p := proposal(next.ID, d)
	p.Slot = 1
	mustOffer(t, s, p)
	mustUpdate(t, s, next.ID, accept(p.OfferID, d))
	if held := claimants(t, s, d); !slices.Equal(held, []string{at.ID, next.ID}) {
		t.Fatalf("claimed by %v, want %s and then %s", held, at.ID, next.ID)
	}
	promote := func(t *trip.Trip) ([]trip.Event, error) { t.Promote(); return nil, nil }
	_, err := s.Update(t.Context(), next.ID, promote)
	wantFault(t, err, fault.DriverClaimed)
	_, err = s.Update(t.Context(), next.ID, func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(d, after(time.Minute)) })
	wantFault(t, err, fault.WrongState)

	mustUpdate(t, s, at.ID, cancel)
	before := mustTrip(t, s, next.ID)
	promoted := mustUpdate(t, s, next.ID, promote)
	if promoted.Slot != 0 || promoted.Version != before.Version || !reflect.DeepEqual(promoted, mustTrip(t, s, next.ID)) {
		t.Errorf("promoted is %+v, was %+v", promoted, before)
	}
	mustAssignFails(t, s, d)

	t.Run("PendingOffer", func(t *testing.T) {
		asked := uuid.NewString()
		p := proposal(mustRequest(t, s).ID, asked)
		p.Slot = 1
		mustOffer(t, s, p)
		mustUpdate(t, s, p.TripID, promote)
		if got := mustTrip(t, s, p.TripID); got.Offer.Slot != 0 || !got.Offer.Pending() {
			t.Errorf("the offer is %+v", got.Offer)
		}
		if got := mustUpdate(t, s, p.TripID, accept(p.OfferID, asked)); got.Slot != 0 {
			t.Errorf("accepted in slot %d", got.Slot)
		}
	})
}

// mustAssignFails checks that the driver's slot 0 is taken.
func mustAssignFails(tb testing.TB, s Store, driverID string) {
	tb.Helper()
	outcomes, err := s.Offer(tb.Context(), []trip.Proposal{proposal(mustRequest(tb, s).ID, driverID)})
	if err != nil {
		tb.Fatal(err)
	}
	wantFault(tb, outcomes[0].Err, fault.DriverClaimed)
}

// testExchangeOracle holds random exchanges against the same ones made in
// memory.
func testExchangeOracle(t *testing.T, s Store) {
	rapid.Check(t, func(r *rapid.T) {
		drivers := []string{uuid.NewString(), uuid.NewString(), uuid.NewString(), uuid.NewString()}
		model := memory{trips: map[string]*trip.Trip{}, claims: map[string]string{}}
		for _, d := range drivers[:rapid.IntRange(1, len(drivers)).Draw(r, "busy")] {
			made := mustAssignTo(t, s, d)
			model.trips[made.ID], model.claims[hold(d, 0)] = made, made.ID
		}
		open := mustRequest(t, s)
		model.trips[open.ID] = open
		for range 4 {
			ids := sortedKeys(model.trips)
			var moves []trip.Move
			for range rapid.IntRange(1, 4).Draw(r, "moves") {
				m := move(model.trips[rapid.SampledFrom(ids).Draw(r, "trip")], rapid.SampledFrom(drivers).Draw(r, "to"))
				m.Slot = rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(r, "slot")
				moves = append(moves, m)
			}
			got, err := s.Exchange(t.Context(), moves)
			want, refused := model.exchange(moves)
			if (err == nil) != (refused == "") || err != nil && fault.CodeOf(err) != refused {
				r.Fatalf("%+v: %v, want %q", moves, err, refused)
			}
			if err == nil && !reflect.DeepEqual(got, want) {
				r.Fatalf("got %+v, want %+v", got, want)
			}
			for _, d := range drivers {
				if held := claimants(t, s, d); !slices.Equal(held, model.held(d)) {
					r.Fatalf("%s is claimed by %v, want %v", d, held, model.held(d))
				}
			}
		}
	})
}

// exchange makes the moves, or says why not.
func (m memory) exchange(moves []trip.Move) (after []*trip.Trip, refused fault.Code) {
	given := map[string]bool{} // trips, and drivers with their slots
	for _, v := range moves {
		if given[v.TripID] {
			return nil, fault.WrongState
		}
		if given[hold(v.To, v.Slot)] {
			return nil, fault.DriverClaimed
		}
		given[v.TripID], given[hold(v.To, v.Slot)] = true, true
		t := m.trips[v.TripID].Clone()
		if _, err := t.Reassign(v); err != nil {
			return nil, fault.CodeOf(err)
		}
		t.Truncate()
		after = append(after, t)
	}
	for _, v := range moves {
		if other := m.claims[hold(v.To, v.Slot)]; other != "" && !given[other] {
			return nil, fault.DriverClaimed
		}
	}
	for _, v := range moves {
		if t := m.trips[v.TripID]; t.DriverID != "" {
			delete(m.claims, hold(t.DriverID, t.Slot))
		}
	}
	for _, t := range after {
		m.trips[t.ID], m.claims[hold(t.DriverID, t.Slot)] = t, t.ID
	}
	return after, ""
}

// held is the trips that hold the driver, by slot.
func (m memory) held(driverID string) []string {
	ids := []string{}
	for slot := range 2 {
		if id := m.claims[hold(driverID, slot)]; id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
