package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

func testOutbox(t *testing.T, p Place) {
	s := mustOpen(t, p)
	drain(s)
	a := mustRequest(t, s)
	wantSignal(t, s)
	mustAssign(t, s, a, "d1")
	b := mustRequest(t, s)
	wantSignal(t, s)

	pending := mustPending(t, s)
	want := []string{a.ID + ":1", a.ID + ":2", b.ID + ":1"}
	if got := eventIDs(pending); !slices.Equal(got, want) {
		t.Fatalf("pending %v, want %v", got, want)
	}
	if first, err := s.Pending(t.Context(), nil, 2); err != nil || !slices.Equal(eventIDs(first), want[:2]) {
		t.Errorf("the oldest two: %v, %v", eventIDs(first), err)
	}
	if but, err := s.Pending(t.Context(), []int64{pending[0].Seq, pending[1].Seq}, 1); err != nil || !slices.Equal(eventIDs(but), want[2:]) {
		t.Errorf("the oldest but the first two: %v, %v", eventIDs(but), err)
	}
	if err := s.Delete(t.Context(), []int64{pending[0].Seq, pending[2].Seq}); err != nil {
		t.Fatal(err)
	}
	if got := eventIDs(mustPending(t, s)); !slices.Equal(got, want[1:2]) {
		t.Errorf("left are %v, want %v", got, want[1:2])
	}
	if err := s.Delete(t.Context(), nil); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
	if n := len(mustEvents(t, s, a.ID)); n != 2 {
		t.Errorf("the trip's history has %d events", n)
	}
	t.Run("SeqIsNeverReused", func(t *testing.T) {
		last := pending[len(pending)-1].Seq
		mustRequest(t, s)
		for _, q := range mustPending(t, s) {
			if q.Seq != pending[1].Seq && q.Seq <= last {
				t.Errorf("%s has seq %d, after %d was deleted", q.Event.ID(), q.Seq, last)
			}
		}
	})
	if p.Shared {
		t.Run("OthersAreTold", func(t *testing.T) {
			other := mustOpen(t, p)
			listening(t, s, other)
			mustRequest(t, s)
			wantSignal(t, other)
		})
	}
}

// listening waits until signals of s reach the other store, whose listener may
// still be connecting.
func listening(tb testing.TB, s, other Store) {
	tb.Helper()
	for range 50 {
		drain(other)
		mustRequest(tb, s)
		select {
		case <-other.Committed():
		case <-time.After(100 * time.Millisecond):
			continue
		}
		select { // the first may have been of the connection itself
		case <-other.Committed():
		case <-time.After(200 * time.Millisecond):
		}
		return
	}
	tb.Fatal("no signal arrives")
}

func eventIDs(queued []trip.Queued) []string {
	ids := make([]string, len(queued))
	for i, q := range queued {
		ids[i] = q.Event.ID()
	}
	return ids
}

func drain(s Store) {
	select {
	case <-s.Committed():
	default:
	}
}

func wantSignal(tb testing.TB, s Store) {
	tb.Helper()
	select {
	case <-s.Committed():
	case <-time.After(10 * time.Second):
		tb.Error("no signal of the commit")
	}
}

func testLead(t *testing.T, p Place) {
	s := mustOpen(t, p)
	rival := s
	if p.Shared {
		rival = mustOpen(t, p)
	}
	lost, release, ok, err := s.Lead(t.Context())
	if err != nil || !ok {
		t.Fatalf("Lead = %v, %v", ok, err)
	}
	if _, _, ok, err := rival.Lead(t.Context()); ok || err != nil {
		t.Errorf("a second relay leads: %v, %v", ok, err)
	}
	select {
	case <-lost:
		t.Error("the lead was lost")
	default:
	}
	release()
	release()
	_, releaseRival, ok, err := rival.Lead(t.Context())
	if err != nil || !ok {
		t.Fatalf("after the release: %v, %v", ok, err)
	}
	defer releaseRival()
	t.Run("CallersContextDoesNotEndIt", func(t *testing.T) {
		releaseRival()
		ctx, stop := context.WithCancel(t.Context())
		lost, release, ok, err := s.Lead(ctx)
		stop()
		if err != nil || !ok {
			t.Fatalf("Lead = %v, %v", ok, err)
		}
		defer release()
		if _, _, ok, _ := rival.Lead(t.Context()); ok {
			t.Error("the lead ended with the caller's context")
		}
		select {
		case <-lost:
			t.Error("the lead was lost with the caller's context")
		default:
		}
	})
}
