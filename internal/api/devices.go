package api

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
)

// Devices keeps the devices that report where drivers are.
type Devices interface {
	// AddDevice stores a new device. A driver who is not registered is
	// fault.NotFound, one device too many (driver.MaxDevices) is fault.WrongState.
	AddDevice(ctx context.Context, d driver.Device, log ...audit.Entry) error
	// Devices is the driver's devices, the oldest first.
	Devices(ctx context.Context, driverID string) ([]driver.Device, error)
	// RemoveDevice forgets a device of the driver; fault.NotFound if there is none.
	RemoveDevice(ctx context.Context, driverID, id string, log ...audit.Entry) error
}

func (a *API) deviceRoutes() {
	handle(a, huma.Operation{
		OperationID: "add-device", Method: http.MethodPost, Path: "/v1/drivers/{id}/devices", Tags: []string{"operator"},
		Summary:       "Let a tracking app report where the driver is",
		Description:   "The token that the app needs is in this answer and in no other: it is not kept.",
		DefaultStatus: http.StatusCreated,
	}, a.addDevice)
	handle(a, huma.Operation{
		OperationID: "list-devices", Method: http.MethodGet, Path: "/v1/drivers/{id}/devices", Tags: []string{"operator"},
		Summary: "The driver's devices, the oldest first",
	}, a.listDevices)
	handle(a, huma.Operation{
		OperationID: "revoke-device", Method: http.MethodDelete, Path: "/v1/drivers/{id}/devices/{device}", Tags: []string{"operator"},
		Summary: "Revoke a device's token", Description: "Trackers refuse it at once, or within 15 s where the news did not reach them.",
	}, a.revokeDevice)
}

// deviceView is a device as operators see it.
type deviceView struct {
	ID        string    `json:"id"`
	DriverID  string    `json:"driver_id"`
	Name      string    `json:"name"`
	App       string    `json:"app"`
	Available bool      `json:"available"`
	TokenTail string    `json:"token_tail" doc:"the token's last characters"`
	CreatedAt time.Time `json:"created_at"`
}

func viewOf(d driver.Device) deviceView {
	return deviceView{d.ID, d.DriverID, d.Name, d.App, d.Available, d.Tail, d.CreatedAt}
}

type deviceInput struct {
	IDInput
	Body *struct {
		Name      string `json:"name,omitempty" doc:"for people: whose phone it is"`
		App       string `json:"app,omitempty" doc:"for people: which app it is"`
		Available bool   `json:"available,omitempty" doc:"the driver counts as available while the app reports and no driver's socket says otherwise; false if left out"`
	}
}

type addedDevice struct {
	Body struct {
		deviceView
		Token string `json:"token" doc:"for the app; shown this once"`
	}
}

func (a *API) addDevice(ctx context.Context, in *deviceInput) (*addedDevice, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	d := driver.Device{ID: uuid.Must(uuid.NewV7()).String(), DriverID: in.ID, CreatedAt: a.Now().UTC()}
	if in.Body != nil {
		d.Name, d.App, d.Available = in.Body.Name, in.Body.App, in.Body.Available
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	token := newDeviceToken()
	d, err := d.WithToken(token)
	if err != nil {
		return nil, err
	}
	if err := a.Devices.AddDevice(ctx, d, a.did(ctx, "device.issue", audit.Driver(d.DriverID), map[string]any{"device_id": d.ID, "name": d.Name})); err != nil {
		return nil, err
	}
	out := &addedDevice{}
	out.Body.deviceView, out.Body.Token = viewOf(d), token
	return out, nil
}

func newDeviceToken() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails: it ends the program instead
	return driver.NewDeviceToken(random)
}

type devicesOutput struct {
	Body struct {
		Devices []deviceView `json:"devices" nullable:"false"`
	}
}

func (a *API) listDevices(ctx context.Context, in *IDInput) (*devicesOutput, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	if _, err := a.Drivers.Driver(ctx, in.ID); err != nil {
		return nil, err
	}
	devices, err := a.Devices.Devices(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &devicesOutput{}
	out.Body.Devices = make([]deviceView, len(devices))
	for i, d := range devices {
		out.Body.Devices[i] = viewOf(d)
	}
	return out, nil
}

type revokeInput struct {
	IDInput
	Device string `path:"device" maxLength:"64"`
}

func (a *API) revokeDevice(ctx context.Context, in *revokeInput) (*struct{}, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	if err := (IDInput{in.Device}).check("device"); err != nil {
		return nil, err
	}
	if err := a.Devices.RemoveDevice(ctx, in.ID, in.Device, a.did(ctx, "device.revoke", audit.Driver(in.ID), map[string]any{"device_id": in.Device})); err != nil {
		return nil, err
	}
	a.Desk.DeviceRevoked(ctx, in.ID)
	return nil, nil
}
