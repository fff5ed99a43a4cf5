package node

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/audit"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/memgeo"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/nearby"
	"github.com/cabstand/cabstand/internal/numbers"
	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
)

// store is what postgis and sqlite both are.
type store interface {
	dispatch.Trips
	dispatch.Tracks
	dispatch.Drivers
	api.Devices
	signin.Store
	outbox.Source
	watch.History
	Register(ctx context.Context, p driver.Profile, log ...audit.Entry) (stored driver.Profile, created bool, err error)
	ChangeDriver(ctx context.Context, id string, change func(*driver.Profile) error, log ...audit.Entry) (driver.Profile, error)
	Earnings(ctx context.Context, driverID string, from, to time.Time) ([]trip.Earning, error)
	ListDrivers(ctx context.Context, cursor string, limit int) (page []driver.Profile, next string, err error)
	Track(ctx context.Context, tripID string) (trip.Track, error)
	Offers(ctx context.Context, tripID string) ([]trip.Offer, error)
	Rated(ctx context.Context, driverID string) (mean float64, rated int, err error)
	Answered(ctx context.Context, actor, key string) (*trip.Once, error)
	Purge(ctx context.Context, before time.Time) (purged int, err error)
	api.Audit
	api.Shares
	api.Finds
	numbers.Store
	dispatch.Areas
	Ping(ctx context.Context) error
	Migrate(ctx context.Context) error
	Close()
}

// locations is what redisgeo and memgeo both are.
type locations interface {
	Apply(ctx context.Context, batch []driver.Location) error
	Nearby(ctx context.Context, p geo.Point, radius float64, limit int, w driver.Wanted) ([]driver.Located, error)
	InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error)
	Locations(ctx context.Context, driverIDs []string) ([]driver.Location, error)
	Sweep(ctx context.Context, before time.Time) (removed int, err error)
	Ping(ctx context.Context) error
	Close() error
}

