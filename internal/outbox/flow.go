package outbox

import (
	"context"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
)

// ahead is how many batches are on their way at once: while the bus takes one in
// and the store forgets another, the next is read.
const ahead = 3

// batch is what was sent together.
type batch struct {
	events  []trip.Event
	seqs    []int64
	receipt func() (acked int, err error)
}

// flow is the batches that are on their way. Of each trip there is one event in
// them at most: what is lost alone, or with a connection, no later event of its
// trip can have overtaken.
type flow struct {
	*Relay
	flying []batch    // the oldest first
	held   bool       // events waited in the last look for one of their trip that is on its way
	sent   chan batch // to be finished; there is room for all of flying
	over   chan error // how each of them ended, in order; there is room for all
}

// relay sends batches until one fails, the lead is lost or ctx ends, and returns
// when none is on its way any more.
func (r *Relay) relay(ctx context.Context, lost <-chan struct{}) error {
	f := &flow{Relay: r, sent: make(chan batch, ahead), over: make(chan error, ahead)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.finish(ctx)
	}()
	defer func() { close(f.sent); <-done }()
	for ctx.Err() == nil && !closed(lost) {
		full, err := f.fill(ctx)
		if err != nil {
			return err
		}
		if err := f.wait(ctx, lost, full); err != nil {
			return err
		}
	}
	return nil
}

// fill sends what waits, and reports whether there is no room for all of it.
func (f *flow) fill(ctx context.Context) (full bool, err error) {
	for len(f.flying) < ahead {
		if more, err := f.send(ctx); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// send reads a batch and sends it, and reports whether there may be more.
func (f *flow) send(ctx context.Context) (more bool, err error) {
	queued, err := f.source.Pending(ctx, f.seqs(), f.options.Batch)
	if err != nil {
		return false, err
	}
	f.gauge(queued)
	if len(queued) == 0 {
		f.note(ctx, nil)
	}
	b := f.free(queued)
	f.held = len(b.events) < len(queued)
	if len(b.events) == 0 {
		return false, nil
	}
	b.receipt, err = f.publisher.Send(ctx, b.events)
	f.flying = append(f.flying, b)
	f.sent <- b
	return len(queued) == f.options.Batch, err
}

// seqs is what is on its way.
func (f *flow) seqs() (all []int64) {
	for _, b := range f.flying {
		all = append(all, b.seqs...)
	}
	return all
}

// free is the oldest event of each trip of which none is on its way.
func (f *flow) free(queued []trip.Queued) (b batch) {
	taken := map[string]bool{}
	for _, other := range f.flying {
		for _, ev := range other.events {
			taken[ev.TripID] = true
		}
	}
	for _, q := range queued {
		if !taken[q.Event.TripID] {
			taken[q.Event.TripID] = true
			b.events, b.seqs = append(b.events, q.Event), append(b.seqs, q.Seq)
		}
	}
	return b
}

// wait waits until there is room again, or, where there is, for something to
// send. It returns how the batch ended that failed meanwhile.
func (f *flow) wait(ctx context.Context, lost <-chan struct{}, full bool) error {
	var committed <-chan struct{}
	if !full {
		committed = f.source.Committed()
	}
	poll := time.NewTimer(f.options.Poll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-lost:
			return nil
		case <-committed:
			return nil
		case <-poll.C:
			return nil
		case err := <-f.over:
			if err != nil {
				return err
			}
			f.landed(ctx)
			if full || f.held {
				return nil
			}
		}
	}
}

// finish ends batches in their order. Behind one that failed none counts, whatever
// became of it: it is sent again with the others, and told of in order.
func (f *flow) finish(ctx context.Context) {
	var failed error
	for b := range f.sent {
		acked, err := b.receipt()
		if failed != nil {
			continue
		}
		if acked > 0 {
			if lost := f.acknowledged(ctx, b.events[:acked], b.seqs[:acked]); lost != nil {
				err = lost
			}
		}
		failed = err
		f.over <- err
	}
}

// gauge takes down what waits beside what is on its way.
func (f *flow) gauge(queued []trip.Queued) {
	waiting := len(queued) + len(f.seqs())
	f.waiting.Store(int64(waiting))
	switch {
	case waiting == 0:
		f.oldestAt.Store(0)
	case len(f.flying) == 0:
		f.oldestAt.Store(queued[0].Event.At.UnixMilli())
	}
}

// landed takes down that the oldest batch is no longer on its way.
func (f *flow) landed(ctx context.Context) {
	f.note(ctx, nil)
	left := f.waiting.Add(-int64(len(f.flying[0].seqs)))
	if f.flying = f.flying[1:]; left == 0 {
		f.oldestAt.Store(0)
	}
}
