package nearby

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/memgeo"
)

// The client of a Redis that was killed tries for up to a second to reach it,
// closed or not.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// world is what a lookout stands on: a store that counts its questions and can
// be gone, a feed that is a function call, and a clock that the test turns.
type world struct {
	tb     testing.TB
	look   *Lookout
	store  Store
	apply  func(context.Context, []driver.Location) error
	now    time.Time
	down   bool
	hides  string // while a part of the store is gone: the driver whom only that knows
	deaf   bool   // the feed brings nothing
	asked  int
	feeds  map[geo.Cell]func([]driver.Location)
	cellOf map[string]geo.Cell // where each driver was published last
}

const fresh, forget = 15 * time.Second, 2 * time.Minute

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)
	// corner is where four owner cells meet, on Long Island.
	corner = geo.Point{Lat: 40.78125, Lon: -73.828125}
	inside = geo.Point{Lat: 40.70, Lon: -73.98}
)

func newWorld(tb testing.TB) *world {
	store := memgeo.New()
	return newWorldOn(tb, store, store.Apply)
}

func newWorldOn(tb testing.TB, store Store, apply func(context.Context, []driver.Location) error) *world {
	w := &world{
		tb: tb, store: store, apply: apply, now: noon,
		feeds: map[geo.Cell]func([]driver.Location){}, cellOf: map[string]geo.Cell{},
	}
	w.look = New(Deps{Store: w, Feed: w, Fresh: fresh, Forget: forget, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)})
	return w
}

var errGone = fault.Wrap(errors.New("connection refused"), fault.Unavailable, "gone")

// inPart is the error of a store of which a part is gone.
type inPart struct{}

func (inPart) Error() string      { return "a node is away" }
func (inPart) Undelivered() []int { return nil }

// seen takes whom only the part knows that is gone out of an answer.
func seen[T any](w *world, found []T, id func(T) string, err error) ([]T, error) {
	if w.hides == "" || err != nil {
		return found, err
	}
	found = slices.DeleteFunc(found, func(l T) bool { return id(l) == w.hides })
	return found, fault.Wrap(inPart{}, fault.Unavailable, "gone in part")
}

func (w *world) question() error {
	w.asked++
	if w.down {
		return errGone
	}
	return nil
}

func (w *world) Nearby(ctx context.Context, p geo.Point, radius float64, limit int, wanted driver.Wanted) ([]driver.Located, error) {
	if err := w.question(); err != nil {
		return nil, err
	}
	found, err := w.store.Nearby(ctx, p, radius, limit, wanted)
	return seen(w, found, func(l driver.Located) string { return l.DriverID }, err)
}

func (w *world) InCells(ctx context.Context, cells []geo.Cell) ([]driver.Location, error) {
	if err := w.question(); err != nil {
		return nil, err
	}
	found, err := w.store.InCells(ctx, cells)
	return seen(w, found, idOf, err)
}

func (w *world) Locations(ctx context.Context, ids []string) ([]driver.Location, error) {
	if err := w.question(); err != nil {
		return nil, err
	}
	found, err := w.store.Locations(ctx, ids)
	return seen(w, found, idOf, err)
}

func idOf(l driver.Location) string { return l.DriverID }

func (w *world) Follow(cell geo.Cell, fn func([]driver.Location)) (stop func(), err error) {
	w.feeds[cell] = fn
	return func() { delete(w.feeds, cell) }, nil
}

// tell is a tracker's flush: to the store, and to the feed of each driver's cell
// and of the one that the driver left.
func (w *world) tell(batch ...driver.Location) {
	w.tb.Helper()
	if !w.down {
		if err := w.apply(w.tb.Context(), batch); err != nil {
			w.tb.Fatal(err)
		}
	}
	if w.deaf {
		return
	}
	for _, l := range batch {
		here := geo.CellOf(l.Point, geo.OwnerLength)
		for _, cell := range slices.Compact([]geo.Cell{here, w.cellOf[l.DriverID]}) {
			if fn := w.feeds[cell]; fn != nil {
				fn([]driver.Location{l})
			}
		}
		w.cellOf[l.DriverID] = here
	}
}

// pass lets time go by, with a round at its end.
func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	w.look.round(w.tb.Context())
}

// at is a driver who is seen now.
func (w *world) at(id string, p geo.Point) driver.Location {
	return driver.Location{
		DriverID: id, Position: driver.Position{Point: p, FixedAt: w.now, Speed: 3, Heading: 271, Accuracy: 4}, Class: driver.Standard,
		Seats: 4, Available: true, Session: "s", SeenAt: w.now,
	}
}

func (w *world) nearby(p geo.Point, radius float64) (ids string, missing []geo.Cell) {
	w.tb.Helper()
	found, missing, err := w.look.Nearby(w.tb.Context(), p, radius, 20, driver.Wanted{})
	if err != nil {
		w.tb.Fatal(err)
	}
	return names(found), missing
}

func names(found []driver.Located) string {
	var ids []string
	for _, l := range found {
		ids = append(ids, l.DriverID)
	}
	return strings.Join(ids, " ")
}

// warmUp asks about a disc until its cells are followed and filled.
func (w *world) warmUp(p geo.Point, radius float64) {
	w.tb.Helper()
	for range oftenAsked {
		w.nearby(p, radius)
	}
	w.pass(0)
	w.tell(w.at("alive", geo.Destination(p, 0, min(radius, 1)))) // the feed speaks
	w.unasked(func() { w.nearby(p, radius) })
}

// unasked fails where fn asks the store.
func (w *world) unasked(fn func()) {
	w.tb.Helper()
	if asked := w.count(fn); asked != 0 {
		w.tb.Fatalf("the store was asked %d times", asked)
	}
}

func (w *world) count(fn func()) int {
	before := w.asked
	fn()
	return w.asked - before
}

func (w *world) want(got, want string) {
	w.tb.Helper()
	if got != want {
		w.tb.Fatalf("got %q, want %q", got, want)
	}
}

func cellsOf(spots []spot) []geo.Cell {
	var cells []geo.Cell
	for _, s := range spots {
		cells = append(cells, s.cell())
	}
	slices.Sort(cells)
	return cells
}
