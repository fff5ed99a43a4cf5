package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func testChangeDriver(t *testing.T, p Place) {
	s := mustOpen(t, p)
	before, _, err := s.Register(t.Context(), driver.Profile{ID: "d1", Name: "Ada", Class: "van", Seats: 6, CreatedAt: start})
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Name, want.Class, want.Seats, want.Inactive = "Ada L.", "xl", 7, true
	want.Vehicle = driver.Vehicle{Plate: "K 12", Make: "Škoda", Colour: "grün"}
	got, err := s.ChangeDriver(t.Context(), "d1", func(p *driver.Profile) error {
		if *p != before {
			t.Errorf("to be changed is %+v, not %+v", *p, before)
		}
		*p = want
		p.ID, p.CreatedAt = "other", after(time.Hour)
		return nil
	})
	if err != nil || got != want {
		t.Fatalf("ChangeDriver = %+v, %v, want %+v", got, err, want)
	}
	if stored, err := s.Driver(t.Context(), "d1"); err != nil || stored != want {
		t.Errorf("stored is %+v, %v", stored, err)
	}
	t.Run("ErrOfTheChange", func(t *testing.T) {
		no := errors.New("no")
		if _, err := s.ChangeDriver(t.Context(), "d1", func(p *driver.Profile) error { p.Seats = 1; return no }); !errors.Is(err, no) {
			t.Errorf("the error is %v", err)
		}
		if stored, err := s.Driver(t.Context(), "d1"); err != nil || stored != want {
			t.Errorf("stored is %+v, %v", stored, err)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := s.ChangeDriver(t.Context(), "d2", func(*driver.Profile) error { t.Error("nobody is changed"); return nil })
		wantFault(t, err, fault.NotFound)
	})
}

// testEarnings has trips of two drivers, one of them completed on the hour each,
// and one that is still ridden.
func testEarnings(t *testing.T, p Place) {
	s := mustOpen(t, p)
	var all []trip.Earning
	for i := range 4 {
		mustRide(t, s, "d1", time.Duration(i)*time.Hour)
		at := after(time.Duration(i) * time.Hour).UTC().Truncate(trip.Precision)
		all = append(all, trip.Earning{CompletedAt: at, Fare: fare.Money{Amount: 5250, Currency: "USD"}})
	}
	mustRide(t, s, "d2", time.Hour)
	mustAssign(t, s, mustRequest(t, s), "d1")
	for _, c := range []struct {
		driverID string
		from, to time.Duration
		want     []trip.Earning
	}{
		{"d1", -time.Hour, 24 * time.Hour, all},
		{"d1", 0, time.Hour, all[:1]}, // from is in, to is not
		{"d1", time.Hour, 3*time.Hour + trip.Precision, all[1:]},
		{"d1", 24 * time.Hour, 48 * time.Hour, nil},
		{"d2", -time.Hour, 24 * time.Hour, all[1:2]},
		{"nobody", -time.Hour, 24 * time.Hour, nil},
	} {
		from, to := after(c.from).Truncate(trip.Precision), after(c.to).Truncate(trip.Precision)
		if got, err := s.Earnings(t.Context(), c.driverID, from, to); err != nil || len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s from %v to %v: %+v, %v, want %+v", c.driverID, c.from, c.to, got, err, c.want)
		}
	}
}

// mustRide takes a trip to completed.
func mustRide(tb testing.TB, s Store, driverID string, completed time.Duration) {
	tb.Helper()
	t := mustAssign(tb, s, mustRequest(tb, s), driverID)
	for _, step := range []func(*trip.Trip) ([]trip.Event, error){
		func(t *trip.Trip) ([]trip.Event, error) { return t.Arrive(driverID, after(0)) },
		func(t *trip.Trip) ([]trip.Event, error) { return t.Start(driverID, after(0)) },
		func(t *trip.Trip) ([]trip.Event, error) { return t.Complete(driverID, after(completed)) },
	} {
		mustUpdate(tb, s, t.ID, step)
	}
}
