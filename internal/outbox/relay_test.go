package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/trip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue is an outbox in memory, one lead at a time.
type queue struct {
	mu        sync.Mutex
	rows      []trip.Queued
	seq       int64 // of the newest row; never given twice, as in the stores
	committed chan struct{}
	led       bool
	lost      chan struct{}
	failing   func() bool
}

func newQueue() *queue {
	return &queue{committed: make(chan struct{}, 1), lost: make(chan struct{}), failing: func() bool { return false }}
}

var errAway = errors.New("away")

func (q *queue) commit(tripID string, version int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seq++
	q.rows = append(q.rows, trip.Queued{Seq: q.seq, Event: trip.Event{TripID: tripID, Version: version, At: time.Now()}})
	select {
	case q.committed <- struct{}{}:
	default:
	}
}

func (q *queue) Lead(context.Context) (<-chan struct{}, func(), bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failing() {
		return nil, nil, false, errAway
	}
	if q.led {
		return nil, nil, false, nil
	}
	q.led, q.lost = true, make(chan struct{})
	return q.lost, func() { q.mu.Lock(); q.led = false; q.mu.Unlock() }, true, nil
}

func (q *queue) Pending(_ context.Context, but []int64, limit int) ([]trip.Queued, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failing() {
		return nil, errAway
	}
	rows := slices.DeleteFunc(slices.Clone(q.rows), func(r trip.Queued) bool { return slices.Contains(but, r.Seq) })
	return rows[:min(limit, len(rows))], nil
}

func (q *queue) Delete(_ context.Context, seqs []int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failing() {
		return errAway
	}
	gone := map[int64]bool{}
	for _, s := range seqs {
		gone[s] = true
	}
	var rest []trip.Queued
	for _, r := range q.rows {
		if !gone[r.Seq] {
			rest = append(rest, r)
		}
	}
	q.rows = rest
	return nil
}

func (q *queue) Committed() <-chan struct{} { return q.committed }

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.rows)
}

// bus keeps what was published, dropping repetitions by id as JetStream does. It
// takes a moment to acknowledge, and may fail to though it has an event; it may
// lose an event of a batch and have those behind it.
type bus struct {
	mu      sync.Mutex
	events  []string
	seen    map[string]bool
	flying  int // batches sent and not acknowledged
	most    int // of them, ever
	failing func() bool
}

func (b *bus) Send(_ context.Context, events []trip.Event) (receipt func() (int, error), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flying++
	b.most = max(b.most, b.flying)
	for i, ev := range events {
		if !b.fails() {
			b.store(ev)
		} else if b.fails() {
			return b.receipt(events[:i]), errAway
		}
	}
	return b.receipt(events), nil
}

func (b *bus) store(ev trip.Event) {
	if !b.seen[ev.ID()] {
		b.seen[ev.ID()] = true
		b.events = append(b.events, ev.ID())
	}
}

func (b *bus) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.flying
}

func (b *bus) fails() bool { return b.failing != nil && b.failing() }

func (b *bus) receipt(sent []trip.Event) func() (int, error) {
	return func() (int, error) {
		time.Sleep(time.Millisecond) // of the bubble's clock
		b.mu.Lock()
		defer b.mu.Unlock()
		b.flying--
		for i, ev := range sent {
			if !b.seen[ev.ID()] || b.fails() {
				return i, errAway
			}
		}
		return len(sent), nil
	}
}

