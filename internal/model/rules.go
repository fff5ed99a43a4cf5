package model

import (
	"fmt"

	"github.com/cabstand/cabstand/internal/trip"
)

// broken is a guarantee that does not hold, and how.
type broken struct {
	guarantee Guarantee
	how       string
}

func breach(g Guarantee, format string, args ...any) *broken {
	return &broken{g, fmt.Sprintf(format, args...)}
}

// judge holds a state against the guarantees, each by itself; nil where all hold.
func (m *machine) judge(s *state) *broken {
	for _, rule := range []func(*state) *broken{m.oneTripPerSeat, m.oneClaimPerTrip, m.claimsAreTrips, m.eventPerVersion, m.noMeansNo, m.demandIsSeen} {
		if b := rule(s); b != nil {
			return b
		}
	}
	return nil
}

// oneTripPerSeat is I1, twice: by the claims, and by what the trips say.
func (m *machine) oneTripPerSeat(s *state) *broken {
	var held uint32
	for n := int8(1); n <= m.trips(); n++ {
		t := m.trip(s, n)
		if t == nil {
			continue
		}
		row := claimOf(t)
		if row != 0 && held&seatOf(row) != 0 {
			return breach(I1, "two trips hold one driver in one slot, by what they say")
		}
		held |= row
	}
	for seat := range maxDrivers * slots {
		if rows := s.claims & ofSeat(seat); rows&(rows-1) != 0 {
			return breach(I1, "driver d%d has two claims in slot %d", seat/slots+1, seat%slots)
		}
	}
	return nil
}

// oneClaimPerTrip is I2: who is held for a trip is one driver.
func (m *machine) oneClaimPerTrip(s *state) *broken {
	for n := int8(1); n <= m.trips(); n++ {
		if rows := s.claims & ofTrip(n); rows&(rows-1) != 0 {
			return breach(I2, "trip %s holds two drivers", tripID(n))
		}
	}
	return nil
}

// claimsAreTrips is what I1 and I6 stand on: the table has the claims that the
// trips stand for, none less, or somebody else could take the driver, and none
// more, or the driver would never be free again.
func (m *machine) claimsAreTrips(s *state) *broken {
	var due uint32
	for n := int8(1); n <= m.trips(); n++ {
		if t := m.trip(s, n); t != nil {
			due |= claimOf(t)
		}
	}
	switch {
	case due&^s.claims != 0:
		return breach(I1, "a trip has a driver whom no claim holds for it")
	case s.claims&^due != 0:
		return breach(I6, "a claim holds a driver for nothing, for ever")
	}
	return nil
}

// eventPerVersion is I5.
func (m *machine) eventPerVersion(s *state) *broken {
	for n := int8(1); n <= m.trips(); n++ {
		var version int64
		if t := m.trip(s, n); t != nil {
			version = t.Version
		}
		if s.logged[n-1] != 1<<version-1 {
			return breach(I5, "trip %s is at version %d, and its log has the versions %b (from the right)", tripID(n), version, s.logged[n-1])
		}
	}
	return nil
}

// noMeansNo is I8.
func (m *machine) noMeansNo(s *state) *broken {
	for n := int8(1); n <= m.trips(); n++ {
		t := m.trip(s, n)
		if t == nil {
			continue
		}
		if c, held := t.Claim(); held && s.refused[n-1]&bit(lastDigit(c.DriverID)) != 0 {
			return breach(I8, "%s said no to %s and has it again", c.DriverID, t.ID)
		}
	}
	return nil
}

// demandIsSeen is I9: whatever a dispatcher could offer to anybody, its tick
// finds.
func (m *machine) demandIsSeen(s *state) *broken {
	for p := range m.size.Dispatchers {
		found := m.pairs(s, p)
		for n := int8(1); n <= m.trips(); n++ {
			if s.dispatchers[p].known&bit(n) == 0 {
				continue
			}
			for _, pair := range m.takers(s, n) {
				if !contains(found, pair) {
					return breach(I9, "%s waits, %s is free, and the tick does not see it", tripID(n), driverID(pair.to))
				}
			}
		}
	}
	return nil
}

func contains(parts []part, p part) bool {
	for _, x := range parts {
		if x == p {
			return true
		}
	}
	return false
}

