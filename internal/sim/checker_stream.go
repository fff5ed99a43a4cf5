package sim

import (
	"time"

	"github.com/cabstand/cabstand/internal/wire"
)

// stream is what a rider's stream showed: since it was opened last, and ever.
type stream struct {
	opened time.Time          // zero while it is closed
	shown  map[string]int64   // newest version on this connection, by trip
	ever   map[string]int64   // newest version on any
	due    map[string]promise // versions that must come
	asked  time.Time          // when the rider sent the request for a trip last

	touched time.Time
}

// promise is a version that a stream must show by a time.
type promise struct {
	version int64
	by      time.Time
}

func (c *Checker) stream(riderID string) *stream {
	s, ok := c.streams[riderID]
	if !ok {
		s = &stream{ever: map[string]int64{}}
		c.streams[riderID] = s
	}
	return s
}

// Asked tells that a rider is about to ask for a trip.
func (c *Checker) Asked(riderID string, at time.Time) {
	s := c.stream(riderID)
	s.asked, s.touched = at, at
}

// StreamOpened tells that a rider's stream is open: it begins with what the
// rider's trips are at, then shows each change.
func (c *Checker) StreamOpened(riderID string, at time.Time) {
	s := c.stream(riderID)
	s.opened, s.touched, s.shown, s.due = at, at, map[string]int64{}, map[string]promise{}
}

// StreamClosed tells that it is not open any more.
func (c *Checker) StreamClosed(riderID string) {
	s := c.stream(riderID)
	s.opened, s.shown, s.due = time.Time{}, nil, nil
}

// StreamTrip tells of a trip frame on a rider's stream.
func (c *Checker) StreamTrip(riderID string, t wire.Trip, at time.Time) {
	s := c.stream(riderID)
	s.touched = at
	if !s.opened.IsZero() {
		c.checkShown(s, t, at)
		s.shown[t.ID] = max(s.shown[t.ID], t.Version)
	}
	s.ever[t.ID] = max(s.ever[t.ID], t.Version)
	if d, ok := s.due[t.ID]; ok && t.Version >= d.version {
		delete(s.due, t.ID)
	}
	c.document(t, at)
}

func (c *Checker) checkShown(s *stream, t wire.Trip, at time.Time) {
	last, shown := s.shown[t.ID]
	switch {
	case !shown && t.Version < s.ever[t.ID]:
		c.violate(OutOfOrder, t.ID, t.DriverID, at, "the stream began anew with version %d after %d was shown", t.Version, s.ever[t.ID])
	case !shown && t.Version > 1 && s.asked.After(s.opened.Add(skew)):
		// The stream is open before the engine has read where the trips stand.
		c.violate(Late, t.ID, t.DriverID, at, "the first version shown is %d, of a trip requested after the stream was open", t.Version)
	case !shown || t.Version == last+1:
	case t.Version == last:
		c.violate(Repeated, t.ID, t.DriverID, at, "version %d was shown twice", t.Version)
	case t.Version < last:
		c.violate(OutOfOrder, t.ID, t.DriverID, at, "version %d was shown after %d", t.Version, last)
	default:
		c.violate(Missing, t.ID, t.DriverID, at, "version %d was shown after %d", t.Version, last)
	}
}

// Expect tells that the engine answered with a trip: if the rider's stream stays
// open it has to show that version in time. A trip that was over before the
// stream was opened is not shown.
func (c *Checker) Expect(riderID string, t wire.Trip, now time.Time) {
	s := c.stream(riderID)
	if s.opened.IsZero() || s.shown[t.ID] >= t.Version {
		return
	}
	if t.State.Final() && s.shown[t.ID] == 0 && !s.asked.After(s.opened) {
		return
	}
	if d, ok := s.due[t.ID]; !ok || d.version < t.Version {
		s.due[t.ID] = promise{t.Version, now.Add(2 * grace)}
	}
}

func (c *Checker) tickStreams(now time.Time) {
	for _, s := range c.streams {
		for tripID, d := range s.due {
			if now.After(d.by) {
				c.violate(Late, tripID, "", now, "version %d was not shown on a stream that was open", d.version)
				delete(s.due, tripID)
			}
		}
	}
}
