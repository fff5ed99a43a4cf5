package track

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
)

// flusher empties one tray into one consumer.
type flusher struct {
	part    Part
	tray    *tray
	deliver func(ctx context.Context, batch []driver.Location) (undelivered []int, err error) // indices
	batch   batch
	held    map[*news]struct{} // what a part of the consumer did not take
	heldAt  time.Time          // since when the first of them waits
	config  Config
	now     func() time.Time
	log     *slog.Logger
	metrics Metrics
	down    atomic.Bool  // the last delivery failed
	holds   atomic.Int64 // how many are held
}

// run flushes until ctx ends, and once more then.
func (f *flusher) run(ctx context.Context) {
	ticker := time.NewTicker(f.config.FlushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			f.release(0)
			f.flush(ctx)
			return
		case <-ticker.C:
		case <-f.tray.full:
		}
		if !f.flush(ctx) {
			pause(ctx, f.config.FlushPause)
		}
	}
}

// flush delivers what waits, batch by batch, and reports whether all of it went.
func (f *flusher) flush(ctx context.Context) bool {
	f.release(f.config.FlushPause)
	waiting := f.tray.len()
	for left := waiting; left > 0; left -= len(f.batch.of) {
		f.tray.take(&f.batch, min(left, f.config.FlushMax))
		if !f.deliverBatch(ctx) {
			return false
		}
	}
	if waiting > 0 && len(f.held) == 0 {
		f.note(nil)
	}
	return true
}

// deliverBatch is not cut short by the end of ctx: the last locations are to
// leave before the process does.
func (f *flusher) deliverBatch(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.config.FlushTimeout)
	defer cancel()
	began := f.now()
	undelivered, err := f.deliver(ctx, f.batch.locations)
	f.metrics.Flushed(f.part, len(f.batch.of)-len(undelivered), f.now().Sub(began), err != nil)
	f.land(undelivered)
	if err == nil {
		return true
	}
	f.note(err)
	if partial(err) {
		f.hold(undelivered)
		return true
	}
	f.putBack(undelivered)
	return false
}

// partial reports whether only a part of the consumer is away, which keeps
// nobody waiting: see Mirror.
func partial(err error) bool {
	var part interface{ Undelivered() []int }
	return errors.As(err, &part)
}

// hold keeps what a part of the consumer did not take: it is tried again after a
// pause, and does not hold up the others.
func (f *flusher) hold(undelivered []int) {
	if len(f.held) == 0 {
		f.held, f.heldAt = map[*news]struct{}{}, f.now()
	}
	for _, i := range undelivered {
		f.held[f.batch.of[i]] = struct{}{}
	}
	f.holds.Store(int64(len(f.held)))
}

// release lets what was held for at least so long wait again.
func (f *flusher) release(least time.Duration) {
	if len(f.held) == 0 || f.now().Sub(f.heldAt).Abs() < least {
		return
	}
	f.tray.putBack(slices.Collect(maps.Keys(f.held)), f.now().Add(-f.config.FlushKeep))
	f.held = nil
	f.holds.Store(0)
}

// land acknowledges what was delivered: all but the given indices, which ascend.
func (f *flusher) land(undelivered []int) {
	for i := range f.batch.of {
		if len(undelivered) > 0 && undelivered[0] == i {
			undelivered = undelivered[1:]
			continue
		}
		f.batch.of[i].land(&f.batch.locations[i])
	}
}

// putBack lets what was not delivered wait again, unless it is too old by now.
func (f *flusher) putBack(undelivered []int) {
	if len(undelivered) == 0 {
		return
	}
	again := make([]*news, len(undelivered))
	for n, i := range undelivered {
		again[n] = f.batch.of[i]
	}
	f.tray.putBack(again, f.now().Add(-f.config.FlushKeep))
}

// note logs the first failure of an outage and the end of it.
func (f *flusher) note(err error) {
	if failed := err != nil; f.down.Swap(failed) == failed {
		return
	}
	if err != nil {
		f.log.Warn("positions cannot be delivered; the latest are kept", "part", string(f.part), "err", err)
		return
	}
	f.log.Info("positions are delivered again", "part", string(f.part))
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
