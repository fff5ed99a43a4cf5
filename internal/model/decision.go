package model

import (
	"fmt"
	"strings"

	"github.com/cabstand/cabstand/internal/trip"
)

// decision is what a dispatcher means to commit: one or two offers, or the moves
// of one exchange.
type decision struct {
	parts    [2]part
	exchange bool
}

// part is one trip of a decision, as the book had it.
type part struct{ trip, epoch, from, to, slot int8 }

// all is the parts that are there.
func (d *decision) all() []part {
	if d.parts[1].trip == 0 {
		return d.parts[:1]
	}
	return d.parts[:]
}

func (d decision) String() string {
	var parts []string
	for _, p := range d.all() {
		verb := "offer"
		if d.exchange {
			verb = "give"
		}
		s := fmt.Sprintf("%s %s (epoch %d)", verb, tripID(p.trip), p.epoch)
		if p.from != 0 {
			s += " from " + driverID(p.from)
		}
		parts = append(parts, fmt.Sprintf("%s to %s in slot %d", s, driverID(p.to), p.slot))
	}
	return strings.Join(parts, ", ")
}

// number is what stands for the decision in a state.
func (m *machine) number(d decision) uint16 {
	n, known := m.numbers[d]
	if !known {
		n = uint16(len(m.decisions))
		m.decisions, m.numbers[d] = append(m.decisions, d), n
	}
	return n
}

// decide calls fn with each decision that a dispatcher who has just read the
// store could come to.
func (m *machine) decide(s *state, p int, fn func(decision)) {
	offers := m.pairs(s, p)
	for i, a := range offers {
		fn(decision{parts: [2]part{a}})
		for _, b := range offers[i+1:] {
			if m.size.Pairs && (a.trip != b.trip || a.to != b.to) {
				fn(decision{parts: [2]part{a, b}})
			}
		}
	}
	m.decideMoves(s, p, offers, fn)
}

// pairs is the offers that dispatcher p could make.
func (m *machine) pairs(s *state, p int) (offers []part) {
	awake := s.dispatchers[p].known
	if m.off == TickLooksAtAll {
		awake &^= s.dispatchers[p].aside
	}
	for n := int8(1); n <= m.trips(); n++ {
		if awake&bit(n) != 0 {
			offers = append(offers, m.takers(s, n)...)
		}
	}
	return offers
}

// takers is who could be offered the trip: drivers who are online, did not say
// no, and hold nothing, or are about to finish a ride.
func (m *machine) takers(s *state, n int8) (offers []part) {
	t := m.trip(s, n)
	if !t.Open() || int(m.nextOffer(s, n)) > m.size.Offers {
		return nil
	}
	for d := int8(1); d <= m.drivers(); d++ {
		slot, free := m.slotFor(s, d)
		if free && s.online&bit(d) != 0 && !t.Excludes(driverID(d)) {
			offers = append(offers, part{trip: n, epoch: int8(t.Epoch), to: d, slot: slot})
		}
	}
	return offers
}

// slotFor is the slot in which a driver could be given a trip.
func (m *machine) slotFor(s *state, d int8) (slot int8, free bool) {
	if s.claims&ofSeat(seat(d, 1)) != 0 {
		return 0, false
	}
	at := m.holder(s, d)
	if at == 0 {
		return 0, true
	}
	return 1, m.trip(s, at).State == trip.Riding
}

// holder is the trip that has the driver at hand, 0 for none.
func (m *machine) holder(s *state, d int8) int8 {
	for n := int8(1); n <= m.trips(); n++ {
		if s.claims&claimBit(d, 0, n) != 0 {
			return n
		}
	}
	return 0
}

// decideMoves are exchanges: of one trip's driver for another, of two in a
// circle, and in chains that end at an open trip.
func (m *machine) decideMoves(s *state, p int, offers []part, fn func(decision)) {
	own := m.exchangeable(s, p)
	for i, a := range own {
		for d := int8(1); d <= m.drivers(); d++ {
			slot, free := m.slotFor(s, d)
			if !free || s.online&bit(d) == 0 || m.trip(s, a.trip).Excludes(driverID(d)) {
				continue
			}
			move := part{a.trip, a.epoch, a.from, d, slot}
			fn(decision{exchange: true, parts: [2]part{move}})
			m.chains(s, p, move, a.slot, fn)
		}
		for _, b := range own[i+1:] {
			if m.size.Pairs {
				fn(decision{exchange: true, parts: [2]part{{a.trip, a.epoch, a.from, b.from, b.slot}, {b.trip, b.epoch, b.from, a.from, a.slot}}})
			}
		}
	}
}

// chains gives the driver whom a move frees to an open trip.
func (m *machine) chains(s *state, p int, move part, slot int8, fn func(decision)) {
	for n := int8(1); n <= m.trips() && m.size.Pairs; n++ {
		if n == move.trip || s.dispatchers[p].known&bit(n) == 0 {
			continue
		}
		t := m.trip(s, n)
		if t.Open() && int(m.nextOffer(s, n)) <= m.size.Offers && !t.Excludes(driverID(move.from)) {
			fn(decision{exchange: true, parts: [2]part{move, {n, int8(t.Epoch), 0, move.from, slot}}})
		}
	}
}

// exchangeable is the assigned trips that may change drivers.
func (m *machine) exchangeable(s *state, p int) (own []part) {
	for n := int8(1); n <= m.trips(); n++ {
		if s.dispatchers[p].known&bit(n) == 0 {
			continue
		}
		t := m.trip(s, n)
		if t.State == trip.Assigned && t.Swaps < m.size.Swaps && int(m.nextOffer(s, n)) <= m.size.Offers {
			own = append(own, part{trip: n, epoch: int8(t.Epoch), from: lastDigit(t.DriverID), slot: int8(t.Slot)})
		}
	}
	return own
}
