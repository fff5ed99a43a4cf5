package postgis

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Offer makes many offers, with their claims, in one transaction of five round
// trips, and says of each what became of it. They count as tried in order: a
// later proposal for the same trip or driver gets what an earlier one was
// refused.
func (s *Store) Offer(ctx context.Context, proposals []trip.Proposal) (outcomes []trip.Outcome, err error) {
	if len(proposals) == 0 {
		return nil, nil
	}
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		trips, err := lockFree(ctx, tx, tripIDs(proposals))
		if err != nil {
			return err
		}
		won, err := takeClaims(ctx, tx, inLockOrder(fitting(trips, proposals)))
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		outcomes = make([]trip.Outcome, len(proposals))
		for i, p := range proposals {
			outcomes[i] = settle(batch, trips, won, p)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// lockFree locks and reads those of the trips that nobody else has locked; the
// others are nil. It does not wait for these, as lockTrips would: one of them
// would hold up the offers of all, and the next tick is soon.
func lockFree(ctx context.Context, tx pgx.Tx, ids []string) (map[string]*trip.Trip, error) {
	trips := make(map[string]*trip.Trip, len(ids))
	var locked []string // in order
	batch := &pgx.Batch{}
	batch.Queue(`SELECT id FROM trips WHERE id = ANY ($1) ORDER BY id FOR UPDATE SKIP LOCKED`, ids).Query(func(rows pgx.Rows) (err error) {
		locked, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	batch.Queue(selectTrips+`WHERE t.id = ANY ($1)`, ids).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, scanTrip)
		for _, t := range found {
			trips[t.ID] = nil
			if _, mine := slices.BinarySearch(locked, t.ID); mine {
				trips[t.ID] = t
			}
		}
		return err
	})
	return trips, tx.SendBatch(ctx, batch).Close()
}

func tripIDs(proposals []trip.Proposal) []string {
	ids := make([]string, len(proposals))
	for i, p := range proposals {
		ids[i] = p.TripID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fitting is the proposals that their trips would take. Which of several for one
// trip gets it, the claims decide.
func fitting(trips map[string]*trip.Trip, proposals []trip.Proposal) []trip.Proposal {
	return slices.DeleteFunc(slices.Clone(proposals), func(p trip.Proposal) bool {
		t := trips[p.TripID]
		return t == nil || t.Clone().Propose(p) != nil
	})
}

// inLockOrder sorts by driver, so that two dispatchers who want the same drivers
// meet in the same order and none waits for the other in a circle. Where a trip
// is proposed twice the order has a meaning and stays; then a deadlock is
// possible, and the database and the next attempt resolve it.
func inLockOrder(proposals []trip.Proposal) []trip.Proposal {
	if len(tripIDs(proposals)) == len(proposals) {
		slices.SortStableFunc(proposals, func(a, b trip.Proposal) int { return strings.Compare(a.DriverID, b.DriverID) })
	}
	return proposals
}

// takeClaims makes the claims that are free, in order, and returns those made.
func takeClaims(ctx context.Context, tx pgx.Tx, proposals []trip.Proposal) (map[trip.Claim]bool, error) {
	won := make(map[trip.Claim]bool, len(proposals))
	var drivers, trips []string
	var slots []int
	for _, p := range proposals {
		drivers, slots, trips = append(drivers, p.DriverID), append(slots, p.Slot), append(trips, p.TripID)
	}
	rows, err := tx.Query(ctx, `INSERT INTO claims (driver_id, slot, trip_id)
		SELECT driver_id, slot, trip_id FROM unnest($1::text[], $2::integer[], $3::text[]) WITH ORDINALITY
			AS p (driver_id, slot, trip_id, position) ORDER BY position
		ON CONFLICT DO NOTHING RETURNING driver_id, slot, trip_id`, drivers, slots, trips)
	if err != nil {
		return nil, err
	}
	made, err := pgx.CollectRows(rows, pgx.RowToStructByPos[trip.Claim])
	for _, claim := range made {
		won[claim] = true
	}
	return won, err
}

// settle is what became of a proposal; it queues the offer if it was made.
func settle(batch *pgx.Batch, trips map[string]*trip.Trip, won map[trip.Claim]bool, p trip.Proposal) trip.Outcome {
	before, ok := trips[p.TripID]
	if !ok {
		return trip.Outcome{Err: fault.New(fault.NotFound, "no such trip")}
	}
	if before == nil {
		return trip.Outcome{Err: fault.New(fault.WrongState, "the trip is being changed at the moment")}
	}
	c, err := trip.Run(before, func(t *trip.Trip) ([]trip.Event, error) { return nil, t.Propose(p) })
	if err != nil {
		return trip.Outcome{Err: err}
	}
	if !won[trip.Claim{DriverID: p.DriverID, Slot: p.Slot, TripID: p.TripID}] {
		return trip.Outcome{Err: fault.New(fault.DriverClaimed, "driver %s holds another trip or offer", p.DriverID)}
	}
	queueRest(batch, c)
	trips[p.TripID] = c.After
	return trip.Outcome{Trip: c.After}
}
