package trip_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// arrived is a trip whose rider has the PIN and whose driver is at the pickup.
func arrived(tb testing.TB, pin string) *trip.Trip {
	tb.Helper()
	t := assigned(tb)
	t.PIN.Code, t.PIN.Required = pin, pin != ""
	if _, err := t.Arrive("d1", start); err != nil {
		tb.Fatal(err)
	}
	return t
}

// try starts the ride with the PIN, and is why it did not start, as a client is
// told.
func try(tb testing.TB, t *trip.Trip, pin string, at time.Time) fault.Code {
	tb.Helper()
	before := *t
	events, refused, err := t.StartWithPIN("d1", pin, at)
	if err != nil && (refused != nil || before.PIN != t.PIN) {
		tb.Fatalf("a refusal that nothing is stored for changed the trip: %v, %v", err, refused)
	}
	if code := fault.CodeOf(err) + fault.CodeOf(refused); code != "" {
		if len(events) > 0 || t.State != before.State || t.Version != before.Version {
			tb.Fatalf("%s, and yet the ride began", code)
		}
		return code
	}
	if len(events) != 1 && before.State != trip.Riding {
		tb.Fatalf("the ride began with %d events", len(events))
	}
	return ""
}

func TestTrip_StartWithPIN(t *testing.T) {
	t.Run("Right", func(t *testing.T) {
		tr := arrived(t, "0042")
		for _, pin := range []string{"0042", "", "1111"} { // a repetition needs none
			if code := try(t, tr, pin, start); code != "" || tr.State != trip.Riding {
				t.Errorf("%q is told %q, the trip is %s", pin, code, tr.State)
			}
		}
	})
	t.Run("Wrong", func(t *testing.T) {
		tr := arrived(t, "0042")
		for _, pin := range []string{"0043", "42", ""} {
			if code := try(t, tr, pin, start); code != fault.WrongPIN {
				t.Errorf("%q is told %q", pin, code)
			}
		}
		if tr.PIN.Wrong != 2 {
			t.Errorf("%d were counted; a missing one is no try", tr.PIN.Wrong)
		}
	})
	t.Run("NotThere", func(t *testing.T) {
		tr := assigned(t)
		tr.PIN.Code, tr.PIN.Required = "0042", true
		for _, pin := range []string{"0042", "1111"} {
			if code := try(t, tr, pin, start); code != fault.WrongState || tr.PIN.Wrong != 0 {
				t.Errorf("before the arrival %q is told %q, %d counted", pin, code, tr.PIN.Wrong)
			}
		}
		_, _, err := tr.StartWithPIN("d2", "0042", start)
		wantFault(t, err, fault.NotFound)
	})
	t.Run("None", func(t *testing.T) {
		if code := try(t, arrived(t, ""), "", start); code != "" {
			t.Errorf("a trip without a PIN is told %q", code)
		}
	})
	t.Run("TooMany", func(t *testing.T) {
		tr, now := arrived(t, "0042"), start
		for range 5 {
			if code := try(t, tr, "1111", now); code != fault.WrongPIN {
				t.Fatalf("told %q", code)
			}
		}
		for _, at := range []time.Duration{0, time.Minute - 1} {
			if code := try(t, tr, "0042", now.Add(at)); code != fault.RateLimited || tr.PIN.Wrong != 5 {
				t.Errorf("%v after five wrong ones the right one is told %q", at, code)
			}
		}
		now = now.Add(time.Minute)
		if code := try(t, tr.Clone(), "0042", now); code != "" {
			t.Errorf("a minute later the right one is told %q", code)
		}
		if code := try(t, tr, "1111", now); code != fault.WrongPIN {
			t.Errorf("a minute later a wrong one is told %q", code)
		}
		if code := try(t, tr, "0042", now.Add(time.Second)); code != fault.RateLimited {
			t.Errorf("after the sixth there is no pause: %q", code)
		}
		now = start.Add(10 * time.Minute)
		for range 5 { // begins anew
			if code := try(t, tr, "1111", now); code != fault.WrongPIN {
				t.Errorf("ten minutes later a wrong one is told %q", code)
			}
		}
	})
}

