package watch

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Why a reader was closed.
var (
	// ErrSlow: more events came than the reader took. It is to connect again.
	ErrSlow = errors.New("watch: the reader fell behind")
	// ErrEnded: there is nothing more to tell, the trip is final.
	ErrEnded = errors.New("watch: the trip ended")
	// ErrClosed: the hub ends. The reader is to connect elsewhere.
	ErrClosed = errors.New("watch: the hub is closed")
)

// Bounds of the events that wait for a reader. A rider has a handful of trips;
// an operator may see a city's.
const (
	riderQueue    = 256
	operatorQueue = 8192
)

// Frame is what a reader is told.
type Frame struct {
	Data json.RawMessage
	// Of a trip's change; zero for other frames.
	TripID  string
	Version int64
	State   trip.State
}

// reader is what all readers have in common: a queue of events, and the frames
// that were made of them. Next is to be called by one goroutine.
type reader struct {
	hub   *Hub
	leave func()                      // tells the hub to forget the reader
	fill  func(context.Context) error // makes frames of what there is to tell
	frame func(trip.Event) Frame
	once  sync.Once

	// Owned by the caller of Next.
	order order
	out   []Frame
	began time.Time // when it was told where unfinished trips stand; zero: it was not

	wake chan struct{} // capacity one: there may be something to tell

	mu    sync.Mutex
	queue []trip.Event
	room  int   // of the queue
	end   error // why there is no more

	// Of riders and operators.
	since time.Time // when the bus went; zero while it is there
	told  time.Time // the same, as the reader was told
}

func newReader(h *Hub, room int) *reader {
	return &reader{hub: h, room: room, order: newOrder(), wake: make(chan struct{}, 1), frame: tripFrame}
}

func tripFrame(ev trip.Event) Frame {
	t := &ev.Trip
	return Frame{Data: wire.Encode(wire.NewTripFrame(ev)), TripID: t.ID, Version: t.Version, State: t.State}
}

// standFrame tells where a trip stands, whatever brought it there.
func standFrame(t *trip.Trip) Frame { return tripFrame(trip.Event{Trip: *t}) }

// Next waits for the next frame. Its error is that of ctx, [ErrSlow],
// [ErrEnded], [ErrClosed], or a fault of the store; after an error the reader is
// to be closed.
func (r *reader) Next(ctx context.Context) (Frame, error) {
	for len(r.out) == 0 {
		if err := r.more(ctx); err != nil {
			return Frame{}, err
		}
	}
	f := r.out[0]
	r.out = r.out[1:]
	return f, nil
}

// more fills out, or waits for what will.
func (r *reader) more(ctx context.Context) error {
	if err := r.ended(); err != nil {
		return err
	}
	if r.out = r.takeLate(); len(r.out) > 0 {
		return nil
	}
	if err := r.fill(ctx); err != nil || len(r.out) > 0 {
		return err
	}
	select {
	case <-r.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close makes the hub forget the reader. It may be called twice.
func (r *reader) Close() { r.once.Do(r.leave) }

func (r *reader) ended() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.end
}

// push queues an event for the reader. When there is no room the reader is
// closed: an event that is dropped would be missed for good.
func (r *reader) push(ev trip.Event) {
	r.mu.Lock()
	switch {
	case r.end != nil:
	case len(r.queue) < r.room:
		r.queue = append(r.queue, ev)
	default:
		r.end, r.queue = ErrSlow, nil
		r.hub.slow.Add(1)
	}
	r.mu.Unlock()
	r.signal()
}

func (r *reader) close(why error) {
	r.mu.Lock()
	if r.end == nil {
		r.end, r.queue = why, nil
	}
	r.mu.Unlock()
	r.signal()
}

// late notes since when the bus is away; zero: it is there.
func (r *reader) late(since time.Time) {
	r.mu.Lock()
	r.since = since
	r.mu.Unlock()
	r.signal()
}

// takeLate is the frame that tells of it, if the reader was told otherwise.
func (r *reader) takeLate() []Frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.Equal(r.told) {
		return nil
	}
	r.told = r.since
	return []Frame{{Data: wire.Encode(wire.NewStaleFrame(r.since))}}
}

func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default: // the signal before was not taken yet
	}
}

func (r *reader) take() []trip.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.queue
	r.queue = nil
	return events
}

// tell adds the frames of an event, and of those before it that the bus did not
// bring.
func (r *reader) tell(ctx context.Context, ev trip.Event) error {
	_, known := r.order.seen[ev.TripID]
	switch r.order.placeOf(ev, r.hub.Now()) {
	case repeated:
		return nil
	case isNext:
		// The first event of a trip may be a late repetition from before the
		// reader came: then those that followed it will not come again.
		if known || r.hub.version(ev.TripID) <= ev.Version && ev.At.After(r.began.Add(clockSkew)) {
			r.add(ev)
			return nil
		}
	}
	if err := r.catchUp(ctx, ev.TripID, known); err != nil {
		return err
	}
	if r.order.seen[ev.TripID] < ev.Version {
		return fault.New(fault.Unavailable, "the store is behind the bus: connect again")
	}
	return nil
}

// catchUp adds the frames of all events of the trip that the store has and the
// reader was not told of. Of a trip that was there before it came, and that it
// does not know, it is told how it stands.
func (r *reader) catchUp(ctx context.Context, tripID string, known bool) error {
	events, err := r.hub.History.Events(ctx, tripID, r.order.seen[tripID])
	if err != nil {
		return err
	}
	if len(events) > 0 && !known && events[0].At.Before(r.began) {
		r.addOlder(events[len(events)-1])
		return nil
	}
	for _, ev := range events {
		if ev.Version == r.order.seen[tripID]+1 {
			r.add(ev)
		}
	}
	return nil
}

// addOlder takes in the last event of a trip that was there before the reader came,
// and was over when the unfinished ones were read. One that was over before the
// reader came is none of its business, however late the bus brings the events.
func (r *reader) addOlder(last trip.Event) {
	if last.Trip.State.Final() && last.At.Before(r.began.Add(-clockSkew)) {
		r.order.told(&last.Trip, r.hub.Now())
		return
	}
	r.add(last)
}

func (r *reader) add(ev trip.Event) {
	r.order.told(&ev.Trip, r.hub.Now())
	r.out = append(r.out, r.frame(ev))
}
