package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
)

// What a quote looks at.
const (
	quoteRadius  = 10_000.0               // metres around the pickup in which drivers are looked for
	quoteDrivers = 256                    // available drivers, of all classes, who are looked at
	quoteEach    = 8                      // of them of a class, for its pickup ETA
	quoteWithin  = 300 * time.Millisecond // for the store of locations to answer
)

type quoteInput struct{ Body Way }

type quotesOutput struct {
	Body struct {
		Quotes []quoted `json:"quotes" nullable:"false"`
	}
}

// quoted is the offer of one class.
type quoted struct {
	QuoteID    string     `json:"quote_id" doc:"honoured by POST /v1/trips until expires_at"`
	Class      string     `json:"class"`
	Fare       fare.Money `json:"fare"`
	PickupEtaS *int       `json:"pickup_eta_s" doc:"seconds until the nearest free driver could be at the pickup, from the corner of the 100 m grid on which riders see drivers: where streets wind, the driver who comes may need some minutes more or less, which the trip's stream tells; null when none is known near it" nullable:"true"`
	TripTimeS  int        `json:"trip_time_s" doc:"seconds from pickup to drop-off"`
	DistanceM  int        `json:"distance_m" doc:"metres from pickup to drop-off"`
	ExpiresAt  time.Time  `json:"expires_at"`
}

func (a *API) quote(ctx context.Context, in *quoteInput) (*quotesOutput, error) {
	if err := in.Body.validate(); err != nil {
		return nil, err
	}
	ride, err := a.measure(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	out, near := &quotesOutput{}, a.around(ctx, in.Body.Pickup)
	for _, class := range a.Tariff.ClassNames() {
		q, err := a.quoteClass(ctx, class, in.Body, ride, near[class])
		if err != nil {
			return nil, err
		}
		out.Body.Quotes = append(out.Body.Quotes, q)
	}
	return out, nil
}

func (a *API) quoteClass(ctx context.Context, class driver.Class, w Way, r ride, near []driver.Located) (quoted, error) {
	price, err := a.Tariff.Price(class, r.metres, r.took, fare.NoSurge)
	if err != nil {
		return quoted{}, err
	}
	eta, err := a.pickupETA(ctx, near, w.Pickup)
	if err != nil {
		return quoted{}, err
	}
	expires := a.Now().Add(fare.QuoteFor).UTC().Truncate(time.Millisecond)
	return quoted{
		QuoteID: a.sealer.Seal(fare.Quote{Class: class, Pickup: w.Pickup, Dropoff: w.Dropoff, Fare: price, ExpiresAt: expires}),
		Class:   string(class), Fare: price, PickupEtaS: eta,
		TripTimeS: seconds(r.took), DistanceM: int(r.metres), ExpiresAt: expires,
	}, nil
}

// ride is the length of a way and the time it takes.
type ride struct {
	metres float64
	took   time.Duration
}

func (a *API) measure(ctx context.Context, w Way) (ride, error) {
	takes, metres, _ := a.Estimator.Ride(ctx, w.Pickup, w.Dropoff)
	if takes < 0 {
		return ride{}, fault.Field("dropoff", "%v cannot be reached from the pickup by road", w.Dropoff)
	}
	return ride{metres: metres, took: takes}, nil
}

// around is the available drivers nearest to the pickup, by class, where
// strangers may see them. While the
// store of locations does not answer nobody knows, and a quote without a pickup
// ETA, at once, is better than none.
func (a *API) around(ctx context.Context, pickup geo.Point) map[driver.Class][]driver.Located {
	ctx, cancel := context.WithTimeout(ctx, quoteWithin)
	defer cancel()
	found, _, err := a.Locations.Nearby(ctx, pickup, quoteRadius, quoteDrivers, driver.Wanted{
		Available: true, SeenSince: a.Now().Add(-a.Desk.Limits.Fresh),
	})
	if err != nil {
		a.Log.Debug("quoting without pickup ETAs", "err", err)
		return nil
	}
	for i := range found { // the ETA would tell where they are
		found[i].Point = coarsePoint(found[i].Point)
		found[i].Metres = geo.Distance(pickup, found[i].Point)
	}
	slices.SortStableFunc(found, func(a, b driver.Located) int { return cmp.Compare(a.Metres, b.Metres) })
	near := map[driver.Class][]driver.Located{}
	for _, l := range found {
		if len(near[l.Class]) < quoteEach {
			near[l.Class] = append(near[l.Class], l)
		}
	}
	return near
}

// pickupETA is how many seconds the first of the drivers who is free needs to
// the pickup; nil when there is none.
func (a *API) pickupETA(ctx context.Context, near []driver.Located, pickup geo.Point) (*int, error) {
	if len(near) == 0 {
		return nil, nil
	}
	from := make([]geo.Point, len(near))
	for i, d := range near {
		from[i] = d.Point
	}
	times, _ := a.Estimator.Times(ctx, from, pickup)
	order := make([]int, 0, len(near))
	for i := range near {
		if times[i] >= 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int { return int(times[i] - times[j]) })
	for _, i := range order {
		claims, err := a.Trips.ClaimedBy(ctx, near[i].DriverID)
		if err != nil {
			return nil, err
		}
		if len(claims) == 0 {
			eta := seconds(times[i])
			return &eta, nil
		}
	}
	return nil, nil
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }
