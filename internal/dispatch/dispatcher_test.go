package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/eta"
	"github.com/cabstand/cabstand/internal/fare"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/sqlite"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// city is one dispatcher on a real store, with a clock that the test turns and
// a bus that is a function call.
type city struct {
	tb         testing.TB
	ctx        context.Context
	now        time.Time
	store      *sqlite.Store
	desk       *dispatch.Desk
	detour     *dispatch.Detour
	dispatcher *dispatch.Dispatcher
	drivers    map[string]driver.Location
	followers  map[geo.Cell]func([]driver.Location)
	live       []string
	pushed     map[string][]wire.Push // by driver
	deaf       bool                   // the bus is away, and pushing fails
	known      bool                   // the dispatcher is told so
	mute       bool                   // the shared store does not answer
	beat       func()                 // a tracker lives
	estimator  dispatch.Estimator
	trips      dispatch.Trips // nil: the store
	ids        int
}

var centre = geo.Point{Lat: 40.75, Lon: -73.98}

func mustCity(tb testing.TB) *city {
	tb.Helper()
	c := &city{
		tb: tb, ctx: tb.Context(), now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), live: []string{"me"},
		drivers: map[string]driver.Location{}, followers: map[geo.Cell]func([]driver.Location){}, pushed: map[string][]wire.Push{},
	}
	store, err := sqlite.Open(c.ctx, filepath.Join(tb.TempDir(), "city.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(store.Close)
	if err := store.Migrate(c.ctx); err != nil {
		tb.Fatal(err)
	}
	c.store, c.estimator = store, eta.DefaultStraight
	c.restart()
	return c
}

// restart is a new process on the same store.
func (c *city) restart() {
	log := slog.New(slog.DiscardHandler)
	clock := func() time.Time { return c.now }
	config := dispatch.DefaultConfig
	config.ID, config.Limits = "me", dispatch.DefaultLimits
	trips := c.trips
	if trips == nil {
		trips = c.store
	}
	c.detour = dispatch.NewDetour(trips, c, clock)
	c.dispatcher = dispatch.New(config, dispatch.Deps{
		Trips: trips, Estimator: c.estimator, Pusher: c.detour, Feed: c, Beats: c, Locations: c, Peers: c, Signals: quiet{},
		Reachable: func() bool { return !c.known }, Reaches: c.detour.Reaches, NewID: c.newID, Now: clock, Log: log,
	})
	c.desk = &dispatch.Desk{
		ID: "me", Trips: c.store, Drivers: c.store, Pusher: c, Signals: quiet{},
		Changed: c.dispatcher.Changed, Limits: config.Limits, Finder: c, Estimator: c.estimator, NewID: c.newID, Now: clock, Log: log,
	}
}

func (c *city) newID() string { c.ids++; return fmt.Sprintf("id-%04d", c.ids) }

func (c *city) Live() []string { return c.live }

func (c *city) Push(ctx context.Context, driverID string, p wire.Push) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.deaf {
		return fault.New(fault.Unavailable, "no bus")
	}
	c.pushed[driverID] = append(c.pushed[driverID], p)
	return nil
}

func (c *city) Follow(cell geo.Cell, fn func([]driver.Location)) (func(), error) {
	c.followers[cell] = fn
	return func() { delete(c.followers, cell) }, nil
}

func (c *city) OnBeat(fn func()) (func(), error) {
	c.beat = fn
	return func() { c.beat = func() {} }, nil
}

func (c *city) InCells(_ context.Context, cells []geo.Cell) ([]driver.Location, error) {
	if c.mute {
		return nil, fault.New(fault.Unavailable, "no store")
	}
	var found []driver.Location
	for _, l := range c.drivers {
		if slices.Contains(cells, geo.CellOf(l.Point, geo.OwnerLength)) {
			found = append(found, l)
		}
	}
	return found, nil
}

func (c *city) Locations(_ context.Context, ids []string) ([]driver.Location, error) {
	if c.mute {
		return nil, fault.New(fault.Unavailable, "no store")
	}
	var found []driver.Location
	for _, id := range ids {
		if l, ok := c.drivers[id]; ok {
			found = append(found, l)
		}
	}
	return found, nil
}

// Locate finds who the shared store knows of.
func (c *city) Locate(_ context.Context, id string) (driver.Location, bool, bool, error) {
	l, ok := c.drivers[id]
	return l, ok, false, nil
}

