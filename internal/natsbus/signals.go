package natsbus

import (
	"context"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Signals carries news of trips between dispatchers.
type Signals struct {
	*link
	trips *Trips
}

const nudgeSubject = "dispatch.nudge"

// Nudge tells every dispatcher, this one included, that a trip changed.
func (s *Signals) Nudge(ctx context.Context, n wire.Nudge) error {
	return s.publish(ctx, nudgeSubject, wire.Encode(n))
}

// OnNudge calls fn with each nudge until stop is called. fn must not block.
func (s *Signals) OnNudge(fn func(wire.Nudge)) (stop func(), err error) {
	return s.subscribe(nudgeSubject, func(data []byte) error { return decode(data, fn) })
}

// Subscribe is Trips.Subscribe.
func (s *Signals) Subscribe(fn func(trip.Event)) (stop func(), err error) {
	return s.trips.Subscribe(fn)
}
