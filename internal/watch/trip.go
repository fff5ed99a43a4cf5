package watch

import (
	"context"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Trip sees the events of one trip, as CloudEvents, until it is final.
type Trip struct {
	*reader
	tripID string
	begun  bool
	last   bool // the final event was made a frame
}

// Trip opens a reader for the events of a trip with versions above after.
func (h *Hub) Trip(tripID string, after int64) *Trip {
	t := &Trip{reader: newReader(h, riderQueue), tripID: tripID}
	t.order.seen[tripID] = after
	t.frame = t.eventFrame
	t.fill = t.fillFrames
	t.leave = func() { h.remove(func() { h.trips.remove(tripID, t) }) }
	h.admit(t.reader, func() { h.trips.add(tripID, t) })
	return t
}

func (t *Trip) eventFrame(ev trip.Event) Frame {
	t.last = t.last || ev.Trip.State.Final()
	return Frame{Data: wire.EncodeEvent(ev), TripID: ev.TripID, Version: ev.Version, State: ev.Trip.State}
}

func (t *Trip) fillFrames(ctx context.Context) error {
	if t.last {
		return ErrEnded
	}
	if !t.begun {
		t.begun = true
		if err := t.hub.wait(ctx); err != nil {
			return err
		}
		if err := t.catchUp(ctx, t.tripID, true); err != nil {
			return err
		}
	}
	for _, ev := range t.take() {
		if err := t.tell(ctx, ev); err != nil {
			return err
		}
	}
	return nil
}
