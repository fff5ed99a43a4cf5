package track

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

const (
	wayEvery = 20 * time.Second // how long fixes are gathered before they leave together
	wayFull  = 64               // fixes that leave earlier
	// wayMost is how many fixes wait beside a part under way. When they are more,
	// because no dispatcher answers, every second one goes.
	wayMost = 256
	// wayFine is how many fixes of a trip are all recorded; of as many more every
	// second one is, then every fourth, and so on.
	wayFine = 20_000
	// lateFix is how long after a ride positions from before its end are still
	// taken, from a phone that was offline.
	lateFix = 5 * time.Minute
	// lateSend is how long after a ride what waits is kept: then dispatchers take
	// it no more.
	lateSend = time.Hour
)

// ways is the ways that drivers drive with a rider on board, until a dispatcher
// has them. A session takes up what the one before could not deliver.
type ways struct {
	mu sync.RWMutex
	of map[string]*recorder // by driver: of those who ride, or did a short while ago
}

func newWays() *ways { return &ways{of: map[string]*recorder{}} }

func (ws *ways) get(driverID string) *recorder {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	return ws.of[driverID]
}

// follow takes in how a trip stands. It reports whether there is something to
// be sent now, because the ride is over.
func (ws *ways) follow(driverID, session string, t wire.Trip, now time.Time) (due bool) {
	rides := t.State == trip.Riding && t.DriverID == driverID
	r := ws.get(driverID)
	if r == nil && rides {
		ws.mu.Lock()
		if r = ws.of[driverID]; r == nil {
			r = &recorder{}
			ws.of[driverID] = r
		}
		ws.mu.Unlock()
	}
	return r != nil && r.follow(session, t, rides, now)
}

// add records believed positions. It reports whether it is time to send what
// waits.
func (ws *ways) add(driverID, session string, positions []driver.Position, now time.Time) (due bool) {
	r := ws.get(driverID)
	return r != nil && r.add(session, positions, now)
}

// safe is up to where the driver's count is safe with dispatchers, of what is no
// higher than seq: below the first fix of a ride that still waits here.
func (ws *ways) safe(driverID string, seq uint64) uint64 {
	if r := ws.get(driverID); r != nil {
		return r.safe(seq)
	}
	return seq
}

// leave notes that the session ended.
func (ws *ways) leave(driverID, session string, now time.Time) {
	if r := ws.get(driverID); r != nil {
		r.leave(session, now)
	}
}

// sweep forgets drivers whose rides are over and sent, and those who left before
// the given time.
func (ws *ways) sweep(now, left time.Time) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for id, r := range ws.of {
		if r.over(now, left) {
			delete(ws.of, id)
		}
	}
}

func (ws *ways) len() int {
	ws.mu.RLock()
	defer ws.mu.RUnlock()
	return len(ws.of)
}

// recorder is the ways of one driver: of the trip that is ridden, and of the one
// before while something of it waits.
type recorder struct {
	mu      sync.Mutex
	session string // the newest that took part
	left    time.Time
	ways    []*way
	gather  time.Time // since when fixes are gathered
	failed  bool      // no dispatcher took the last part
}

// way is what waits of one trip's way.
type way struct {
	tripID string
	end    time.Time  // of the ride; zero while it lasts
	part   []trip.Fix // is being sent, or is to be sent again as it is
	fixes  []trip.Fix // come after it
	seen   int        // fixes so far, and those that were left out
	lowest [2]uint64  // counts of the part, and of the fixes after it; 0 for none
}

func (r *recorder) follow(session string, t wire.Trip, rides bool, now time.Time) (due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stay(session)
	i := slices.IndexFunc(r.ways, func(w *way) bool { return w.tripID == t.ID })
	switch {
	case i < 0 && rides:
		if len(r.ways) == 2 {
			r.ways = slices.Delete(r.ways, 0, 1)
		}
		r.ways, r.gather = append(r.ways, &way{tripID: t.ID}), now
	case i >= 0 && t.State.Final() && r.ways[i].end.IsZero():
		r.ways[i].end = endOf(t, now)
		return r.ways[i].waits()
	}
	return false
}

// endOf is when the trip, which is over, ended.
func endOf(t wire.Trip, now time.Time) time.Time {
	for _, at := range []*time.Time{t.CompletedAt, t.CancelledAt} {
		if at != nil {
			return *at
		}
	}
	return now
}

