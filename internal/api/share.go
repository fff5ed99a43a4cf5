package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// A link shows a ride to whoever has it, without signing in: where the car is and
// when it will be there, and nothing that tells who rides, who drives, what it
// costs, or which door it is about.

// Shares keeps the links that show trips, by the hashes of their tokens.
type Shares interface {
	// AddShare stores a link; fault.WrongState beyond trip.MaxShares of one trip.
	AddShare(ctx context.Context, hash, tripID string, at time.Time) error
	// Shared is the trip that a link shows; fault.NotFound if there is none.
	Shared(ctx context.Context, hash string) (tripID string, err error)
	// DropShares forgets the links of the trip.
	DropShares(ctx context.Context, tripID string) error
}

func (a *API) shareRoutes() {
	handle(a, huma.Operation{
		OperationID: "share-trip", Method: http.MethodPost, Path: "/v1/trips/{id}/share", Tags: []string{"rider"},
		Summary:       "Make a link that shows the ride to a friend",
		Description:   "The token is in this answer and in no other: it is not kept. The link shows the ride until an hour after its end, or until the links are taken back.",
		DefaultStatus: http.StatusCreated,
	}, a.share)
	handle(a, huma.Operation{
		OperationID: "unshare-trip", Method: http.MethodDelete, Path: "/v1/trips/{id}/share", Tags: []string{"rider"},
		Summary: "Take back all links that show the ride",
	}, a.unshare)
	handle(a, huma.Operation{
		OperationID: "shared-trip", Method: http.MethodGet, Path: "/v1/shared/{token}", Tags: []string{"share"}, Security: []map[string][]string{},
		Summary:     "A ride as its link shows it",
		Description: "Without a token of one's own. Places are rounded to about 100 m, and the car's too where it stands at one of them.",
	}, a.sharedTrip)
}

// showFor is how long a link shows a ride after its end.
const showFor = time.Hour

const (
	shareLength   = 22 // 131 random bits: nobody guesses one
	shareAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

var sharePattern = regexp.MustCompile(`^[0-9A-Za-z]{22}$`)

// newShareToken is a token that every letter of the alphabet is in as often.
func newShareToken() string {
	token, random := make([]byte, 0, shareLength), make([]byte, 2*shareLength)
	for {
		_, _ = rand.Read(random) // it never fails: it ends the program instead
		for _, b := range random {
			if int(b) < 256/len(shareAlphabet)*len(shareAlphabet) {
				token = append(token, shareAlphabet[int(b)%len(shareAlphabet)])
			}
			if len(token) == shareLength {
				return string(token)
			}
		}
	}
}

// hashShare is what is kept of a token, and by which it is found: how long the
// search takes tells nothing of the tokens that there are.
func hashShare(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// shownUntil is when links to the trip end, zero while it has not.
func shownUntil(t *trip.Trip) time.Time {
	for _, end := range []time.Time{t.CompletedAt, t.CancelledAt, t.ExpiredAt} {
		if !end.IsZero() {
			return end.Add(showFor)
		}
	}
	return time.Time{}
}

type shareOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token     string     `json:"token"`
		URL       string     `json:"url" doc:"of the page that shows it, at this server"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"an hour after the trip's end; left out while it has not ended"`
	}
}

func (a *API) share(ctx context.Context, in *IDInput) (*shareOutput, error) {
	t, err := a.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	until := shownUntil(t)
	if !until.IsZero() && !a.Now().Before(until) {
		return nil, fault.New(fault.WrongState, "the trip ended more than an hour ago: it cannot be shared any more")
	}
	token := newShareToken()
	if err := a.Shares.AddShare(ctx, hashShare(token), t.ID, a.Now()); err != nil {
		return nil, err
	}
	out := &shareOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.URL, out.Body.ExpiresAt = token, "/s/"+token, ifAny(until)
	return out, nil
}

func (a *API) unshare(ctx context.Context, in *IDInput) (*struct{}, error) {
	t, err := a.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	defer a.unshared.Add(1) // whoever follows a link here looks whether it still stands
	return nil, a.Shares.DropShares(ctx, t.ID)
}

// sharedView is a ride as its link shows it.
type sharedView struct {
	State      trip.State    `json:"state" enum:"scheduled,searching,assigned,arrived,riding,completed,cancelled,expired"`
	Pickup     geo.Point     `json:"pickup" doc:"rounded to about 100 m"`
	Dropoff    geo.Point     `json:"dropoff" doc:"rounded to about 100 m"`
	Class      string        `json:"class"`
	Driver     *sharedDriver `json:"driver,omitempty" doc:"from assigned to the end, while the position is known"`
	EtaS       *int          `json:"eta_s,omitempty" doc:"seconds to the pickup, once riding to the drop-off"`
	UpdatedAt  time.Time     `json:"updated_at" doc:"of the position, or of the last change"`
	Vehicle    *wire.Vehicle `json:"vehicle,omitempty"`
	DriverName string        `json:"driver_name,omitempty" doc:"the first name"`
}

type sharedDriver struct {
	Lat     float64 `json:"lat"`
	Lon     float64 `json:"lon"`
	Heading float64 `json:"heading" doc:"degrees; -1 if unknown"`
}

