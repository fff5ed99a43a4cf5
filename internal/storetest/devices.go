package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// Devices is the part of a store that keeps drivers' devices.
type Devices interface {
	AddDevice(ctx context.Context, d driver.Device, log ...audit.Entry) error
	Device(ctx context.Context, hash string) (driver.Device, error)
	Devices(ctx context.Context, driverID string) ([]driver.Device, error)
	RemoveDevice(ctx context.Context, driverID, id string, log ...audit.Entry) error
}

func testDevices(t *testing.T, p Place) {
	s := mustOpen(t, p)
	for _, id := range []string{"d1", "d2"} {
		if _, _, err := s.Register(t.Context(), driver.Profile{ID: id, Class: driver.Standard, Seats: 4, CreatedAt: start}); err != nil {
			t.Fatal(err)
		}
	}
	var ofD1 []driver.Device
	for i := range 5 { // some of the same moment, and not in the order of their ids
		d := driver.Device{
			ID: fmt.Sprint("device-", 9-i), DriverID: "d1", Name: "Ana's Ñokia", App: "OwnTracks", Available: i%2 == 0,
			Hash: fmt.Sprint("hash-", i), Tail: "ab12", CreatedAt: after(time.Duration(i/2) * time.Minute),
		}
		ofD1 = append(ofD1, mustAddDevice(t, s, d))
	}
	other := mustAddDevice(t, s, driver.Device{ID: "other", DriverID: "d2", Hash: "hash-other", CreatedAt: start})
	slices.SortFunc(ofD1, func(a, b driver.Device) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	t.Run("Read", func(t *testing.T) {
		for _, want := range append(slices.Clone(ofD1), other) {
			if got, err := s.Device(t.Context(), want.Hash); err != nil || got != want {
				t.Errorf("Device(%s) = %+v, %v, want %+v", want.Hash, got, err, want)
			}
		}
		wantDevices(t, s, "d1", ofD1)
		wantDevices(t, s, "d2", []driver.Device{other})
		wantDevices(t, s, "nobody", nil)
		_, err := s.Device(t.Context(), "no hash")
		wantFault(t, err, fault.NotFound)
	})
	t.Run("ErrNoDriver", func(t *testing.T) {
		wantFault(t, s.AddDevice(t.Context(), driver.Device{ID: "x", DriverID: "nobody", Hash: "x", CreatedAt: start}), fault.NotFound)
		_, err := s.Device(t.Context(), "x")
		wantFault(t, err, fault.NotFound)
	})
	t.Run("Remove", func(t *testing.T) {
		wantFault(t, s.RemoveDevice(t.Context(), "d2", ofD1[1].ID), fault.NotFound) // another's
		if err := s.RemoveDevice(t.Context(), "d1", ofD1[1].ID); err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.RemoveDevice(t.Context(), "d1", ofD1[1].ID), fault.NotFound)
		_, err := s.Device(t.Context(), ofD1[1].Hash)
		wantFault(t, err, fault.NotFound)
		wantDevices(t, s, "d1", slices.Delete(slices.Clone(ofD1), 1, 2))
	})
	t.Run("ErrTooMany", func(t *testing.T) {
		for i := 1; i < driver.MaxDevices; i++ {
			mustAddDevice(t, s, driver.Device{ID: fmt.Sprint("many-", i), DriverID: "d2", Hash: fmt.Sprint("many-", i), CreatedAt: start})
		}
		wantFault(t, s.AddDevice(t.Context(), driver.Device{ID: "more", DriverID: "d2", Hash: "more", CreatedAt: start}), fault.WrongState)
		if err := s.RemoveDevice(t.Context(), "d2", "many-3"); err != nil {
			t.Fatal(err)
		}
		mustAddDevice(t, s, driver.Device{ID: "more", DriverID: "d2", Hash: "more", CreatedAt: start})
	})
}

// mustAddDevice adds the device and is it as stores keep it.
func mustAddDevice(tb testing.TB, s Store, d driver.Device) driver.Device {
	tb.Helper()
	if err := s.AddDevice(tb.Context(), d); err != nil {
		tb.Fatal(err)
	}
	d.CreatedAt = d.CreatedAt.UTC().Truncate(trip.Precision)
	return d
}

func wantDevices(tb testing.TB, s Store, driverID string, want []driver.Device) {
	tb.Helper()
	got, err := s.Devices(tb.Context(), driverID)
	if err != nil || !slices.Equal(got, want) {
		tb.Errorf("Devices(%s) = %+v, %v, want %+v", driverID, got, err, want)
	}
}
