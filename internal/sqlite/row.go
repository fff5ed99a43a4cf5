package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
)

// selectTrips reads trips with their newest offers; scanTrip takes its rows.
const selectTrips = `SELECT ` + tripColumns + ` FROM trips t ` + withOffers

const tripColumns = `t.id, t.rider_id, t.class, t.seats, t.pickup_lat, t.pickup_lon, t.dropoff_lat, t.dropoff_lon,
	t.fare_amount, t.fare_currency, t.state, t.version, t.epoch, t.driver_id, t.slot, t.forward, t.swaps, t.former_driver_id, t.excluded,
	t.requested_at, t.scheduled_for, t.search_until, t.assigned_at, t.arrived_at, t.riding_at,
	t.completed_at, t.cancelled_at, t.expired_at, t.cancelled_by, t.reason, t.metres,
	t.pin, t.pin_required, t.pin_wrong, t.pin_wrong_since, t.pin_wrong_last, t.rating_stars, t.rating_comment, t.rated_at, ` + offerColumns

const withOffers = `LEFT JOIN offers o ON o.id = t.offer_id `

const offerColumns = `o.id, o.trip_id, o.driver_id, o.epoch, o.slot, o.state, o.reason, o.pickup_ns, o.made_by,
	o.created_at, o.received_at, o.expires_at, o.closed_at`

// row is a sql.Row or the current one of sql.Rows.
type row interface{ Scan(dest ...any) error }

func scanTrip(r row) (*trip.Trip, error) {
	var t trip.Trip
	var o trip.Offer
	var rating trip.Rating
	err := r.Scan(append([]any{
		&t.ID, &t.RiderID, &t.Class, &t.Seats, &t.Pickup.Lat, &t.Pickup.Lon, &t.Dropoff.Lat, &t.Dropoff.Lon,
		&t.Fare.Amount, &t.Fare.Currency, &t.State, &t.Version, &t.Epoch, orZero(&t.DriverID), &t.Slot,
		&t.Forward, &t.Swaps, orZero(&t.FormerID), list{&t.Excluded},
		instant{&t.RequestedAt}, instant{&t.ScheduledFor}, instant{&t.SearchUntil}, instant{&t.AssignedAt},
		instant{&t.ArrivedAt}, instant{&t.RidingAt}, instant{&t.CompletedAt}, instant{&t.CancelledAt},
		instant{&t.ExpiredAt}, orZero(&t.CancelledBy), &t.Reason, orZero(&t.Metres),
		&t.PIN.Code, &t.PIN.Required, &t.PIN.Wrong, instant{&t.PIN.Since}, instant{&t.PIN.Last},
		orZero(&rating.Stars), orZero(&rating.Comment), instant{&rating.At},
	}, offerFields(&o)...)...)
	if err != nil {
		return nil, err
	}
	if o.ID != "" {
		t.Offer = &o
	}
	if rating.Stars != 0 {
		t.Rating = &rating
	}
	return &t, nil
}

// scanOffer takes rows of offerColumns.
func scanOffer(r row) (trip.Offer, error) {
	var o trip.Offer
	err := r.Scan(offerFields(&o)...)
	return o, err
}

// offerFields takes offerColumns, all NULL where a trip has no offer.
func offerFields(o *trip.Offer) []any {
	return []any{
		orZero(&o.ID), orZero(&o.TripID), orZero(&o.DriverID), orZero(&o.Epoch), orZero(&o.Slot), orZero(&o.State),
		orZero(&o.Reason), orZero(&o.PickupIn), orZero(&o.By),
		instant{&o.CreatedAt}, instant{&o.ReceivedAt}, instant{&o.ExpiresAt}, instant{&o.ClosedAt},
	}
}

func scanProfile(r row) (driver.Profile, error) {
	var p driver.Profile
	err := r.Scan(&p.ID, &p.Name, &p.Class, &p.Seats, &p.Vehicle.Plate, &p.Vehicle.Make, &p.Vehicle.Colour, &p.Inactive, instant{&p.CreatedAt})
	return p, err
}

func scanOnce(r row) (trip.Once, error) {
	var o trip.Once
	err := r.Scan(&o.Actor, &o.Key, &o.Digest, &o.Status, &o.Answer)
	return o, err
}

func scanString(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}

// nullable scans a column into v, NULL as the zero value.
type nullable[T any] struct{ v *T }

func orZero[T any](v *T) nullable[T] { return nullable[T]{v} }

func (n nullable[T]) Scan(src any) error {
	var value sql.Null[T]
	if err := value.Scan(src); err != nil {
		return err
	}
	*n.v = value.V
	return nil
}

// orNull is the zero value as NULL.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// instant scans unix microseconds, NULL as the zero time.
type instant struct{ at *time.Time }

func (i instant) Scan(src any) error {
	switch us := src.(type) {
	case nil:
		*i.at = time.Time{}
	case int64:
		*i.at = time.UnixMicro(us).UTC()
	default:
		return fmt.Errorf("a time is kept as microseconds, not as %T", src)
	}
	return nil
}

// micros is a time as unix microseconds, the zero time as NULL.
func micros(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UnixMicro()
}

// list scans a JSON array of strings, an empty one as nil.
type list struct{ v *[]string }

func (l list) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("a list is kept as JSON, not as %T", src)
	}
	*l.v = nil
	if text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), l.v)
}

// array is the list as JSON.
func array[T any](values []T) (string, error) {
	if len(values) == 0 {
		return "[]", nil
	}
	data, err := json.Marshal(values)
	return string(data), err
}
