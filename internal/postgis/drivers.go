package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const selectDrivers = `SELECT id, name, class, seats, created_at FROM drivers `

// Driver reads one profile; fault.NotFound if there is none.
func (s *Store) Driver(ctx context.Context, id string) (driver.Profile, error) {
	return theOne(collect(ctx, s, scanProfile, selectDrivers+`WHERE id = $1`, id))("no such driver")
}

// Register stores a new driver. The same data again stores nothing (created is
// false); other data under the same id is fault.AlreadyExists. The log is
// stored with the driver.
func (s *Store) Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO drivers (id, name, class, seats, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			p.ID, p.Name, p.Class, p.Seats, p.CreatedAt.Truncate(trip.Precision))
		if err != nil {
			return err
		}
		if created = tag.RowsAffected() == 1; !created {
			return nil
		}
		return insertAudit(ctx, tx, log)
	})
	if err != nil {
		return driver.Profile{}, false, err
	}
	// Drivers are never changed or deleted: this is what the insert met or made.
	if stored, err = s.Driver(ctx, p.ID); err != nil {
		return driver.Profile{}, false, err
	}
	if stored.Name != p.Name || stored.Class != p.Class || stored.Seats != p.Seats {
		return driver.Profile{}, false, fault.New(fault.AlreadyExists, "driver %s is registered with other data", p.ID)
	}
	return stored, created, nil
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
