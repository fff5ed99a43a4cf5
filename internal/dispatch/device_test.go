package dispatch_test

import (
	"testing"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestDesk_Device(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	profile, err := c.store.Driver(c.ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	for hash, available := range map[string]bool{"quiet": false, "free": true} {
		if err := c.store.AddDevice(c.ctx, driver.Device{ID: hash, DriverID: "a", Hash: hash, Available: available, CreatedAt: c.now}); err != nil {
			t.Fatal(err)
		}
		got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandDevice, Device: hash})
		if got.Fault() != nil || got.Profile == nil || got.Profile.Profile() != profile || got.Available != available {
			t.Errorf("%s: %+v", hash, got)
		}
	}
	got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandDevice, Device: "revoked"})
	if got.Code != fault.Unauthenticated || got.Profile != nil {
		t.Errorf("one that is not kept: %+v", got)
	}
}