// quiet is a bus on which nothing arrives.
type quiet struct{}

func (quiet) Nudge(context.Context, wire.Nudge) error           { return nil }
func (quiet) OnNudge(func(wire.Nudge)) (func(), error)          { return func() {}, nil }
func (quiet) Subscribe(func(trip.Event)) (stop func(), e error) { return func() {}, nil }

func (c *city) location(id string, p geo.Point) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: p, FixedAt: c.now}, Class: driver.Standard, Seats: 4,
		Available: true, SeenAt: c.now,
	}
}

// place has the shared store know of many drivers, who are not registered.
func (c *city) place(batch ...driver.Location) {
	for _, l := range batch {
		c.drivers[l.DriverID] = l
	}
}

// estimate is a new process with another estimator.
func (c *city) estimate(e dispatch.Estimator) { c.estimator = e; c.restart() }

// at places a driver: the position goes to the shared store and to the feed.
func (c *city) at(id string, p geo.Point, change ...func(*driver.Location)) {
	c.tb.Helper()
	l := c.location(id, p)
	for _, f := range change {
		f(&l)
	}
	c.drivers[id] = l
	if fn := c.followers[geo.CellOf(p, geo.OwnerLength)]; fn != nil {
		fn([]driver.Location{l})
	}
	if _, _, err := c.store.Register(c.ctx, driver.Profile{ID: id, Name: id, Class: l.Class, Seats: l.Seats, CreatedAt: c.now.Truncate(24 * time.Hour)}); err != nil {
		c.tb.Fatal(err)
	}
}

func east(metres float64) geo.Point { return geo.Destination(centre, 90, metres) }

func (c *city) request(change ...func(*trip.Request)) *trip.Trip {
	c.tb.Helper()
	r := trip.Request{
		ID: c.newID(), RiderID: "r1", Class: driver.Standard, Seats: 1, Pickup: centre, Dropoff: east(3000),
		Fare: fare.Money{Amount: 900, Currency: "EUR"}, Search: c.desk.Limits.Search,
	}
	for _, f := range change {
		f(&r)
	}
	t, _, err := c.desk.Request(c.ctx, r, nil, nil)
	if err != nil {
		c.tb.Fatal(err)
	}
	return t
}

// tick lets time pass and ticks once; drivers send their positions first.
func (c *city) tick(pass time.Duration) {
	c.now = c.now.Add(pass)
	for id, l := range c.drivers {
		c.at(id, l.Point, func(n *driver.Location) { n.Class, n.Seats, n.Available = l.Class, l.Seats, l.Available })
	}
	c.dispatcher.Tick(c.ctx)
}

func (c *city) read(id string) *trip.Trip {
	c.tb.Helper()
	t, err := c.store.Trip(c.ctx, id)
	if err != nil {
		c.tb.Fatal(err)
	}
	return t
}

// offered is the pending offer of the trip, which must be to the driver.
func (c *city) offered(tripID, driverID string) *trip.Offer {
	c.tb.Helper()
	t := c.read(tripID)
	if !t.Offer.Pending() || t.Offer.DriverID != driverID {
		c.tb.Fatalf("trip is %s with offer %+v, want one pending for %s", t.State, t.Offer, driverID)
	}
	return t.Offer
}

func (c *city) accept(tripID, driverID string) {
	c.tb.Helper()
	if _, err := c.desk.Accept(c.ctx, driverID, c.offered(tripID, driverID).ID); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *city) noOffer(tripID string) {
	c.tb.Helper()
	if t := c.read(tripID); t.Offer.Pending() {
		c.tb.Fatalf("offered to %s, want no offer", t.Offer.DriverID)
	}
}

// frames is the kinds of frames that were pushed to the driver.
func (c *city) frames(driverID string) []string {
	var kinds []string
	for _, p := range c.pushed[driverID] {
		var frame struct{ Type string }
		if err := json.Unmarshal(p.Frame, &frame); err != nil {
			c.tb.Fatal(err)
		}
		kinds = append(kinds, frame.Type)
	}
	return kinds
}

