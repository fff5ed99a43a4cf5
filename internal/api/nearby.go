package api

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// What a search for drivers is bound by.
const (
	maxRadius     = 50_000.0 // metres around a place
	defaultRadius = 2000     // as nearbyInput says
	defaultNearby = 20
	mostNearby    = 200
	foundWithin   = time.Second // for the store of locations to answer; then it counts as gone
)

type nearbyInput struct {
	Lat     float64 `query:"lat" required:"true"`
	Lon     float64 `query:"lon" required:"true"`
	RadiusM float64 `query:"radius_m" default:"2000" doc:"above 0, at most 50000"`
	Limit   int     `query:"limit" minimum:"1" maximum:"200" default:"20"`
	Class   string  `query:"class" doc:"only drivers of this class"`
}

// check is made here and not by the schema, which lets NaN through.
func (in *nearbyInput) check(a *API) error {
	if err := place("lat, lon", geo.Point{Lat: in.Lat, Lon: in.Lon}); err != nil {
		return err
	}
	if !(in.RadiusM > 0 && in.RadiusM <= maxRadius) {
		return fault.Field("radius_m", "%v is not accepted: above 0, at most %.0f", in.RadiusM, maxRadius)
	}
	if in.Class == "" {
		return nil
	}
	_, err := a.Tariff.Rate(driver.Class(in.Class))
	return err
}

type nearbyOutput struct {
	Body struct {
		Drivers      []nearDriver `json:"drivers" nullable:"false" doc:"nearest first"`
		Partial      bool         `json:"partial,omitempty" doc:"true while the shared store of positions is gone and this server does not know of everybody near the place; left out otherwise"`
		MissingCells []geo.Cell   `json:"missing_cells,omitempty" doc:"where partial: the geohashes (4 characters) of whose drivers some may be left out"`
	}
}

type nearDriver struct {
	ID        string  `json:"id,omitempty" doc:"for operators"`
	Class     string  `json:"class"`
	Available bool    `json:"available" doc:"what the driver said; whether a trip holds the driver, GET /v1/drivers/{id} tells"`
	DistanceM float64 `json:"distance_m"`
	Located
}

func (a *API) nearby(ctx context.Context, in *nearbyInput) (*nearbyOutput, error) {
	if err := in.check(a); err != nil {
		return nil, err
	}
	now, wanted := a.Now(), driver.Wanted{Class: driver.Class(in.Class)}
	stranger, radius, limit := caller(ctx).Role == trip.Rider, in.RadiusM, in.Limit
	if stranger {
		wanted.Available, wanted.SeenSince = true, now.Add(-a.Desk.Limits.Fresh)
		radius, limit = radius+coarseReach, limit+coarseSpare
	}
	p := geo.Point{Lat: in.Lat, Lon: in.Lon}
	ctx, cancel := context.WithTimeout(ctx, foundWithin)
	defer cancel()
	found, missing, err := a.Locations.Nearby(ctx, p, radius, limit, wanted)
	if err != nil {
		return nil, err
	}
	out := &nearbyOutput{}
	out.Body.Partial, out.Body.MissingCells = len(missing) > 0, missing
	out.Body.Drivers = make([]nearDriver, len(found))
	for i, l := range found {
		out.Body.Drivers[i] = nearDriver{ID: l.DriverID, Class: string(l.Class), Available: l.Available, DistanceM: thousandths(l.Metres), Located: locatedAt(&l.Location, now)}
	}
	if stranger {
		out.Body.Drivers = coarsened(out.Body.Drivers, p, in.RadiusM, in.Limit)
	}
	return out, nil
}