// However somebody guesses, few PINs are tried in a time.
func TestTrip_PINsTriedAreFew(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tr, now, tried := arrived(t, "0042"), start, []time.Time{}
		for range rapid.IntRange(1, 60).Draw(r, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(r, "pause")) * time.Second)
			if try(t, tr, "1111", now) == fault.WrongPIN {
				tried = append(tried, now)
			}
			for i := range tried {
				if n := len(tried) - i; n > 20 && tried[len(tried)-1].Sub(tried[i]) < 10*time.Minute {
					r.Fatalf("%d PINs were tried within %v", n, tried[len(tried)-1].Sub(tried[i]))
				}
			}
		}
	})
}

func TestCheckPIN(t *testing.T) {
	for pin, want := range map[string]fault.Code{"0000": "", "9999": "", "": fault.Invalid, "123": fault.Invalid, "12345": fault.Invalid, "12a4": fault.Invalid, "１２３４": fault.Invalid, "+123": fault.Invalid} {
		if code := fault.CodeOf(trip.CheckPIN(pin)); code != want {
			t.Errorf("CheckPIN(%q) is %q, want %q", pin, code, want)
		}
	}
}

func TestTrip_Rate(t *testing.T) {
	tr := assigned(t)
	wantFault(t, tr.Rate(5, "", start), fault.WrongState)
	tr.State, tr.CompletedAt = trip.Completed, start
	version := tr.Version
	for _, wrong := range []struct {
		stars   int
		comment string
	}{{0, ""}, {6, ""}, {5, "a\x00b"}, {5, "\xff"}, {5, string(make([]rune, 501))}} {
		wantFault(t, tr.Rate(wrong.stars, wrong.comment, start), fault.Invalid)
	}
	if tr.Rating != nil {
		t.Fatalf("a refused rating stands: %+v", tr.Rating)
	}
	for _, at := range []time.Duration{0, time.Hour, 48 * time.Hour} { // the same again, whenever
		if err := tr.Rate(4, "on\ntime", start.Add(at)); err != nil || *tr.Rating != (trip.Rating{Stars: 4, Comment: "on\ntime", At: start}) {
			t.Errorf("%v, %+v", err, tr.Rating)
		}
	}
	if err := tr.Rate(2, "", start.Add(24*time.Hour)); err != nil || tr.Rating.Stars != 2 {
		t.Errorf("within a day: %v, %+v", err, tr.Rating)
	}
	c := tr.Clone()
	wantFault(t, tr.Rate(1, "", start.Add(24*time.Hour+1)), fault.WrongState)
	if err := c.Rate(3, "", start); err != nil || tr.Rating.Stars != 2 {
		t.Errorf("the clone shares its rating: %v, %+v", err, tr.Rating)
	}
	if tr.Version != version {
		t.Error("a rating counts a version")
	}
}

// An operator may ask a driver again who declined; nobody else may.
func TestTrip_ProposeOverride(t *testing.T) {
	tr := offered(t)
	if err := tr.Decline("o1", "d1", "", start); err != nil {
		t.Fatal(err)
	}
	p := trip.Proposal{OfferID: "o2", TripID: tr.ID, DriverID: "d1", Epoch: 1, Now: start, Deliver: deliver, By: "op"}
	wantFault(t, tr.Propose(p), fault.WrongState)
	p.Override = true
	if err := tr.Propose(p); err != nil || tr.Offer.By != "op" {
		t.Fatalf("%v, %+v", err, tr.Offer)
	}
	if _, err := tr.Accept("o2", "d1", start); err != nil || tr.DriverID != "d1" {
		t.Errorf("the driver accepts: %v", err)
	}
	p.OfferID, p.DriverID = "o3", "d2"
	wantFault(t, tr.Propose(p), fault.WrongState) // and nothing else gives way to an operator
}
