package natsbus

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/cabstand/cabstand/internal/wire"
)

const (
	decisionSubject = "dispatch.decisions"
	// recallWithin is how long a dispatcher has to answer what it remembers:
	// one that is stuck leaves its decisions out.
	recallWithin = 500 * time.Millisecond
)

// Decisions asks every dispatcher what it decided for a trip: a cell, and with
// it the memory, may have changed hands.
type Decisions struct {
	*link
	members *Members
}

// Recall is what the live dispatchers decided for the trip, the oldest first.
// whole is false where one did not answer in time.
func (d *Decisions) Recall(ctx context.Context, tripID string) (all []wire.Decision, whole bool, err error) {
	all = []wire.Decision{}
	whole, err = askAll(ctx, d, decisionSubject, []byte(tripID), func(some []wire.Decision) { all = append(all, some...) })
	slices.SortStableFunc(all, func(a, b wire.Decision) int { return a.At.Compare(b.At) })
	return all, whole, err
}

// Serve answers with what fn remembers until stop is called. fn must not block.
func (d *Decisions) Serve(fn func(tripID string) []wire.Decision) (stop func(), err error) {
	sub, err := d.conn.Subscribe(decisionSubject, func(m *nats.Msg) {
		data, err := json.Marshal(fn(string(m.Data)))
		if err == nil {
			err = m.Respond(data)
		}
		if err != nil {
			d.log.Debug("decisions not sent", "err", err)
		}
	})
	if err != nil {
		return nil, unavailable(err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // fails on a closed connection alone
}
