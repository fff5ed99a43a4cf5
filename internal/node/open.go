package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/api"
	"github.com/cabstand/cabstand/internal/auth"
	"github.com/cabstand/cabstand/internal/detour"
	"github.com/cabstand/cabstand/internal/memgeo"
	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/numbers"
	"github.com/cabstand/cabstand/internal/poller"
	"github.com/cabstand/cabstand/internal/postgis"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/signin"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/track"
)

// OpenDispatcher makes a dispatcher of the services size.
func OpenDispatcher(ctx context.Context, c DispatcherConfig, log *slog.Logger) (*Node, error) {
	return open(log, func(p *parts) error {
		if err := p.connect(ctx, c.Shared, c.Keys, c.OIDC, c.ID); err != nil {
			return err
		}
		store, err := postgis.Open(ctx, postgis.Options{URL: c.DatabaseURL, MaxConns: int(c.MaxConns)})
		if err != nil {
			return fmt.Errorf("--database-url: %w", err)
		}
		p.store = store
		p.node.onClose(store.Close)
		city, err := c.city(ctx, p.log)
		if err != nil {
			return err
		}
		estimator, err := p.travel(c.Travel, city.graph, c.PickupCap, "")
		if err != nil {
			return err
		}
		d, err := p.dispatching(c.ID, c.Matching, estimator)
		if err != nil {
			return err
		}
		if c.JWKSURL == "" {
			if err := p.signIn([]byte(c.AuthKey)); err != nil {
				return err
			}
			p.node.task("sessions of others", p.followEnded)
		}
		if err := p.furnish(city, c.Pages, c.OIDC); err != nil {
			return err
		}
		p.tellTariff(c.Matching, d)
		a := p.api(d, city, c.Listen, c.Matching, quoteKey(c.Matching, c.Keys.AuthKey))
		if err := p.receiveTrackers(a.Router(), d, c.Keys); err != nil {
			return err
		}
		if err := p.console(a.Router(), city); err != nil {
			return err
		}
		p.node.serve(p.clock.guard(a.Handler()))
		return p.node.listen(c.Listen, p.registry)
	})
}

// OpenTracker makes a tracker of the services size.
func OpenTracker(ctx context.Context, c TrackerConfig, log *slog.Logger) (*Node, error) {
	return open(log, func(p *parts) error {
		name := "tracker-" + hostID(c.Listen.Listen)
		if err := p.connect(ctx, c.Shared, c.Keys, c.OIDC, name); err != nil {
			return err
		}
		p.watchHealth()
		around, err := p.aroundBus(c)
		if err != nil {
			return err
		}
		r := chi.NewRouter()
		p.node.task("sessions", p.followEnded)
		r.Use(p.gate(c.Listen).Guard)
		api.HealthRoutes(r, p.ready(), p.registry, log)
		asking := timed{p.commands(around), p.clock}
		p.node.task("clock", asking.ask)
		p.tracking(r, name, c.Tracking, c.Listen, asking, around)
		p.node.serve(r)
		return p.node.listen(c.Listen, p.registry)
	})
}

// OpenEmbedded makes everything in one process, on one data folder.
func OpenEmbedded(ctx context.Context, c EmbeddedConfig, log *slog.Logger) (*Node, error) {
	return open(log, func(p *parts) error {
		p.node.task("clock", p.clock.byMachine)
		keys, err := p.openFolder(ctx, c.Data)
		if err != nil {
			return err
		}
		key := keys[0]
		own, err := p.verify(ctx, c.JWKSURL, keys)
		if err != nil {
			return err
		}
		p.accept(c.OIDC, own)
		city, err := p.city(ctx, c, key)
		if err != nil {
			return err
		}
		estimator, err := p.travel(c.Travel, city.graph, c.PickupCap, c.learned())
		if err != nil {
			return err
		}
		d, err := p.dispatching("embedded", c.Matching, estimator)
		if err != nil {
			return err
		}
		if c.JWKSURL == "" {
			if err := p.signIn(key); err != nil {
				return err
			}
		}
		if err := p.furnish(city, c.Pages, c.OIDC); err != nil {
			return err
		}
		if p.node.demo = c.Demo; !c.Demo {
			p.tellTariff(c.Matching, d)
		}
		a := p.api(d, city, c.Listen, c.Matching, quoteKey(c.Matching, string(key)))
		p.tracking(a.Router(), "embedded", c.Tracking, c.Listen, p.bus.Commands, nil)
		if err := p.console(a.Router(), city); err != nil {
			return err
		}
		p.node.serve(a.Handler())
		return p.node.listen(c.Listen, p.registry)
	})
}

