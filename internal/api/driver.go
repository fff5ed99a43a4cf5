package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// driverRoutes are what a driver can also do by frames on the socket.
func (a *API) driverRoutes() {
	for _, step := range []struct {
		name, summary string
		kind          wire.CommandKind
	}{
		{"arrive", "The driver is at the pickup", wire.CommandArrive},
		{"complete", "The rider is at the drop-off", wire.CommandComplete},
	} {
		handle(a, huma.Operation{
			OperationID: step.name + "-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/" + step.name,
			Tags: []string{"driver"}, Summary: step.summary, Description: "A repetition changes nothing.",
		}, func(ctx context.Context, in *stepInput) (*tripOutput, error) {
			if err := in.check("trip"); err != nil {
				return nil, err
			}
			return a.tripAnswer(ctx)(a.Desk.Do(ctx, wire.Command{Kind: step.kind, DriverID: caller(ctx).Subject, TripID: in.ID, Epoch: in.epoch()}))
		})
	}
	handle(a, huma.Operation{
		OperationID: "start-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/start", Tags: []string{"driver"},
		Summary: "The rider is on board",
		Description: "A repetition changes nothing. Where pin_required is true the rider's PIN is needed: another one is refused with wrong_pin, " +
			"and after five of them within ten minutes all are for a minute, with rate_limited.",
	}, a.startTrip)
	handle(a, huma.Operation{
		OperationID: "accept-offer", Method: http.MethodPost, Path: "/v1/offers/{id}/accept", Tags: []string{"driver"},
		Summary: "Take the offered trip", Description: "A repetition changes nothing.",
	}, a.acceptOffer)
	handle(a, huma.Operation{
		OperationID: "decline-offer", Method: http.MethodPost, Path: "/v1/offers/{id}/decline", Tags: []string{"driver"},
		Summary: "Refuse the offered trip: it is not offered again",
	}, a.declineOffer)
	handle(a, huma.Operation{
		OperationID: "receive-offer", Method: http.MethodPost, Path: "/v1/offers/{id}/received", Tags: []string{"driver"},
		Summary: "The phone shows the offer: the accept window begins",
	}, a.receiveOffer)
}

type stepInput struct {
	IDInput
	Body *struct {
		Epoch int64 `json:"epoch,omitempty" minimum:"1" doc:"of the trip, as the driver has it: a step that comes late, when the driver has the trip for the second time, is refused"`
	}
}

// epoch is what the driver named, 0 for none.
func (in *stepInput) epoch() int64 {
	if in.Body == nil {
		return 0
	}
	return in.Body.Epoch
}

type startInput struct {
	IDInput
	Body *struct {
		Epoch int64  `json:"epoch,omitempty" minimum:"1" doc:"as of the other steps"`
		PIN   string `json:"pin,omitempty" doc:"four digits, which the rider tells the driver"`
	}
}

// command is the start that the driver asks for.
func (in *startInput) command(driverID string) (wire.Command, error) {
	c := wire.Command{Kind: wire.CommandStart, DriverID: driverID, TripID: in.ID}
	if in.Body == nil {
		return c, in.check("trip")
	}
	c.Epoch, c.PIN = in.Body.Epoch, in.Body.PIN
	if c.PIN != "" {
		if err := trip.CheckPIN(c.PIN); err != nil {
			return c, err
		}
	}
	return c, in.check("trip")
}

// pinPause is how long a driver is asked to wait who tried too many PINs.
const pinPause = time.Minute

func (a *API) startTrip(ctx context.Context, in *startInput) (*tripOutput, error) {
	c, err := in.command(caller(ctx).Subject)
	if err != nil {
		return nil, err
	}
	t, err := a.Desk.Do(ctx, c)
	if fault.Is(err, fault.RateLimited) {
		err = later{err, pinPause}
	}
	return a.tripAnswer(ctx)(t, err)
}

func (a *API) acceptOffer(ctx context.Context, in *IDInput) (*tripOutput, error) {
	if err := in.check("offer"); err != nil {
		return nil, err
	}
	return a.tripAnswer(ctx)(a.Desk.Accept(ctx, caller(ctx).Subject, in.ID))
}

type declineInput struct {
	IDInput
	Body *reasonBody
}

// done is an answer without a body.
type done struct{}

func (a *API) declineOffer(ctx context.Context, in *declineInput) (*done, error) {
	if err := in.check("offer"); err != nil {
		return nil, err
	}
	reason, err := in.Body.reason()
	if err != nil {
		return nil, err
	}
	_, err = a.Desk.Decline(ctx, caller(ctx).Subject, in.ID, reason)
	return &done{}, err
}

func (a *API) receiveOffer(ctx context.Context, in *IDInput) (*done, error) {
	if err := in.check("offer"); err != nil {
		return nil, err
	}
	_, err := a.Desk.Received(ctx, caller(ctx).Subject, in.ID)
	return &done{}, err
}
