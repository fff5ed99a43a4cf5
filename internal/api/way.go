package api

import (
	"context"
	"math"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
)

func (a *API) wayRoutes() {
	handle(a, huma.Operation{
		OperationID: "route", Method: http.MethodPost, Path: "/v1/routes", Tags: []string{"rider", "driver", "operator"},
		Summary:     "The fastest way between two places",
		Description: "By the road graph; where there is none, or a place is off its map, along the straight line, which the rung tells.",
	}, a.route)
}

type routeInput struct {
	Body struct {
		From geo.Point `json:"from"`
		To   geo.Point `json:"to"`
	}
}

type routeOutput struct {
	Body struct {
		Polyline  string     `json:"polyline" doc:"Google's encoded polyline format, precision 5"`
		DistanceM int        `json:"distance_m"`
		DurationS int        `json:"duration_s"`
		Rung      match.Rung `json:"rung" enum:"road,straight" doc:"what it stands on: the road graph or the straight line"`
	}
}

func (a *API) route(ctx context.Context, in *routeInput) (*routeOutput, error) {
	from, to := in.Body.From, in.Body.To
	if err := place("from", from); err != nil {
		return nil, err
	}
	if err := place("to", to); err != nil {
		return nil, err
	}
	if d := geo.Distance(from, to); d > maxWay {
		return nil, fault.Field("to", "%.0f km away is not accepted: at most %.0f km", d/1000, maxWay/1000)
	}
	line, takes, metres, rung := a.Estimator.Route(ctx, from, to)
	if takes < 0 {
		return nil, fault.Field("to", "%v cannot be reached by road", to)
	}
	out := &routeOutput{}
	out.Body.Polyline, out.Body.DistanceM = geo.EncodePolyline(line), int(math.Round(metres))
	out.Body.DurationS, out.Body.Rung = seconds(takes), rung
	return out, nil
}
