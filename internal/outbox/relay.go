// Package outbox takes committed events from the store to the bus: at least
// once, in order for each trip, by one relay at a time. An event is sent when the
// bus has the one before it of the same trip, so that none is overtaken, whatever
// is lost on its way.
//
// An event leaves the store's outbox when the bus has acknowledged it, not
// before. A relay that dies between the two publishes it again; the event's id
// lets the bus drop the repetition, and readers that see it all the same know
// it by its version.
package outbox

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// Options tune a Relay. The zero value of each is a sensible default.
type Options struct {
	Batch int                               // events published together; 256
	Poll  time.Duration                     // how often to look without a signal; 1 s
	Retry time.Duration                     // wait after a failure and between tries for the lead; 500 ms
	After func(context.Context, trip.Event) // called in order with each event that the bus has; may be nil
	Log   *slog.Logger                      // may be nil
}

// Relay publishes what the store has committed.
type Relay struct {
	source    Source
	publisher Publisher
	options   Options

	waiting   atomic.Int64 // events seen waiting in the last look
	oldestAt  atomic.Int64 // unix ms of the oldest of them, 0 for none
	leading   atomic.Bool
	published atomic.Uint64
	ailing    bool // logged once an outage
}

// New makes a relay. It does nothing until Run.
func New(source Source, publisher Publisher, o Options) *Relay {
	if o.Batch <= 0 {
		o.Batch = 256
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Retry <= 0 {
		o.Retry = 500 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Relay{source: source, publisher: publisher, options: o}
}

// Stats is how a relay stands.
type Stats struct {
	Leading   bool
	Waiting   int       // events that were waiting or on their way at the last look
	OldestAt  time.Time // when the oldest of them happened; zero for none
	Published uint64    // since the start
}

// Stats counts now.
func (r *Relay) Stats() Stats {
	s := Stats{Leading: r.leading.Load(), Waiting: int(r.waiting.Load()), Published: r.published.Load()}
	if ms := r.oldestAt.Load(); ms != 0 {
		s.OldestAt = time.UnixMilli(ms).UTC()
	}
	return s
}

// Run takes the lead, or waits for it, and relays until ctx ends. It returns
// nil.
func (r *Relay) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		lost, release, ok, err := r.source.Lead(ctx)
		r.note(ctx, err)
		if ok {
			r.lead(ctx, lost)
			release()
		}
		pause(ctx, nil, nil, r.options.Retry)
	}
	return nil
}

// lead relays until the lead is lost or ctx ends.
func (r *Relay) lead(ctx context.Context, lost <-chan struct{}) {
	r.leading.Store(true)
	defer r.leading.Store(false)
	for ctx.Err() == nil && !closed(lost) {
		if err := r.relay(ctx, lost); err != nil {
			r.note(ctx, err)
		}
		pause(ctx, nil, lost, r.options.Retry)
	}
}

// acknowledged deletes what the bus has, and tells of it. Told once each, but
// for a crash or a failure right here: then again.
func (r *Relay) acknowledged(ctx context.Context, events []trip.Event, seqs []int64) error {
	if r.options.After != nil {
		for _, ev := range events {
			r.options.After(ctx, ev)
		}
	}
	r.published.Add(uint64(len(events)))
	return r.source.Delete(ctx, seqs)
}

// note logs the begin and the end of an outage.
func (r *Relay) note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !r.ailing:
		r.ailing = true
		r.options.Log.Error("events wait in the outbox", "err", err)
	case err == nil && r.ailing:
		r.ailing = false
		r.options.Log.Info("events are relayed again")
	}
}

// pause waits for a signal, the end of the lead, or the time.
func pause(ctx context.Context, signal, lost <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-signal:
	case <-lost:
	case <-timer.C:
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
