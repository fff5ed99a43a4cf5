// Package api is the HTTP interface: quotes, trips, offers, drivers, and the
// live streams of riders and operators. A handler reads the request, asks the
// desk or the store, and writes the answer; rules of the domain are not made
// here.
//
// Errors are RFC 9457 problems with a stable code, see [Problem]. Who may call
// what stands in one table, access. The interface is described by
// /openapi.json, which is made from the code.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

// Trips is what the interface reads of the store of trips.
type Trips interface {
	Trip(ctx context.Context, id string) (*trip.Trip, error)
	List(ctx context.Context, q trip.Query) (page []*trip.Trip, next string, err error)
	// ClaimedBy is the trips that hold a claim on the driver, by slot.
	ClaimedBy(ctx context.Context, driverID string) ([]*trip.Trip, error)
	// Earnings are those of the driver's trips that were completed from the one
	// time on and before the other, the oldest first.
	Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error)
	// Events are the events of the trip with versions above after, in order.
	Events(ctx context.Context, tripID string, after int64) ([]trip.Event, error)
	// Offers are the offers that were made for the trip, oldest first.
	Offers(ctx context.Context, tripID string) ([]trip.Offer, error)
	// Rated is the mean of the stars that a driver was given, and how many rated.
	Rated(ctx context.Context, driverID string) (mean float64, rated int, err error)
	// Track reads the track of a trip; fault.NotFound if there is none.
	Track(ctx context.Context, tripID string) (trip.Track, error)
	// Answered is the answer that is stored under an idempotency key, nil if
	// there is none.
	Answered(ctx context.Context, actor, key string) (*trip.Once, error)
}

// Drivers is the registry.
type Drivers interface {
	Driver(ctx context.Context, id string) (driver.Profile, error)
	// Register stores a profile. The same again stores nothing (created is
	// false); other data under the same id is fault.AlreadyExists. The log is stored
	// with it.
	Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error)
	// ChangeDriver changes a profile, but neither its id nor when it was made, and
	// is how it stands then; fault.NotFound if there is none. An error of change is
	// given back, and nothing is changed. The log is stored with the change.
	ChangeDriver(ctx context.Context, id string, change func(*driver.Profile) error, log ...audit.Entry) (driver.Profile, error)
	ListDrivers(ctx context.Context, cursor string, limit int) (page []driver.Profile, next string, err error)
}

// Locations is where drivers are.
type Locations interface {
	// Nearby is the wanted drivers nearest to p within radius metres, nearest
	// first. Where it cannot know of all, missing names the cells of those who
	// may be left out.
	Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) (found []driver.Located, missing []geo.Cell, err error)
	// Locate is where a driver is; ok is false for one who is not online. partial
	// says that this may be behind.
	Locate(ctx context.Context, driverID string) (at driver.Location, ok, partial bool, err error)
}

// Sessions tells what is open for a driver at the trackers; complete is false
// where one did not answer.
type Sessions interface {
	Sessions(ctx context.Context, driverID string) (open []wire.OpenSession, complete bool, err error)
}

// Decisions tells what was decided, by whichever dispatcher.
type Decisions interface {
	// Recall is what was decided for a trip, the oldest first; whole is false where
	// a dispatcher did not answer.
	Recall(ctx context.Context, tripID string) (all []wire.Decision, whole bool, err error)
	// PassedOver is the decisions that passed a driver over, the newest first.
	PassedOver(ctx context.Context, q wire.PassedOverQuery) (wire.PassedOverReply, error)
}

// Places finds addresses.
type Places interface {
	// Search is places that the text may mean, the likeliest first, those near the
	// point before others; it may be nil.
	Search(ctx context.Context, q string, near *geo.Point) ([]wire.Place, error)
	// Reverse is what is at the point.
	Reverse(ctx context.Context, p geo.Point) ([]wire.Place, error)
}

// Verifier tells who a token speaks for.
type Verifier interface {
	Verify(ctx context.Context, token string) (auth.Identity, error)
}

