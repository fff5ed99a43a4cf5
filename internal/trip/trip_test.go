package trip_test

import (
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

func offered(tb testing.TB) *trip.Trip {
	tb.Helper()
	t, _ := trip.New(trip.Request{ID: "t1", RiderID: "r1", Class: driver.Standard, Seats: 1, Search: search}, start)
	p := trip.Proposal{OfferID: "o1", TripID: "t1", DriverID: "d1", Epoch: 1, Now: start, Deliver: deliver}
	if err := t.Propose(p); err != nil {
		tb.Fatal(err)
	}
	return t
}

func assigned(tb testing.TB) *trip.Trip {
	tb.Helper()
	t := offered(tb)
	if _, err := t.Accept("o1", "d1", start.Add(time.Second)); err != nil {
		tb.Fatal(err)
	}
	return t
}

func wantFault(tb testing.TB, err error, code fault.Code) {
	tb.Helper()
	if !fault.Is(err, code) {
		tb.Errorf("the error is %v, want %s", err, code)
	}
}

func TestTrip_CancelAgainstAccept(t *testing.T) {
	t.Run("CancelFirst", func(t *testing.T) {
		tr := offered(t)
		events, err := tr.Cancel(rider, "", start)
		if err != nil || len(events) != 1 || events[0].ClosedOffer == nil || events[0].ClosedOffer.DriverID != "d1" {
			t.Fatalf("Cancel = %+v, %v", events, err)
		}
		_, err = tr.Accept("o1", "d1", start)
		wantFault(t, err, fault.OfferClosed)
	})
	t.Run("AcceptFirst", func(t *testing.T) {
		tr := assigned(t)
		events, err := tr.Cancel(rider, "", start)
		if err != nil || len(events) != 1 || events[0].DriverID != "d1" {
			t.Errorf("the cancellation does not tell of its driver: %+v, %v", events, err)
		}
	})
}

// A phone that lost its answer repeats the accept, after the trip went to look
// for another driver.
func TestTrip_AcceptAfterRedispatch(t *testing.T) {
	tr := assigned(t)
	events, err := tr.Redispatch("d1", trip.Actor{Role: trip.System}, "lost", search, start)
	if err != nil || len(events) != 1 || events[0].DriverID != "d1" || events[0].Trip.DriverID != "" {
		t.Fatalf("Redispatch = %+v, %v", events, err)
	}
	_, err = tr.Accept("o1", "d1", start)
	wantFault(t, err, fault.OfferClosed)
	_, err = tr.Arrive("d1", start)
	wantFault(t, err, fault.WrongState)
	if tr.State != trip.Searching || tr.Epoch != 2 {
		t.Errorf("the trip is %s at epoch %d", tr.State, tr.Epoch)
	}
}

// A dispatcher that saw its push fail withdraws the offer; the phone may have
// shown it all the same.
func TestTrip_DeclineOfAWithdrawnOffer(t *testing.T) {
	tr := offered(t)
	if !tr.Withdraw("o1", start) {
		t.Fatal("the offer was not withdrawn")
	}
	if err := tr.Decline("o1", "d1", "", start); err != nil {
		t.Fatal(err)
	}
	if err := tr.Propose(trip.Proposal{OfferID: "o2", TripID: tr.ID, DriverID: "d1", Epoch: 1, Now: start, Deliver: deliver}); !fault.Is(err, fault.WrongState) {
		t.Errorf("who declined is offered the trip again: %v", err)
	}
}

func TestTrip_OfferTimes(t *testing.T) {
	t.Run("Undelivered", func(t *testing.T) {
		tr := offered(t)
		if tr.ExpireOffer("o1", start.Add(deliver-1)) {
			t.Error("the offer ran out too early")
		}
		if !tr.ExpireOffer("o1", start.Add(deliver)) || tr.Offer.Reason != trip.ReasonUndelivered || !tr.Open() {
			t.Errorf("the offer is %+v", tr.Offer)
		}
	})
	t.Run("Unanswered", func(t *testing.T) {
		tr := offered(t)
		if err := tr.Received("o1", "d1", window, start.Add(2*time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := tr.Received("o1", "d1", window, start.Add(3*time.Second)); err != nil {
			t.Fatal(err)
		}
		answerBy := start.Add(2 * time.Second).Add(window)
		if !tr.Offer.ExpiresAt.Equal(answerBy) || tr.ExpireOffer("o1", answerBy.Add(-1)) {
			t.Errorf("the window is %+v", tr.Offer)
		}
		if !tr.ExpireOffer("o1", answerBy) || tr.Offer.Reason != trip.ReasonUnanswered {
			t.Errorf("the offer is %+v", tr.Offer)
		}
	})
}

func TestTrip_Scheduled(t *testing.T) {
	pickup := start.Add(time.Hour)
	tr, _ := trip.New(trip.Request{ID: "t1", ScheduledFor: pickup, Search: search}, start)
	if tr.State != trip.Scheduled || !tr.SearchUntil.IsZero() {
		t.Fatalf("the trip is %+v", tr)
	}
	if _, err := tr.Release(search, pickup); err != nil || tr.State != trip.Searching || !tr.SearchUntil.Equal(pickup.Add(search)) {
		t.Errorf("released: %+v, %v", tr, err)
	}
}

func TestTrip_CloneSharesNothing(t *testing.T) {
	tr := offered(t)
	c := tr.Clone()
	if err := tr.Decline("o1", "d1", "", start); err != nil {
		t.Fatal(err)
	}
	if !c.Offer.Pending() || c.Excludes("d1") {
		t.Errorf("the clone changed: %+v %+v", c, c.Offer)
	}
}

func TestTrip_DriverStatus(t *testing.T) {
	tr := offered(t)
	for _, step := range []struct {
		do   func() ([]trip.Event, error)
		want driver.Status
	}{
		{func() ([]trip.Event, error) { return nil, nil }, driver.Offered},
		{func() ([]trip.Event, error) { return tr.Accept("o1", "d1", start) }, driver.EnRoute},
		{func() ([]trip.Event, error) { return tr.Arrive("d1", start) }, driver.Waiting},
		{func() ([]trip.Event, error) { return tr.Start("d1", start) }, driver.Riding},
	} {
		if _, err := step.do(); err != nil || tr.DriverStatus() != step.want {
			t.Errorf("%s: the driver is %s (%v), want %s", tr.State, tr.DriverStatus(), err, step.want)
		}
	}
}

func TestParseState(t *testing.T) {
	for _, s := range trip.States {
		if got, err := trip.ParseState(string(s)); got != s || err != nil {
			t.Errorf("ParseState(%s) = %s, %v", s, got, err)
		}
	}
	_, err := trip.ParseState("lost")
	wantFault(t, err, fault.Invalid)
}

func FuzzParseCursor(f *testing.F) {
	tr := trip.Trip{ID: "a b", RequestedAt: start}
	for _, s := range []string{tr.Cursor(), "", "!", "MQ", "MSA", "OTk5OTk5OTk5OTk5OTk5OTk5OTkgYQ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, id, err := trip.ParseCursor(s)
		if err != nil {
			wantFault(t, err, fault.Invalid)
			return
		}
		again := trip.Trip{ID: id, RequestedAt: at}
		if at2, id2, err := trip.ParseCursor(again.Cursor()); err != nil || !at2.Equal(at) || id2 != id {
			t.Errorf("%q is %v %q, written again %v %q, %v", s, at, id, at2, id2, err)
		}
	})
}
