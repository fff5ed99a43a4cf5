package sqlite

import (
	"context"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const selectDrivers = `SELECT id, name, class, seats, plate, make, colour, NOT active, created_at FROM drivers `

// Driver reads one profile; fault.NotFound if there is none.
func (s *Store) Driver(ctx context.Context, id string) (driver.Profile, error) {
	return readDriver(ctx, s.reads, id)
}

func readDriver(ctx context.Context, s *session, id string) (driver.Profile, error) {
	return theOne(collect(ctx, s, scanProfile, selectDrivers+`WHERE id = ?`, id))("no such driver")
}

// Register stores a new driver. The same data again stores nothing (created is
// false); other data under the same id is fault.AlreadyExists. The log is
// stored with the driver.
func (s *Store) Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *session) error {
		created, err = affected(tx.exec(ctx,
			`INSERT INTO drivers (id, name, class, seats, plate, make, colour, active, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			p.ID, p.Name, p.Class, p.Seats, p.Vehicle.Plate, p.Vehicle.Make, p.Vehicle.Colour, !p.Inactive, micros(p.CreatedAt.Truncate(trip.Precision))))
		if err == nil && created {
			err = insertAudit(ctx, tx, log)
		}
		if err != nil {
			return err
		}
		stored, err = readDriver(ctx, tx, p.ID)
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
	err = s.write(ctx, func(ctx context.Context, tx *session) error {
		if changed, err = readDriver(ctx, tx, id); err != nil {
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
		_, err = tx.exec(ctx, `UPDATE drivers SET name = ?, class = ?, seats = ?, plate = ?, make = ?, colour = ?, active = ? WHERE id = ?`,
			changed.Name, changed.Class, changed.Seats, changed.Vehicle.Plate, changed.Vehicle.Make, changed.Vehicle.Colour, !changed.Inactive, id)
		return err
	})
	if err != nil {
		return driver.Profile{}, err
	}
	return changed, nil
}

// ListDrivers is a page of drivers by id; next is "" on the last one.
func (s *Store) ListDrivers(ctx context.Context, cursor string, limit int) (page []driver.Profile, next string, err error) {
	if limit < 1 {
		limit = trip.DefaultPage
	}
	page, err = collect(ctx, s.reads, scanProfile, selectDrivers+`WHERE id > ? ORDER BY id LIMIT ?`, cursor, limit+1)
	if err != nil || len(page) <= limit {
		return page, "", err
	}
	page = page[:limit]
	return page, page[limit-1].ID, nil
}
