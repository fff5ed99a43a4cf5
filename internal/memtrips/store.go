// Package memtrips keeps trips, offers, claims, events and drivers in memory:
// the store of a replay, which lives for one run and asks for a day of trips in
// half a minute. It is held to the same contract as the two databases
// (internal/storetest), as far as memory reaches: nothing survives the process.
//
// The trips that a Store hands out are the stored ones, not copies, since they
// are never changed once they are stored: read them only.
package memtrips

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Store is the trips of one process. It is safe for concurrent use. Make one
// with New, or with NewSlim.
type Store struct {
	watch func([]trip.Change) // nil for none
	slim  bool

	mu         sync.Mutex
	trips      map[string]*trip.Trip
	unfinished []*trip.Trip           // by id
	claims     map[seat]string        // trip by claim
	offers     map[string][]string    // ids of the offers of each trip, the oldest first
	offerOf    map[string]*trip.Offer // as it last was, by id
	onces      map[onceKey]answered
	profiles   map[string]driver.Profile
	devices    map[string]driver.Device // by the hash of the token
	log        map[string][][]byte      // encoded events by trip, from version 1 on
	queue      []queued
	ways       ways
	lastSeq    int64
	led        bool
	shares     map[string]string // trip by the hash of the link's token
	audit      []audit.Entry     // the oldest first

	committed chan struct{} // capacity one: signals coalesce
}

// seat is a place that one claim can take.
type seat struct {
	driverID string
	slot     int
}

type onceKey struct{ actor, key string }

type answered struct {
	trip.Once
	requestedAt time.Time
}

// queued is an event that waits in the outbox, by its place in the log.
type queued struct {
	seq     int64
	tripID  string
	version int64
}

// New makes an empty store that keeps everything.
func New() *Store {
	return &Store{
		trips: map[string]*trip.Trip{}, claims: map[seat]string{}, offers: map[string][]string{}, offerOf: map[string]*trip.Offer{},
		onces: map[onceKey]answered{}, shares: map[string]string{}, profiles: map[string]driver.Profile{}, devices: map[string]driver.Device{}, log: map[string][][]byte{}, ways: newWays(),
		committed: make(chan struct{}, 1),
	}
}

// NewSlim makes an empty store for long runs: it keeps no events, and forgets a
// trip when it is final. What it commits it tells to watch instead, one
// transaction a call, in the order of commits. watch must not call the store.
func NewSlim(watch func([]trip.Change)) *Store {
	s := New()
	s.slim, s.watch = true, watch
	return s
}

// Migrate does nothing: there is no schema.
func (s *Store) Migrate(context.Context) error { return nil }

// Ping always succeeds.
func (s *Store) Ping(context.Context) error { return nil }

// Close does nothing.
func (s *Store) Close() {}

// write runs fn as one transaction: when it fails, nothing of it is stored.
func (s *Store) write(ctx context.Context, fn func(tx *transaction) error) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &transaction{store: s}
	if err := fn(tx); err != nil {
		tx.undo()
		return err
	}
	tx.commit()
	return nil
}

// usable tells a caller whose time ran out so, as a database would.
func usable(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "the store cannot answer in time")
	}
	return err
}

// place is where the trip of the id is, or would be, among the unfinished.
func (s *Store) place(id string) (int, bool) {
	return slices.BinarySearchFunc(s.unfinished, id, func(t *trip.Trip, id string) int { return strings.Compare(t.ID, id) })
}

// put takes over how a trip stands, in place of how it stood.
func (s *Store) put(t *trip.Trip) {
	s.trips[t.ID] = t
	i, there := s.place(t.ID)
	switch {
	case there && t.State.Final():
		s.unfinished = slices.Delete(s.unfinished, i, i+1)
	case there:
		s.unfinished[i] = t
	case !t.State.Final():
		s.unfinished = slices.Insert(s.unfinished, i, t)
	}
	if t.Offer != nil {
		s.offerOf[t.Offer.ID] = t.Offer
	}
}

// remove takes a trip out that is not to be, or not any more.
func (s *Store) remove(id string) {
	delete(s.trips, id)
	if i, there := s.place(id); there {
		s.unfinished = slices.Delete(s.unfinished, i, i+1)
	}
	for _, offerID := range s.offers[id] {
		delete(s.offerOf, offerID)
	}
	delete(s.offers, id)
	s.ways.remove(id)
}
