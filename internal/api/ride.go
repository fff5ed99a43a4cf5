package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// rideRoutes are what a rider has of a ride beside the trip: the rating and the
// receipt.
func (a *API) rideRoutes() {
	handle(a, huma.Operation{
		OperationID: "rate-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/rating", Tags: []string{"rider"},
		Summary:     "Rate a completed trip",
		Description: "The same again changes nothing; another rating takes the place of the first for 24 hours. Drivers are not shown it.",
	}, a.rate)
	handle(a, huma.Operation{
		OperationID: "trip-receipt", Method: http.MethodGet, Path: "/v1/trips/{id}/receipt", Tags: []string{"rider"},
		Summary: "The receipt of a completed trip",
	}, a.receipt)
}

// newPIN is four random digits.
func newPIN() string {
	n, err := rand.Int(rand.Reader, big.NewInt(10_000))
	if err != nil {
		panic("api: " + err.Error()) // it never fails: it ends the program instead
	}
	return fmt.Sprintf("%04d", n)
}

// withDriver adds who drives, for whom that is to know.
func (a *API) withDriver(ctx context.Context, t *trip.Trip, w *wire.Trip) error {
	if t.DriverID == "" || caller(ctx).Role == trip.Driver {
		return nil
	}
	p, err := a.Drivers.Driver(ctx, t.DriverID)
	if fault.Is(err, fault.NotFound) { // a trip of before the registry
		return nil
	}
	if err != nil {
		return err
	}
	mean, rated, err := a.Trips.Rated(ctx, t.DriverID)
	if err != nil {
		return err
	}
	w.Driver = &wire.TripDriver{Name: p.Name, Class: string(p.Class), Seats: p.Seats, Vehicle: wire.FromVehicle(p.Vehicle)}
	if rated > 0 {
		mean = math.Round(mean*10) / 10
		w.Driver.Rating = &mean
	}
	return nil
}

type ratingInput struct {
	IDInput
	Body struct {
		Stars   int    `json:"stars" minimum:"1" maximum:"5"`
		Comment string `json:"comment,omitempty" maxLength:"500"`
	}
}

type ratingOutput struct{ Body wire.Rating }

func (a *API) rate(ctx context.Context, in *ratingInput) (*ratingOutput, error) {
	if _, err := a.seen(ctx, in.ID); err != nil {
		return nil, err
	}
	t, err := a.Desk.Rate(ctx, in.ID, in.Body.Stars, in.Body.Comment)
	if err != nil {
		return nil, err
	}
	return &ratingOutput{*wire.FromRating(t.Rating)}, nil
}

type receiptLine struct {
	Label  string `json:"label"`
	Amount int64  `json:"amount" doc:"minor units of the total's currency"`
}

type receiptOutput struct {
	Body struct {
		TripID      string           `json:"trip_id"`
		RiderID     string           `json:"rider_id"`
		Driver      *wire.TripDriver `json:"driver,omitempty"`
		Class       string           `json:"class"`
		RequestedAt time.Time        `json:"requested_at"`
		RidingAt    time.Time        `json:"riding_at"`
		CompletedAt time.Time        `json:"completed_at"`
		Pickup      geo.Point        `json:"pickup"`
		Dropoff     geo.Point        `json:"dropoff"`
		DistanceM   float64          `json:"distance_m,omitempty" doc:"driven with the rider on board; left out until the track is known"`
		DurationS   int              `json:"duration_s"`
		Lines       []receiptLine    `json:"lines" nullable:"false"`
		Total       fare.Money       `json:"total"`
	}
}

func (a *API) receipt(ctx context.Context, in *IDInput) (*receiptOutput, error) {
	t, err := a.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if t.State != trip.Completed {
		return nil, fault.New(fault.WrongState, "a trip that is %s has no receipt: a completed one has", t.State)
	}
	var w wire.Trip
	if err := a.withDriver(ctx, t, &w); err != nil {
		return nil, err
	}
	out := &receiptOutput{}
	b := &out.Body
	b.TripID, b.RiderID, b.Driver, b.Class = t.ID, t.RiderID, w.Driver, string(t.Class)
	b.RequestedAt, b.RidingAt, b.CompletedAt = t.RequestedAt.UTC(), t.RidingAt.UTC(), t.CompletedAt.UTC()
	b.Pickup, b.Dropoff, b.DistanceM = t.Pickup, t.Dropoff, t.Metres
	b.DurationS = int(t.CompletedAt.Sub(t.RidingAt).Round(time.Second) / time.Second)
	b.Lines, b.Total = []receiptLine{{"Fare as agreed", t.Fare.Amount}}, t.Fare
	return out, nil
}