func TestRelay_PublishesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, b := newQueue(), &bus{seen: map[string]bool{}}
		var told []string
		r := outbox.New(q, b, outbox.Options{After: func(_ context.Context, ev trip.Event) { told = append(told, ev.ID()) }})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		q.commit("a", 1)
		time.Sleep(2 * time.Millisecond) // less than a poll: the signal alone brings it out
		synctest.Wait()
		if fmt.Sprint(b.events, told, q.len()) != "[a:1] [a:1] 0" {
			t.Fatalf("published %v, told %v, %d left", b.events, told, q.len())
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// TestRelay_NothingIsLost lets store and bus fail at random: whatever happens,
// every event comes out once, a trip's events in order.
func TestRelay_NothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		outages := rapid.SliceOfN(rapid.Bool(), 0, 30).Draw(rt, "outages")
		trips := rapid.IntRange(1, 4).Draw(rt, "trips")
		versions := rapid.IntRange(1, 6).Draw(rt, "versions")
		batch := rapid.IntRange(1, 7).Draw(rt, "batch")
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			fail := func() bool {
				mu.Lock()
				defer mu.Unlock()
				if len(outages) == 0 {
					return false
				}
				next := outages[0]
				outages = outages[1:]
				return next
			}
			q, b := newQueue(), &bus{seen: map[string]bool{}, failing: fail}
			q.failing = fail
			told := map[string]int64{}
			after := func(_ context.Context, ev trip.Event) {
				if last := told[ev.TripID]; ev.Version > last+1 {
					rt.Errorf("%s is told of version %d after %d", ev.TripID, ev.Version, last)
				}
				told[ev.TripID] = max(told[ev.TripID], ev.Version)
			}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for range 2 { // two relays, one lead
				r := outbox.New(q, b, outbox.Options{Batch: batch, After: after})
				wg.Go(func() { _ = r.Run(ctx) })
			}
			for v := range versions {
				for i := range trips {
					q.commit(fmt.Sprint("t", i), int64(v+1))
				}
			}
			time.Sleep(time.Minute) // of the bubble's clock
			stop()
			wg.Wait()
			if len(b.events) != trips*versions || q.len() != 0 {
				rt.Fatalf("%d of %d events published, %d left", len(b.events), trips*versions, q.len())
			}
			last := map[byte]byte{}
			for _, id := range b.events {
				if id[3] != last[id[1]]+1 && last[id[1]] != 0 || last[id[1]] == 0 && id[3] != '1' {
					rt.Fatalf("out of order: %v", b.events)
				}
				last[id[1]] = id[3]
			}
		})
	})
}

// A batch does not wait for the one before to be acknowledged, and there are
// never too many on their way.
func TestRelay_SendsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, b := newQueue(), &bus{seen: map[string]bool{}}
		for i := range 50 {
			q.commit(fmt.Sprint("t", i), 1)
		}
		r := outbox.New(q, b, outbox.Options{Batch: 5})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		if s := r.Stats(); b.count() != 3 || s.Waiting != 15 || s.Published != 0 || s.OldestAt.IsZero() {
			t.Errorf("%d batches on their way, %+v", b.count(), s)
		}
		time.Sleep(100 * time.Millisecond)
		stop()
		<-done
		if s := r.Stats(); b.most != 3 || len(b.events) != 50 || q.len() != 0 || s.Waiting != 0 || s.Published != 50 || !s.OldestAt.IsZero() {
			t.Errorf("%d batches at once, %d events published, %d left, %+v", b.most, len(b.events), q.len(), s)
		}
	})
}

// An event goes when the one before it of the same trip has arrived, at once and
// without a further signal; those of other trips do not wait for it.
func TestRelay_OneOfATripAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, b := newQueue(), &bus{seen: map[string]bool{}}
		q.commit("a", 1)
		q.commit("a", 2)
		q.commit("b", 1)
		q.commit("a", 3)
		r := outbox.New(q, b, outbox.Options{Poll: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		if s := r.Stats(); fmt.Sprint(b.events) != "[a:1 b:1]" || s.Waiting != 4 {
			t.Errorf("%v are on their way, %+v", b.events, s)
		}
		time.Sleep(time.Second)
		if s := r.Stats(); fmt.Sprint(b.events) != "[a:1 b:1 a:2 a:3]" || q.len() != 0 || s.Waiting != 0 {
			t.Errorf("published %v, %d left, %+v", b.events, q.len(), s)
		}
		stop()
		<-done
	})
}

func TestRelay_LosesTheLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, b := newQueue(), &bus{seen: map[string]bool{}}
		r := outbox.New(q, b, outbox.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		q.mu.Lock()
		close(q.lost)
		q.mu.Unlock()
		synctest.Wait()
		if r.Stats().Leading {
			t.Fatal("it goes on leading though the store took the lead away")
		}
		time.Sleep(time.Second)
		if !r.Stats().Leading {
			t.Fatal("it did not take the free lead again")
		}
		stop()
		<-done
	})
}
