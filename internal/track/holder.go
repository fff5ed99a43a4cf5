package track

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// hold notes whether the trip holds the driver. One who said offline meanwhile is
// gone when it lets go.
func (s *session) hold(t wire.Trip) {
	s.wake(s.t.ways.follow(s.driverID, s.id, t, s.t.now()))
	if !s.trip.note(s.driverID, t, s.t.now()) || !s.known.Load() {
		return
	}
	if l, publish := s.unit.depart(s.id, s.t.now()); publish {
		s.t.publish(s.unit, l)
	}
}

// holder is the trips that hold a driver, as far as a session was told: one at
// hand, and the next one.
type holder struct {
	mu    sync.Mutex
	trips [2]string    // by slot; "" for none
	heard [2]time.Time // when something was heard of it
}

// note takes in how a trip stands, and reports whether the last one that held the
// driver has let go.
func (h *holder) note(driverID string, t wire.Trip, now time.Time) (letGo bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.Index(h.trips[:], t.ID)
	if i >= 0 {
		h.trips[i] = ""
	}
	if t.DriverID == driverID && t.State.HasDriver() {
		slot := max(0, min(t.Slot, 1))
		h.trips[slot], h.heard[slot] = t.ID, now // in place of one whose end was not heard of
	}
	return i >= 0 && h.trips == [2]string{}
}

func (h *holder) holds() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trips != [2]string{}
}

// silent is the trips of which nothing was heard since then.
func (h *holder) silent(since time.Time) (ids []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for slot, id := range h.trips {
		if id != "" && h.heard[slot].Before(since) {
			ids = append(ids, id)
		}
	}
	return ids
}

// doubt has sessions ask how a trip stands of which nothing was heard for long.
// Drivers are told again and again of a trip that holds them, but once that it
// does not any more: where that push is lost, the silence tells.
func (t *Tracker) doubt() {
	for _, s := range t.roster.all() {
		if len(s.trip.silent(s.doubtful())) > 0 {
			s.errands.wake(errandStand)
		}
	}
}

// doubtful is the time before which the last word on a trip is too old.
func (s *session) doubtful() time.Time { return s.t.now().Add(-s.t.config.TripSilence) }

// askStand asks how each silent trip stands, and tells the driver. What gets no
// answer is asked again.
func (s *session) askStand(ctx context.Context) {
	for _, id := range s.trip.silent(s.doubtful()) {
		reply, err := s.ask(ctx, wire.Command{Kind: wire.CommandStand, TripID: id})
		if err != nil || reply.Trip == nil {
			return
		}
		s.hold(*reply.Trip)
		s.mustFit(s.out.trip(*reply.Trip))
	}
}
