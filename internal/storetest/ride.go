package storetest

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/trip"
)

// mustRated takes a new trip with a PIN through a ride with the driver, who is rated; 0
// stars are none.
func mustRated(tb testing.TB, s Store, driverID string, stars int) *trip.Trip {
	tb.Helper()
	r := newRequest("r1")
	r.PIN, r.RequirePIN = "0042", true
	made := mustAssign(tb, s, mustCreate(tb, s, r, start), driverID)
	for _, step := range []func(*trip.Trip) ([]trip.Event, error){
		func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(driverID, after(time.Minute)) },
		func(t *trip.Trip) ([]trip.Event, error) { // a wrong PIN is kept, though nothing comes of it
			_, _, err := t.StartWithPIN(driverID, "1111", after(time.Minute))
			return nil, err
		},
		func(t *trip.Trip) ([]trip.Event, error) {
			if t.PIN.Wrong != 1 || t.PIN.Code != "0042" {
				tb.Errorf("the PIN is %+v", t.PIN)
			}
			events, _, err := t.StartWithPIN(driverID, "0042", after(2*time.Minute))
			return events, err
		},
		func(t *trip.Trip) ([]trip.Event, error) { return t.Complete(driverID, after(time.Hour)) },
		func(t *trip.Trip) ([]trip.Event, error) {
			if stars == 0 {
				return nil, nil
			}
			return nil, t.Rate(stars, "", after(2*time.Hour))
		},
	} {
		made = mustUpdate(tb, s, made.ID, step)
	}
	return made
}

func testRide(t *testing.T, p Place) {
	s := mustOpen(t, p)
	t.Run("Rated", func(t *testing.T) {
		for driverID, stars := range map[string][]int{"d1": {5, 0, 4, 4}, "d2": {1}, "d3": {0}} {
			sum, rated := 0, 0
			for _, n := range stars {
				mustRated(t, s, driverID, n)
				if n > 0 {
					sum, rated = sum+n, rated+1
				}
			}
			mean, n, err := s.Rated(t.Context(), driverID)
			if err != nil || n != rated || rated > 0 && mean != float64(sum)/float64(rated) {
				t.Errorf("Rated(%s) = %v of %d, %v, want %d of %d", driverID, mean, n, err, sum, rated)
			}
		}
	})
	t.Run("ByHand", func(t *testing.T) {
		proposed := proposal(mustRequest(t, s).ID, "d9")
		proposed.By = "op"
		made := mustOffer(t, s, proposed)
		want := audit.Entry{
			At: proposed.Now, By: "op", Action: "trip.assign", Subject: audit.Trip(made.ID),
			Detail: map[string]any{"driver_id": "d9", "offer_id": proposed.OfferID},
		}
		wantLast(t, s, want)
		mustUpdate(t, s, made.ID, decline(proposed.OfferID, "d9"))
		wantLast(t, s, want) // once, however the offer ends
		offers, err := s.Offers(t.Context(), made.ID)
		if err != nil || len(offers) != 1 || offers[0].By != "op" {
			t.Errorf("Offers = %+v, %v", offers, err)
		}
	})
}
