package watch

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// seed fills the book from the store, however long the store takes to answer.
// It is false when ctx ended first.
func (h *Hub) seed(ctx context.Context) bool {
	h.compared = h.Now()
	for failed := false; ; failed = true {
		err := h.list(ctx, "", func(t *trip.Trip) {
			h.mu.Lock()
			h.book.apply(t, h.Now())
			h.mu.Unlock()
		})
		if err == nil {
			close(h.seeded)
			return true
		}
		if !failed && ctx.Err() == nil {
			h.Log.Warn("live streams wait for the store", "err", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retryAfter):
		}
	}
}

// list calls fn with each unfinished trip of the rider, of all riders for "". A
// trip that changes its state meanwhile may come twice or not at all.
func (h *Hub) list(ctx context.Context, riderID string, fn func(*trip.Trip)) error {
	for _, state := range unfinished {
		q := trip.Query{RiderID: riderID, State: state, Limit: pageSize}
		for {
			page, next, err := h.History.List(ctx, q)
			if err != nil {
				return err
			}
			for _, t := range page {
				fn(t)
			}
			if next == "" {
				break
			}
			q.Cursor = next
		}
	}
	return nil
}

// recent calls fn with each trip that was requested since then, whatever became
// of it.
func (h *Hub) recent(ctx context.Context, since time.Time, fn func(*trip.Trip)) error {
	q := trip.Query{Limit: pageSize}
	for {
		page, next, err := h.History.List(ctx, q) // the newest request first
		if err != nil {
			return err
		}
		for _, t := range page {
			if t.RequestedAt.Before(since) {
				return nil
			}
			fn(t)
		}
		if next == "" {
			return nil
		}
		q.Cursor = next
	}
}

// compare publishes what the store has and the bus did not bring: of trips that
// are further in the store than here, and of trips that are unfinished here and
// not in the store. A trip that began and ended since the last comparison is in
// neither; so all that were requested since then are looked at too.
func (h *Hub) compare(ctx context.Context) {
	began := h.Now()
	missing := h.unlisted()
	behind := map[string]int64{} // trip → version known here
	look := func(t *trip.Trip) {
		delete(missing, t.ID)
		if known := h.version(t.ID); known < t.Version {
			behind[t.ID] = known
		}
	}
	err := h.list(ctx, "", look)
	if err == nil {
		err = h.recent(ctx, h.compared.Add(-clockSkew), look)
	}
	if err != nil {
		h.Log.Debug("store not compared", "err", err)
		return
	}
	h.compared = began
	for id := range missing {
		behind[id] = h.version(id)
	}
	for id, known := range behind {
		h.republish(ctx, id, known)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.book.forget(h.Now().Add(-remembered))
}

func (h *Hub) republish(ctx context.Context, tripID string, after int64) {
	events, err := h.History.Events(ctx, tripID, after)
	if err != nil {
		h.Log.Debug("events not read", "trip", tripID, "err", err)
		return
	}
	for _, ev := range events {
		h.publish(ev)
	}
}

// unlisted is the trips that are unfinished as far as is known here.
func (h *Hub) unlisted() map[string]bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := map[string]bool{}
	for id, t := range h.book.trips {
		if !t.State.Final() {
			ids[id] = true
		}
	}
	return ids
}

func (h *Hub) version(tripID string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.book.trips[tripID].Trip; t != nil {
		return t.Version
	}
	return 0
}
