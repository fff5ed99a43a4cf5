package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/trip"
)

// Finds looks for what an operator knows a part of.
type Finds interface {
	// TripsLike, RidersLike are by the beginning of their ids, DriversLike by that
	// or a part of the name; each by id.
	TripsLike(ctx context.Context, prefix string, limit int) ([]*trip.Trip, error)
	RidersLike(ctx context.Context, prefix string, limit int) ([]string, error)
	DriversLike(ctx context.Context, text string, limit int) ([]driver.Profile, error)
}

func (a *API) searchRoutes() {
	handle(a, huma.Operation{
		OperationID: "search", Method: http.MethodGet, Path: "/v1/search", Tags: []string{"operator"},
		Summary:     "Find trips, drivers and riders",
		Description: "Trips and riders by the beginning of their ids, drivers by that or a part of the name; 20 at most, drivers first.",
	}, a.search)
}

type searchInput struct {
	Q string `query:"q" required:"true" minLength:"1" maxLength:"64"`
}

type foundOne struct {
	Kind  string `json:"kind" enum:"trip,driver,rider"`
	ID    string `json:"id"`
	Label string `json:"label" doc:"for people"`
	Sub   string `json:"sub" doc:"for people: what tells it from others"`
}

type searchOutput struct {
	Body struct {
		Results []foundOne `json:"results" nullable:"false"`
	}
}

const (
	mostFound  = 20
	mostOfKind = 10
)

func (a *API) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	if err := driver.CheckText("q", in.Q); err != nil {
		return nil, err
	}
	out := &searchOutput{}
	out.Body.Results = []foundOne{}
	add := func(kind, id, label, sub string) {
		if len(out.Body.Results) < mostFound {
			out.Body.Results = append(out.Body.Results, foundOne{kind, id, label, sub})
		}
	}
	drivers, err := a.Finds.DriversLike(ctx, in.Q, mostOfKind)
	for _, p := range drivers {
		label := p.Name
		if label == "" {
			label = p.ID
		}
		add("driver", p.ID, label, fmt.Sprintf("%s, %d seats", p.Class, p.Seats))
	}
	if err != nil || !driver.ValidID(in.Q) {
		return out, err
	}
	trips, err := a.Finds.TripsLike(ctx, in.Q, mostOfKind)
	if err != nil {
		return nil, err
	}
	for _, t := range trips {
		add("trip", t.ID, t.ID, fmt.Sprintf("%s, requested %s by %s", t.State, t.RequestedAt.UTC().Format(time.DateTime), t.RiderID))
	}
	riders, err := a.Finds.RidersLike(ctx, in.Q, mostOfKind)
	for _, id := range riders {
		add("rider", id, id, "")
	}
	return out, err
}
