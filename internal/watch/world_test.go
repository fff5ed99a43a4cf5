package watch_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/match"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/watch"
	"github.com/cabstand/cabstand/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	centre = geo.Point{Lat: 40.73, Lon: -73.98}
	cell   = geo.CellOf(centre, geo.OwnerLength)
)

// world is what a hub stands on, in memory: a store of trips and their events, a
// bus that does what the test says, and a feed of positions.
type world struct {
	hub *watch.Hub

	mu        sync.Mutex
	down      bool // of the store
	trips     map[string]*trip.Trip
	events    map[string][]trip.Event
	onEvent   func(trip.Event)
	followers map[geo.Cell]map[int]func([]driver.Location)
	stopped   int
	drivers   map[string]driver.Location
	listing   func()       // called when the store is about to list; may be nil
	refuse    func() error // called before a feed is followed; may be nil
	asked     int          // how often a travel time was asked for
	degraded  []string
}

func newWorld() *world {
	w := &world{
		trips: map[string]*trip.Trip{}, events: map[string][]trip.Event{},
		followers: map[geo.Cell]map[int]func([]driver.Location){}, drivers: map[string]driver.Location{},
	}
	w.hub = watch.New(watch.Deps{
		Events: w, History: w, Positions: w, Locations: w, Estimator: w, Degraded: w.gone,
		Fresh: 15 * time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	return w
}

func (w *world) gone() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.degraded
}

func (w *world) lose(parts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.degraded = parts
}

// run starts the hub; the returned function ends it and waits.
func (w *world) run(tb testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.hub.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("Run: %v", err)
		}
	}
}

func (w *world) Subscribe(fn func(trip.Event)) (func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onEvent = fn
	return func() {}, nil
}

// deliver is the bus.
func (w *world) deliver(events ...trip.Event) {
	for _, ev := range events {
		w.onEvent(ev)
	}
}

var errDown = fault.New(fault.Unavailable, "the store is down")

func (w *world) setDown(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

func (w *world) Events(_ context.Context, tripID string, after int64) ([]trip.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, errDown
	}
	all := w.events[tripID]
	return slices.Clone(all[min(int(after), len(all)):]), nil
}

// List gives pages of two, so that paging is tested too.
func (w *world) List(_ context.Context, q trip.Query) ([]*trip.Trip, string, error) {
	if w.listing != nil {
		w.listing()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, "", errDown
	}
	var found []*trip.Trip
	for _, t := range w.trips {
		if (q.RiderID == "" || t.RiderID == q.RiderID) && (q.State == "" || t.State == q.State) {
			found = append(found, t.Clone())
		}
	}
	slices.SortFunc(found, func(a, b *trip.Trip) int {
		return cmp.Or(b.RequestedAt.Compare(a.RequestedAt), cmp.Compare(b.ID, a.ID))
	})
	from, _ := strconv.Atoi(q.Cursor)
	if to := from + 2; to < len(found) {
		return found[from:to], strconv.Itoa(to), nil
	}
	return found[min(from, len(found)):], "", nil
}

// commit stores what a command did and gives back its events, for the bus.
func (w *world) commit(tripID string, command func(*trip.Trip) ([]trip.Event, error)) []trip.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.trips[tripID].Clone()
	events, err := command(t)
	if err != nil {
		panic(err)
	}
	w.trips[tripID] = t
	w.events[tripID] = append(w.events[tripID], events...)
	return events
}

// request stores a new trip.
func (w *world) request(tripID, riderID string, pickup geo.Point) []trip.Event {
	t, events := trip.New(trip.Request{
		ID: tripID, RiderID: riderID, Class: driver.Standard, Seats: 1, Pickup: pickup,
		Dropoff: geo.Destination(pickup, 45, 3000), Search: time.Hour,
	}, time.Now())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trips[tripID], w.events[tripID] = t, events
	return events
}

// accept offers the trip to the driver, who takes it.
func (w *world) accept(tripID, driverID string) []trip.Event {
	return w.commit(tripID, func(t *trip.Trip) ([]trip.Event, error) {
		offer := tripID + "-" + strconv.FormatInt(t.Epoch, 10)
		err := t.Propose(trip.Proposal{OfferID: offer, TripID: tripID, DriverID: driverID, Epoch: t.Epoch, Now: time.Now(), Deliver: time.Minute})
		if err != nil {
			return nil, err
		}
		return t.Accept(offer, driverID, time.Now())
	})
}

// step takes a trip one state further in its life.
func (w *world) step(tripID string) []trip.Event {
	w.mu.Lock()
	state := w.trips[tripID].State
	w.mu.Unlock()
	if state == trip.Searching {
		return w.accept(tripID, "driver-of-"+tripID)
	}
	return w.commit(tripID, func(t *trip.Trip) ([]trip.Event, error) {
		switch state {
		case trip.Assigned:
			return t.Arrive(t.DriverID, time.Now())
		case trip.Arrived:
			return t.Start(t.DriverID, time.Now())
		case trip.Riding:
			return t.Complete(t.DriverID, time.Now())
		}
		return nil, nil
	})
}

