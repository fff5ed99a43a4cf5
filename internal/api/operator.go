package api

import (
	"context"
	"math"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

func (a *API) operatorRoutes() {
	registered := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[wire.Driver](), true, "Driver")
	handle(a, huma.Operation{
		OperationID: "register-driver", Method: http.MethodPost, Path: "/v1/drivers", Tags: []string{"operator"},
		Summary: "Register a driver", Description: "The same again changes nothing and gets 200.",
		DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"200": {
			Description: "The same driver was registered before", Content: map[string]*huma.MediaType{"application/json": {Schema: registered}},
		}},
	}, a.registerDriver)
	handle(a, huma.Operation{
		OperationID: "list-drivers", Method: http.MethodGet, Path: "/v1/drivers", Tags: []string{"operator"},
		Summary: "Registered drivers, by id",
	}, a.listDrivers)
	handle(a, huma.Operation{
		OperationID: "nearby-drivers", Method: http.MethodGet, Path: "/v1/drivers/nearby", Tags: []string{"operator", "rider"},
		Summary:     "Drivers near a place, nearest first",
		Description: "Riders see available drivers, rounded to about 100 m and without ids.",
	}, a.nearby)
	handle(a, huma.Operation{
		OperationID: "get-driver", Method: http.MethodGet, Path: "/v1/drivers/{id}", Tags: []string{"operator"},
		Summary: "A driver: profile, status, location, current trips",
	}, a.getDriver)
}

type registerInput struct {
	Body struct {
		ID    string `json:"id" doc:"1 to 64 letters, digits, '-' or '_'"`
		Name  string `json:"name,omitempty"`
		Class string `json:"class,omitempty" doc:"a class of the tariff; standard if left out"`
		Seats int    `json:"seats,omitempty" minimum:"1" maximum:"16" doc:"4 if left out"`
	}
}

type registerOutput struct {
	Status int
	Body   wire.Driver
}

// usualSeats is what a car has for riders.
const usualSeats = 4

func (a *API) registerDriver(ctx context.Context, in *registerInput) (*registerOutput, error) {
	p := driver.Profile{ID: in.Body.ID, Name: in.Body.Name, Class: driver.Class(in.Body.Class), Seats: in.Body.Seats, CreatedAt: a.Now().UTC()}
	if p.Class == "" {
		p.Class = driver.Standard
	}
	if p.Seats == 0 {
		p.Seats = usualSeats
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if _, err := a.Tariff.Rate(p.Class); err != nil {
		return nil, err // no trip would ever be for this driver
	}
	stored, created, err := a.Drivers.Register(ctx, p, a.did(ctx, "driver.register", audit.Driver(p.ID), map[string]any{"name": p.Name, "class": string(p.Class), "seats": p.Seats}))
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return &registerOutput{status, wire.FromProfile(stored)}, nil
}

type driversOutput struct {
	Body struct {
		Drivers    []wire.Driver `json:"drivers" nullable:"false"`
		NextCursor string        `json:"next_cursor,omitempty" doc:"of the next page; left out on the last"`
	}
}

func (a *API) listDrivers(ctx context.Context, in *PageInput) (*driversOutput, error) {
	if in.Cursor != "" && !driver.ValidID(in.Cursor) {
		return nil, fault.Field("cursor", "%q is not accepted: the next_cursor of a page", in.Cursor)
	}
	page, next, err := a.Drivers.ListDrivers(ctx, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &driversOutput{}
	out.Body.Drivers, out.Body.NextCursor = make([]wire.Driver, len(page)), next
	for i, p := range page {
		out.Body.Drivers[i] = wire.FromProfile(p)
	}
	return out, nil
}

// driverView is a driver as operators see one.
type driverView struct {
	wire.Driver
	Status   driver.Status `json:"status" enum:"offline,available,offered,enroute,waiting,riding,silent"`
	Location *Located      `json:"location,omitempty" doc:"left out while offline"`
	Partial  bool          `json:"partial,omitempty" doc:"the shared store of positions is gone: status and location are what this server knows"`
	TripIDs  []string      `json:"trip_ids" nullable:"false" doc:"trips that hold the driver: the current one, then the next"`
}

// Located is where a driver is.
type Located struct {
	Lat      float64 `json:"lat"`
	Lon      float64 `json:"lon"`
	Heading  float64 `json:"heading" doc:"degrees; -1 if unknown"`
	Speed    float64 `json:"speed" doc:"m/s; -1 if unknown"`
	Accuracy float64 `json:"accuracy" doc:"metres; -1 if unknown"`
	AgeS     float64 `json:"age_s" doc:"seconds since the position came"`
}

type driverOutput struct{ Body driverView }

func (a *API) getDriver(ctx context.Context, in *IDInput) (*driverOutput, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	p, err := a.Drivers.Driver(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	claims, err := a.Trips.ClaimedBy(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	at, online, partial, err := a.located(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now, view := a.Now(), driverView{Driver: wire.FromProfile(p), TripIDs: []string{}, Partial: partial}
	for _, t := range claims {
		view.TripIDs = append(view.TripIDs, t.ID)
	}
	view.Status = driver.Offline
	if online {
		where := locatedAt(&at, now)
		view.Status, view.Location = statusOf(at, claims, now, a.Desk.Limits.Fresh), &where
	}
	return &driverOutput{view}, nil
}

// located is where the driver is, if online.
func (a *API) located(ctx context.Context, driverID string) (at driver.Location, ok, partial bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, foundWithin)
	defer cancel()
	return a.Locations.Locate(ctx, driverID)
}

// statusOf is what a driver who is online is doing: heard of or not by the
// location, busy or not by the claims.
func statusOf(at driver.Location, claims []*trip.Trip, now time.Time, fresh time.Duration) driver.Status {
	switch {
	case !at.Fresh(now, fresh):
		return driver.Silent
	case len(claims) > 0:
		return claims[0].DriverStatus()
	case at.Available:
		return driver.Available
	}
	return driver.Offline
}

func locatedAt(l *driver.Location, now time.Time) Located {
	return Located{l.Lat, l.Lon, l.Heading, l.Speed, l.Accuracy, thousandths(l.Age(now).Seconds())}
}

// thousandths rounds to millimetres and milliseconds: positions are not known
// better than that, and each digit is one to write and to read.
func thousandths(f float64) float64 { return math.Round(f*1000) / 1000 }
