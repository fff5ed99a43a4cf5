package main

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/faults"
	"github.com/jackc/pgx/v5"
)

// recorder has PostgreSQL note every change of a claim in the transaction that
// makes it. It only looks on: nothing of the engine's is changed, and what it
// notes does not depend on the constraints of the table.
type recorder struct{ url string }

const recording = `
CREATE SCHEMA judge;
CREATE TABLE judge.holds (
    seq       bigint GENERATED ALWAYS AS IDENTITY,
    driver_id text, slot integer, trip_id text, made boolean, began timestamptz
);
CREATE FUNCTION judge.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO judge.holds (driver_id, slot, trip_id, made, began)
        VALUES (OLD.driver_id, OLD.slot, OLD.trip_id, false, transaction_timestamp());
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO judge.holds (driver_id, slot, trip_id, made, began)
        VALUES (NEW.driver_id, NEW.slot, NEW.trip_id, true, transaction_timestamp());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON claims FOR EACH ROW EXECUTE FUNCTION judge.note();
`

func record(ctx context.Context, url string) (*recorder, error) {
	return &recorder{url}, execute(ctx, url, recording)
}

func execute(ctx context.Context, url, statements string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statements, pgx.QueryExecModeSimpleProtocol)
	return err
}

// unfinished is how many trips are not over, and events not published.
func (r *recorder) unfinished(ctx context.Context) (n int, err error) {
	conn, err := pgx.Connect(ctx, r.url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM outbox) +
		(SELECT count(*) FROM trips WHERE state NOT IN ('completed', 'cancelled', 'expired'))`).Scan(&n)
	return n, err
}

// read adds what the store has to the history.
func (r *recorder) read(ctx context.Context, h *faults.History) error {
	conn, err := pgx.Connect(ctx, r.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	reading := reader{ctx, conn, nil}
	h.Trips = rows[faults.Trip](&reading, `SELECT id, rider_id, coalesce(driver_id, ''), state, version, epoch FROM trips`)
	h.Claims = rows[faults.Claim](&reading, `SELECT driver_id, slot, trip_id FROM claims`)
	h.Offers = rows[faults.Offer](&reading, `SELECT id, trip_id, driver_id, epoch, state FROM offers ORDER BY seq`)
	for _, row := range rows[event](&reading, `SELECT trip_id, version, convert_to(data::text, 'UTF8'), pg_xact_commit_timestamp(xmin) FROM trip_events`) {
		h.Events = append(h.Events, faults.Event{TripID: row.TripID, Version: row.Version, Data: row.Data, Commit: whole(row.Ending)})
	}
	h.Keys = rows[faults.Key](&reading, `SELECT actor, key, trip_id FROM idempotency_keys`)
	for _, row := range rows[hold](&reading, `SELECT driver_id, slot, trip_id, made, began, pg_xact_commit_timestamp(xmin) FROM judge.holds ORDER BY seq`) {
		h.Holds = append(h.Holds, row.hold())
	}
	if reading.err == nil {
		reading.err = conn.QueryRow(ctx, `SELECT count(*) FROM outbox`).Scan(&h.Outbox)
	}
	return reading.err
}

// hold is a row of judge.holds.
type hold struct {
	Driver        string
	Slot          int
	TripID        string
	Made          bool
	Began, Ending time.Time
}

// event is a row of trip_events.
type event struct {
	TripID  string
	Version int64
	Data    []byte
	Ending  time.Time
}

// whole is the end of the microsecond in which a transaction was committed.
func whole(ending time.Time) int64 { return ending.Add(time.Microsecond).UnixNano() }

func (h hold) hold() faults.Hold {
	return faults.Hold{
		Claim: faults.Claim{Driver: h.Driver, Slot: h.Slot, TripID: h.TripID}, Made: h.Made,
		Call: h.Began.UnixNano(), Return: whole(h.Ending),
	}
}

// reader keeps the first error.
type reader struct {
	ctx  context.Context
	conn *pgx.Conn
	err  error
}

// rows reads a table whose columns are the fields of T, in order.
func rows[T any](r *reader, query string) (all []T) {
	if r.err != nil {
		return nil
	}
	found, err := r.conn.Query(r.ctx, query)
	if err == nil {
		all, err = pgx.CollectRows(found, pgx.RowToStructByPos[T])
	}
	r.err = err
	return all
}
