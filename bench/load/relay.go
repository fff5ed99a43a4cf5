package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cabstand/cabstand/internal/natsbus"
	"github.com/cabstand/cabstand/internal/outbox"
	"github.com/cabstand/cabstand/internal/wire"
)

// relay measures how fast the relay empties a full outbox, against a program that
// publishes as many events of the same size asynchronously, with their ids, and
// does nothing else. They take turns.
func (r *rig) relay(ctx context.Context, out io.Writer) error {
	bus, err := natsbus.Connect(ctx, natsbus.Options{URL: r.urls.nats, Name: "bench-load"})
	if err != nil {
		return err
	}
	r.onClose(func() error { bus.Close(); return nil })
	conn, err := nats.Connect(r.urls.nats)
	if err != nil {
		return err
	}
	r.onClose(func() error { conn.Close(); return nil })
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(4096))
	if err != nil {
		return err
	}
	var ratios []float64
	var costs strings.Builder
	fmt.Fprintf(out, "| events a second | the relay | raw publishing | ratio |\n|---|---|---|---|\n")
	for round := range r.config.Rounds {
		if err := r.fillOutbox(ctx); err != nil {
			return err
		}
		before := usageNow()
		ours, err := r.drain(ctx, bus)
		if err != nil {
			return err
		}
		between := usageNow()
		raw, err := r.publishRaw(ctx, js)
		if err != nil {
			return err
		}
		between.since(before).each(&costs, "an event, the relay", float64(r.config.Events))
		usageNow().since(between).each(&costs, "an event, raw", float64(r.config.Events))
		ratios = append(ratios, ours/raw)
		fmt.Fprintf(out, "| round %d | %.0f | %.0f | %.2f |\n", round+1, ours, raw, ours/raw)
	}
	fmt.Fprintf(out, "\n%s\n", &costs)
	goal(out, "relay", median(ratios), ">=", 0.9)
	return nil
}

// fillOutbox creates trips, each of which leaves an event.
func (r *rig) fillOutbox(ctx context.Context) error {
	var left atomic.Int64
	left.Store(int64(r.config.Events))
	var failed atomic.Value
	var group sync.WaitGroup
	for range 128 {
		group.Go(func() {
			for left.Add(-1) >= 0 && failed.Load() == nil {
				t, events := newTrip()
				if _, err := r.store.Create(ctx, t, events, nil); err != nil {
					failed.Store(err)
				}
			}
		})
	}
	group.Wait()
	err, _ := failed.Load().(error)
	return err
}

// drain is the events a second that the relay takes to the bus.
func (r *rig) drain(ctx context.Context, bus *natsbus.Bus) (float64, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	relay := outbox.New(r.store, bus.Trips, outbox.Options{})
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- relay.Run(ctx) }()
	for relay.Stats().Published < uint64(r.config.Events) {
		select {
		case <-ctx.Done():
			return 0, errors.Join(ctx.Err(), <-done)
		case <-time.After(time.Millisecond):
		}
	}
	took := time.Since(began)
	stop()
	return float64(r.config.Events) / took.Seconds(), <-done
}

// publishRaw is the events a second that the bus takes from a program that has
// them ready.
func (r *rig) publishRaw(ctx context.Context, js jetstream.JetStream) (float64, error) {
	messages := make([]*nats.Msg, r.config.Events)
	for i := range messages {
		t, events := newTrip()
		messages[i] = &nats.Msg{
			Subject: "trips." + string(t.Cell()) + "." + t.ID,
			Header:  nats.Header{jetstream.MsgIDHeader: {events[0].ID()}, "Content-Type": {"application/cloudevents+json"}},
			Data:    wire.EncodeEvent(events[0]),
		}
	}
	began := time.Now()
	for _, m := range messages {
		if _, err := js.PublishMsgAsync(m, jetstream.WithRetryAttempts(0)); err != nil {
			return 0, err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return float64(r.config.Events) / time.Since(began).Seconds(), nil
}
