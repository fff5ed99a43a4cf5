package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cabstand/cabstand/internal/trip"
	"github.com/cabstand/cabstand/internal/wire"
)

// Breach is a kind of violation.
type Breach string

// What the engine must never do.
const (
	TwoDrivers   Breach = "two_drivers"   // for one trip at a time
	TwoTrips     Breach = "two_trips"     // for one driver at a time, offers included
	TwoOffers    Breach = "two_offers"    // pending for one driver at a time
	OutOfOrder   Breach = "out_of_order"  // a rider's stream showed an older version after a newer one
	Repeated     Breach = "repeated"      // a rider's stream showed a version twice
	Missing      Breach = "missing"       // a rider's stream left a version out
	Late         Breach = "late"          // a rider's stream began late, or did not show in time what was read meanwhile
	Backwards    Breach = "backwards"     // a state followed that may not follow
	FinalChanged Breach = "final_changed" // a trip that was over changed
	Contradicted Breach = "contradicted"  // one version of a trip was told in two ways
	Unknown      Breach = "unknown_trip"  // a trip that was acknowledged is not there
	Forgotten    Breach = "forgotten"     // a trip is not over, and nobody works on it
)

// Violation is a broken promise that a client saw.
type Violation struct {
	Breach Breach    `json:"breach"`
	TripID string    `json:"trip_id,omitempty"`
	Driver string    `json:"driver_id,omitempty"`
	At     time.Time `json:"at"`
	Detail string    `json:"detail"`
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: trip %s driver %s at %s: %s", v.Breach, v.TripID, v.Driver, v.At.UTC().Format(time.RFC3339Nano), v.Detail)
}

// skew is how long a message may be on its way before what a rider's stream
// showed proves a violation.
const skew = time.Second

// Checker judges what clients see. It is told of every frame and answer with the
// time at which the client had it, and keeps each violation once.
//
// It never takes lateness for a fault: frames of different connections may
// overtake each other, connections may break, the engine may be killed and come
// back. Nor does it believe the engine's clocks: all is judged by when clients
// asked, and were told.
//
// A Checker is not safe for concurrent use.
type Checker struct {
	// Keep is how long a trip that nothing is heard of is remembered; 0 is for
	// ever.
	Keep time.Duration

	trips   map[string]*history
	drivers map[string]*roster
	streams map[string]*stream
	found   []Violation
	known   map[[3]string]bool
}

// NewChecker makes a checker that has seen nothing.
func NewChecker() *Checker {
	return &Checker{
		trips: map[string]*history{}, drivers: map[string]*roster{},
		streams: map[string]*stream{}, known: map[[3]string]bool{},
	}
}

// Violations are those found so far, in the order in which they were found.
func (c *Checker) Violations() []Violation { return c.found }

// maxFound bounds the violations that are kept: an engine that is this broken
// needs no longer list.
const maxFound = 1000

// violate notes a violation, once for each breach, trip and driver.
func (c *Checker) violate(b Breach, tripID, driverID string, at time.Time, detail string, args ...any) {
	key := [3]string{string(b), tripID, driverID}
	if c.known[key] || len(c.found) == maxFound {
		return
	}
	c.known[key] = true
	c.found = append(c.found, Violation{b, tripID, driverID, at, fmt.Sprintf(detail, args...)})
}

// Read tells of a trip that the engine answered with at the given time: to a
// request that was sent at asked.
func (c *Checker) Read(t wire.Trip, asked, at time.Time) {
	c.document(t, at)
	if t.State.HasDriver() && t.DriverID != "" {
		c.has(t, at, asked)
	}
}

// NotFound tells that the engine does not know a trip that it acknowledged.
func (c *Checker) NotFound(tripID string, at time.Time) {
	c.violate(Unknown, tripID, "", at, "the trip was acknowledged and is not there")
}

// Stuck tells of a trip that is not over and on which nobody works.
func (c *Checker) Stuck(t wire.Trip, at time.Time, why string) {
	c.violate(Forgotten, t.ID, t.DriverID, at, "%s since version %d: %s", t.State, t.Version, why)
}

// Trip is the newest version of a trip that was seen.
func (c *Checker) Trip(id string) (wire.Trip, bool) {
	h, ok := c.trips[id]
	if !ok || h.newest.ID == "" {
		return wire.Trip{}, false
	}
	return h.newest, true
}

// told reports whether the driver's phone was told of the trip.
func (c *Checker) told(tripID, driverID string) bool {
	h, ok := c.trips[tripID]
	return ok && h.told[driverID]
}

// Tick judges what has had its time by now, and forgets what is old. It is to be
// called every few seconds.
func (c *Checker) Tick(now time.Time) {
	c.tickDrivers(now)
	c.tickStreams(now)
	if c.Keep > 0 {
		c.forget(now.Add(-c.Keep))
	}
}