func TestDispatcher_OffersTheNearestWhoCan(t *testing.T) {
	c := mustCity(t)
	c.at("off", east(10), func(l *driver.Location) { l.Available = false })
	c.at("van", east(20), func(l *driver.Location) { l.Class = "xl" })
	c.at("small", east(30), func(l *driver.Location) { l.Seats = 1 })
	c.at("far", east(900))
	c.at("near", east(500))
	tr := c.request(func(r *trip.Request) { r.Seats = 2 })
	c.tick(0)
	c.offered(tr.ID, "near")
	if got := c.frames("near"); !slices.Equal(got, []string{"offer"}) {
		t.Fatalf("frames to the driver = %v, want one offer", got)
	}

	decisions := c.dispatcher.Decisions(tr.ID)
	if len(decisions) != 1 || decisions[0].Chosen != "near" || len(decisions[0].Candidates) != 2 {
		t.Fatalf("decisions = %+v", decisions)
	}
	why := map[string]dispatch.Reason{}
	for _, x := range decisions[0].Excluded {
		why[x.DriverID] = x.Reason
	}
	want := map[string]dispatch.Reason{"off": dispatch.NotAvailable, "van": dispatch.OtherClass, "small": dispatch.TooFewSeats}
	for id, reason := range want {
		if why[id] != reason {
			t.Errorf("%s was left out for %q, want %q", id, why[id], reason)
		}
	}
}

// Positions that are too old, or from a time that has not come, take no part; how
// old and how accurate each is stands in the record. An inaccurate one is told
// of, not punished.
func TestDispatcher_AgeAndAccuracyOfPositions(t *testing.T) {
	c := mustCity(t)
	sent := func(ago time.Duration, accuracy float64) func(*driver.Location) {
		return func(l *driver.Location) { l.SeenAt, l.Accuracy = c.now.Add(-ago), accuracy }
	}
	fresh := c.desk.Limits.Fresh
	c.at("old", east(10), sent(fresh+time.Millisecond, 7))
	c.at("ahead", east(20), sent(-fresh-time.Millisecond, 8))
	c.at("rough", east(30), sent(fresh, 95))
	c.at("exact", east(40), sent(time.Second, driver.Unknown))
	tr := c.request()
	c.dispatcher.Tick(c.ctx)
	c.offered(tr.ID, "rough")
	d := c.dispatcher.Decisions(tr.ID)[0]
	if len(d.Candidates) != 2 || len(d.Excluded) != 2 {
		t.Fatalf("decided on %+v", d)
	}
	if x := d.Candidates[0]; x.DriverID != "rough" || x.Age != fresh || x.Accuracy != 95 {
		t.Errorf("the first candidate is %+v", x)
	}
	if x := d.Candidates[1]; x.DriverID != "exact" || x.Age != time.Second || x.Accuracy != driver.Unknown {
		t.Errorf("the second candidate is %+v", x)
	}
	if x := d.Excluded[0]; x.DriverID != "old" || x.Reason != dispatch.NotFresh || x.Age != fresh+time.Millisecond || x.Accuracy != 7 {
		t.Errorf("left out first is %+v", x)
	}
	if x := d.Excluded[1]; x.DriverID != "ahead" || x.Reason != dispatch.NotFresh || x.Age != 0 || x.Accuracy != 8 {
		t.Errorf("left out second is %+v", x)
	}
}

func TestDispatcher_OneDriverGetsOneOffer(t *testing.T) {
	c := mustCity(t)
	c.at("d", east(100))
	first := c.request()
	c.now = c.now.Add(time.Second)
	second := c.request()
	c.tick(time.Second)
	c.offered(first.ID, "d")
	c.noOffer(second.ID)

	c.accept(first.ID, "d")
	c.tick(time.Second)
	c.noOffer(second.ID)
	for _, step := range []func(context.Context, string, string) (*trip.Trip, error){c.desk.Arrive, c.desk.Start, c.desk.Complete} {
		if _, err := step(c.ctx, "d", first.ID); err != nil {
			t.Fatal(err)
		}
	}
	c.tick(time.Second)
	c.offered(second.ID, "d") // free again at once
}

func TestDispatcher_StaleDriversTakeNoPart(t *testing.T) {
	c := mustCity(t)
	c.at("d", east(100))
	tr := c.request()
	c.now = c.now.Add(c.desk.Limits.Fresh + time.Second)
	c.dispatcher.Tick(c.ctx)
	c.noOffer(tr.ID)
	c.tick(time.Second) // the phone is back
	c.offered(tr.ID, "d")
}

