package memtrips

import (
	"cmp"
	"context"
	"slices"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Driver reads one profile; fault.NotFound if there is none.
func (s *Store) Driver(ctx context.Context, id string) (driver.Profile, error) {
	if err := usable(ctx); err != nil {
		return driver.Profile{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.profiles[id]
	if !ok {
		return p, fault.New(fault.NotFound, "no such driver")
	}
	return p, nil
}

// Register stores a new driver. The same data again stores nothing (created is
// false); other data under the same id is fault.AlreadyExists. The log is
// stored with the driver.
func (s *Store) Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error) {
	if err := usable(ctx); err != nil {
		return driver.Profile{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, known := s.profiles[p.ID]
	if !known {
		p.CreatedAt = p.CreatedAt.UTC().Truncate(trip.Precision)
		s.profiles[p.ID] = p
		s.record(log)
		return p, true, nil
	}
	if !stored.SameData(p) {
		return driver.Profile{}, false, fault.New(fault.AlreadyExists, "driver %s is registered with other data", p.ID)
	}
	return stored, false, nil
}

// ChangeDriver changes a profile, but neither its id nor when it was made, and is
// how it stands then; fault.NotFound if there is none. An error of change is
// given back, and nothing is changed. The log is stored with the change.
func (s *Store) ChangeDriver(ctx context.Context, id string, change func(*driver.Profile) error, log ...audit.Entry) (driver.Profile, error) {
	if err := usable(ctx); err != nil {
		return driver.Profile{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, known := s.profiles[id]
	if !known {
		return driver.Profile{}, fault.New(fault.NotFound, "no such driver")
	}
	changed := stored
	if err := change(&changed); err != nil {
		return driver.Profile{}, err
	}
	changed.ID, changed.CreatedAt = stored.ID, stored.CreatedAt
	s.profiles[id] = changed
	s.record(log)
	return changed, nil
}

// ListDrivers is a page of drivers by id; next is "" on the last one.
func (s *Store) ListDrivers(ctx context.Context, cursor string, limit int) (page []driver.Profile, next string, err error) {
	if err := usable(ctx); err != nil {
		return nil, "", err
	}
	if limit < 1 {
		limit = trip.DefaultPage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.profiles {
		if id > cursor {
			page = append(page, p)
		}
	}
	slices.SortFunc(page, func(a, b driver.Profile) int { return cmp.Compare(a.ID, b.ID) })
	if len(page) <= limit {
		return page, "", nil
	}
	page = page[:limit]
	return page, page[limit-1].ID, nil
}
