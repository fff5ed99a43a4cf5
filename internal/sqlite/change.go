package sqlite

import (
	"context"
	"database/sql"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// insertTrip writes a new trip and its events.
func insertTrip(ctx context.Context, tx *session, c trip.Change) error {
	t := c.After
	inserted, err := affected(tx.exec(ctx, `INSERT INTO trips (id, rider_id, class, seats,
			pickup_lat, pickup_lon, dropoff_lat, dropoff_lon, pickup_cell, dropoff_cell,
			fare_amount, fare_currency, state, version, epoch, slot, excluded, requested_at, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '[]', ?, '') ON CONFLICT DO NOTHING`,
		t.ID, t.RiderID, t.Class, t.Seats, t.Pickup.Lat, t.Pickup.Lon, t.Dropoff.Lat, t.Dropoff.Lon,
		t.Cell(), geo.CellOf(t.Dropoff, geo.OwnerLength),
		t.Fare.Amount, t.Fare.Currency, t.State, t.Version, t.Epoch, micros(t.RequestedAt)))
	if err != nil {
		return err
	}
	if !inserted {
		return fault.New(fault.AlreadyExists, "a trip of this id exists")
	}
	return updateTrip(ctx, tx, c)
}

// updateTrip writes a change. The old claim goes before the new one comes.
func updateTrip(ctx context.Context, tx *session, c trip.Change) error {
	if err := dropClaim(ctx, tx, c); err != nil {
		return err
	}
	if err := takeClaim(ctx, tx, c); err != nil {
		return err
	}
	return updateRest(ctx, tx, c)
}

// updateRest writes what a change is beside its claims.
func updateRest(ctx context.Context, tx *session, c trip.Change) error {
	if err := writeOffer(ctx, tx, c); err != nil {
		return err
	}
	if err := writeTrip(ctx, tx, c.After); err != nil {
		return err
	}
	if err := insertEvents(ctx, tx, c.Events); err != nil {
		return err
	}
	return insertAudit(ctx, tx, c.Audit())
}

// dropClaim deletes the claim that the change gives up, if it does.
func dropClaim(ctx context.Context, tx *session, c trip.Change) error {
	drop, _ := c.Claims()
	if drop == nil {
		return nil
	}
	_, err := tx.exec(ctx, `DELETE FROM claims WHERE trip_id = ?`, drop.TripID)
	return err
}

// takeClaim makes the claim that the change brings, if it does, or refuses it:
// fault.DriverClaimed.
func takeClaim(ctx context.Context, tx *session, c trip.Change) error {
	_, claim := c.Claims()
	if claim == nil {
		return nil
	}
	inserted, err := affected(tx.exec(ctx,
		`INSERT INTO claims (driver_id, slot, trip_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		claim.DriverID, claim.Slot, claim.TripID))
	if err == nil && !inserted {
		err = fault.New(fault.DriverClaimed, "driver %s holds another trip or offer", claim.DriverID)
	}
	return err
}

func writeOffer(ctx context.Context, tx *session, c trip.Change) error {
	if o := c.ChangedOffer(); o != nil {
		_, err := tx.exec(ctx, `UPDATE offers SET slot = ?, state = ?, reason = ?, received_at = ?, expires_at = ?, closed_at = ? WHERE id = ?`,
			o.Slot, o.State, o.Reason, micros(o.ReceivedAt), micros(o.ExpiresAt), micros(o.ClosedAt), o.ID)
		return err
	}
	o := c.NewOffer()
	if o == nil {
		return nil
	}
	inserted, err := affected(tx.exec(ctx, `INSERT INTO offers (id, trip_id, driver_id, epoch, slot, state, reason, pickup_ns, made_by,
			created_at, received_at, expires_at, closed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		o.ID, o.TripID, o.DriverID, o.Epoch, o.Slot, o.State, o.Reason, int64(o.PickupIn), orNull(o.By),
		micros(o.CreatedAt), micros(o.ReceivedAt), micros(o.ExpiresAt), micros(o.ClosedAt)))
	if err == nil && !inserted {
		err = fault.New(fault.AlreadyExists, "an offer of this id exists")
	}
	return err
}

// writeTrip writes what commands may change of a trip.
func writeTrip(ctx context.Context, tx *session, t *trip.Trip) error {
	excluded, err := array(t.Excluded)
	if err != nil {
		return err
	}
	var offerID any
	if t.Offer != nil {
		offerID = t.Offer.ID
	}
	var rating trip.Rating
	if t.Rating != nil {
		rating = *t.Rating
	}
	_, err = tx.exec(ctx, `UPDATE trips SET fare_amount = ?, fare_currency = ?, state = ?, version = ?, epoch = ?,
			driver_id = ?, slot = ?, excluded = ?, offer_id = ?, scheduled_for = ?, search_until = ?, assigned_at = ?,
			arrived_at = ?, riding_at = ?, completed_at = ?, cancelled_at = ?, expired_at = ?, cancelled_by = ?, reason = ?,
			forward = ?, swaps = ?, former_driver_id = ?, pin = ?, pin_required = ?, pin_wrong = ?, pin_wrong_since = ?, pin_wrong_last = ?,
			rating_stars = ?, rating_comment = ?, rated_at = ?
		WHERE id = ?`,
		t.Fare.Amount, t.Fare.Currency, t.State, t.Version, t.Epoch,
		orNull(t.DriverID), t.Slot, excluded, offerID, micros(t.ScheduledFor), micros(t.SearchUntil), micros(t.AssignedAt),
		micros(t.ArrivedAt), micros(t.RidingAt), micros(t.CompletedAt), micros(t.CancelledAt), micros(t.ExpiredAt),
		orNull(t.CancelledBy), t.Reason, t.Forward, t.Swaps, orNull(t.FormerID), t.PIN.Code, t.PIN.Required, t.PIN.Wrong, micros(t.PIN.Since), micros(t.PIN.Last),
		orNull(rating.Stars), orNull(rating.Comment), micros(rating.At), t.ID)
	return err
}

func insertEvents(ctx context.Context, tx *session, events []trip.Event) error {
	for _, ev := range events {
		if _, err := tx.exec(ctx, `INSERT INTO trip_events (trip_id, version, at, data) VALUES (?, ?, ?, ?)`,
			ev.TripID, ev.Version, micros(ev.At), string(wire.EncodeEvent(ev))); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO outbox (trip_id, version) VALUES (?, ?)`, ev.TripID, ev.Version); err != nil {
			return err
		}
	}
	return nil
}

// affected reports whether a statement wrote its one row.
func affected(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}
