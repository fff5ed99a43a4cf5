package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

func (a *API) placeRoutes() {
	handle(a, huma.Operation{
		OperationID: "find-places", Method: http.MethodGet, Path: "/v1/places", Tags: []string{"rider", "operator"},
		Summary:     "Places and addresses by a text, those near a point first",
		Description: "By the address search that the installation is configured to ask; refused with not_configured where there is none.",
	}, a.findPlaces)
	handle(a, huma.Operation{
		OperationID: "place-at", Method: http.MethodGet, Path: "/v1/places/reverse", Tags: []string{"rider", "operator"},
		Summary: "The address of a point",
	}, a.placeAt)
}

type placesOutput struct {
	Body struct {
		Places []wire.Place `json:"places" nullable:"false"`
	}
}

func placesAnswer(found []wire.Place, err error) (*placesOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &placesOutput{}
	out.Body.Places = append([]wire.Place{}, found...)
	return out, nil
}

var errNoPlaces = fault.New(fault.NotConfigured, "no address search is configured here")

type findInput struct {
	Q   string  `query:"q" required:"true" minLength:"1" maxLength:"200"`
	Lat float64 `query:"lat" minimum:"-90" maximum:"90" doc:"with lon: places near there come first; anywhere if left out"`
	Lon float64 `query:"lon" minimum:"-180" maximum:"180"`
}

func (a *API) findPlaces(ctx context.Context, in *findInput) (*placesOutput, error) {
	if a.Places == nil {
		return nil, errNoPlaces
	}
	q := strings.TrimSpace(in.Q)
	if q == "" {
		return nil, fault.Field("q", "%q is not accepted: what is looked for", in.Q)
	}
	if err := driver.CheckText("q", q); err != nil {
		return nil, err
	}
	var near *geo.Point
	if p := (geo.Point{Lat: in.Lat, Lon: in.Lon}); !p.IsZero() {
		near = &p
	}
	return placesAnswer(a.Places.Search(ctx, q, near))
}

type atInput struct {
	Lat float64 `query:"lat" required:"true" minimum:"-90" maximum:"90"`
	Lon float64 `query:"lon" required:"true" minimum:"-180" maximum:"180"`
}

func (a *API) placeAt(ctx context.Context, in *atInput) (*placesOutput, error) {
	if a.Places == nil {
		return nil, errNoPlaces
	}
	p := geo.Point{Lat: in.Lat, Lon: in.Lon}
	if err := place("lat", p); err != nil {
		return nil, err
	}
	return placesAnswer(a.Places.Reverse(ctx, p))
}
