package memtrips

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// ways is the parts of trips' ways, and the tracks that were made of them.
type ways struct {
	parts  map[string]map[int64]part // by trip and unix milliseconds of the first fix
	tracks map[string]trip.Track
}

// part is fixes in the wire's form, as the databases keep them.
type part struct {
	fixes int
	data  []byte
}

func newWays() ways { return ways{parts: map[string]map[int64]part{}, tracks: map[string]trip.Track{}} }

func (w ways) remove(tripID string) {
	delete(w.parts, tripID)
	delete(w.tracks, tripID)
}

// AddPart keeps a part of a trip's way. The same part again changes nothing, but
// a longer one takes the place of a shorter; once limit fixes are kept for the
// trip, and for a trip that there is not, the part is dropped.
func (s *Store) AddPart(ctx context.Context, p trip.Part, limit int) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trips[p.TripID] == nil {
		return nil
	}
	parts := s.ways.parts[p.TripID]
	held := 0
	for _, one := range parts {
		held += one.fixes
	}
	first := p.Fixes[0].At.UnixMilli()
	if held >= limit || parts[first].fixes >= len(p.Fixes) {
		return nil
	}
	if parts == nil {
		parts = map[int64]part{}
		s.ways.parts[p.TripID] = parts
	}
	parts[first] = part{len(p.Fixes), wire.EncodeFixes(p.Fixes)}
	return nil
}

// Fixes is what the parts of the trip hold, part by part.
func (s *Store) Fixes(ctx context.Context, tripID string) ([]trip.Fix, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []trip.Fix
	parts := s.ways.parts[tripID]
	for _, first := range slices.Sorted(maps.Keys(parts)) {
		fixes, err := wire.DecodeFixes(parts[first].data)
		if err != nil {
			return nil, err
		}
		all = append(all, fixes...)
	}
	return all, nil
}

// DropParts forgets the parts of the trip.
func (s *Store) DropParts(ctx context.Context, tripID string) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ways.parts, tripID)
	return nil
}

// SaveTrack keeps the track, and its length with the trip, in place of one that
// was made of as many fixes or fewer.
func (s *Store) SaveTrack(ctx context.Context, t trip.Track) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.trips[t.TripID]
	if of == nil || s.ways.tracks[t.TripID].Recorded > t.Recorded {
		return nil
	}
	t.Fixes = slices.Clone(t.Fixes)
	s.ways.tracks[t.TripID] = t
	measured := of.Clone() // what was handed out stays as it is
	measured.Metres = t.Metres
	s.put(measured)
	return nil
}

// Track reads the track of a trip; fault.NotFound if there is none.
func (s *Store) Track(ctx context.Context, tripID string) (trip.Track, error) {
	if err := usable(ctx); err != nil {
		return trip.Track{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.ways.tracks[tripID]
	if !ok {
		return trip.Track{}, fault.New(fault.NotFound, "the trip has no track")
	}
	t.Fixes = slices.Clone(t.Fixes)
	return t, nil
}

// Unsettled is trips that ended before the given time and still have parts, by
// id.
func (s *Store) Unsettled(ctx context.Context, before time.Time, limit int) ([]string, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var ended []string
	for _, id := range slices.Sorted(maps.Keys(s.ways.parts)) {
		_, to, ok := s.trips[id].Ridden()
		if ok && !to.IsZero() && to.Before(before) && len(ended) < limit {
			ended = append(ended, id)
		}
	}
	return ended, nil
}
