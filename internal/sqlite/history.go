package sqlite

import (
	"context"
	"strings"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Events are the events of the trip with versions above after, in order.
func (s *Store) Events(ctx context.Context, tripID string, after int64) ([]trip.Event, error) {
	return collect(ctx, s.reads, scanEvent,
		`SELECT data FROM trip_events WHERE trip_id = ? AND version > ? ORDER BY version`, tripID, after)
}

func scanEvent(r row) (trip.Event, error) {
	data, err := scanString(r)
	if err != nil {
		return trip.Event{}, err
	}
	return wire.DecodeEvent([]byte(data))
}

// Offers are the offers that were made for the trip, oldest first.
func (s *Store) Offers(ctx context.Context, tripID string) ([]trip.Offer, error) {
	return collect(ctx, s.reads, scanOffer, `SELECT `+offerColumns+` FROM offers o WHERE o.trip_id = ? ORDER BY o.seq`, tripID)
}

// List is a page of trips, newest request first; next is "" on the last one.
func (s *Store) List(ctx context.Context, q trip.Query) (page []*trip.Trip, next string, err error) {
	if q.Limit < 1 {
		q.Limit = trip.DefaultPage
	}
	query, args, err := listing(q)
	if err != nil {
		return nil, "", err
	}
	page, err = collect(ctx, s.reads, scanTrip, query, args...)
	if err != nil || len(page) <= q.Limit {
		return page, "", err
	}
	page = page[:q.Limit]
	return page, page[q.Limit-1].Cursor(), nil
}

// listing reads one trip more than the page has, to know whether it is the last.
func listing(q trip.Query) (query string, args []any, err error) {
	where, args, err := conditions(q)
	return selectTrips + where + `ORDER BY t.requested_at DESC, t.id DESC LIMIT ?`, append(args, q.Limit+1), err
}

func conditions(q trip.Query) (where string, args []any, err error) {
	var all []string
	add := func(condition string, values ...any) {
		all, args = append(all, condition), append(args, values...)
	}
	if q.RiderID != "" {
		add(`t.rider_id = ?`, q.RiderID)
	}
	if q.DriverID != "" {
		add(`t.driver_id = ?`, q.DriverID)
	}
	if q.State != "" {
		add(`t.state = ?`, q.State)
	}
	if q.Unfinished {
		add(unfinished)
	}
	if q.Cursor != "" {
		at, id, err := trip.ParseCursor(q.Cursor)
		if err != nil {
			return "", nil, err
		}
		add(`(t.requested_at, t.id) < (?, ?)`, micros(at), id)
	}
	if len(all) == 0 {
		return "", nil, nil
	}
	return `WHERE ` + strings.Join(all, ` AND `) + ` `, args, nil
}
