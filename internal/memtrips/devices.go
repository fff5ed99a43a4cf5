package memtrips

import (
	"cmp"
	"context"
	"slices"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// AddDevice stores a new device. A driver who is not registered is
// fault.NotFound, one device too many (driver.MaxDevices) is fault.WrongState. The
// log is stored with it.
func (s *Store) AddDevice(ctx context.Context, d driver.Device, log ...audit.Entry) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.profiles[d.DriverID]; !ok {
		return fault.New(fault.NotFound, "no such driver")
	}
	if len(s.devicesOf(d.DriverID)) >= driver.MaxDevices {
		return fault.New(fault.WrongState, "the driver has %d devices already: revoke one", driver.MaxDevices)
	}
	d.CreatedAt = d.CreatedAt.UTC().Truncate(trip.Precision)
	s.devices[d.Hash] = d
	s.record(log)
	return nil
}

// Device reads the device whose token has the hash; fault.NotFound if there is
// none.
func (s *Store) Device(ctx context.Context, hash string) (driver.Device, error) {
	if err := usable(ctx); err != nil {
		return driver.Device{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.devices[hash]
	if !ok {
		return d, fault.New(fault.NotFound, "no such device")
	}
	return d, nil
}

// Devices is the driver's devices, the oldest first.
func (s *Store) Devices(ctx context.Context, driverID string) ([]driver.Device, error) {
	if err := usable(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.devicesOf(driverID), nil
}

// RemoveDevice forgets a device of the driver; fault.NotFound if there is none.
// The log is stored with that.
func (s *Store) RemoveDevice(ctx context.Context, driverID, id string, log ...audit.Entry) error {
	if err := usable(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.devicesOf(driverID) {
		if d.ID == id {
			delete(s.devices, d.Hash)
			s.record(log)
			return nil
		}
	}
	return fault.New(fault.NotFound, "no such device")
}

func (s *Store) devicesOf(driverID string) []driver.Device {
	var of []driver.Device
	for _, d := range s.devices {
		if d.DriverID == driverID {
			of = append(of, d)
		}
	}
	slices.SortFunc(of, func(a, b driver.Device) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return of
}
