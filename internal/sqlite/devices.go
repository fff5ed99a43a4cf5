package sqlite

import (
	"context"

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
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		added, err := affected(tx.exec(ctx, `INSERT INTO devices (id, driver_id, name, app, available, hash, tail, created_at)
			SELECT ?, id, ?, ?, ?, ?, ?, ? FROM drivers
			WHERE id = ? AND (SELECT count(*) FROM devices WHERE driver_id = drivers.id) < ?`,
			d.ID, d.Name, d.App, d.Available, d.Hash, d.Tail, micros(d.CreatedAt.Truncate(trip.Precision)), d.DriverID, driver.MaxDevices))
		if err == nil && added {
			return insertAudit(ctx, tx, log)
		}
		if err != nil {
			return err
		}
		if _, err := readDriver(ctx, tx, d.DriverID); err != nil {
			return err
		}
		return fault.New(fault.WrongState, "the driver has %d devices already: revoke one", driver.MaxDevices)
	})
}

// Device reads the device whose token has the hash; fault.NotFound if there is
// none.
func (s *Store) Device(ctx context.Context, hash string) (driver.Device, error) {
	return theOne(collect(ctx, s.reads, scanDevice, selectDevices+`WHERE hash = ?`, hash))("no such device")
}

// Devices is the driver's devices, the oldest first.
func (s *Store) Devices(ctx context.Context, driverID string) ([]driver.Device, error) {
	return collect(ctx, s.reads, scanDevice, selectDevices+`WHERE driver_id = ? ORDER BY created_at, id`, driverID)
}

// RemoveDevice forgets a device of the driver; fault.NotFound if there is none.
// The log is stored with that.
func (s *Store) RemoveDevice(ctx context.Context, driverID, id string, log ...audit.Entry) error {
	return s.write(ctx, func(ctx context.Context, tx *session) error {
		removed, err := affected(tx.exec(ctx, `DELETE FROM devices WHERE driver_id = ? AND id = ?`, driverID, id))
		if err == nil && !removed {
			err = fault.New(fault.NotFound, "no such device")
		}
		if err != nil {
			return err
		}
		return insertAudit(ctx, tx, log)
	})
}

func scanDevice(r row) (driver.Device, error) {
	var d driver.Device
	err := r.Scan(&d.ID, &d.DriverID, &d.Name, &d.App, &d.Available, &d.Hash, &d.Tail, instant{&d.CreatedAt})
	return d, err
}
