package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// handRoutes are what an operator does to a trip beside cancelling it.
func (a *API) handRoutes() {
	handle(a, huma.Operation{
		OperationID: "redispatch-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/redispatch", Tags: []string{"operator"},
		Summary:     "Take the driver off a trip: the search goes on",
		Description: "The same trip at the next epoch; the driver is not offered it again. With driver_id a repetition changes nothing.",
	}, a.redispatchTrip)
	handle(a, huma.Operation{
		OperationID: "assign-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/assign", Tags: []string{"operator"},
		Summary: "Offer a trip to a driver by hand, at once",
		Description: "An offer as any other: the driver confirms and answers it. Refused with driver_unfit (not online, not available, another class, too few seats), " +
			"driver_excluded (declined or cancelled the trip), driver_claimed (holds another trip or offer), or wrong_state where the trip is offered to somebody at the moment.",
	}, a.assignTrip)
}

type redispatchInput struct {
	IDInput
	Body *struct {
		Reason   string `json:"reason,omitempty" maxLength:"200"`
		DriverID string `json:"driver_id,omitempty" maxLength:"64" doc:"who is to be taken off; whoever has the trip if left out"`
	}
}

func (a *API) redispatchTrip(ctx context.Context, in *redispatchInput) (*tripOutput, error) {
	if _, err := a.seen(ctx, in.ID); err != nil {
		return nil, err
	}
	var driverID, reason string
	if in.Body != nil {
		driverID, reason = in.Body.DriverID, in.Body.Reason
	}
	if err := driver.CheckText("reason", reason); err != nil {
		return nil, err
	}
	if driverID != "" && !driver.ValidID(driverID) {
		return nil, fault.Field("driver_id", "%q is not accepted: the id of a driver", driverID)
	}
	return a.tripAnswer(ctx)(a.Desk.Redispatch(ctx, caller(ctx).Actor(), in.ID, driverID, reason))
}

type assignInput struct {
	IDInput
	Body struct {
		DriverID string `json:"driver_id" maxLength:"64"`
		Override bool   `json:"override_exclusion,omitempty" doc:"also to a driver who declined or cancelled the trip"`
	}
}

func (a *API) assignTrip(ctx context.Context, in *assignInput) (*tripOutput, error) {
	if _, err := a.seen(ctx, in.ID); err != nil {
		return nil, err
	}
	if !driver.ValidID(in.Body.DriverID) {
		return nil, fault.Field("driver_id", "%q is not accepted: the id of a driver", in.Body.DriverID)
	}
	return a.tripAnswer(ctx)(a.Desk.Assign(ctx, dispatch.Hand{
		By: caller(ctx).Subject, TripID: in.ID, DriverID: in.Body.DriverID, Override: in.Body.Override,
	}))
}
