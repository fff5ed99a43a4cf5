package postgis

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
)

// selectTrips reads trips with their newest offers; scanTrip takes its rows.
const selectTrips = `SELECT t.id, t.rider_id, t.class, t.seats,
	ST_Y(t.pickup::geometry), ST_X(t.pickup::geometry), ST_Y(t.dropoff::geometry), ST_X(t.dropoff::geometry),
	t.fare_amount, t.fare_currency, t.state, t.version, t.epoch, t.driver_id, t.slot, t.forward, t.swaps, t.former_driver_id, t.excluded,
	t.requested_at, t.scheduled_for, t.search_until, t.assigned_at, t.arrived_at, t.riding_at,
	t.completed_at, t.cancelled_at, t.expired_at, t.cancelled_by, t.reason, t.metres,
	t.pin, t.pin_required, t.pin_wrong, t.pin_wrong_since, t.pin_wrong_last, t.rating_stars, t.rating_comment, t.rated_at, ` + offerColumns + `
	FROM trips t LEFT JOIN offers o ON o.id = t.offer_id `

const offerColumns = `o.id, o.trip_id, o.driver_id, o.epoch, o.slot, o.state, o.reason, o.pickup_ns, o.made_by,
	o.created_at, o.received_at, o.expires_at, o.closed_at`

func scanTrip(r pgx.CollectableRow) (*trip.Trip, error) {
	var t trip.Trip
	var o trip.Offer
	var rating trip.Rating
	err := r.Scan(append([]any{
		&t.ID, &t.RiderID, &t.Class, &t.Seats, &t.Pickup.Lat, &t.Pickup.Lon, &t.Dropoff.Lat, &t.Dropoff.Lon,
		&t.Fare.Amount, &t.Fare.Currency, &t.State, &t.Version, &t.Epoch, (*zeronull.Text)(&t.DriverID), &t.Slot,
		&t.Forward, &t.Swaps, (*zeronull.Text)(&t.FormerID), &t.Excluded,
		instant(&t.RequestedAt), instant(&t.ScheduledFor), instant(&t.SearchUntil), instant(&t.AssignedAt),
		instant(&t.ArrivedAt), instant(&t.RidingAt), instant(&t.CompletedAt), instant(&t.CancelledAt),
		instant(&t.ExpiredAt), (*zeronull.Text)(&t.CancelledBy), &t.Reason, (*zeronull.Float8)(&t.Metres),
		&t.PIN.Code, &t.PIN.Required, &t.PIN.Wrong, instant(&t.PIN.Since), instant(&t.PIN.Last),
		(*orZero)(&rating.Stars), (*zeronull.Text)(&rating.Comment), instant(&rating.At),
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
	if len(t.Excluded) == 0 {
		t.Excluded = nil
	}
	t.Truncate() // timestamptz comes in local time
	return &t, nil
}

// scanOffer takes rows of offerColumns.
func scanOffer(r pgx.CollectableRow) (trip.Offer, error) {
	var o trip.Offer
	err := r.Scan(offerFields(&o)...)
	o.Truncate()
	return o, err
}

// offerFields takes offerColumns, all NULL where a trip has no offer.
func offerFields(o *trip.Offer) []any {
	return []any{
		(*zeronull.Text)(&o.ID), (*zeronull.Text)(&o.TripID), (*zeronull.Text)(&o.DriverID), (*zeronull.Int8)(&o.Epoch),
		(*orZero)(&o.Slot), (*zeronull.Text)(&o.State), (*zeronull.Text)(&o.Reason), (*zeronull.Int8)(&o.PickupIn), (*zeronull.Text)(&o.By),
		instant(&o.CreatedAt), instant(&o.ReceivedAt), instant(&o.ExpiresAt), instant(&o.ClosedAt),
	}
}

// orZero is an integer, zero where the column is NULL.
type orZero int

// ScanInt64 takes the column's value.
func (z *orZero) ScanInt64(v pgtype.Int8) error {
	*z = orZero(v.Int64)
	return nil
}

func instant(at *time.Time) *zeronull.Timestamptz { return (*zeronull.Timestamptz)(at) }

// orNull is a time as the database has it: the zero time is NULL.
func orNull(at time.Time) zeronull.Timestamptz { return zeronull.Timestamptz(at) }

func scanProfile(r pgx.CollectableRow) (driver.Profile, error) {
	var p driver.Profile
	err := r.Scan(&p.ID, &p.Name, &p.Class, &p.Seats, &p.Vehicle.Plate, &p.Vehicle.Make, &p.Vehicle.Colour, &p.Inactive, &p.CreatedAt)
	p.CreatedAt = p.CreatedAt.UTC()
	return p, err
}
