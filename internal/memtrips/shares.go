package memtrips

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// AddShare stores a link to the trip, by the hash of its token; fault.WrongState
// beyond trip.MaxShares of one trip.
func (s *Store) AddShare(ctx context.Context, hash, tripID string, _ time.Time) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	links := 0
	for _, of := range s.shares {
		if of == tripID {
			links++
		}
	}
	if s.trips[tripID] == nil || links >= trip.MaxShares {
		return fault.New(fault.WrongState, "the trip has %d links already: take them back first", trip.MaxShares)
	}
	s.shares[hash] = tripID
	return nil
}

// Shared is the trip that a link shows; fault.NotFound if there is none.
func (s *Store) Shared(ctx context.Context, hash string) (tripID string, err error) {
	if err := usable(ctx); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if tripID = s.shares[hash]; tripID == "" {
		return "", fault.New(fault.NotFound, "no such link")
	}
	return tripID, nil
}

// DropShares forgets the links of the trip.
func (s *Store) DropShares(ctx context.Context, tripID string) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.shares, func(_, of string) bool { return of == tripID })
	return nil
}

// TripsLike is trips by the beginning of their ids, by id.
func (s *Store) TripsLike(ctx context.Context, prefix string, limit int) (found []*trip.Trip, err error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range first(maps.Keys(s.trips), limit, func(id string) bool { return strings.HasPrefix(id, prefix) }) {
		found = append(found, s.trips[id])
	}
	return found, nil
}

// RidersLike is riders who have had trips, by the beginning of their ids, by id.
func (s *Store) RidersLike(ctx context.Context, prefix string, limit int) ([]string, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	riders := map[string]bool{}
	for _, t := range s.trips {
		riders[t.RiderID] = true
	}
	return first(maps.Keys(riders), limit, func(id string) bool { return strings.HasPrefix(id, prefix) }), nil
}

// DriversLike is drivers whose id begins with the text or whose name has it in
// it, whatever the case of letters, by id.
func (s *Store) DriversLike(ctx context.Context, text string, limit int) (found []driver.Profile, err error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	like := func(id string) bool {
		return strings.HasPrefix(id, text) || strings.Contains(strings.ToLower(s.profiles[id].Name), strings.ToLower(text))
	}
	for _, id := range first(maps.Keys(s.profiles), limit, like) {
		found = append(found, s.profiles[id])
	}
	return found, nil
}

// first is the ids that pass keep, in order, at most limit of them.
func first(ids func(func(string) bool), limit int, keep func(string) bool) []string {
	var kept []string
	for _, id := range slices.Sorted(ids) {
		if keep(id) && len(kept) < limit {
			kept = append(kept, id)
		}
	}
	return kept
}