// stay notes that the session takes part.
func (r *recorder) stay(session string) {
	r.session, r.left = max(r.session, session), time.Time{}
}

func (r *recorder) leave(session string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.session == session {
		r.left = now
	}
}

func (r *recorder) add(session string, positions []driver.Position, now time.Time) (due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stay(session)
	for _, p := range positions {
		if w := r.wayAt(p.FixedAt, now); w != nil {
			w.add(trip.Fix{Point: p.Point, At: p.FixedAt}, p.Seq)
			due = due || len(w.fixes) >= wayFull && !r.failed || now.Sub(r.gather) >= wayEvery
		}
	}
	return due
}

// wayAt is the way that a fix of the given time is of; nil for none.
func (r *recorder) wayAt(at, now time.Time) *way {
	for _, w := range r.ways {
		if w.end.IsZero() || !at.After(w.end) && now.Sub(w.end) <= lateFix {
			return w
		}
	}
	return nil
}

func (w *way) add(f trip.Fix, seq uint64) {
	stride := 1
	for left := w.seen; left >= wayFine*stride; stride *= 2 {
		left -= wayFine * stride
	}
	if w.seen++; w.seen%stride != 0 {
		return
	}
	if len(w.fixes) == wayMost {
		w.fixes = everySecond(w.fixes)
	}
	w.fixes = append(w.fixes, f)
	if seq != 0 && (w.lowest[1] == 0 || seq < w.lowest[1]) {
		w.lowest[1] = seq
	}
}

func (r *recorder) safe(seq uint64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.ways {
		for _, lowest := range w.lowest {
			if lowest != 0 {
				seq = min(seq, lowest-1)
			}
		}
	}
	return seq
}

func everySecond(fixes []trip.Fix) []trip.Fix {
	kept := fixes[:0]
	for i := 0; i < len(fixes); i += 2 {
		kept = append(kept, fixes[i])
	}
	return kept
}

func (w *way) waits() bool { return len(w.part)+len(w.fixes) > 0 }

// take is the next part to be sent; false when nothing waits.
func (r *recorder) take(now time.Time) (trip.Part, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gather = now
	for _, w := range r.ways {
		if w.part == nil {
			w.part, w.fixes = w.fixes, nil
			w.lowest = [2]uint64{w.lowest[1], 0}
		}
		if len(w.part) > 0 {
			return trip.Part{TripID: w.tripID, Fixes: w.part}, true
		}
	}
	return trip.Part{}, false
}

// sent forgets a part that was taken, unless it is to be sent again.
func (r *recorder) sent(p trip.Part, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = again
	for _, w := range r.ways {
		if !again && w.tripID == p.TripID && len(w.part) > 0 && &w.part[0] == &p.Fixes[0] {
			w.part, w.lowest[0] = nil, 0
		}
	}
}

// over reports whether there is nothing more to come.
func (r *recorder) over(now, left time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ways = slices.DeleteFunc(r.ways, func(w *way) bool {
		since := now.Sub(w.end)
		return !w.end.IsZero() && since > lateFix && (!w.waits() || since > lateSend)
	})
	return len(r.ways) == 0 || !r.left.IsZero() && r.left.Before(left)
}

// sendWays gives dispatchers what waits of the driver's way. What they do not
// take because they are away waits on.
func (s *session) sendWays(ctx context.Context) {
	r := s.t.ways.get(s.driverID)
	if r == nil {
		return
	}
	for {
		part, waits := r.take(s.t.now())
		if !waits {
			return
		}
		_, err := s.ask(ctx, wire.Command{Kind: wire.CommandTrack, TripID: part.TripID, Fixes: wire.EncodeFixes(part.Fixes)})
		again := mayFitLater(err)
		r.sent(part, again)
		if again {
			return
		}
		if err != nil {
			s.t.log.Debug("a part of a way was refused", "driver", s.driverID, "trip", part.TripID, "err", err)
		}
	}
}

// mayFitLater reports whether what was not taken may be taken when it is sent
// again.
func mayFitLater(err error) bool {
	switch fault.CodeOf(err) {
	case fault.Unavailable, fault.Internal, fault.RateLimited:
		return true
	}
	return false
}

// wake has the errands send what waits of the driver's way.
func (s *session) wake(due bool) {
	if due {
		s.errands.wake(errandWays)
	}
}