func TestDispatcher_ComingOnlineSeesWaitingDemand(t *testing.T) {
	c := mustCity(t)
	tr := c.request()
	c.tick(time.Second)
	c.noOffer(tr.ID)
	c.at("d", east(100))
	c.tick(time.Second)
	c.offered(tr.ID, "d")
}

func TestDispatcher_Decline(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	if _, err := c.desk.Decline(c.ctx, "a", c.offered(tr.ID, "a").ID, "lunch"); err != nil {
		t.Fatal(err)
	}
	c.tick(time.Second)
	if _, err := c.desk.Decline(c.ctx, "b", c.offered(tr.ID, "b").ID, ""); err != nil {
		t.Fatal(err)
	}
	for range 200 { // nobody who declined is asked again, for as long as the search goes on
		c.tick(time.Second)
		c.noOffer(tr.ID)
	}
}

func TestDispatcher_UndeliveredOfferGoesToTheNext(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	c.offered(tr.ID, "a")
	c.tick(c.desk.Limits.Deliver)
	c.offered(tr.ID, "b")
	if got := c.frames("a"); !slices.Equal(got, []string{"offer", "offer_closed"}) {
		t.Fatalf("frames to a = %v", got)
	}
}

func TestDispatcher_AcceptWindowRunsFromTheConfirmation(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	c.tick(0)
	id := c.offered(tr.ID, "a").ID
	c.now = c.now.Add(2 * time.Second)
	if _, err := c.desk.Received(c.ctx, "a", id); err != nil {
		t.Fatal(err)
	}
	c.tick(c.desk.Limits.Accept - time.Second)
	if got := c.offered(tr.ID, "a").ID; got != id {
		t.Fatalf("offer %s was replaced before its time", id)
	}
	c.tick(time.Second)
	c.noOffer(tr.ID)
	if o := c.read(tr.ID).Offer; o.State != trip.OfferExpired || o.Reason != trip.ReasonUnanswered {
		t.Fatalf("offer is %s %s", o.State, o.Reason)
	}
	c.tick(c.desk.Limits.Unwilling + time.Second) // not a refusal: asked again after a while
	c.offered(tr.ID, "a")
}

func TestDispatcher_ClockSetBack(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	if _, err := c.desk.Decline(c.ctx, "a", c.offered(tr.ID, "a").ID, ""); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(-10 * time.Minute)
	c.tick(time.Second)
	if o := c.read(tr.ID).Offer; o.Pending() {
		t.Fatalf("%s is offered the trip for a position from the future", o.DriverID)
	}
	c.at("b", east(200))
	c.tick(time.Second)
	first := c.offered(tr.ID, "b").ID
	for range 20 {
		c.tick(time.Second)
	}
	if o := c.read(tr.ID).Offer; o.ID == first && o.Pending() {
		t.Fatal("an offer that nobody confirmed hangs since the clock was set back")
	}
}

func TestDispatcher_SearchExpires(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	c.tick(c.desk.Limits.Search - time.Second)
	c.offered(tr.ID, "a")
	c.tick(time.Second)
	got := c.read(tr.ID)
	if got.State != trip.Expired || got.Offer.State != trip.OfferRevoked {
		t.Fatalf("trip is %s, its offer %s; want expired and revoked", got.State, got.Offer.State)
	}
	if _, err := c.desk.Accept(c.ctx, "a", got.Offer.ID); !fault.Is(err, fault.OfferClosed) {
		t.Fatalf("accepting it says %v", err)
	}
}

func TestDispatcher_DriverCancels(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	by := trip.Actor{Role: trip.Driver, ID: "a"}
	for range 2 { // repeating it changes nothing
		got, err := c.desk.Cancel(c.ctx, by, tr.ID, "flat tyre")
		if err != nil || got.State != trip.Searching || got.Epoch != 2 {
			t.Fatalf("trip = %+v, %v", got, err)
		}
	}
	c.tick(time.Second)
	c.accept(tr.ID, "b")
	if _, err := c.desk.Arrive(c.ctx, "a", tr.ID); !fault.Is(err, fault.WrongState) {
		t.Fatalf("a late step of the driver who left says %v", err)
	}
}