// open makes the node, and takes back what was made when the rest fails.
func open(log *slog.Logger, assemble func(*parts) error) (*Node, error) {
	p := &parts{
		node: &Node{log: log}, clock: newClock(machineClock(log), sinceNow(), log),
		log: log, ended: signin.NewEnded(), registry: newRegistry(),
	}
	gauge(p.registry, "cabstand_clock_ahead_seconds", "How far this machine's clock is ahead of the time that the installation goes by.", func() float64 {
		return p.clock.ahead().Seconds()
	})
	if err := assemble(p); err != nil {
		p.node.Close()
		return nil, err
	}
	return p.node, nil
}

// connect opens what the programs of the services size share.
func (p *parts) connect(ctx context.Context, s Shared, k Keys, o OIDC, name string) error {
	redis, err := redisgeo.Open(redisgeo.Options{URL: s.RedisURL, Cluster: s.RedisCluster})
	if err != nil {
		return fmt.Errorf("--redis-url: %w", err)
	}
	p.locations = redis
	p.node.onClose(func() { p.closed("redis", redis.Close()) })
	if k.wellKnown() {
		p.log.Warn("anybody can sign tokens: the key is that of docker-compose.yml, which everybody can read; put one of your own into .env")
	}
	own, err := p.verify(ctx, k.JWKSURL, append([][]byte{[]byte(k.AuthKey)}, k.older()...))
	if err != nil {
		return err
	}
	p.accept(o, own)
	return p.joinBus(ctx, natsbus.Options{URL: s.NATSURL, Name: name, Log: p.log})
}

func (p *parts) joinBus(ctx context.Context, o natsbus.Options) error {
	bus, err := natsbus.Connect(ctx, o)
	if err != nil {
		return fmt.Errorf("--nats-url: %w", err)
	}
	p.bus = bus
	p.node.onClose(bus.Close)
	return nil
}

// openFolder opens the stores of the data folder, which one process has at a
// time, and returns the keys of its tokens; the first signs.
func (p *parts) openFolder(ctx context.Context, dir string) (keys [][]byte, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	p.node.onClose(unlock)
	if keys, err = auth.LoadOrCreateKeys(dir); err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	store, err := sqlite.Open(ctx, filepath.Join(dir, "cabstand.db"))
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	p.store = store
	p.node.onClose(store.Close)
	if err := store.Migrate(ctx); err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	server, err := natsbus.StartEmbedded(filepath.Join(dir, "nats"))
	if err != nil {
		return nil, fmt.Errorf("--data %s: %w", dir, err)
	}
	p.node.onClose(server.Stop)
	p.locations = memgeo.New()
	return keys, p.joinBus(ctx, natsbus.Options{Embedded: server, Name: "embedded", Log: p.log})
}

func (p *parts) closed(part string, err error) {
	if err != nil {
		p.log.Warn("not closed cleanly", "part", part, "err", err)
	}
}