// Check is a part that the program stands on. It is ready without an Optional
// one, and serves on, in part: taken out of a load balancer for that it would
// serve nobody.
type Check struct {
	Name     string
	Optional bool
	Ping     func(context.Context) error
}

// Estimator tells how long driving takes. It never fails.
type Estimator interface {
	dispatch.Estimator
	// Ride is the drive from a pickup to a drop-off, its length in metres, and the
	// rung that it stands on. A negative time means that there is no way.
	Ride(ctx context.Context, from, to geo.Point) (takes time.Duration, metres float64, rung match.Rung)
	// Route is the line of the drive from one point to another, with the same
	// answers. There is no line where there is no way.
	Route(ctx context.Context, from, to geo.Point) (line []geo.Point, takes time.Duration, metres float64, rung match.Rung)
}

// Deps are the parts that the interface stands on.
type Deps struct {
	Desk      *dispatch.Desk
	Trips     Trips
	Drivers   Drivers
	Devices   Devices
	Locations Locations
	Estimator Estimator
	Shares    Shares
	Finds     Finds
	Decisions Decisions
	Sessions  Sessions
	Policies  Policies
	Audit     Audit
	Areas     Areas
	Numbers   Numbers
	Parts     func() []wire.Part // how the parts of the installation stand; nil if nobody knows
	Hub       *watch.Hub
	Verifier  Verifier
	SignIn    *signin.Door  // nil where tokens are issued elsewhere
	Ended     *signin.Ended // sessions whose tokens are refused; nil where there are none
	Site      Site
	Demo      Demo   // nil where there is none
	Places    Places // nil where none are found
	Tariff    fare.Tariff
	QuoteKey  []byte // seals quotes; the same at every dispatcher

	Ready          []Check
	Registry       *prometheus.Registry
	Gate           *Gate    // before everything; one without limits by address if nil
	AllowedOrigins []string // of pages, beside the server's own, that may open sockets
	MaxSockets     int      // streams open at once; DefaultSockets if 0
	MaxRequests    int      // other requests answered at once; DefaultRequests if 0
	MaxNewTrips    int      // of them, those that begin a trip; DefaultNewTrips if 0
	MaxOpenTrips   int      // unfinished trips of one rider; DefaultOpenTrips if 0
	Pace           Pace     // of each rider and driver; DefaultPace if zero
	OperatorPace   Pace     // of each operator; DefaultOperatorPace if zero
	Now            func() time.Time
	Log            *slog.Logger
}

// Bounds.
const (
	// maxBody is the largest body that is read, in bytes.
	maxBody = 64 << 10
	// DefaultSockets is how many streams are open at once if Deps do not say.
	DefaultSockets = 20_000
	// DefaultStreamsEach is how many of them one rider has: a few devices, and
	// what a bad network has not closed yet. Of one operator, a control room's.
	DefaultStreamsEach     = 16
	DefaultOperatorStreams = 256
	// DefaultRequests is how many other requests are answered at once if Deps do
	// not say. More would only wait for the store, and hold memory meanwhile.
	DefaultRequests = 1024
	// DefaultOpenTrips is how many unfinished trips a rider has at most if Deps do
	// not say: enough for a family. An account that books for many needs more.
	DefaultOpenTrips = 5
)

// API is the HTTP interface.
type API struct {
	Deps
	router   chi.Router
	huma     huma.API
	sealer   *fare.Sealer
	signals  *signals
	outages  *outages
	paces    *paces
	sockets  places // of open streams
	streams  shares[trip.Actor]
	inHand   shares[trip.Actor]     // other requests of one caller
	tries    tries                  // of passwords
	lookers  *buckets[netip.Prefix] // at links
	unshared atomic.Int64           // counts what took links back here
	desks    places                 // of other requests
	intake   places                 // of those that begin a trip
	spec     func() []byte
}

