package model

import (
	"fmt"
	"strings"

	"github.com/cabstand/cabstand/internal/trip"
)

// state is everything at one moment: what is on disk, what dispatchers have in
// memory, and what the checks have to remember. It is small and comparable.
type state struct {
	// On disk.
	trips  [maxTrips]ref
	logged [maxTrips]uint16 // versions in the event log, a bit each
	claims uint32

	// In memory.
	dispatchers [maxDispatchers]dispatcher
	held        held // of a command without a lock

	online uint8 // drivers, a bit each

	// What was, for the checks and for messages that are late.
	had     [maxTrips]uint16 // who had the trip in each epoch, 3 bits each
	refused [maxTrips]uint8  // drivers who said no, a bit each
}

// dispatcher is what one has in memory, and loses in a crash.
type dispatcher struct {
	decision uint16 // that is not committed yet; 0 for none
	known    uint8  // trips in its book, a bit each
	aside    uint8  // of a mutant: trips that it sleeps over, or has a timer for
}

// held is a command that has read its trip and not written yet. There are none
// while commands hold the trip's lock.
type held struct {
	read ref
	c    command
}

func bit(n int8) uint8 { return 1 << (n - 1) }

// driverIn is who had the trip in the epoch, 0 for nobody.
func (s *state) driverIn(trip int8, epoch int64) int8 {
	return int8(s.had[trip-1] >> (3 * (epoch - 1)) & 7)
}

func (s *state) noteDriver(n int8, t *trip.Trip) {
	if t.State.HasDriver() {
		s.had[n-1] |= uint16(lastDigit(t.DriverID)) << (3 * (t.Epoch - 1))
	}
}

// trip is how a trip stands, nil before it is requested.
func (m *machine) trip(s *state, n int8) *trip.Trip { return m.register.trips[s.trips[n-1]] }

// unfinished is the trips that are there and not final, a bit each.
func (m *machine) unfinished(s *state) (set uint8) {
	for n := int8(1); n <= m.trips(); n++ {
		if t := m.trip(s, n); t != nil && !t.State.Final() {
			set |= bit(n)
		}
	}
	return set
}

// same is the one state that stands for all that differ only in which dispatcher
// is which, and in what books remember of trips that are over.
func (m *machine) same(s state) state {
	open := m.unfinished(&s)
	for i := range s.dispatchers {
		s.dispatchers[i].known &= open
		s.dispatchers[i].aside &= open
	}
	a, b := s.dispatchers[0], s.dispatchers[1]
	if m.size.Dispatchers == 2 && (b.decision < a.decision || b.decision == a.decision && (b.known < a.known || b.known == a.known && b.aside < a.aside)) {
		s.dispatchers[0], s.dispatchers[1] = b, a
	}
	return s
}

// describe is the state in words.
func (m *machine) describe(s *state) string {
	var b strings.Builder
	for n := int8(1); n <= m.trips(); n++ {
		if t := m.trip(s, n); t != nil {
			fmt.Fprintf(&b, "\n       %s; claims:", describe(t))
			m.describeClaims(&b, s, n)
		}
	}
	return b.String()
}

func (m *machine) describeClaims(b *strings.Builder, s *state, n int8) {
	none := true
	for d := int8(1); d <= m.drivers(); d++ {
		for slot := range int8(slots) {
			if s.claims&claimBit(d, slot, n) != 0 {
				fmt.Fprintf(b, " %s slot %d", driverID(d), slot)
				none = false
			}
		}
	}
	if none {
		b.WriteString(" none")
	}
}
