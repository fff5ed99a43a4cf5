package outbox_test

import (
	"context"
	"errors"
	"fmt"
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

func (q *queue) Pending(_ context.Context, limit int) ([]trip.Queued, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failing() {
		return nil, errAway
	}
	return append([]trip.Queued(nil), q.rows[:min(limit, len(q.rows))]...), nil
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

// bus keeps what was published, dropping repetitions by id as JetStream does.
type bus struct {
	mu      sync.Mutex
	events  []string
	seen    map[string]bool
	failing func() bool
}

func (b *bus) Publish(_ context.Context, events []trip.Event) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, ev := range events {
		if b.failing != nil && b.failing() {
			return i, errAway
		}
		if !b.seen[ev.ID()] {
			b.seen[ev.ID()] = true
			b.events = append(b.events, ev.ID())
		}
	}
	return len(events), nil
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
		synctest.Wait() // no time passes: the signal alone brings it out
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
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for range 2 { // two relays, one lead
				r := outbox.New(q, b, outbox.Options{Batch: batch})
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
