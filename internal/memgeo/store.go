// Package memgeo is the store of drivers' locations for the embedded size: one
// process, in memory. It is held to the same contract as the Redis store
// (internal/indextest). Nothing survives the process, and nothing needs to:
// phones repeat their positions every few seconds.
package memgeo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// Store is the latest location of each online driver. It is safe for concurrent
// use. Make one with New.
type Store struct{ fleet *driver.Fleet }

// New makes an empty store.
func New() *Store { return &Store{fleet: driver.NewFleet()} }

// Apply takes over a batch of latest locations; one that is Gone removes its
// driver, one that is older than the stored one changes nothing.
func (s *Store) Apply(_ context.Context, batch []driver.Location) error {
	s.fleet.Apply(batch)
	return nil
}

// Nearby is the up to limit wanted drivers nearest to p within radius metres,
// nearest first.
func (s *Store) Nearby(_ context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) ([]driver.Located, error) {
	return s.fleet.Nearest(p, limit, radius, w.Accepts), nil
}

// InCells is the drivers in the cells (of owner length or longer), each once,
// by id.
func (s *Store) InCells(_ context.Context, cells []geo.Cell) ([]driver.Location, error) {
	var found []driver.Location
	for _, cell := range cells {
		if len(cell) < geo.OwnerLength {
			return nil, fault.Field("cells", "%q is too large: a geohash of %d characters or more", cell, geo.OwnerLength)
		}
		found = append(found, s.fleet.InCell(cell)...)
	}
	slices.SortFunc(found, func(a, b driver.Location) int { return cmp.Compare(a.DriverID, b.DriverID) })
	return slices.CompactFunc(found, func(a, b driver.Location) bool { return a.DriverID == b.DriverID }), nil
}

// Locations is where the drivers are, in the order of the ids, without those
// who are not online.
func (s *Store) Locations(_ context.Context, driverIDs []string) ([]driver.Location, error) {
	found := make([]driver.Location, 0, len(driverIDs))
	for _, id := range driverIDs {
		if l, ok := s.fleet.Get(id); ok {
			found = append(found, l)
		}
	}
	return found, nil
}

// Sweep forgets every driver who was last seen before the given time, and
// returns how many of them were online.
func (s *Store) Sweep(_ context.Context, before time.Time) (removed int, err error) {
	return len(s.fleet.Expire(before)), nil
}

// Recede forgets every driver who was last seen after the given time: nothing that
// comes from a clock that was set back would stand against such a one.
func (s *Store) Recede(after time.Time) { s.fleet.Recede(after) }

// Ping always succeeds.
func (s *Store) Ping(context.Context) error { return nil }

// Close does nothing.
func (s *Store) Close() error { return nil }