// New makes the interface. It registers its metrics, and panics when they are
// registered already.
func New(d Deps) *API {
	d = d.withDefaults()
	a := &API{
		Deps: d, router: chi.NewRouter(), sealer: fare.NewSealer(d.QuoteKey),
		signals: newSignals(d.Registry, d.Hub), outages: newOutages(d.Log, d.Now),
		paces: newPaces(d.Pace, d.OperatorPace, maxPaced),
		tries: tries{newBuckets[try](maxPaced)}, lookers: newBuckets[netip.Prefix](maxPaced),
		sockets: make(places, d.MaxSockets), desks: make(places, d.MaxRequests), intake: make(places, d.MaxNewTrips),
	}
	a.intake.watch(d.Registry)
	a.router.Use(identify, a.signals.observe, d.Gate.Guard, a.outages.watch, a.recoverer)
	a.router.NotFound(a.notFound)
	a.router.MethodNotAllowed(a.methodNotAllowed)
	a.openRoutes()
	a.router.Group(func(r chi.Router) {
		r.Use(a.guard, a.quick, a.strict, a.begin)
		a.huma = humachi.New(r, humaConfig())
		a.riderRoutes()
		a.tripRoutes()
		a.trackRoutes()
		a.timelineRoutes()
		a.handRoutes()
		a.rideRoutes()
		a.shareRoutes()
		a.searchRoutes()
		a.driverRoutes()
		a.shiftRoutes()
		a.wayRoutes()
		a.passedRoutes()
		a.placeRoutes()
		a.operatorRoutes()
		a.deviceRoutes()
		a.policyRoutes()
		a.auditRoutes()
		a.partsRoutes()
		a.numbersRoutes()
		a.areaRoutes()
		a.signInRoutes()
		a.siteRoutes()
		a.streamRoutes(r)
	})
	return a
}

func (d Deps) withDefaults() Deps {
	d.MaxSockets = cmp.Or(d.MaxSockets, DefaultSockets)
	d.MaxRequests = cmp.Or(d.MaxRequests, DefaultRequests)
	d.MaxNewTrips = cmp.Or(d.MaxNewTrips, DefaultNewTrips)
	d.MaxOpenTrips = cmp.Or(d.MaxOpenTrips, DefaultOpenTrips)
	d.Pace = cmp.Or(d.Pace, DefaultPace)
	d.OperatorPace = cmp.Or(d.OperatorPace, DefaultOperatorPace)
	if d.Gate == nil {
		d.Gate = NewGate(GateOptions{Origins: d.AllowedOrigins, Now: d.Now, Log: d.Log})
	}
	return d
}

// Handler serves the interface.
func (a *API) Handler() http.Handler { return a.router }

// Router is where others mount their routes: the console, the driver's socket.
// What is mounted here is measured like the rest, and checks its callers itself.
func (a *API) Router() chi.Router { return a.router }

func humaConfig() huma.Config {
	c := huma.DefaultConfig("Cabstand", "1")
	c.Info.Description = "An open ride-sharing dispatch engine: quotes, trips, offers, drivers, live streams."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // /openapi.json is served by openRoutes
	c.CreateHooks = nil                                   // no "$schema" in answers
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
	}
	c.Security = []map[string][]string{{"token": {}}}
	return c
}

// handle adds a route. Whatever error comes out of fn is answered as a problem.
func handle[I, O any](a *API, op huma.Operation, fn func(context.Context, *I) (*O, error)) {
	op.MaxBodyBytes = maxBody + 1 // huma refuses what fills the limit
	op.Metadata = map[string]any{schemasKey: a.huma.OpenAPI().Components.Schemas}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// openRoutes are for everybody.
func (a *API) openRoutes() {
	a.spec = sync.OnceValue(func() []byte {
		spec, err := a.huma.OpenAPI().MarshalJSON()
		if err != nil {
			panic("api: openapi: " + err.Error()) // it is made of our own types
		}
		return spec
	})
	a.router.Get("/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json;version=3.1")
		if _, err := w.Write(a.spec()); err != nil {
			a.Log.Debug("answer not written", "err", err)
		}
	})
	HealthRoutes(a.router, a.Ready, a.Registry, a.Log)
}