func (w *world) Follow(cell geo.Cell, fn func([]driver.Location)) (func(), error) {
	if w.refuse != nil {
		if err := w.refuse(); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.followers[cell] == nil {
		w.followers[cell] = map[int]func([]driver.Location){}
	}
	id := len(w.followers[cell])
	w.followers[cell][id] = fn
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.followers[cell], id)
		w.stopped++
	}, nil
}

func (w *world) following() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, fns := range w.followers {
		n += len(fns)
	}
	return n
}

// drive puts a driver somewhere: into the shared store and, as a tracker does,
// on the feed of the cell and of the one that was left.
func (w *world) drive(id string, p geo.Point, more func(*driver.Location)) {
	l := driver.Location{
		DriverID: id, Position: driver.Position{Point: p, Heading: 90, Speed: 5, Accuracy: 6},
		Class: driver.Standard, Seats: 4, Available: true, SeenAt: time.Now(),
	}
	if more != nil {
		more(&l)
	}
	w.mu.Lock()
	cells := map[geo.Cell]bool{geo.CellOf(p, geo.OwnerLength): true}
	if old, ok := w.drivers[id]; ok {
		cells[geo.CellOf(old.Point, geo.OwnerLength)] = true
	}
	w.drivers[id] = l
	if l.Gone {
		delete(w.drivers, id)
	}
	var fns []func([]driver.Location)
	for cell := range cells {
		fns = slices.AppendSeq(fns, maps.Values(w.followers[cell]))
	}
	w.mu.Unlock()
	for _, fn := range fns {
		fn([]driver.Location{l})
	}
}

func (w *world) InCells(_ context.Context, cells []geo.Cell) ([]driver.Location, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []driver.Location
	for _, l := range w.drivers {
		if slices.Contains(cells, geo.CellOf(l.Point, geo.OwnerLength)) {
			found = append(found, l)
		}
	}
	return found, nil
}

func (w *world) Locations(_ context.Context, ids []string) ([]driver.Location, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []driver.Location
	for _, id := range ids {
		if l, ok := w.drivers[id]; ok {
			found = append(found, l)
		}
	}
	return found, nil
}

// Times is one second for every ten metres.
func (w *world) Times(_ context.Context, from []geo.Point, to geo.Point) ([]time.Duration, match.Rung) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	times := make([]time.Duration, len(from))
	for i, p := range from {
		times[i] = time.Duration(geo.Distance(p, to) / 10 * float64(time.Second))
	}
	return times, "test"
}

// next is what the three readers have in common.
type next interface {
	Next(context.Context) (watch.Frame, error)
	Close()
}

// listener keeps all that a reader is told.
type listener struct {
	stop func()

	mu     sync.Mutex
	frames []watch.Frame
	err    error
}

// listen reads in a goroutine until the reader ends or stop is called.
func listen(r next) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l, done := &listener{}, make(chan struct{})
	l.stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		defer r.Close()
		for {
			f, err := r.Next(ctx)
			l.mu.Lock()
			if err != nil {
				l.err = err
				l.mu.Unlock()
				return
			}
			l.frames = append(l.frames, f)
			l.mu.Unlock()
		}
	}()
	synctest.Wait()
	return l
}

// taken is the frames since the last call.
func (l *listener) taken() []watch.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	frames := l.frames
	l.frames = nil
	return frames
}

func (l *listener) ended(why error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Is(l.err, why)
}

// versions is the versions of a trip in the frames, in order.
func versions(frames []watch.Frame, tripID string) []int64 {
	var vs []int64
	for _, f := range frames {
		if f.TripID == tripID {
			vs = append(vs, f.Version)
		}
	}
	return vs
}

// ofType decodes the frames of a type.
func ofType[T any](tb testing.TB, frames []watch.Frame, kind string) []T {
	tb.Helper()
	var found []T
	for _, f := range frames {
		var head struct{ Type string }
		if err := json.Unmarshal(f.Data, &head); err != nil {
			tb.Fatal(err)
		}
		if head.Type != kind {
			continue
		}
		var v T
		if err := json.Unmarshal(f.Data, &v); err != nil {
			tb.Fatal(err)
		}
		found = append(found, v)
	}
	return found
}

// drivers is the latest that the frames tell of each driver.
func drivers(tb testing.TB, frames []watch.Frame) map[string]wire.DriverOnMap {
	tb.Helper()
	latest := map[string]wire.DriverOnMap{}
	for _, f := range ofType[wire.PositionsFrame](tb, frames, wire.FramePositions) {
		for _, d := range f.Drivers {
			latest[d.ID] = d
		}
	}
	return latest
}
