package natsbus

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/trip"
)

// The stream keeps events in the order in which they reach it. Of many that are on
// their way at once some get lost with a connection, and those behind them must
// not be stored before they come again. So each of them names the event before it,
// and the stream refuses one that does not follow its last. Each is acknowledged by
// itself: one that the stream has already proves nothing about those before it,
// and where one comes again in the midst of others, those behind it are refused
// and come again, too.

// chain is the events that are on their way.
type chain struct {
	mu     sync.Mutex
	flying int    // batches without a receipt
	last   string // id of the event that was sent last; "" if none is on its way
	broken bool   // one of the batches failed: nothing can follow it
}

var errBroken = errors.New("an event before these was not stored")

// begin adds a batch, and tells which event it has to follow; "" for none.
func (c *chain) begin() (last string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying++
	if c.broken {
		return "", errBroken
	}
	return c.last, nil
}

// grow notes the event that was sent last.
func (c *chain) grow(last string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = last
}

// fail notes that a batch failed.
func (c *chain) fail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
}

// end takes a batch off. When no other is on its way a new chain may begin.
func (c *chain) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying--
	if c.flying == 0 {
		c.last, c.broken = "", false
	}
}

// sending is a batch on its way.
type sending struct {
	*Trips
	events []trip.Event
	begun  bool
	acked  int                      // from the first on
	flying []jetstream.PubAckFuture // of those behind
}

// send puts the events on their way, in the chain.
func (b *sending) send(ctx context.Context) error {
	last, err := b.chain.begin()
	b.begun = true
	if err != nil {
		return unavailable(err)
	}
	if last == "" {
		if last, err = b.anchor(ctx); err != nil {
			return err
		}
	}
	for _, ev := range b.events[b.acked:] {
		if err := b.follow(ctx, ev, last); err != nil {
			return err
		}
		last = ev.ID()
	}
	b.chain.grow(last)
	return nil
}

// anchor stores events one after the other, up to the first that the stream did
// not have: this is its last then, and others can follow it.
func (b *sending) anchor(ctx context.Context) (last string, err error) {
	for last == "" && b.acked < len(b.events) {
		ev := b.events[b.acked]
		f, err := b.publish(ctx, message(ev))
		if err != nil {
			return "", err
		}
		before, err := b.stored(ctx, f)
		if err != nil {
			return "", err
		}
		if b.acked++; !before {
			last = ev.ID()
		}
	}
	return last, nil
}

// follow puts an event on its way behind the one that was the last.
func (b *sending) follow(ctx context.Context, ev trip.Event, last string) error {
	m := message(ev)
	m.Header[jetstream.ExpectedLastMsgIDHeader] = []string{last}
	f, err := b.publish(ctx, m)
	if err == nil {
		b.flying = append(b.flying, f)
	}
	return err
}

func (b *sending) publish(ctx context.Context, m *nats.Msg) (jetstream.PubAckFuture, error) {
	if err := errors.Join(ctx.Err(), b.reachable()); err != nil {
		return nil, unavailable(err)
	}
	f, err := b.js.PublishMsgAsync(m, jetstream.WithRetryAttempts(0))
	return f, unavailable(err)
}

// receipt waits until the events that were sent are stored. sendErr is why not all
// were.
func (b *sending) receipt(ctx context.Context, sendErr error) (acked int, err error) {
	if !b.begun {
		return 0, sendErr
	}
	for _, f := range b.flying {
		if _, err = b.stored(ctx, f); err != nil {
			break
		}
		b.acked++
	}
	if err == nil {
		err = sendErr
	}
	if err != nil {
		b.chain.fail()
	}
	b.chain.end()
	return b.acked, err
}

// turn lets one in at a time, who may wait for the bus inside.
type turn chan struct{}

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

func (t turn) leave() { <-t }
