package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

const (
	geoJSON   = "application/geo+json"
	plainJSON = "application/json"
)

func (a *API) trackRoutes() {
	schemas := a.huma.OpenAPI().Components.Schemas
	handle(a, huma.Operation{
		OperationID: "trip-track", Method: http.MethodGet, Path: "/v1/trips/{id}/track", Tags: []string{"trip"},
		Summary: "The way that was driven with the rider on board: riders and drivers see their own",
		Description: "It is there once the ride has ended, and may change for an hour while positions come in late. " +
			"Its line passes within 5 m of each position; distance_m is the length of the way before it was thinned out.",
		Responses: map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{
			geoJSON:   {Schema: huma.SchemaFromType(schemas, reflect.TypeFor[trackFeature]())},
			plainJSON: {Schema: huma.SchemaFromType(schemas, reflect.TypeFor[trackPolyline]())},
		}}},
	}, a.track)
}

type trackInput struct {
	IDInput
	Format string `query:"format" enum:"geojson,polyline" default:"geojson" doc:"geojson: a GeoJSON feature; polyline: an encoded polyline of precision 5"`
}

type trackOutput struct {
	ContentType string `header:"Content-Type"`
	Body        any    // trackFeature or trackPolyline
}

// trackFeature is a track as GeoJSON (RFC 7946).
type trackFeature struct {
	Type       string          `json:"type" enum:"Feature"`
	Geometry   trackLine       `json:"geometry"`
	Properties trackProperties `json:"properties"`
}

type trackLine struct {
	Type        string       `json:"type" enum:"LineString"`
	Coordinates [][2]float64 `json:"coordinates" nullable:"false" doc:"longitude, latitude"`
}

type trackProperties struct {
	TripID    string      `json:"trip_id"`
	DistanceM float64     `json:"distance_m"`
	Times     []time.Time `json:"times" nullable:"false" doc:"of each point, by the phone's clock"`
}

type trackPolyline struct {
	TripID    string      `json:"trip_id"`
	DistanceM float64     `json:"distance_m"`
	Polyline  string      `json:"polyline" doc:"Google's encoded polyline format, precision 5"`
	Times     []time.Time `json:"times" nullable:"false" doc:"of each point, by the phone's clock"`
}

func (a *API) track(ctx context.Context, in *trackInput) (*trackOutput, error) {
	t, err := a.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	track, err := a.Trips.Track(ctx, t.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "%s", whyNoTrack(t))
	}
	if err != nil {
		return nil, err
	}
	if in.Format == "polyline" {
		return &trackOutput{plainJSON, polylineOf(track)}, nil
	}
	return &trackOutput{geoJSON, featureOf(track)}, nil
}

func whyNoTrack(t *trip.Trip) string {
	switch _, to, ridden := t.Ridden(); {
	case ridden && to.IsZero():
		return "the trip has no track yet: it is made when the ride ends"
	case ridden:
		return "the trip has no track: no positions came during the ride"
	case t.State.Final():
		return "the trip has no track: it ended before the ride"
	}
	return "the trip has no track yet: the ride has not begun"
}

func featureOf(t trip.Track) trackFeature {
	line := make([][2]float64, len(t.Fixes))
	for i, f := range t.Fixes {
		line[i] = [2]float64{f.Lon, f.Lat}
	}
	return trackFeature{
		Type: "Feature", Geometry: trackLine{"LineString", line},
		Properties: trackProperties{t.TripID, t.Metres, timesOf(t)},
	}
}

func polylineOf(t trip.Track) trackPolyline {
	line := make([]geo.Point, len(t.Fixes))
	for i, f := range t.Fixes {
		line[i] = f.Point
	}
	return trackPolyline{t.TripID, t.Metres, geo.EncodePolyline(line), timesOf(t)}
}

func timesOf(t trip.Track) []time.Time {
	times := make([]time.Time, len(t.Fixes))
	for i, f := range t.Fixes {
		times[i] = f.At.UTC()
	}
	return times
}
