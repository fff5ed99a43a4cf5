package postgis

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// queueNewTrip writes a new trip and its events.
func queueNewTrip(b *pgx.Batch, c trip.Change) {
	t := c.After
	b.Queue(`INSERT INTO trips (id, rider_id, class, seats, pickup, dropoff, pickup_cell, dropoff_cell,
			fare_amount, fare_currency, state, version, epoch, slot, excluded, requested_at, reason)
		VALUES ($1, $2, $3, $4, ST_SetSRID(ST_MakePoint($5, $6), 4326)::geography, ST_SetSRID(ST_MakePoint($7, $8), 4326)::geography,
			$9, $10, $11, $12, $13, $14, $15, 0, '{}', $16, '') ON CONFLICT DO NOTHING`,
		t.ID, t.RiderID, t.Class, t.Seats, t.Pickup.Lon, t.Pickup.Lat, t.Dropoff.Lon, t.Dropoff.Lat,
		t.Cell(), geo.CellOf(t.Dropoff, geo.OwnerLength),
		t.Fare.Amount, t.Fare.Currency, t.State, t.Version, t.Epoch, t.RequestedAt,
	).Exec(orFault(fault.AlreadyExists, "a trip of this id exists"))
	queueChange(b, c)
}

// queueChange writes a change. The old claim goes before the new one comes.
func queueChange(b *pgx.Batch, c trip.Change) {
	drop, take := c.Claims()
	queueDrop(b, drop)
	queueTake(b, take)
	queueRest(b, c)
}

func queueDrop(b *pgx.Batch, claim *trip.Claim) {
	if claim != nil {
		b.Queue(`DELETE FROM claims WHERE trip_id = $1`, claim.TripID)
	}
}

func queueTake(b *pgx.Batch, claim *trip.Claim) {
	if claim != nil {
		b.Queue(`INSERT INTO claims (driver_id, slot, trip_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			claim.DriverID, claim.Slot, claim.TripID,
		).Exec(orFault(fault.DriverClaimed, "the driver holds another trip or offer"))
	}
}

// queueRest writes what a change is beside its claims.
func queueRest(b *pgx.Batch, c trip.Change) {
	queueOffer(b, c)
	queueTrip(b, c.After)
	queueEvents(b, c.Events)
	queueAudit(b, c.Audit())
}

// orFault refuses the transaction when a statement did not write its row.
func orFault(code fault.Code, detail string) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() == 0 {
			return fault.New(code, "%s", detail)
		}
		return nil
	}
}

func queueOffer(b *pgx.Batch, c trip.Change) {
	if o := c.ChangedOffer(); o != nil {
		b.Queue(`UPDATE offers SET slot = $1, state = $2, reason = $3, received_at = $4, expires_at = $5, closed_at = $6 WHERE id = $7`,
			o.Slot, o.State, o.Reason, orNull(o.ReceivedAt), o.ExpiresAt, orNull(o.ClosedAt), o.ID)
	}
	if o := c.NewOffer(); o != nil {
		b.Queue(`INSERT INTO offers (id, trip_id, driver_id, epoch, slot, state, reason, pickup_ns, made_by,
				created_at, received_at, expires_at, closed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING`,
			o.ID, o.TripID, o.DriverID, o.Epoch, o.Slot, o.State, o.Reason, int64(o.PickupIn), zeronull.Text(o.By),
			o.CreatedAt, orNull(o.ReceivedAt), o.ExpiresAt, orNull(o.ClosedAt),
		).Exec(orFault(fault.AlreadyExists, "an offer of this id exists"))
	}
}

// queueTrip writes what commands may change of a trip.
func queueTrip(b *pgx.Batch, t *trip.Trip) {
	var offerID zeronull.Text
	if t.Offer != nil {
		offerID = zeronull.Text(t.Offer.ID)
	}
	var rating trip.Rating
	if t.Rating != nil {
		rating = *t.Rating
	}
	b.Queue(`UPDATE trips SET fare_amount = $1, fare_currency = $2, state = $3, version = $4, epoch = $5,
			driver_id = $6, slot = $7, excluded = $8, offer_id = $9, scheduled_for = $10, search_until = $11, assigned_at = $12,
			arrived_at = $13, riding_at = $14, completed_at = $15, cancelled_at = $16, expired_at = $17, cancelled_by = $18, reason = $19,
			forward = $20, swaps = $21, former_driver_id = $22, pin = $23, pin_required = $24, pin_wrong = $25, pin_wrong_since = $26, pin_wrong_last = $27,
			rating_stars = $28, rating_comment = $29, rated_at = $30
		WHERE id = $31`,
		t.Fare.Amount, t.Fare.Currency, t.State, t.Version, t.Epoch,
		zeronull.Text(t.DriverID), t.Slot, append([]string{}, t.Excluded...), offerID,
		orNull(t.ScheduledFor), orNull(t.SearchUntil), orNull(t.AssignedAt),
		orNull(t.ArrivedAt), orNull(t.RidingAt), orNull(t.CompletedAt), orNull(t.CancelledAt), orNull(t.ExpiredAt),
		zeronull.Text(t.CancelledBy), t.Reason, t.Forward, t.Swaps, zeronull.Text(t.FormerID), t.PIN.Code, t.PIN.Required, t.PIN.Wrong, orNull(t.PIN.Since), orNull(t.PIN.Last),
		zeronull.Int4(rating.Stars), zeronull.Text(rating.Comment), orNull(rating.At), t.ID)
}

func queueEvents(b *pgx.Batch, events []trip.Event) {
	for _, ev := range events {
		b.Queue(`INSERT INTO trip_events (trip_id, version, at, data) VALUES ($1, $2, $3, $4)`,
			ev.TripID, ev.Version, ev.At, string(wire.EncodeEvent(ev)))
		b.Queue(`INSERT INTO outbox (trip_id, version) VALUES ($1, $2)`, ev.TripID, ev.Version)
	}
}