// judgeStep holds what happens between two states against the guarantees.
func (m *machine) judgeStep(s *state, did step, next *state) *broken {
	for n := int8(1); n <= m.trips(); n++ {
		if b := m.judgeChange(s, did, next, n); b != nil {
			return b
		}
	}
	if did.what == commands || did.what == writes {
		return m.judgeAnswer(s, did, next)
	}
	return nil
}

// judgeChange is I3 to I5 for one trip.
func (m *machine) judgeChange(s *state, did step, next *state, n int8) *broken {
	before, after := m.trip(s, n), m.trip(next, n)
	switch {
	case did.what == tooEarly && did.c.trip == n && (after == nil || after.Version < did.acked):
		return breach(I4, "version %d of %s was acknowledged, and is not on disk", did.acked, tripID(n))
	case before == nil || s.trips[n-1] == next.trips[n-1]:
		return nil
	case before.State.Final():
		return breach(I3, "%s was %s", before.ID, before.State)
	case meant(did, n) != 0 && int64(meant(did, n)) < before.Epoch:
		return breach(I3, "what was meant for epoch %d changed %s at epoch %d", meant(did, n), before.ID, before.Epoch)
	case did.c.offer != 0 && did.c.trip == n && (before.Offer == nil || lastDigit(before.Offer.ID) != did.c.offer):
		return breach(I3, "an answer to an offer of before changed %s", before.ID)
	}
	changed := before.State != after.State || before.DriverID != after.DriverID
	if changed != (after.Version == before.Version+1) || !changed && after.Version != before.Version {
		return breach(I5, "%s went from %s at version %d to %s at version %d", before.ID, before.State, before.Version, after.State, after.Version)
	}
	return nil
}

// meant is the epoch of the trip that the step was meant for, 0 for any.
func meant(did step, n int8) int8 {
	if did.c.trip == n {
		return did.c.epoch
	}
	for _, p := range did.d.parts {
		if p.trip == n && did.what == commits {
			return p.epoch
		}
	}
	return 0
}

// judgeAnswer is I2 and I7: what somebody was told is so, and what was done
// before is answered as before.
func (m *machine) judgeAnswer(s *state, did step, next *state) *broken {
	c := did.c
	after := m.trip(next, c.trip)
	switch done := c.done(m.trip(s, c.trip)); {
	case done && (did.code != "" || *s != *next):
		return breach(I7, "%s was done before, and is answered %q", c, did.code)
	case did.code != "":
		return nil
	case c.kind == accept && after.DriverID != driverID(c.driver):
		return breach(I2, "%s was told to have %s", driverID(c.driver), after.ID)
	case c.kind == accept && claimOf(after) == 0 && !after.State.Final():
		return breach(I2, "%s was told to have %s, and is not held for it", driverID(c.driver), after.ID)
	case (c.kind == riderCancels || c.kind == operatorCancels) && after.State != trip.Cancelled:
		return breach(I2, "%s was said to be cancelled", after.ID)
	case c.kind == driverCancels && after.State != trip.Cancelled && after.DriverID == driverID(c.driver):
		return breach(I2, "%s was told to be off %s", driverID(c.driver), after.ID)
	}
	return nil
}

// done reports whether the command did before what it asks for.
func (c command) done(t *trip.Trip) bool {
	if c.kind == request || t == nil {
		return t != nil
	}
	mine := t.DriverID == driverID(c.driver) && (c.epoch == 0 || int64(c.epoch) == t.Epoch)
	newest := t.Offer != nil && lastDigit(t.Offer.ID) == c.offer && t.Offer.DriverID == driverID(c.driver)
	switch c.kind {
	case accept:
		return newest && mine && t.Offer.State == trip.OfferAccepted
	case decline:
		return newest && t.Offer.State == trip.OfferDeclined
	case arrive:
		return mine && !t.ArrivedAt.IsZero()
	case start:
		return mine && !t.RidingAt.IsZero()
	case complete:
		return mine && !t.CompletedAt.IsZero()
	case riderCancels, operatorCancels:
		return t.State == trip.Cancelled
	case driverCancels:
		return t.DriverID != driverID(c.driver) && int64(c.epoch) < t.Epoch && t.Excludes(driverID(c.driver))
	}
	return false
}
