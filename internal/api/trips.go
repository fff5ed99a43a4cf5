package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

func (a *API) tripRoutes() {
	handle(a, huma.Operation{
		OperationID: "get-trip", Method: http.MethodGet, Path: "/v1/trips/{id}", Tags: []string{"trip"},
		Summary: "A trip: riders and drivers see their own",
	}, a.getTrip)
	handle(a, huma.Operation{
		OperationID: "list-trips", Method: http.MethodGet, Path: "/v1/trips", Tags: []string{"trip"},
		Summary: "Trips, the newest request first: riders and drivers see their own",
	}, a.listTrips)
	handle(a, huma.Operation{
		OperationID: "cancel-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/cancel", Tags: []string{"trip"},
		Summary:     "Cancel a trip",
		Description: "For its rider or an operator the trip ends. For its driver the search goes on with somebody else.",
	}, a.cancelTrip)
	handle(a, huma.Operation{
		OperationID: "trip-decisions", Method: http.MethodGet, Path: "/v1/trips/{id}/decisions", Tags: []string{"operator"},
		Summary: "Who was considered for a trip, and who was left out and why",
	}, a.decisions)
}

// IDInput is the id in the path.
type IDInput struct {
	ID string `path:"id" maxLength:"64"`
}

// check refuses what cannot be an id before it reaches the store.
func (in IDInput) check(what string) error {
	if !driver.ValidID(in.ID) {
		return fault.New(fault.NotFound, "no such %s", what)
	}
	return nil
}

type tripOutput struct{ Body wire.Trip }

// tripAnswer answers with the trip as the caller may see it.
func (a *API) tripAnswer(ctx context.Context) func(*trip.Trip, error) (*tripOutput, error) {
	return func(t *trip.Trip, err error) (*tripOutput, error) {
		if err != nil {
			return nil, err
		}
		return &tripOutput{a.shown(ctx, t)}, nil
	}
}

// shown is the trip as the caller may see it.
func (a *API) shown(ctx context.Context, t *trip.Trip) wire.Trip {
	if caller(ctx).Role == trip.Driver {
		return wire.FromTrip(t)
	}
	return wire.ForRider(t)
}

// seen is the trip, if the caller may see it.
func (a *API) seen(ctx context.Context, id string) (*trip.Trip, error) {
	if err := (IDInput{id}).check("trip"); err != nil {
		return nil, err
	}
	t, err := a.Trips.Trip(ctx, id)
	if err != nil {
		return nil, err
	}
	return t, visible(caller(ctx), t)
}

func (a *API) getTrip(ctx context.Context, in *IDInput) (*tripOutput, error) {
	t, err := a.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &tripOutput{a.shown(ctx, t)}
	return out, a.withDriver(ctx, t, &out.Body)
}

// PageInput chooses a page of a list.
type PageInput struct {
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type listTripsInput struct {
	PageInput
	State    string `query:"state" doc:"only trips in this state"`
	RiderID  string `query:"rider_id" maxLength:"64" doc:"only trips of this rider; for operators, or oneself"`
	DriverID string `query:"driver_id" maxLength:"64" doc:"only trips of this driver; for operators, or oneself"`
}

type tripsOutput struct {
	Body struct {
		Trips      []wire.Trip `json:"trips" nullable:"false"`
		NextCursor string      `json:"next_cursor,omitempty" doc:"of the next page; left out on the last"`
	}
}

// ownTrips keeps riders and drivers to what is theirs.
func ownTrips(who auth.Identity, q *trip.Query) error {
	own := &q.RiderID
	switch who.Role {
	case trip.Operator:
		return nil
	case trip.Driver:
		own = &q.DriverID
	}
	for name, id := range map[string]*string{"rider_id": &q.RiderID, "driver_id": &q.DriverID} {
		if *id != "" && (id != own || *id != who.Subject) {
			return fault.New(fault.Forbidden, "%s: trips of others are for operators to list", name)
		}
	}
	*own = who.Subject
	return nil
}

func (a *API) listTrips(ctx context.Context, in *listTripsInput) (*tripsOutput, error) {
	q := trip.Query{Cursor: in.Cursor, Limit: in.Limit, RiderID: in.RiderID, DriverID: in.DriverID}
	if err := ownTrips(caller(ctx), &q); err != nil {
		return nil, err
	}
	if in.State != "" {
		state, err := trip.ParseState(in.State)
		if err != nil {
			return nil, err
		}
		q.State = state
	}
	page, next, err := a.Trips.List(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &tripsOutput{}
	out.Body.Trips, out.Body.NextCursor = make([]wire.Trip, len(page)), next
	for i, t := range page {
		out.Body.Trips[i] = a.shown(ctx, t)
	}
	return out, nil
}

type reasonBody struct {
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

type cancelInput struct {
	IDInput
	Body *cancelBody
}

type cancelBody struct {
	Reason string `json:"reason,omitempty" maxLength:"200"`
	Epoch  int64  `json:"epoch,omitempty" minimum:"1" doc:"of a driver: of the trip, as the driver has it"`
}

// told is what the client gave, nothing without a body.
func (b *cancelBody) told() (reason string, epoch int64, err error) {
	if b == nil {
		return "", 0, nil
	}
	return b.Reason, b.Epoch, driver.CheckText("reason", b.Reason)
}

func (a *API) cancelTrip(ctx context.Context, in *cancelInput) (*tripOutput, error) {
	who := caller(ctx)
	if who.Role != trip.Driver { // whose trip it is, a driver's command checks itself
		if _, err := a.seen(ctx, in.ID); err != nil {
			return nil, err
		}
	} else if err := in.check("trip"); err != nil {
		return nil, err
	}
	reason, epoch, err := in.Body.told()
	if err != nil {
		return nil, err
	}
	if who.Role != trip.Driver {
		return a.tripAnswer(ctx)(a.Desk.Cancel(ctx, who.Actor(), in.ID, reason))
	}
	t, err := a.Desk.Do(ctx, wire.Command{Kind: wire.CommandCancel, DriverID: who.Subject, TripID: in.ID, Epoch: epoch, Reason: reason})
	if err == nil && t.DriverID != "" && t.DriverID != who.Subject {
		err = fault.New(fault.WrongState, "the trip is not yours any more") // whose it is now is not this driver's to know
	}
	return a.tripAnswer(ctx)(t, err)
}

// reason is what the client gave as one, "" without a body.
func (b *reasonBody) reason() (string, error) {
	if b == nil {
		return "", nil
	}
	return b.Reason, driver.CheckText("reason", b.Reason)
}

type decisionsOutput struct {
	Body struct {
		TripID    string          `json:"trip_id"`
		Decisions []wire.Decision `json:"decisions" nullable:"false" doc:"the oldest first; what the dispatchers that live remember"`
		Partial   bool            `json:"partial" doc:"one of them did not answer in time"`
	}
}

func (a *API) decisions(ctx context.Context, in *IDInput) (*decisionsOutput, error) {
	t, err := a.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &decisionsOutput{}
	out.Body.TripID = t.ID
	all, whole, err := a.Decisions.Recall(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	out.Body.Decisions, out.Body.Partial = all, !whole
	return out, nil
}