func TestDispatcher_LostDriverIsReplaced(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	c.tick(time.Second)
	delete(c.drivers, "a") // the phone is dead
	for range int(c.desk.Limits.Lost/time.Second) - 1 {
		c.tick(time.Second)
	}
	if got := c.read(tr.ID); got.DriverID != "a" {
		t.Fatalf("the driver was given up too early: %s", got.State)
	}
	c.tick(3 * time.Second)
	c.tick(time.Second)
	c.offered(tr.ID, "b")
	if got := c.read(tr.ID).Epoch; got != 2 {
		t.Fatalf("epoch = %d, want 2", got)
	}
}

func TestDispatcher_DeafnessIsNoLoss(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	c.tick(time.Second)
	c.restart()        // and nobody hears of the driver for long
	c.drivers = nil    // neither from the store
	clear(c.followers) // nor from the feed
	c.now = c.now.Add(c.desk.Limits.Lost / 2)
	c.dispatcher.Tick(c.ctx)
	if got := c.read(tr.ID); got.State != trip.Assigned {
		t.Fatalf("trip is %s: a new process took its own deafness for the driver's silence", got.State)
	}
}

// TestDispatcher_TrackersGone: nobody's position arrives any more, though the
// shared store still answers with the old ones.
func TestDispatcher_TrackersGone(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	c.tick(time.Second)
	for range 2 * int(c.desk.Limits.Lost/time.Second) {
		c.now = c.now.Add(time.Second)
		c.dispatcher.Tick(c.ctx)
	}
	if got := c.read(tr.ID); got.DriverID != "a" {
		t.Fatalf("trip is %s: the silence of all was taken for that of one", got.State)
	}
}

// TestDispatcher_FleetOfOneLost: nobody else is there to prove that we hear.
func TestDispatcher_FleetOfOneLost(t *testing.T) {
	lost := dispatch.DefaultLimits.Lost
	for name, try := range map[string]struct {
		beats, away, mute bool
		keeps, gives      time.Duration // has the driver still; has lost it
	}{
		"TrackersLive":      {beats: true, keeps: lost, gives: lost + 3*time.Second},
		"NoTrackerIsLeft":   {keeps: 3 * lost, gives: 3*lost + 3*time.Second},
		"TheBusIsAway":      {away: true, keeps: 5 * lost},
		"TheStoreIsAway":    {mute: true, keeps: 5 * lost},
		"OnlyTheBusIsThere": {beats: true, mute: true, keeps: lost, gives: lost + 3*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCity(t)
			c.at("a", east(100))
			tr := c.request()
			c.tick(0)
			c.accept(tr.ID, "a")
			c.tick(time.Second)
			began := c.now
			c.known, c.mute = try.away, try.mute
			until := func(passed time.Duration) *trip.Trip {
				for c.now.Sub(began) < passed {
					c.now = c.now.Add(time.Second)
					if try.beats {
						c.beat()
					}
					c.dispatcher.Tick(c.ctx)
				}
				return c.read(tr.ID)
			}
			if got := until(try.keeps); got.DriverID != "a" {
				t.Fatalf("after %v the trip is %s", try.keeps, got.State)
			}
			if got := until(try.gives); try.gives > 0 && (got.State != trip.Searching || got.Epoch != 2) {
				t.Fatalf("after %v the trip is %s with %q", try.gives, got.State, got.DriverID)
			}
		})
	}
}

// TestDispatcher_FeedOfOneTrackerGone: the feed has lost the driver, the shared
// store has not.
func TestDispatcher_FeedOfOneTrackerGone(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(200))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	c.tick(time.Second)
	for range 2 * int(c.desk.Limits.Lost/time.Second) {
		c.now = c.now.Add(time.Second)
		lost := c.drivers["a"]
		lost.SeenAt = c.now
		c.drivers["a"] = lost // no word of it on the feed
		c.at("b", east(200))
		c.dispatcher.Tick(c.ctx)
	}
	if got := c.read(tr.ID); got.DriverID != "a" {
		t.Fatalf("trip is %s though the store has the driver fresh", got.State)
	}
}

func TestDispatcher_BusGone(t *testing.T) {
	t.Run("NoOffersAreMade", func(t *testing.T) {
		c := mustCity(t)
		c.deaf, c.known = true, true
		c.at("a", east(100))
		tr := c.request()
		c.tick(time.Second)
		c.noOffer(tr.ID)
		c.deaf, c.known = false, false
		c.tick(time.Second)
		c.offered(tr.ID, "a")
	})
	t.Run("AnOfferThatWasNotSentIsTakenBack", func(t *testing.T) {
		c := mustCity(t)
		c.deaf = true
		c.at("a", east(100))
		tr := c.request()
		c.tick(time.Second)
		c.noOffer(tr.ID)
		if claims, err := c.store.ClaimedBy(c.ctx, "a"); err != nil || len(claims) != 0 {
			t.Fatalf("the driver is held by %v, %v", claims, err)
		}
		c.deaf = false
		c.tick(time.Second) // and not blamed
		c.offered(tr.ID, "a")
	})
}

