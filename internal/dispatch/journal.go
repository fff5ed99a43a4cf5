package dispatch

import (
	"slices"
	"sync"
	"time"
)

// Bounds of what is remembered of decisions.
const (
	decisionsPerTrip  = 20
	decisionTrips     = 5000
	candidatesPerTrip = 20
	exclusionsPerTrip = 20
)

// recordEvery is how often the reasons why a trip waits are written down anew;
// the ticks between are counted.
const recordEvery = 5 * time.Second

// journal remembers the latest decisions of the latest trips.
type journal struct {
	mu    sync.Mutex
	trips map[string]*diary
	order []string // trips, the one that came first first

	passes passes
}

// diary is what was decided for one trip.
type diary struct {
	decisions []Decision // the oldest first
	lookedAt  time.Time  // when the reasons were last looked at
	pass      *pass      // of the newest
}

// due reports whether the reasons are to be looked at again for a trip that
// waits.
func (j *journal) due(tripID string, epoch int64, now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	y, known := j.trips[tripID]
	if !known {
		return true
	}
	last := &y.decisions[len(y.decisions)-1]
	since := now.Sub(y.lookedAt)
	return last.Epoch != epoch || last.Chosen != "" || last.Refused != "" || since < 0 || since >= recordEvery
}

// again counts a tick that decided as the one before.
func (j *journal) again(tripID string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if y, known := j.trips[tripID]; known {
		y.tick()
	}
}

// tick counts a tick that decided as the one before.
func (y *diary) tick() {
	y.decisions[len(y.decisions)-1].Ticks++
	y.pass.ticks++
}

// add appends a decision, or counts it if the one before was the same. given is
// who was given a trip at this tick.
func (j *journal) add(d Decision, given map[string]bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	y, known := j.trips[d.TripID]
	if !known {
		y = j.admit(d.TripID)
	}
	n := len(y.decisions)
	if n > 0 && y.decisions[n-1].same(d) {
		y.tick()
		y.lookedAt = d.At
		return
	}
	if n == decisionsPerTrip {
		y.decisions = append(y.decisions[:0:0], y.decisions[1:]...)
	}
	y.decisions, y.lookedAt, y.pass = append(y.decisions, d), d.At, j.passes.add(&d, given)
}

func (j *journal) admit(tripID string) *diary {
	if j.trips == nil {
		j.trips = map[string]*diary{}
	}
	if len(j.order) == decisionTrips {
		delete(j.trips, j.order[0])
		j.order = j.order[1:]
	}
	j.order = append(j.order, tripID)
	y := &diary{}
	j.trips[tripID] = y
	return y
}

func (j *journal) of(tripID string) []Decision {
	j.mu.Lock()
	defer j.mu.Unlock()
	if y, known := j.trips[tripID]; known {
		return slices.Clone(y.decisions)
	}
	return nil
}

// same reports whether two ticks decided alike: nobody chosen, for the same
// reasons about the same drivers.
func (d Decision) same(e Decision) bool {
	if d.Epoch != e.Epoch || d.Policy != e.Policy || d.Area != e.Area || d.Refused != e.Refused || d.Chosen != "" || e.Chosen != "" || len(d.Candidates) != len(e.Candidates) || len(d.Excluded) != len(e.Excluded) {
		return false
	}
	for i := range d.Candidates {
		if d.Candidates[i].DriverID != e.Candidates[i].DriverID {
			return false
		}
	}
	for i := range d.Excluded {
		if d.Excluded[i].DriverID != e.Excluded[i].DriverID || d.Excluded[i].Reason != e.Excluded[i].Reason {
			return false
		}
	}
	return true
}
