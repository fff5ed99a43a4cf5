package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Bounds of what can be asked for.
const (
	maxWay  = 300_000.0       // metres from pickup to drop-off, straight
	soonest = 5 * time.Minute // ahead: a scheduled trip
	latest  = 30 * 24 * time.Hour
)

func (a *API) riderRoutes() {
	handle(a, huma.Operation{
		OperationID: "quote", Method: http.MethodPost, Path: "/v1/quotes", Tags: []string{"rider"},
		Summary:     "What a trip would cost, and how soon a driver could be there",
		Description: "One quote a class. A quote_id is honoured for 180 s by POST /v1/trips for the same places.",
	}, a.quote)
	created := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[wire.Trip](), true, "Trip")
	handle(a, huma.Operation{
		OperationID: "request-trip", Method: http.MethodPost, Path: "/v1/trips", Tags: []string{"rider"},
		Summary:       "Ask for a trip",
		Description:   "With an Idempotency-Key the request may be repeated safely: the first answer comes again. The same key with another body is refused.",
		DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"201": {
			Description: "The trip", Content: map[string]*huma.MediaType{"application/json": {Schema: created}},
		}},
	}, a.request)
}

// Way is where a trip goes.
type Way struct {
	Pickup  geo.Point `json:"pickup"`
	Dropoff geo.Point `json:"dropoff"`
}

func (w Way) validate() error {
	if err := place("pickup", w.Pickup); err != nil {
		return err
	}
	if err := place("dropoff", w.Dropoff); err != nil {
		return err
	}
	if w.Pickup == w.Dropoff {
		return fault.Field("dropoff", "%v is the pickup: another place is accepted", w.Dropoff)
	}
	if d := geo.Distance(w.Pickup, w.Dropoff); d > maxWay {
		return fault.Field("dropoff", "%.0f km from the pickup is not accepted: at most %.0f km", d/1000, maxWay/1000)
	}
	return nil
}

// place checks a point that somebody sent in.
func place(field string, p geo.Point) error {
	if !p.Valid() {
		return fault.Field(field, "lat %v, lon %v is not accepted: lat -90 to 90, lon -180 to 180", p.Lat, p.Lon)
	}
	if p.IsZero() {
		return fault.Field(field, "lat 0, lon 0 is not accepted: that is what a phone says that has no fix")
	}
	return nil
}

// tripBody is a request for a trip.
type tripBody struct {
	Way
	Class        string     `json:"class,omitempty" doc:"standard if left out, or the quote's"`
	Seats        int        `json:"seats,omitempty" minimum:"1" maximum:"16" doc:"1 if left out"`
	QuoteID      string     `json:"quote_id,omitempty" doc:"of POST /v1/quotes; without it the fare is made now"`
	ScheduledFor *time.Time `json:"scheduled_for,omitempty" doc:"5 minutes to 30 days ahead; now if left out"`
}

type tripInput struct {
	Key  string `header:"Idempotency-Key" doc:"1 to 200 printable characters of the client's choice"`
	Body tripBody
}

// answered is an answer as it was given, or stored, byte for byte.
type answered struct {
	Status      int
	ContentType string `header:"Content-Type"`
	Body        []byte
}

var keyPattern = regexp.MustCompile(`^[!-~]{1,200}$`)

// Resolve checks the key as it came: a blank one is a mistake of the client's,
// who would believe the request to be safe to repeat. huma calls it.
func (in *tripInput) Resolve(ctx huma.Context) []error {
	var keys []string
	ctx.EachHeader(func(name, value string) {
		if name == "Idempotency-Key" {
			keys = append(keys, value)
		}
	})
	switch {
	case len(keys) > 1:
		return []error{fault.Field("Idempotency-Key", "is given %d times: once is accepted", len(keys))}
	case len(keys) == 1 && !keyPattern.MatchString(keys[0]):
		return []error{fault.Field("Idempotency-Key", "%q is not accepted: 1 to 200 printable ASCII characters", keys[0])}
	}
	return nil
}

func (a *API) request(ctx context.Context, in *tripInput) (*answered, error) {
	who := caller(ctx)
	once := onceFor(who, in)
	r, err := a.tripRequest(ctx, who, in.Body)
	if err == nil {
		err = a.roomFor(ctx, who.Subject)
	}
	if err != nil {
		return a.repeated(ctx, once, err)
	}
	var body []byte
	encode := func(t *trip.Trip) []byte {
		body = wire.Encode(wire.ForRider(t))
		return body
	}
	t, first, err := a.Desk.Request(ctx, r, once, encode)
	switch {
	case err != nil:
		return nil, err
	case first != nil:
		return answer(first.Status, first.Answer), nil
	case once == nil:
		encode(t)
	}
	return answer(http.StatusCreated, body), nil
}

