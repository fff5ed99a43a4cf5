package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/wire"
)

// driverRoutes are what a driver can also do by frames on the socket.
func (a *API) driverRoutes() {
	for _, step := range []struct {
		name, summary string
		kind          wire.CommandKind
	}{
		{"arrive", "The driver is at the pickup", wire.CommandArrive},
		{"start", "The rider is on board", wire.CommandStart},
		{"complete", "The rider is at the drop-off", wire.CommandComplete},
	} {
		handle(a, huma.Operation{
			OperationID: step.name + "-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/" + step.name,
			Tags: []string{"driver"}, Summary: step.summary, Description: "A repetition changes nothing.",
		}, func(ctx context.Context, in *stepInput) (*tripOutput, error) {
			if err := in.check("trip"); err != nil {
				return nil, err
			}
			return tripAnswer(a.Desk.Do(ctx, wire.Command{Kind: step.kind, DriverID: caller(ctx).Subject, TripID: in.ID, Epoch: in.epoch()}))
		})
	}
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

func (a *API) acceptOffer(ctx context.Context, in *IDInput) (*tripOutput, error) {
	if err := in.check("offer"); err != nil {
		return nil, err
	}
	return tripAnswer(a.Desk.Accept(ctx, caller(ctx).Subject, in.ID))
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