// verify makes the verifier of tokens: a JWKS address goes before keys.
func (p *parts) verify(ctx context.Context, jwksURL string, keys [][]byte) (*auth.Verifier, error) {
	if jwksURL == "" {
		return auth.NewVerifier(keys[0], p.clock.Now, keys[1:]...)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.node.onClose(cancel)
	return auth.NewJWKSVerifier(ctx, jwksURL, p.clock.Now, p.log)
}

// quoteKey is what seals quotes.
func quoteKey(m Matching, authKey string) []byte {
	if m.QuoteKey != "" {
		return []byte(m.QuoteKey)
	}
	return []byte(authKey)
}

// api makes the HTTP interface of riders and operators.
func (p *parts) api(d *dispatching, shown *place, l Listen, m Matching, quoteKey []byte) *api.API {
	site := shown.site(p.oidc)
	site.RequirePIN, site.Accept = m.RequirePIN, m.AcceptWindow
	return api.New(api.Deps{
		Desk: d.desk, Trips: p.store, Drivers: p.store, Devices: p.store, Locations: p.lookout, Estimator: d.estimator, Decisions: p.bus.Decisions, Sessions: p.bus.Line,
		Policies: d.policies, Site: site, Demo: shown.demo(), Places: shown.pages.finder, Audit: p.store,
		Parts: d.roll.parts, Numbers: numbers.NewRecent(d.numbers), Areas: d.areas,
		Hub: d.hub, Verifier: p.verifier, SignIn: p.door, Ended: p.ended, Tariff: d.tariff, QuoteKey: quoteKey,
		Ready: p.ready(), Registry: p.registry, Gate: p.gate(l), AllowedOrigins: l.AllowedOrigins, MaxSockets: l.sockets(),
		MaxNewTrips: m.MaxNewTrips, MaxOpenTrips: m.MaxOpenTrips, Pace: pace(m.Pace, 3), OperatorPace: pace(m.OperatorPace, 2),
		Now: p.clock.Now, Log: p.log, Shares: p.store, Finds: p.store,
	})
}

// gate is what every request comes through.
func (p *parts) gate(l Listen) *api.Gate {
	proxies, _ := api.ParseProxies(l.TrustedProxies) // validate has read them
	o := api.GateOptions{Proxies: proxies, Sockets: l.AddressSockets, Origins: l.AllowedOrigins, Now: p.clock.Now, Log: p.log}
	if l.AddressPace > 0 {
		o.Pace = pace(l.AddressPace, 5)
	}
	return api.NewGate(o)
}

// pace lets the requests of some seconds come at once.
func pace(perSecond float64, seconds int) api.Pace {
	return api.Pace{PerSecond: perSecond, Burst: max(1, int(perSecond*float64(seconds)))}
}

// tracking adds the tracker: its tasks to the node, the driver's socket to r.
func (p *parts) tracking(r chi.Router, name string, t Tracking, l Listen, asking track.Commands, around *detour.Client) {
	metrics := api.NewTrackerMetrics(p.registry)
	config := track.DefaultConfig
	config.FlushEvery, config.Heartbeat, config.Filter = t.Flush, t.Heartbeat, t.Filters.Filter()
	deps := track.Deps{
		Mirror: p.locations, Feed: p.bus.Positions, Commands: asking, Line: p.bus.Line, Places: p.locations, Pulse: p.bus.Positions,
		Connected: p.bus.Connected, Now: p.clock.Now, Log: p.log, Metrics: metrics, Name: name,
	}
	if around != nil {
		deps.Detour = around
	}
	tracker := track.New(config, deps)
	p.node.task("tracker", tracker.Run)
	p.node.onDrain(func(ctx context.Context) {
		if err := tracker.Drain(ctx); err != nil {
			p.log.Warn("drivers' sockets were cut off at shutdown", "err", err)
		}
	})
	api.TrackerRoutes(r, tracker, p.verifier.Verify, api.TrackerOptions{
		Origins: l.AllowedOrigins, Sockets: l.sockets(), Poller: p.poller(), Ended: p.ended, Metrics: metrics, Log: p.log,
	})
}

// gatherFor is how long a message of a phone may wait for those of others. It is
// little beside the interval at which positions leave.
const gatherFor = 2 * time.Millisecond

// poller waits for the drivers' sockets; nil where there is none for the system.
func (p *parts) poller() *poller.Poller {
	waits, err := poller.New(gatherFor)
	if err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			p.log.Warn("each driver's socket has a goroutine that waits for it", "err", err)
		}
		return nil
	}
	p.node.onClose(func() {
		if err := waits.Close(); err != nil {
			p.log.Debug("poller not closed in order", "err", err)
		}
	})
	return waits
}

// watchHealth asks the parts in the background from now on.
func (p *parts) watchHealth() {
	p.health = &health{checks: p.checks(), log: p.log}
	p.node.health = p.health
	p.node.task("health", p.health.Run)
}

// ready is what /readyz asks.
func (p *parts) ready() []api.Check {
	ready := []api.Check{{Name: "accepting", Ping: p.health.accepting}}
	for _, c := range p.health.checks {
		ready = append(ready, api.Check{
			Name: c.name, Optional: c.optional, Ping: func(context.Context) error { return p.health.ready(c.name) },
		})
	}
	return ready
}
