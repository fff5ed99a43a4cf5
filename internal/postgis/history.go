package postgis

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Events are the events of the trip with versions above after, in order.
func (s *Store) Events(ctx context.Context, tripID string, after int64) ([]trip.Event, error) {
	return collect(ctx, s, scanEvent, `SELECT data FROM trip_events WHERE trip_id = $1 AND version > $2 ORDER BY version`, tripID, after)
}

func scanEvent(r pgx.CollectableRow) (trip.Event, error) {
	var data []byte
	if err := r.Scan(&data); err != nil {
		return trip.Event{}, err
	}
	return wire.DecodeEvent(data)
}

// Offers are the offers that were made for the trip, oldest first.
func (s *Store) Offers(ctx context.Context, tripID string) ([]trip.Offer, error) {
	return collect(ctx, s, scanOffer, `SELECT `+offerColumns+` FROM offers o WHERE o.trip_id = $1 ORDER BY o.seq`, tripID)
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
	err = s.putOff(ctx, func(ctx context.Context) error {
		page, err = collect(ctx, s, scanTrip, query, args...)
		return err
	})
	if err != nil || len(page) <= q.Limit {
		return page, "", err
	}
	page = page[:q.Limit]
	return page, page[q.Limit-1].Cursor(), nil
}

// listing reads one trip more than the page has, to know whether it is the last.
func listing(q trip.Query) (query string, args []any, err error) {
	where, args, err := conditions(q)
	args = append(args, q.Limit+1)
	return fmt.Sprintf(`%s%s ORDER BY t.requested_at DESC, t.id DESC LIMIT $%d`, selectTrips, where, len(args)), args, err
}

func conditions(q trip.Query) (where string, args []any, err error) {
	var all []string
	add := func(condition string, value any) {
		args = append(args, value)
		all = append(all, fmt.Sprintf(condition, len(args)))
	}
	if q.RiderID != "" {
		add(`t.rider_id = $%d`, q.RiderID)
	}
	if q.DriverID != "" {
		add(`t.driver_id = $%d`, q.DriverID)
	}
	if q.State != "" {
		add(`t.state = $%d`, q.State)
	}
	if q.Unfinished {
		all = append(all, unfinished)
	}
	if q.Cursor != "" {
		at, id, err := trip.ParseCursor(q.Cursor)
		if err != nil {
			return "", nil, err
		}
		args = append(args, at, id)
		all = append(all, fmt.Sprintf(`(t.requested_at, t.id) < ($%d, $%d)`, len(args)-1, len(args)))
	}
	if len(all) == 0 {
		return "", nil, nil
	}
	return `WHERE ` + strings.Join(all, ` AND `), args, nil
}
