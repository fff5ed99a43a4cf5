package postgis

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const selectDevices = `SELECT id, driver_id, name, app, available, hash, tail, created_at FROM devices `

// AddDevice stores a new device. A driver who is not registered is
// fault.NotFound, one device too many (driver.MaxDevices) is fault.WrongState. The
// log is stored with it.
func (s *Store) AddDevice(ctx context.Context, d driver.Device, log ...audit.Entry) error {
	var added bool
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO devices (id, driver_id, name, app, available, hash, tail, created_at)
			SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM drivers
			WHERE id = $2 AND (SELECT count(*) FROM devices WHERE driver_id = $2) < $9`,
			d.ID, d.DriverID, d.Name, d.App, d.Available, d.Hash, d.Tail, d.CreatedAt.Truncate(trip.Precision), driver.MaxDevices)
		if added = tag.RowsAffected() == 1; err != nil || !added {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
	if err != nil || added {
		return err
	}
	if _, err := s.Driver(ctx, d.DriverID); err != nil {
		return err
	}
	return fault.New(fault.WrongState, "the driver has %d devices already: revoke one", driver.MaxDevices)
}

// Device reads the device whose token has the hash; fault.NotFound if there is
// none.
func (s *Store) Device(ctx context.Context, hash string) (driver.Device, error) {
	return theOne(collect(ctx, s, scanDevice, selectDevices+`WHERE hash = $1`, hash))("no such device")
}

// Devices is the driver's devices, the oldest first.
func (s *Store) Devices(ctx context.Context, driverID string) ([]driver.Device, error) {
	return collect(ctx, s, scanDevice, selectDevices+`WHERE driver_id = $1 ORDER BY created_at, id`, driverID)
}

// RemoveDevice forgets a device of the driver; fault.NotFound if there is none.
// The log is stored with that.
func (s *Store) RemoveDevice(ctx context.Context, driverID, id string, log ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM devices WHERE driver_id = $1 AND id = $2`, driverID, id)
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.New(fault.NotFound, "no such device")
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

func scanDevice(r pgx.CollectableRow) (driver.Device, error) {
	var d driver.Device
	err := r.Scan(&d.ID, &d.DriverID, &d.Name, &d.App, &d.Available, &d.Hash, &d.Tail, &d.CreatedAt)
	d.CreatedAt = d.CreatedAt.UTC()
	return d, err
}
