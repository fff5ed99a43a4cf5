package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/wire"
)

// Areas is the parts of the map that operators set.
type Areas interface {
	List(ctx context.Context) ([]wire.Area, error)
	Set(ctx context.Context, a wire.Area, log ...audit.Entry) (wire.Area, error)
	Delete(ctx context.Context, id string, log ...audit.Entry) error
}

func (a *API) areaRoutes() {
	handle(a, huma.Operation{
		OperationID: "list-areas", Method: http.MethodGet, Path: "/v1/areas", Tags: []string{"operator"},
		Summary: "The areas of the map, and their policies",
	}, a.listAreas)
	handle(a, huma.Operation{
		OperationID: "set-area", Method: http.MethodPut, Path: "/v1/areas/{id}", Tags: []string{"operator"},
		Summary: "Draw an area, or change it",
		Description: "Requests that are picked up in an area with a policy are matched by that, all others by the policy of the installation. " +
			"Areas with a policy must not overlap: 409 names the other. Every dispatcher goes by it within a second, and after a restart too.",
	}, a.setArea)
	handle(a, huma.Operation{
		OperationID: "delete-area", Method: http.MethodDelete, Path: "/v1/areas/{id}", Tags: []string{"operator"},
		Summary: "Forget an area; its requests are matched by the policy of the installation", DefaultStatus: http.StatusNoContent,
	}, a.deleteArea)
}

type areasOutput struct {
	Body struct {
		Areas []wire.Area `json:"areas" nullable:"false"`
	}
}

func (a *API) listAreas(ctx context.Context, _ *struct{}) (*areasOutput, error) {
	all, err := a.Areas.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &areasOutput{}
	out.Body.Areas = append([]wire.Area{}, all...)
	return out, nil
}

type areaInput struct {
	ID   string `path:"id"`
	Body struct {
		Name   string          `json:"name"`
		Area   json.RawMessage `json:"area" doc:"a GeoJSON Polygon or MultiPolygon; coordinates are longitude, latitude"`
		Policy *wire.Policy    `json:"policy,omitempty" doc:"all settings, as PUT /v1/policy takes them; left out where the installation's is to be in force"`
		Color  string          `json:"color,omitempty" doc:"for maps, as #rrggbb"`
	}
}

type areaOutput struct{ Body wire.Area }

func (a *API) setArea(ctx context.Context, in *areaInput) (*areaOutput, error) {
	drawn := wire.Area{
		ID: in.ID, Name: in.Body.Name, Color: in.Body.Color, Shape: in.Body.Area, Policy: in.Body.Policy,
		SetBy: caller(ctx).Subject, SetAt: a.Now().UTC(),
	}
	detail := map[string]any{"name": drawn.Name}
	if drawn.Policy != nil {
		detail["policy"] = drawn.Policy
	}
	drawn, err := a.Areas.Set(ctx, drawn, a.did(ctx, "area.set", audit.Area(in.ID), detail))
	if err != nil {
		return nil, err
	}
	return &areaOutput{drawn}, nil
}

type areaID struct {
	ID string `path:"id"`
}

func (a *API) deleteArea(ctx context.Context, in *areaID) (*struct{}, error) {
	return nil, a.Areas.Delete(ctx, in.ID, a.did(ctx, "area.delete", audit.Area(in.ID), nil))
}