// forget drops what was seen before the given time.
func (c *Checker) forget(before time.Time) {
	for id, h := range c.trips {
		if h.touched.Before(before) {
			delete(c.trips, id)
		}
	}
	for _, r := range c.drivers {
		r.holds = slices.DeleteFunc(r.holds, func(h held) bool { return h.began.Before(before) && h.ended.Before(before) })
		maps.DeleteFunc(r.steps, func(_ deed, at time.Time) bool { return at.Before(before) })
	}
	for id, s := range c.streams {
		if s.opened.IsZero() && s.touched.Before(before) {
			delete(c.streams, id)
		}
	}
}

// history is what was seen of a trip.
type history struct {
	newest   wire.Trip
	versions map[int64]version
	drivers  map[int64]string // by epoch
	told     map[string]bool  // drivers whose phones had a frame of it
	touched  time.Time
}

// version is what a version says, as far as it must not change.
type version struct {
	state  trip.State
	epoch  int64
	driver string
}

func (c *Checker) history(tripID string) *history {
	h, ok := c.trips[tripID]
	if !ok {
		h = &history{versions: map[int64]version{}, drivers: map[int64]string{}, told: map[string]bool{}}
		c.trips[tripID] = h
	}
	return h
}

// document checks a trip against everything seen of it before.
func (c *Checker) document(t wire.Trip, at time.Time) {
	h := c.history(t.ID)
	h.touched = at
	v := version{t.State, t.Epoch, t.DriverID}
	if old, ok := h.versions[t.Version]; ok {
		if old != v {
			c.violate(Contradicted, t.ID, t.DriverID, at, "version %d was %v and is %v", t.Version, old, v)
		}
	} else {
		h.versions[t.Version] = v
		c.sequence(h, t, v, at)
	}
	c.driverOf(h, t, at)
	if t.Version >= h.newest.Version {
		h.newest = t
	}
	c.holds(t, at)
}

// sequence checks a new version against its neighbours, and against an end.
func (c *Checker) sequence(h *history, t wire.Trip, v version, at time.Time) {
	if t.Version == 1 && (t.State != trip.Searching && t.State != trip.Scheduled) {
		c.violate(Backwards, t.ID, t.DriverID, at, "a trip begins as %s", t.State)
	}
	if before, ok := h.versions[t.Version-1]; ok && !before.state.Final() {
		c.follows(t, before, v, at)
	}
	if after, ok := h.versions[t.Version+1]; ok && !v.state.Final() {
		c.follows(t, v, after, at)
	}
	for n, other := range h.versions {
		if n < t.Version && other.state.Final() {
			c.violate(FinalChanged, t.ID, t.DriverID, at, "%s at version %d, then %s at version %d", other.state, n, v.state, t.Version)
		}
		if n > t.Version && v.state.Final() {
			c.violate(FinalChanged, t.ID, t.DriverID, at, "%s at version %d, then %s at version %d", v.state, t.Version, other.state, n)
		}
		if n < t.Version && other.epoch > v.epoch || n > t.Version && other.epoch < v.epoch {
			c.violate(Backwards, t.ID, t.DriverID, at, "version %d has epoch %d, version %d has %d", n, other.epoch, t.Version, v.epoch)
		}
	}
}

// mayFollow is what a client may see after what. It is written down here again,
// not taken from package trip, so that a wrong table there is found.
var mayFollow = map[trip.State][]trip.State{
	trip.Scheduled: {trip.Searching, trip.Cancelled},
	trip.Searching: {trip.Assigned, trip.Cancelled, trip.Expired},
	trip.Assigned:  {trip.Arrived, trip.Searching, trip.Cancelled, trip.Assigned},
	trip.Arrived:   {trip.Riding, trip.Searching, trip.Cancelled},
	trip.Riding:    {trip.Completed, trip.Cancelled},
}

func (c *Checker) follows(t wire.Trip, a, b version, at time.Time) {
	epoch := a.epoch
	if a.state.HasDriver() && b.state == trip.Searching || a.state == trip.Assigned && b.state == trip.Assigned {
		epoch++ // the driver was taken off
	}
	for _, s := range mayFollow[a.state] {
		if s == b.state && b.epoch == epoch {
			return
		}
	}
	c.violate(Backwards, t.ID, t.DriverID, at, "%s of epoch %d followed %s of epoch %d", b.state, b.epoch, a.state, a.epoch)
}

// driverOf checks that an epoch has one driver.
func (c *Checker) driverOf(h *history, t wire.Trip, at time.Time) {
	if !t.State.HasDriver() && t.State != trip.Completed {
		return
	}
	before, ok := h.drivers[t.Epoch]
	switch {
	case t.DriverID == "":
		c.violate(Contradicted, t.ID, "", at, "%s without a driver", t.State)
	case ok && before != t.DriverID:
		c.violate(TwoDrivers, t.ID, t.DriverID, at, "epoch %d has drivers %s and %s", t.Epoch, before, t.DriverID)
	case !ok:
		h.drivers[t.Epoch] = t.DriverID
	}
}
