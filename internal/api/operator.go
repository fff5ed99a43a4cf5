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
	handle(a, huma.Operation{
		OperationID: "change-driver", Method: http.MethodPatch, Path: "/v1/drivers/{id}", Tags: []string{"operator"},
		Summary: "Change a driver's data",
		Description: "What is left out stays. The vehicle is given as a whole. A driver who is not active gets no session and no offers; " +
			"trips that are under way stay with the driver.",
	}, a.changeDriver)
	handle(a, huma.Operation{
		OperationID: "end-session", Method: http.MethodDelete, Path: "/v1/drivers/{id}/session", Tags: []string{"operator"},
		Summary: "End the driver's sessions, wherever they are",
		Description: "Sockets are closed with code 4003. The driver is off the map at once, but for one on a trip, and may connect again. " +
			"An app that reports by a device's token is not stopped by it: revoke the device.",
	}, a.endSession)
}

type registerInput struct {
	Body struct {
		ID    string `json:"id" doc:"1 to 64 letters, digits, '-' or '_'"`
		Name  string `json:"name,omitempty"`
		Class string `json:"class,omitempty" doc:"a class of the tariff; standard if left out"`
		Seats int    `json:"seats,omitempty" minimum:"1" maximum:"16" doc:"4 if left out"`

		Vehicle *wire.Vehicle `json:"vehicle,omitempty" doc:"how riders know the car"`
	}
}

type registerOutput struct {
	Status int
	Body   wire.Driver
}

// usualSeats is what a car has for riders.
const usualSeats = 4

func (a *API) registerDriver(ctx context.Context, in *registerInput) (*registerOutput, error) {
	p := driver.Profile{
		ID: in.Body.ID, Name: in.Body.Name, Class: driver.Class(in.Body.Class), Seats: in.Body.Seats, Vehicle: in.Body.Vehicle.Vehicle(), CreatedAt: a.Now().UTC(),
	}
	if p.Class == "" {
		p.Class = driver.Standard
	}
	if p.Seats == 0 {
		p.Seats = usualSeats
	}
	if err := a.checkProfile(p); err != nil {
		return nil, err
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

func (a *API) checkProfile(p driver.Profile) error {
	if err := p.Validate(); err != nil {
		return err
	}
	_, err := a.Tariff.Rate(p.Class)
	return err // else no trip would ever be for this driver
}

type changeInput struct {
	IDInput
	Body struct {
		Name    *string       `json:"name,omitempty"`
		Class   *string       `json:"class,omitempty" doc:"a class of the tariff"`
		Seats   *int          `json:"seats,omitempty" minimum:"1" maximum:"16"`
		Vehicle *wire.Vehicle `json:"vehicle,omitempty"`
		Active  *bool         `json:"active,omitempty"`
	}
}

type profileOutput struct{ Body wire.Driver }

func (a *API) changeDriver(ctx context.Context, in *changeInput) (*profileOutput, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	p, err := a.Drivers.ChangeDriver(ctx, in.ID, func(p *driver.Profile) error {
		in.apply(p)
		return a.checkProfile(*p)
	}, a.did(ctx, "driver.change", audit.Driver(in.ID), detailOf(in.Body)))
	if err != nil {
		return nil, err
	}
	a.Desk.DriverChanged(ctx, p)
	return &profileOutput{wire.FromProfile(p)}, nil
}

// apply changes what was given.
func (in *changeInput) apply(p *driver.Profile) {
	b := in.Body
	if b.Name != nil {
		p.Name = *b.Name
	}
	if b.Class != nil {
		p.Class = driver.Class(*b.Class)
	}
	if b.Seats != nil {
		p.Seats = *b.Seats
	}
	if b.Vehicle != nil {
		p.Vehicle = b.Vehicle.Vehicle()
	}
	if b.Active != nil {
		p.Inactive = !*b.Active
	}
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

	Sessions        []openSession     `json:"sessions" nullable:"false" doc:"what is open for the driver at the trackers"`
	Filters         map[string]int    `json:"filters" doc:"positions that were not believed since the sessions began, by the filter that refused them"`
	Last            *wire.RefusedLast `json:"last_refusal,omitempty"`
	SessionsPartial bool              `json:"sessions_partial,omitempty" doc:"a tracker, or the bus, did not answer: there may be more"`
}

// openSession is a session as operators see it.
type openSession struct {
	Tracker string    `json:"tracker"`
	Session string    `json:"session,omitempty" doc:"left out for an app"`
	Kind    string    `json:"kind" enum:"socket,app" doc:"a socket of the driver's phone, or an app that reports by a device's token"`
	Since   time.Time `json:"since"`
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
	stand, err := a.stand(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	view := driverView{Driver: wire.FromProfile(stand.profile), Status: stand.status, TripIDs: []string{}, Partial: stand.partial}
	for _, t := range stand.claims {
		view.TripIDs = append(view.TripIDs, t.ID)
	}
	if stand.online {
		where := locatedAt(&stand.at, a.Now())
		view.Location = &where
	}
	open, complete, err := a.Sessions.Sessions(ctx, in.ID)
	view.show(open)
	view.SessionsPartial = err != nil || !complete
	return &driverOutput{view}, nil
}

// show adds the sessions and what their filters refused.
func (v *driverView) show(open []wire.OpenSession) {
	v.Sessions, v.Filters = make([]openSession, len(open)), map[string]int{}
	for i, s := range open {
		v.Sessions[i] = openSession{s.Tracker, s.Session, s.Kind, s.Since}
		for code, n := range s.Refused {
			v.Filters[code] += n
		}
		if s.Last != nil && (v.Last == nil || s.Last.At.After(v.Last.At)) {
			v.Last = s.Last
		}
	}
}

func (a *API) endSession(ctx context.Context, in *IDInput) (*done, error) {
	if err := in.check("driver"); err != nil {
		return nil, err
	}
	if _, err := a.Drivers.Driver(ctx, in.ID); err != nil {
		return nil, err
	}
	if err := a.Desk.EndSessions(ctx, in.ID); err != nil {
		return nil, err
	}
	return &done{}, a.record(ctx, "driver.end_session", audit.Driver(in.ID), nil)
}

// stand is how things stand with a driver.
type stand struct {
	profile driver.Profile
	status  driver.Status
	claims  []*trip.Trip    // by slot
	at      driver.Location // if online
	online  bool
	partial bool // where the driver is may be behind
}

func (a *API) stand(ctx context.Context, driverID string) (s stand, err error) {
	if s.profile, err = a.Drivers.Driver(ctx, driverID); err != nil {
		return s, err
	}
	if s.claims, err = a.Trips.ClaimedBy(ctx, driverID); err != nil {
		return s, err
	}
	if s.at, s.online, s.partial, err = a.located(ctx, driverID); err != nil {
		return s, err
	}
	s.status = driver.Offline
	if s.online {
		s.status = statusOf(s.at, s.claims, a.Now(), a.Desk.Limits.Fresh)
	}
	return s, nil
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