type sharedInput struct {
	Token string `path:"token" maxLength:"64"`
}

type sharedOutput struct {
	CacheControl   string `header:"Cache-Control"`
	ReferrerPolicy string `header:"Referrer-Policy"`
	RobotsTag      string `header:"X-Robots-Tag"`
	Body           sharedView
}

func (a *API) sharedTrip(ctx context.Context, in *sharedInput) (*sharedOutput, error) {
	if err := a.paceShared(ctx); err != nil {
		return nil, err
	}
	t, err := a.sharedBy(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	view, err := a.look(ctx, t)
	return &sharedOutput{CacheControl: "no-store", ReferrerPolicy: "no-referrer", RobotsTag: "noindex", Body: view}, err
}

// sharedPace is of one address: a friend's page asks once, and then listens.
var sharedPace = Pace{PerSecond: 2, Burst: 60}

// paceShared counts a look at a link against the address that it comes from. One
// of this machine is a proxy's that nobody told of, and stands for everybody.
func (a *API) paceShared(ctx context.Context) error {
	from, _ := ctx.Value(clientKey{}).(netip.Addr)
	if !from.IsValid() || from.IsLoopback() {
		return nil
	}
	return sharedPace.take("links", a.lookers.of(household(from), sharedPace), http.Header{}, a.Now())
}

// errNoLink is the one answer to every link that shows nothing: whether it never
// was, was taken back or is over is nobody's to know.
func errNoLink() error {
	return fault.New(fault.NotFound, "no such link, or it shows nothing any more")
}

// sharedBy is the trip that the link shows.
func (a *API) sharedBy(ctx context.Context, token string) (*trip.Trip, error) {
	if !sharePattern.MatchString(token) {
		return nil, errNoLink()
	}
	id, err := a.Shares.Shared(ctx, hashShare(token))
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = errNoLink()
		}
		return nil, err
	}
	t, err := a.Trips.Trip(ctx, id)
	if err != nil {
		return nil, err
	}
	if until := shownUntil(t); !until.IsZero() && !a.Now().Before(until) {
		return nil, errNoLink()
	}
	return t, nil
}

// look is the trip as its link shows it now.
func (a *API) look(ctx context.Context, t *trip.Trip) (sharedView, error) {
	v, err := a.sharedRide(ctx, t)
	if err == nil {
		a.addCar(ctx, t, &v, true)
	}
	return v, err
}

// sharedRide is what a link shows but for where the car is.
func (a *API) sharedRide(ctx context.Context, t *trip.Trip) (sharedView, error) {
	v := sharedView{
		State: t.State, Pickup: coarsePoint(t.Pickup), Dropoff: coarsePoint(t.Dropoff), Class: string(t.Class), UpdatedAt: changedAt(t),
	}
	if !t.State.HasDriver() {
		return v, nil
	}
	p, err := a.Drivers.Driver(ctx, t.DriverID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return v, err
	}
	v.Vehicle = wire.FromVehicle(p.Vehicle)
	v.DriverName, _, _ = strings.Cut(strings.TrimSpace(p.Name), " ")
	return v, nil
}

// addCar adds where the car is, if anybody knows; withETA asks how long it takes.
func (a *API) addCar(ctx context.Context, t *trip.Trip, v *sharedView, withETA bool) {
	if !t.State.HasDriver() {
		return
	}
	at, online, _, err := a.located(ctx, t.DriverID)
	if err != nil || !online {
		return // the ride is shown without the car
	}
	v.UpdatedAt, v.Driver = at.SeenAt.UTC(), sharedCar(t, at)
	if withETA {
		v.EtaS = a.sharedETA(ctx, t, at.Point)
	}
}

// sharedETA is how long the car takes; nil where nobody knows, or it is there.
func (a *API) sharedETA(ctx context.Context, t *trip.Trip, from geo.Point) *int {
	to := t.Pickup
	if t.State == trip.Riding {
		to = t.Dropoff
	}
	if t.State == trip.Arrived || t.Slot != 0 { // with another trip to finish first, the way is not this one
		return nil
	}
	times, _ := a.Estimator.Times(ctx, []geo.Point{from}, to)
	if times[0] < 0 {
		return nil
	}
	s := int(math.Round(times[0].Seconds()))
	return &s
}

// doorstep is how close to a pickup or drop-off a car would give the door away.
const doorstep = 150 // metres

// sharedCar is where the car is. Near the places that are rounded it is, too.
func sharedCar(t *trip.Trip, at driver.Location) *sharedDriver {
	p, heading := at.Point, at.Heading
	if t.State == trip.Arrived || geo.Distance(p, t.Pickup) < doorstep || geo.Distance(p, t.Dropoff) < doorstep {
		p, heading = coarsePoint(p), driver.Unknown
	}
	return &sharedDriver{p.Lat, p.Lon, heading}
}

// changedAt is when the trip last changed its state.
func changedAt(t *trip.Trip) time.Time {
	last := t.RequestedAt
	for _, at := range []time.Time{t.AssignedAt, t.ArrivedAt, t.RidingAt, t.CompletedAt, t.CancelledAt, t.ExpiredAt} {
		if at.After(last) {
			last = at
		}
	}
	return last.UTC()
}