// parts are what programs of any size share.
type parts struct {
	node      *Node
	clock     *clock
	log       *slog.Logger
	registry  *prometheus.Registry
	verifier  api.Verifier
	provider  *auth.Provider // nil for none
	ended     *signin.Ended
	door      *signin.Door // nil in a tracker, and where tokens are issued elsewhere
	bus       *natsbus.Bus
	locations locations
	lookout   *nearby.Lookout // nil in a tracker
	store     store           // nil in a tracker
	engines   []*eta.Engine
	health    *health
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// dispatching runs the dispatcher with its relay and its hub.
type dispatching struct {
	desk       *dispatch.Desk
	detour     *dispatch.Detour
	dispatcher *dispatch.Dispatcher
	policies   *dispatch.Switch
	roll       *roll
	numbers    *numbers.Recorder
	areas      *dispatch.Atlas
	hub        *watch.Hub
	estimator  *eta.Ladder
	tariff     fare.Tariff
}

// dispatching puts the dispatcher together and adds its tasks to the node.
func (p *parts) dispatching(id string, m Matching, estimator *eta.Ladder) (*dispatching, error) {
	tariff, err := m.tariff()
	if err != nil {
		return nil, err
	}
	p.watchHealth()
	ticks := newTickMetrics(p.registry)
	d := &dispatching{estimator: estimator, tariff: tariff, detour: dispatch.NewDetour(p.store, p.bus.Line, p.clock.Now), roll: p.callRoll()}
	d.numbers = p.counting(id, m.limits().Lead)
	trips := countedTrips{p.store, d.numbers}
	d.dispatcher = dispatch.New(
		dispatch.Config{ID: id, Window: m.Window, Policy: m.Dispatch(), Limits: m.limits(), Journal: true},
		dispatch.Deps{
			Trips: trips, Estimator: d.estimator, Pusher: d.detour, Feed: p.bus.Positions, Beats: p.bus.Positions, Locations: p.locations,
			Peers: p.bus.Members, Signals: p.bus.Signals, Reachable: p.bus.Connected, Reaches: d.detour.Reaches, NewID: newID, Now: p.clock.Now, Log: p.log, Ticked: ticked(ticks, d.numbers),
		})
	d.policies = dispatch.NewSwitch(d.dispatcher, p.bus.Settings, p.log)
	d.areas = dispatch.NewAtlas(d.dispatcher, p.store, p.log)
	d.desk = &dispatch.Desk{
		ID: id, Trips: trips, Tracks: p.store, Drivers: p.store, Pusher: p.bus.Line, Signals: p.bus.Signals,
		Changed: d.dispatcher.Changed, Limits: m.limits(),
		Estimator: d.estimator, NewID: newID, Now: p.clock.Now, Log: p.log,
	}
	p.lookout = nearby.New(p.looking(m, d.dispatcher))
	d.desk.Finder = p.lookout
	d.hub = watch.New(watch.Deps{
		Events: p.bus.Trips, History: p.store, Positions: p.bus.Positions, Locations: p.lookout, Estimator: d.estimator,
		Degraded: p.health.gone, Fresh: m.Fresh, Now: p.clock.Now, Log: p.log,
	})
	relay := outbox.New(p.store, p.bus.Trips, outbox.Options{After: d.desk.Notify, Log: p.log})
	relayMetrics(p.registry, relay)

	p.node.task("membership", p.clock.then(func(ctx context.Context) error { return p.member(ctx, id) }))
	p.node.task("areas", d.areas.Run)
	p.node.task("dispatcher", p.clock.then(d.dispatcher.Run))
	p.node.task("outbox", relay.Run)
	p.node.task("lookout", p.lookout.Run)
	p.node.task("watch", d.hub.Run)
	p.node.task("commands", p.clock.then(func(ctx context.Context) error { return serve(ctx, p.bus.Commands.Serve, d.desk.Command) }))
	p.node.task("decisions", func(ctx context.Context) error { return serve(ctx, p.bus.Decisions.Serve, d.dispatcher.Recall) })
	p.node.task("passed over", func(ctx context.Context) error {
		return serve(ctx, p.bus.Decisions.ServePassedOver, d.dispatcher.PassedOver)
	})
	p.node.task("settings", func(ctx context.Context) error { return serve(ctx, p.bus.Settings.Follow, d.policies.Hear) })
	p.node.task("sweep", p.clock.then(p.sweep))
	p.node.task("purge", p.clock.then(p.purge))
	p.node.task("tracks", p.clock.then(func(ctx context.Context) error { return p.settle(ctx, d.desk) }))
	p.node.onDrain(d.hub.Drain)
	return d, nil
}

// looking is what the lookout stands on. In one process the store is in its
// memory already, and nothing is to be followed.
func (p *parts) looking(m Matching, d *dispatch.Dispatcher) nearby.Deps {
	deps := nearby.Deps{Store: p.locations, Fresh: m.Fresh, Forget: forgetAfter, Now: p.clock.Now, Log: p.log}
	if _, shared := p.locations.(*memgeo.Store); !shared {
		deps.Feed, deps.Others = p.bus.Positions, d.Fleet()
	}
	return deps
}

// member is a member of the dispatchers until ctx ends. While the bus is away
// it tries again.
func (p *parts) member(ctx context.Context, id string) error {
	for ctx.Err() == nil {
		err := p.bus.Members.Join(ctx, id)
		if err == nil {
			<-ctx.Done()
			return nil
		}
		p.log.Warn("not yet a member of the dispatchers", "err", err)
		wait(ctx, time.Second)
	}
	return nil
}

// serve answers what comes over the bus with fn until ctx ends.
func serve[F any](ctx context.Context, start func(F) (stop func(), err error), fn F) error {
	stop, err := start(fn)
	if err != nil {
		return err
	}
	<-ctx.Done()
	stop()
	return nil
}

// Drivers who were not heard of for forgetAfter are swept from the shared store
// of locations.
const (
	sweepEvery  = 10 * time.Second
	forgetAfter = 2 * time.Minute
)

func (p *parts) sweep(ctx context.Context) error {
	for wait(ctx, sweepEvery) {
		if own, ok := p.locations.(*memgeo.Store); ok {
			own.Recede(p.clock.Now().Add(driver.ClocksApart))
		}
		if _, err := p.locations.Sweep(ctx, p.clock.Now().Add(-forgetAfter)); err != nil && ctx.Err() == nil {
			p.log.Warn("silent drivers were not swept; trying again", "err", err)
		}
	}
	return nil
}

// Answers under an Idempotency-Key are kept for two days: nobody repeats a
// request that long.
const (
	purgeEvery  = time.Hour
	keepAnswers = 48 * time.Hour
)

func (p *parts) purge(ctx context.Context) error {
	for wait(ctx, purgeEvery) {
		if _, err := p.store.Purge(ctx, p.clock.Now().Add(-keepAnswers)); err != nil && ctx.Err() == nil {
			p.log.Warn("old answers were not purged; trying again", "err", err)
		}
		if p.door == nil {
			continue
		}
		if err := p.door.Purge(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("old sessions were not purged; trying again", "err", err)
		}
	}
	return nil
}

const settleEvery = 10 * time.Minute

func (p *parts) settle(ctx context.Context, desk *dispatch.Desk) error {
	for wait(ctx, settleEvery) {
		if err := desk.SettleTracks(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("tracks were not settled; trying again", "err", err)
		}
	}
	return nil
}

// wait pauses for d; false means that ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// relayMetrics shows how far the outbox is behind.
func relayMetrics(r prometheus.Registerer, relay *outbox.Relay) {
	gauge(r, "cabstand_outbox_leading", "1 where this process relays the outbox.", func() float64 {
		if relay.Stats().Leading {
			return 1
		}
		return 0
	})
	gauge(r, "cabstand_outbox_waiting", "Events that waited in the outbox at the last look, at most a batch.", func() float64 {
		return float64(relay.Stats().Waiting)
	})
	gauge(r, "cabstand_outbox_published_total", "Events published since the start.", func() float64 {
		return float64(relay.Stats().Published)
	})
}

// tellTariff says so where nobody chose the prices.
func (p *parts) tellTariff(m Matching, d *dispatching) {
	if m.Tariff == "" {
		p.log.Info("no --tariff is given: rides are priced by the built-in one", "currency", d.tariff.Currency, "classes", d.tariff.ClassNames())
	}
}

// tariff is the configured price list.
func (m Matching) tariff() (fare.Tariff, error) {
	if m.Tariff == "" {
		return fare.DefaultTariff(), nil
	}
	data, err := os.ReadFile(m.Tariff)
	if err != nil {
		return fare.Tariff{}, fmt.Errorf("--tariff: %w", err)
	}
	tariff, err := fare.ParseTariff(data)
	if err != nil {
		return fare.Tariff{}, &ConfigError{"tariff", m.Tariff, err.Error()}
	}
	return tariff, nil
}
