package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// start is a time with nanoseconds and a zone, neither of which a store keeps.
var start = time.Date(2026, 3, 1, 18, 30, 0, 123456789, time.FixedZone("CET", 3600))

const search, window = 5 * time.Minute, 15 * time.Second

// after is a time of the test's own clock.
func after(d time.Duration) time.Time { return start.Add(d) }

func newRequest(riderID string) trip.Request {
	return trip.Request{
		ID: uuid.NewString(), RiderID: riderID, Class: driver.Standard, Seats: 2,
		Pickup: geo.Point{Lat: 40.7580, Lon: -73.9855}, Dropoff: geo.Point{Lat: 40.6413, Lon: -73.7781},
		Fare: fare.Money{Amount: 5250, Currency: "USD"}, Search: search,
	}
}

// mustCreate stores a trip that was requested at the given time.
func mustCreate(tb testing.TB, s Store, r trip.Request, now time.Time) *trip.Trip {
	tb.Helper()
	t, events := trip.New(r, now)
	if first, err := s.Create(tb.Context(), t, events, nil); err != nil || first != nil {
		tb.Fatalf("Create = %v, %v", first, err)
	}
	return t
}

func mustRequest(tb testing.TB, s Store) *trip.Trip {
	tb.Helper()
	return mustCreate(tb, s, newRequest("r1"), start)
}

func mustTrip(tb testing.TB, s Store, id string) *trip.Trip {
	tb.Helper()
	t, err := s.Trip(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// proposal offers the trip at its first epoch.
func proposal(tripID, driverID string) trip.Proposal {
	return trip.Proposal{
		OfferID: uuid.NewString(), TripID: tripID, DriverID: driverID, Epoch: 1,
		PickupIn: 150*time.Second + time.Nanosecond, Now: after(time.Second), Deliver: 3 * time.Second,
	}
}

// mustOffer makes one offer.
func mustOffer(tb testing.TB, s Store, p trip.Proposal) *trip.Trip {
	tb.Helper()
	outcomes, err := s.Offer(tb.Context(), []trip.Proposal{p})
	if err != nil || len(outcomes) != 1 || outcomes[0].Err != nil {
		tb.Fatalf("Offer = %+v, %v", outcomes, err)
	}
	return outcomes[0].Trip
}

// mustUpdate runs a command that has to succeed.
func mustUpdate(tb testing.TB, s Store, id string, change func(*trip.Trip) ([]trip.Event, error)) *trip.Trip {
	tb.Helper()
	t, err := s.Update(tb.Context(), id, change)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// mustAssign takes a trip through an offer to assigned.
func mustAssign(tb testing.TB, s Store, t *trip.Trip, driverID string) *trip.Trip {
	tb.Helper()
	p := proposal(t.ID, driverID)
	p.Epoch = t.Epoch
	mustOffer(tb, s, p)
	return mustUpdate(tb, s, t.ID, accept(p.OfferID, driverID))
}

func accept(offerID, driverID string) func(*trip.Trip) ([]trip.Event, error) {
	return func(t *trip.Trip) ([]trip.Event, error) { return t.Accept(offerID, driverID, after(5*time.Second)) }
}

func decline(offerID, driverID string) func(*trip.Trip) ([]trip.Event, error) {
	return func(t *trip.Trip) ([]trip.Event, error) {
		return nil, t.Decline(offerID, driverID, "too far", after(5*time.Second))
	}
}

func cancel(t *trip.Trip) ([]trip.Event, error) {
	return t.Cancel(trip.Actor{Role: trip.Rider, ID: t.RiderID}, "changed my mind", after(20*time.Second))
}

// claimants is the ids of the trips that hold a claim on the driver, by slot.
func claimants(tb testing.TB, s Store, driverID string) []string {
	tb.Helper()
	trips, err := s.ClaimedBy(tb.Context(), driverID)
	if err != nil {
		tb.Fatal(err)
	}
	ids := make([]string, len(trips))
	for i, t := range trips {
		ids[i] = t.ID
	}
	return ids
}

func mustEvents(tb testing.TB, s Store, tripID string) []trip.Event {
	tb.Helper()
	events, err := s.Events(tb.Context(), tripID, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return events
}

func mustPending(tb testing.TB, s Store) []trip.Queued {
	tb.Helper()
	pending, err := s.Pending(tb.Context(), nil, 100_000)
	if err != nil {
		tb.Fatal(err)
	}
	return pending
}

// wantFault checks an error's code.
func wantFault(tb testing.TB, err error, code fault.Code) {
	tb.Helper()
	if !fault.Is(err, code) {
		tb.Errorf("the error is %v, not %s", err, code)
	}
}

// allUnfinished reads every page.
func allUnfinished(ctx context.Context, s Store, limit int) ([]*trip.Trip, error) {
	var all []*trip.Trip
	last := ""
	for {
		page, err := s.Unfinished(ctx, last, limit)
		all = append(all, page...)
		if err != nil || len(page) < limit {
			return all, err
		}
		last = page[len(page)-1].ID
	}
}
