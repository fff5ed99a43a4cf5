package memtrips

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Events are the events of the trip with versions above after, in order.
func (s *Store) Events(ctx context.Context, tripID string, after int64) ([]trip.Event, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []trip.Event
	for version := max(after, 0) + 1; version <= int64(len(s.log[tripID])); version++ {
		ev, err := s.event(tripID, version)
		if err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
	return events, nil
}

// event reads the log. Its form is the wire's, as in the databases, so that an
// event that was read has what it has there.
func (s *Store) event(tripID string, version int64) (trip.Event, error) {
	return wire.DecodeEvent(s.log[tripID][version-1])
}

// Offers are the offers that were made for the trip, oldest first.
func (s *Store) Offers(ctx context.Context, tripID string) ([]trip.Offer, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var offers []trip.Offer
	for _, id := range s.offers[tripID] {
		offers = append(offers, *s.offerOf[id])
	}
	return offers, nil
}

// List is a page of trips, newest request first; next is "" on the last one.
func (s *Store) List(ctx context.Context, q trip.Query) (page []*trip.Trip, next string, err error) {
	if err := usable(ctx); err != nil {
		return nil, "", err
	}
	if q.Limit < 1 {
		q.Limit = trip.DefaultPage
	}
	follows := func(*trip.Trip) bool { return true }
	if q.Cursor != "" {
		at, id, err := trip.ParseCursor(q.Cursor)
		if err != nil {
			return nil, "", err
		}
		follows = func(t *trip.Trip) bool { return newestFirst(t, &trip.Trip{ID: id, RequestedAt: at}) > 0 }
	}
	page = s.selected(func(t *trip.Trip) bool { return answers(t, q) && follows(t) })
	if len(page) <= q.Limit {
		return page, "", nil
	}
	page = page[:q.Limit]
	return page, page[q.Limit-1].Cursor(), nil
}

// selected is the trips that keep accepts, newest request first.
func (s *Store) selected(keep func(*trip.Trip) bool) []*trip.Trip {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*trip.Trip
	for _, t := range s.trips {
		if keep(t) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, newestFirst)
	return found
}

func newestFirst(a, b *trip.Trip) int {
	return cmp.Or(b.RequestedAt.Compare(a.RequestedAt), strings.Compare(b.ID, a.ID))
}

func answers(t *trip.Trip, q trip.Query) bool {
	return (q.RiderID == "" || t.RiderID == q.RiderID) && (q.DriverID == "" || t.DriverID == q.DriverID) &&
		(q.State == "" || t.State == q.State) && (!q.Unfinished || !t.State.Final())
}

// Lead makes the caller the one relay of this store, unless another is. The
// lead is never lost.
func (s *Store) Lead(context.Context) (lost <-chan struct{}, release func(), ok bool, err error) {
	if !s.lead(true) {
		return nil, nil, false, nil
	}
	return make(chan struct{}), sync.OnceFunc(func() { s.lead(false) }), true, nil
}

// lead takes the lead or gives it back, and reports whether that changed
// anything.
func (s *Store) lead(take bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.led != take
	s.led = take
	return changed
}

// Pending is the oldest events in the outbox but for those named, in the order of
// commits.
func (s *Store) Pending(ctx context.Context, but []int64, limit int) ([]trip.Queued, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pending := make([]trip.Queued, 0, min(limit, len(s.queue)))
	for _, q := range s.queue {
		if len(pending) == limit {
			break
		}
		if slices.Contains(but, q.seq) {
			continue
		}
		ev, err := s.event(q.tripID, q.version)
		if err != nil {
			return nil, err
		}
		pending = append(pending, trip.Queued{Seq: q.seq, Event: ev})
	}
	return pending, nil
}

// Delete removes events that the bus has acknowledged.
func (s *Store) Delete(ctx context.Context, seqs []int64) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := make(map[int64]bool, len(seqs))
	for _, seq := range seqs {
		gone[seq] = true
	}
	s.queue = slices.DeleteFunc(s.queue, func(q queued) bool { return gone[q.seq] })
	return nil
}

// Committed signals that events may be waiting.
func (s *Store) Committed() <-chan struct{} { return s.committed }

// Answered is the answer that is stored under an idempotency key, nil if there
// is none.
func (s *Store) Answered(ctx context.Context, actor, key string) (*trip.Once, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first, ok := s.onces[onceKey{actor, key}]
	if !ok {
		return nil, nil
	}
	return first.copy(), nil
}

// Purge forgets the answers of trips that were requested before the given time,
// and returns how many it forgot.
func (s *Store) Purge(ctx context.Context, before time.Time) (purged int, err error) {
	if err := usable(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, first := range s.onces {
		if first.requestedAt.Before(before.Truncate(trip.Precision)) {
			delete(s.onces, key)
			purged++
		}
	}
	return purged, nil
}
