package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const selectDrivers = `SELECT id, name, class, seats, plate, make, colour, NOT active, created_at FROM drivers `

// Driver reads one profile; fault.NotFound if there is none.
func (s *Store) Driver(ctx context.Context, id string) (driver.Profile, error) {
	return theOne(collect(ctx, s, scanProfile, selectDrivers+`WHERE id = $1`, id))("no such driver")
}

// Register stores a new driver. The same data again stores nothing (created is
// false); other data under the same id is fault.AlreadyExists. The log is
// stored with the driver.
func (s *Store) Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO drivers (id, name, class, seats, plate, make, colour, active, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
			p.ID, p.Name, p.Class, p.Seats, p.Vehicle.Plate, p.Vehicle.Make, p.Vehicle.Colour, !p.Inactive, p.CreatedAt.Truncate(trip.Precision))
		if err != nil {
			return err
		}
		if created = tag.RowsAffected() == 1; created {
			if err := insertAudit(ctx, tx, log); err != nil {
				return err
			}
		}
		stored, err = readDriver(ctx, tx, p.ID, ``)
		return err
	})
	if err != nil {
		return driver.Profile{}, false, err
	}
	if !stored.SameData(p) {
		return driver.Profile{}, false, fault.New(fault.AlreadyExists, "driver %s is registered with other data", p.ID)
	}
	return stored, created, nil
}

// ChangeDriver changes a profile, but neither its id nor when it was made, and is
// how it stands then; fault.NotFound if there is none. An error of change is
// given back, and nothing is changed. The log is stored with the change.
func (s *Store) ChangeDriver(ctx context.Context, id string, change func(*driver.Profile) error, log ...audit.Entry) (changed driver.Profile, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if changed, err = readDriver(ctx, tx, id, ` FOR UPDATE`); err != nil {
			return err
		}
		made := changed.CreatedAt
		if err := change(&changed); err != nil {
			return err
		}
		changed.ID, changed.CreatedAt = id, made
		if err := insertAudit(ctx, tx, log); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE drivers SET name = $2, class = $3, seats = $4, plate = $5, make = $6, colour = $7, active = $8 WHERE id = $1`,
			id, changed.Name, changed.Class, changed.Seats, changed.Vehicle.Plate, changed.Vehicle.Make, changed.Vehicle.Colour, !changed.Inactive)
		return err
	})
	if err != nil {
		return driver.Profile{}, err
	}
	return changed, nil
}

func readDriver(ctx context.Context, tx pgx.Tx, id, locked string) (driver.Profile, error) {
	rows, err := tx.Query(ctx, selectDrivers+`WHERE id = $1`+locked, id)
	if err != nil {
		return driver.Profile{}, err
	}
	return theOne(pgx.CollectRows(rows, scanProfile))("no such driver")
}

// ListDrivers is a page of drivers by id; next is "" on the last one.
func (s *Store) ListDrivers(ctx context.Context, cursor string, limit int) (page []driver.Profile, next string, err error) {
	if limit < 1 {
		limit = trip.DefaultPage
	}
	page, err = collect(ctx, s, scanProfile, selectDrivers+`WHERE id > $1 ORDER BY id LIMIT $2`, cursor, limit+1)
	if err != nil || len(page) <= limit {
		return page, "", err
	}
	page = page[:limit]
	return page, page[limit-1].ID, nil
}
