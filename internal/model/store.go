package model

import (
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/trip"
)

// update is Update of the stores: it runs a command on a trip in one transaction.
// The code is that of the refusal, "" for none.
func (m *machine) update(s state, c command) (state, fault.Code) {
	return m.write(s, c, s.trips[c.trip-1])
}

// write writes what the command makes of the trip that was read.
func (m *machine) write(s state, c command, read ref) (state, fault.Code) {
	e := m.register.effect(read, c)
	if e.code != "" {
		return s, e.code
	}
	next := s
	if e.drop {
		m.dropClaim(&next, c.trip, e)
	}
	if e.take != 0 && !m.takeClaim(&next, e.take, c) {
		return s, fault.DriverClaimed
	}
	m.put(&next, c.trip, e.after)
	return next, ""
}

// dropClaim is DELETE FROM claims WHERE trip_id = …
func (m *machine) dropClaim(s *state, n int8, e effect) {
	if m.off == ClaimEnds && e.take == 0 {
		return
	}
	s.claims &^= ofTrip(n)
}

// takeClaim is INSERT INTO claims … ON CONFLICT DO NOTHING, and whether it did
// anything.
func (m *machine) takeClaim(s *state, row uint32, _ command) bool {
	if m.off != ClaimKey && s.claims&seatOf(row) != 0 {
		return false
	}
	if m.off != ClaimOfTrip && s.claims&tripOf(row) != 0 {
		return false
	}
	s.claims |= row
	return true
}

// seatOf and tripOf are all rows that share the key of the row.
func seatOf(row uint32) uint32 {
	for s := range maxDrivers * slots {
		if rows := ofSeat(s); rows&row != 0 {
			return rows
		}
	}
	return 0
}

func tripOf(row uint32) uint32 {
	for n := int8(1); n <= maxTrips; n++ {
		if rows := ofTrip(n); rows&row != 0 {
			return rows
		}
	}
	return 0
}

// put writes a trip with the events of its change.
func (m *machine) put(s *state, n int8, after ref) {
	before, t := m.trip(s, n), m.register.trips[after]
	var version int64
	if before != nil {
		version = before.Version
	}
	for v := version + 1; v <= t.Version; v++ {
		s.logged[n-1] |= 1 << (v - 1)
	}
	s.trips[n-1] = after
	s.noteDriver(n, t)
}

// create is Create of the stores: the trip, its event and the answer under the
// rider's key. A key that is there gives the first answer, and changes nothing.
func (m *machine) create(s state, n int8) state {
	if s.trips[n-1] != 0 && m.off != OnceKey {
		return s
	}
	t, _ := newTrip(n)
	s.trips[n-1], s.logged[n-1] = 0, 0
	m.put(&s, n, m.register.ref(t))
	return s
}

// offer is Offer of the stores, as PostgreSQL does it: first the claims of all
// proposals that their trips would take, then the offers whose claim was won.
func (m *machine) offer(s state, d decision) state {
	next, won := s, [2]bool{}
	for i, p := range d.all() {
		e := m.register.effect(s.trips[p.trip-1], m.proposalOf(&s, p))
		won[i] = e.code == "" && m.takeClaim(&next, e.take, command{})
	}
	for i, p := range d.all() {
		e := m.register.effect(next.trips[p.trip-1], m.proposalOf(&next, p))
		if won[i] && e.code == "" {
			m.put(&next, p.trip, e.after)
		}
	}
	return next
}

// proposalOf is the command that a part of a decision is.
func (m *machine) proposalOf(s *state, p part) command {
	return command{kind: propose, trip: p.trip, driver: p.to, offer: m.nextOffer(s, p.trip), epoch: p.epoch, slot: p.slot}
}

// nextOffer is the number of the offer that would be made next for the trip.
func (m *machine) nextOffer(s *state, n int8) int8 {
	if o := m.trip(s, n).Offer; o != nil {
		return lastDigit(o.ID) + 1
	}
	return 1
}

// exchange is Exchange of the stores: all claims that the moves give up are gone
// before the new ones are made, and all of it happens, or none.
func (m *machine) exchange(s state, d decision) state {
	trips, moves := map[string]*trip.Trip{}, make([]trip.Move, 0, 2)
	for _, p := range d.all() {
		t := m.trip(&s, p.trip)
		trips[t.ID] = t
		moves = append(moves, m.moveOf(&s, p))
	}
	changes, err := m.exchanged(trips, moves)
	if err != nil {
		return s
	}
	next := s
	for _, c := range changes {
		if drop, _ := c.Claims(); drop != nil {
			next.claims &^= ofTrip(lastDigit(drop.TripID))
		}
	}
	for _, c := range changes {
		if _, take := c.Claims(); take != nil && !m.takeClaim(&next, claimOf(c.After), command{}) {
			return s
		}
	}
	for _, c := range changes {
		m.put(&next, lastDigit(c.After.ID), m.register.ref(c.After))
	}
	return next
}

func (m *machine) moveOf(s *state, p part) trip.Move {
	move := trip.Move{
		TripID: tripID(p.trip), Epoch: int64(p.epoch), To: driverID(p.to), Slot: int(p.slot),
		OfferID: offerID(p.trip, m.nextOffer(s, p.trip)), Now: noon,
	}
	if p.from != 0 {
		move.From = driverID(p.from)
	}
	if m.off == EpochOfMove {
		move.Epoch = m.trip(s, p.trip).Epoch
	}
	return move
}

// exchanged is what package trip makes of the moves.
func (m *machine) exchanged(trips map[string]*trip.Trip, moves []trip.Move) ([]trip.Change, error) {
	if m.off != MoveExcludes {
		return trip.Exchange(trips, moves)
	}
	said := map[string][]string{}
	for id, t := range trips {
		c := t.Clone()
		said[id], c.Excluded, trips[id] = t.Excluded, nil, c
	}
	changes, err := trip.Exchange(trips, moves)
	for _, c := range changes {
		c.After.Excluded = said[c.After.ID]
	}
	return changes, err
}
