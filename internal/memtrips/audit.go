package memtrips

import (
	"context"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/trip"
)

// Record stores what operators did elsewhere than in this store.
func (s *Store) Record(ctx context.Context, entries ...audit.Entry) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(entries)
	return nil
}

func (s *Store) record(entries []audit.Entry) {
	for _, e := range entries {
		e.At = e.At.UTC().Truncate(trip.Precision)
		if len(e.Detail) == 0 {
			e.Detail = nil
		}
		s.audit = append(s.audit, e)
	}
}

// Audited is a page of what operators did, the newest first; next is "" on the
// last one.
func (s *Store) Audited(ctx context.Context, q audit.Query) (page []audit.Entry, next string, err error) {
	if err := usable(ctx); err != nil {
		return nil, "", err
	}
	before, err := q.Before()
	if err != nil {
		return nil, "", err
	}
	if q.Limit < 1 {
		q.Limit = audit.DefaultPage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var last int64
	for place := min(before-1, int64(len(s.audit))); place > 0; place-- {
		e := s.audit[place-1]
		if q.Subject != "" && e.Subject != q.Subject {
			continue
		}
		if len(page) == q.Limit {
			return page, audit.Cursor(last), nil
		}
		page, last = append(page, e), place
	}
	return page, "", nil
}