// TestDispatcher_LastRideOfTheDay: offline while on the way is no way out of the
// trip, and no reason to be taken for lost while the phone still sends.
func TestDispatcher_LastRideOfTheDay(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	c.tick(0)
	c.accept(tr.ID, "a")
	c.at("a", east(100), func(l *driver.Location) { l.Available = false })
	for range 2 * int(c.desk.Limits.Lost/time.Second) {
		c.tick(time.Second)
	}
	if got := c.read(tr.ID); got.DriverID != "a" {
		t.Fatalf("trip is %s, want the driver still on it", got.State)
	}
}

func TestDispatcher_LateDeclineIsADecline(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	c.tick(0)
	id := c.offered(tr.ID, "a").ID
	c.tick(c.desk.Limits.Deliver)
	if _, err := c.desk.Decline(c.ctx, "a", id, ""); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		c.tick(time.Second)
		c.noOffer(tr.ID)
	}
}

func TestDispatcher_RestartGoesOn(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	c.at("b", east(5000))
	pending, waiting := c.request(), c.request(func(r *trip.Request) { r.Class = "xl" })
	c.tick(0)
	offer := c.offered(pending.ID, "a")
	c.restart()
	c.tick(time.Second)
	if got := c.offered(pending.ID, "a"); got.ID != offer.ID {
		t.Fatal("the pending offer was replaced by the restart")
	}
	c.at("x", east(50), func(l *driver.Location) { l.Class = "xl" })
	c.tick(time.Second)
	c.offered(waiting.ID, "x")
	c.tick(c.desk.Limits.Deliver) // the new process keeps the old one's deadlines
	c.offered(pending.ID, "b")
}

func TestDispatcher_ScheduledTripIsSearchedForInTime(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request(func(r *trip.Request) { r.ScheduledFor = c.now.Add(time.Hour) })
	c.tick(time.Hour - c.desk.Limits.Lead - time.Second)
	if got := c.read(tr.ID).State; got != trip.Scheduled {
		t.Fatalf("trip is %s, want scheduled", got)
	}
	c.tick(time.Second)
	c.tick(time.Second)
	c.offered(tr.ID, "a")
}

func TestDispatcher_LeavesOthersCellsAlone(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	for i := 0; dispatch.Owner(tr.Cell(), c.live) == "me"; i++ {
		c.live = []string{"me", fmt.Sprint("peer-", i)}
	}
	c.tick(time.Second)
	c.noOffer(tr.ID)
	c.live = []string{"me"} // the other one died
	c.tick(time.Second)
	c.offered(tr.ID, "a")
}

func TestDispatcher_TwoWhoBothBelieveTheyOwn(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	tr := c.request()
	one := c.dispatcher
	c.restart()
	one.Tick(c.ctx)
	c.dispatcher.Tick(c.ctx)
	offers, err := c.store.Offers(c.ctx, tr.ID)
	if err != nil || len(offers) != 1 {
		t.Fatalf("offers = %v, %v; want one", offers, err)
	}
}

func TestDesk_CommandConnect(t *testing.T) {
	c := mustCity(t)
	c.at("a", east(100))
	if got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandConnect, DriverID: "nobody"}); got.Code != fault.UnknownDriver {
		t.Fatalf("reply = %+v, want unknown_driver", got)
	}
	tr := c.request()
	c.tick(0)
	offer := c.offered(tr.ID, "a")
	got := c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandConnect, DriverID: "a"})
	if got.Profile == nil || got.Offer == nil || got.Offer.OfferID != offer.ID || got.Trip != nil {
		t.Fatalf("reply = %+v, want the profile and the pending offer", got)
	}
	c.accept(tr.ID, "a")
	got = c.desk.Command(c.ctx, wire.Command{Kind: wire.CommandConnect, DriverID: "a"})
	if got.Offer != nil || got.Trip == nil || got.Trip.ID != tr.ID {
		t.Fatalf("reply = %+v, want the current trip", got)
	}
}
