package node

import (
	"context"
	"strconv"
	"time"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/numbers"
	"github.com/cabstand/cabstand/internal/trip"
)

// counting makes the recorder of a dispatcher, and adds its task to the node.
func (p *parts) counting(id string, lead time.Duration) *numbers.Recorder {
	r := numbers.New(numbers.Deps{
		Dispatcher: id, Start: strconv.FormatInt(time.Now().UnixNano(), 36), Store: p.store, Live: p.bus.Members.Live,
		Lead: lead, Now: p.clock.Now, Log: p.log,
	})
	p.node.task("numbers", r.Run)
	return r
}

// countedTrips is the store of trips, with what this process commits counted.
type countedTrips struct {
	store
	numbers *numbers.Recorder
}

// Create counts a trip that is new.
func (c countedTrips) Create(ctx context.Context, t *trip.Trip, events []trip.Event, once *trip.Once) (*trip.Once, error) {
	first, err := c.store.Create(ctx, t, events, once)
	if err == nil && first == nil {
		c.numbers.Requested()
	}
	return first, err
}

// Update counts what the change did.
func (c countedTrips) Update(ctx context.Context, id string, change func(*trip.Trip) ([]trip.Event, error)) (*trip.Trip, error) {
	watched, committed := c.numbers.Watch(change)
	t, err := c.store.Update(ctx, id, watched)
	if err == nil {
		committed(t)
	}
	return t, err
}

// Exchange counts the trips that got their first driver by it.
func (c countedTrips) Exchange(ctx context.Context, moves []trip.Move) ([]*trip.Trip, error) {
	trips, err := c.store.Exchange(ctx, moves)
	if err == nil {
		c.numbers.Exchanged(moves, trips)
	}
	return trips, err
}

// ticked hands what a tick did to the metrics and to the recorder.
func ticked(m *tickMetrics, r *numbers.Recorder) func(dispatch.Tick) {
	return func(t dispatch.Tick) {
		m.observe(t)
		r.Ticked(numbers.Tick{Took: t.Took, Open: t.Open, Online: t.Online, Ages: t.Ages, Rungs: t.Rungs})
	}
}