func answer(status int, body []byte) *answered {
	return &answered{Status: status, ContentType: "application/json", Body: body}
}

// onceFor makes the creation repeatable; nil without a key.
func onceFor(who auth.Identity, in *tripInput) *trip.Once {
	if in.Key == "" {
		return nil
	}
	digest := sha256.Sum256(mustJSON(in.Body))
	return &trip.Once{
		Actor: string(who.Role) + ":" + who.Subject, Key: in.Key,
		Digest: hex.EncodeToString(digest[:]), Status: http.StatusCreated,
	}
}

// repeated answers a request that is refused now, but may have been granted
// before: a quote runs out, a scheduled time comes near, and the repetition of
// a request gets its first answer all the same.
func (a *API) repeated(ctx context.Context, once *trip.Once, refusal error) (*answered, error) {
	if once == nil {
		return nil, refusal
	}
	first, err := a.Trips.Answered(ctx, once.Actor, once.Key)
	switch {
	case err != nil:
		return nil, err
	case first == nil:
		return nil, refusal
	case first.Digest != once.Digest:
		return nil, fault.New(fault.KeyReused, "the key was used before with another request")
	}
	return answer(first.Status, first.Answer), nil
}

// fullFor is how long a rider with too many trips is asked to wait.
const fullFor = 30 * time.Second

// roomFor refuses a rider who has too many unfinished trips. Requests that come
// at the same moment do not see each other: the rider's pace bounds by how many
// they exceed the limit.
func (a *API) roomFor(ctx context.Context, riderID string) error {
	open, _, err := a.Trips.List(ctx, trip.Query{RiderID: riderID, Unfinished: true, Limit: a.MaxOpenTrips})
	if err != nil {
		return err
	}
	if len(open) < a.MaxOpenTrips {
		return nil
	}
	return later{fault.New(fault.RateLimited, "%d trips of yours are unfinished: no more than %d are accepted", len(open), a.MaxOpenTrips), fullFor}
}

// tripRequest is what the rider asks for, checked and priced.
func (a *API) tripRequest(ctx context.Context, who auth.Identity, b tripBody) (trip.Request, error) {
	if err := b.validate(); err != nil {
		return trip.Request{}, err
	}
	scheduled, err := a.scheduled(b.ScheduledFor)
	if err != nil {
		return trip.Request{}, err
	}
	class, price, err := a.price(ctx, b)
	if err != nil {
		return trip.Request{}, err
	}
	return trip.Request{
		ID: uuid.Must(uuid.NewV7()).String(), RiderID: who.Subject, Class: class, Seats: max(b.Seats, 1),
		Pickup: b.Pickup, Dropoff: b.Dropoff, Fare: price, ScheduledFor: scheduled, Search: a.Desk.Limits.Search, PIN: newPIN(), RequirePIN: a.Site.RequirePIN,
	}, nil
}

// price is the class and fare of a trip: as quoted, or as of now.
func (a *API) price(ctx context.Context, b tripBody) (driver.Class, fare.Money, error) {
	class := driver.Class(b.Class)
	if b.QuoteID != "" {
		q, err := a.sealer.Open(b.QuoteID)
		if err != nil {
			return "", fare.Money{}, err
		}
		if class == "" {
			class = q.Class
		}
		return class, q.Fare, q.Honour(class, b.Pickup, b.Dropoff, a.Now())
	}
	if class == "" {
		class = driver.Standard
	}
	if _, err := a.Tariff.Rate(class); err != nil {
		return "", fare.Money{}, err
	}
	ride, err := a.measure(ctx, b.Way)
	if err != nil {
		return "", fare.Money{}, err
	}
	price, err := a.Tariff.Price(class, ride.metres, ride.took, fare.NoSurge)
	return class, price, err
}

func (a *API) scheduled(at *time.Time) (time.Time, error) {
	if at == nil {
		return time.Time{}, nil
	}
	ahead := at.Sub(a.Now())
	if ahead < soonest || ahead > latest {
		return time.Time{}, fault.Field("scheduled_for", "%s is not accepted: 5 minutes to 30 days ahead", at.Format(time.RFC3339))
	}
	return at.UTC().Truncate(trip.Precision), nil
}

// mustJSON encodes values of our own types, which always encode.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("api: " + err.Error())
	}
	return data
}
