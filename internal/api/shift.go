package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// shiftRoutes are what drivers look up about themselves.
func (a *API) shiftRoutes() {
	handle(a, huma.Operation{
		OperationID: "driver-me", Method: http.MethodGet, Path: "/v1/driver/me", Tags: []string{"driver"},
		Summary: "The driver's own profile, status, trips at hand, and what today brought",
	}, a.me)
	handle(a, huma.Operation{
		OperationID: "driver-earnings", Method: http.MethodGet, Path: "/v1/driver/earnings", Tags: []string{"driver"},
		Summary:     "What the driver's completed trips brought, by day",
		Description: "Today if no days are given. A trip counts on the day on which it was completed.",
	}, a.earnings)
}

// ZoneInput is whose days are meant.
type ZoneInput struct {
	Zone string `query:"tz" default:"UTC" maxLength:"64" doc:"time zone of the days, a name of the IANA database: Europe/Paris"`
}

func (in ZoneInput) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(in.Zone)
	if err != nil || in.Zone == "Local" {
		return nil, fault.Field("tz", "%q is not accepted: a name of the IANA database, for example Europe/Paris", in.Zone)
	}
	return zone, nil
}

// Earned is what some trips brought.
type Earned struct {
	Trips      int    `json:"trips"`
	Amount     int64  `json:"amount" doc:"of the fares, minor units"`
	Currency   string `json:"currency"`
	OtherTrips int    `json:"trips_in_other_currencies,omitempty" doc:"of the trips, those whose fares amount leaves out: the tariff had another currency then"`
	DistanceM  int    `json:"distance_m" doc:"metres that were driven with riders on board"`
}

func (a *API) earned(e trip.Earnings) Earned {
	return Earned{e.Trips, e.Amount, a.Tariff.Currency, e.Others, int(e.Metres)}
}

type meOutput struct {
	Body struct {
		wire.Driver
		Status   driver.Status `json:"status" enum:"offline,available,offered,enroute,waiting,riding,silent"`
		Trips    []wire.Trip   `json:"trips" nullable:"false" doc:"the one at hand, then the next"`
		Earnings struct {
			Today Earned `json:"today"`
		} `json:"earnings"`
	}
}

func (a *API) me(ctx context.Context, in *ZoneInput) (*meOutput, error) {
	zone, err := in.zone()
	if err != nil {
		return nil, err
	}
	stand, err := a.stand(ctx, caller(ctx).Subject)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	days, err := a.byDay(ctx, stand.profile.ID, dayOf(now, zone), 1)
	if err != nil {
		return nil, err
	}
	out := &meOutput{}
	out.Body.Driver, out.Body.Status, out.Body.Trips = wire.FromProfile(stand.profile), stand.status, []wire.Trip{}
	for _, t := range stand.claims {
		if t.DriverID == stand.profile.ID { // and not only offered
			out.Body.Trips = append(out.Body.Trips, wire.FromTrip(t))
		}
	}
	out.Body.Earnings.Today = a.earned(days[0])
	return out, nil
}

// mostDays is how many days are summed up at once.
const mostDays = 92

type earningsInput struct {
	ZoneInput
	From string `query:"from" doc:"the first day, 2026-05-01; today if left out"`
	To   string `query:"to" doc:"the last day; the first if left out"`
}

type earnedOnDay struct {
	Day string `json:"day" format:"date"`
	Earned
}

type earningsOutput struct {
	Body struct {
		Days  []earnedOnDay `json:"days" nullable:"false" doc:"each of them, the first first"`
		Total Earned        `json:"total"`
	}
}

func (a *API) earnings(ctx context.Context, in *earningsInput) (*earningsOutput, error) {
	first, days, err := in.days(a.Now())
	if err != nil {
		return nil, err
	}
	sums, err := a.byDay(ctx, caller(ctx).Subject, first, days)
	if err != nil {
		return nil, err
	}
	out, total := &earningsOutput{}, trip.Earnings{}
	for i, sum := range sums {
		day := first.AddDate(0, 0, i).Format(time.DateOnly)
		out.Body.Days = append(out.Body.Days, earnedOnDay{day, a.earned(sum)})
		total = total.Plus(sum)
	}
	out.Body.Total = a.earned(total)
	return out, nil
}

// days is the first day, by its midnight in the zone, and how many there are.
func (in earningsInput) days(now time.Time) (first time.Time, days int, err error) {
	zone, err := in.zone()
	if err != nil {
		return first, 0, err
	}
	first = dayOf(now, zone)
	if in.From != "" {
		if first, err = day("from", in.From, zone); err != nil {
			return first, 0, err
		}
	}
	last := first
	if in.To != "" {
		if last, err = day("to", in.To, zone); err != nil {
			return first, 0, err
		}
	}
	for d := first; !d.After(last) && days <= mostDays; d = d.AddDate(0, 0, 1) {
		days++
	}
	if days < 1 || days > mostDays {
		return first, 0, fault.Field("to", "%q is not accepted: from the first day on, %d days at most", in.To, mostDays)
	}
	return first, days, nil
}

func day(field, text string, zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return at, fault.Field(field, "%q is not accepted: a day such as 2026-05-01", text)
	}
	return at, nil
}

// dayOf is the beginning of the day on which at is in the zone.
func dayOf(at time.Time, zone *time.Location) time.Time {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// byDay is what the driver earned on each of some days.
func (a *API) byDay(ctx context.Context, driverID string, first time.Time, days int) ([]trip.Earnings, error) {
	all, err := a.Trips.Earnings(ctx, driverID, first, first.AddDate(0, 0, days))
	if err != nil {
		return nil, err
	}
	return trip.ByDay(all, a.Tariff.Currency, first, days, first.Location()), nil
}
